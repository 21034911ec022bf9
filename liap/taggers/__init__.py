"""Taggers: what is explained. Words in, label probabilities out, and whatever else a model can give."""
