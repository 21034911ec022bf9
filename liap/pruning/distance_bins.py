"""Bins of context words by their signed distance from the mention, in contexts of similar length.

What a word at such a place can expect by its place alone is the mean over its bin, over all mentions.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

FARTHEST = 15  # words; farther ones are pooled
LENGTHS = (5, 10, 20, 30, 45)  # upper edges of the buckets of context length, in words
BINS = 2 * FARTHEST * (len(LENGTHS) + 1)


def distance_bins(context: Int[np.ndarray, " context"], start: int, end: int) -> Int[np.ndarray, " context"]:
    """The bin of each context word, by its signed distance from the span's nearer edge and the length of the context."""
    steps = np.where(context < start, start - context, context - end + 1)
    place = np.minimum(steps, FARTHEST) - 1 + FARTHEST * (context >= end)
    return place + 2 * FARTHEST * int(np.searchsorted(LENGTHS, len(context)))
