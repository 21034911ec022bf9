"""Batches of sequences of like length, so that hardly any padding is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int


def by_length(lengths: Sequence[int] | Int[np.ndarray, " sequences"], budget: int) -> Iterator[list[int]]:
    """Places of the sequences, longest first, as many at a time as the budget holds when all are as long as the longest (always one)."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    begin = 0
    while begin < len(order):
        end = begin + max(1, budget // max(1, lengths[order[begin]]))
        yield order[begin:end]
        begin = end
