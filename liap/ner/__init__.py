"""Sentence -> word probabilities: alignment of words and pieces, the recogniser, its training and its F1."""
