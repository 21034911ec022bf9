"""Rankings of context words by score, ties broken at random: the base of every metric that asks for the top words.

Each word of each ranking becomes one sortable integer: its score's bits, then the tie-break, then its index; one sort a ranking
gives order and ties at once. Scores are compared as float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

TIE_BREAKS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """Word indices from the most to the least important, and which places hold a word that shares its score with another."""

    order: Int[np.ndarray, "rankings words"]
    tied: Bool[np.ndarray, "rankings words"]


def rank(scores: Float[np.ndarray, "rankings words"], tie_break: Int[np.ndarray, "rankings words"]) -> Rankings:
    """Sort each row by descending score; of equal scores the smaller `tie_break` (>= 0) comes first."""
    bits = max(1, int(scores.shape[1] - 1).bit_length())
    keys = _descending(scores) << 32
    keys |= (tie_break & ((1 << (32 - bits)) - 1)) << bits
    keys |= np.arange(scores.shape[1])
    keys.sort(axis=1)
    score_bits = keys >> 32
    same = score_bits[:, 1:] == score_bits[:, :-1]
    tied = np.zeros(keys.shape, dtype=bool)
    tied[:, 1:] |= same
    tied[:, :-1] |= same
    return Rankings(keys & ((1 << bits) - 1), tied)


def _descending(scores: np.ndarray) -> Int[np.ndarray, "rankings words"]:
    """Integers that order as the negated scores do (IEEE 754 bits, the negative half turned round)."""
    negated = np.ascontiguousarray(0.0 - scores, dtype=np.float32) + np.float32(0.0)
    bits = negated.view(np.int32).astype(np.int64)
    return np.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
