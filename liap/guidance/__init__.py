"""Attention guided to structure: masks inside the forward pass, and attention losses in training (`studies/alignment.py`)."""
