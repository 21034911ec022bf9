"""Rationales that are trained: which words a network, taught on a model's own answers, says can go."""
