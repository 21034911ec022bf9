"""The linguistic faithfulness score (LFS): does masking the words an explanation calls important hurt the recogniser more?

With `d_j = p - p(word j masked alone)`:

1. k = min(K, floor(context / 2)): the k most and the k least important context words never overlap.
2. I = sum of max(d_j, 0) over the most important, U the same over the least important; LFS = I / (I + U), 0.5 where both are 0.
3. Ties are broken at random; every number here is the mean over the rankings handed in (64 tie-breaks, or 64 draws).

Higher is better; 1: the explanation finds what the model relies on; 0.5: chance; 0: worse than chance. Under the metric's own
operator no ranking scores above occlusion, whose order is that of the drops themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.faithfulness.ranking import Rankings

LARGEST_K = 10
INSENSITIVE_BELOW = 0.01  # I + U, in probability


@dataclass(frozen=True, slots=True, eq=False)
class Faithfulness:
    """LFS of several explanations of one mention; probabilities, means over the rankings."""

    k: int
    lfs: Float[np.ndarray, " explanations"]
    curve: Float[np.ndarray, "explanations 10"]  # LFS for K = 1..10
    important: Float[np.ndarray, " explanations"]  # I
    unimportant: Float[np.ndarray, " explanations"]  # U
    signed_difference: Float[np.ndarray, " explanations"]  # mean drop of the important less that of the unimportant
    tied: Float[np.ndarray, " explanations"]  # of the 2k places, how many hold a word whose score another word shares

    @property
    def insensitive(self) -> np.ndarray:
        return self.important + self.unimportant < INSENSITIVE_BELOW


def places(largest: int, context: int) -> int:
    """k, the number of words at each end of a ranking."""
    return min(largest, context // 2)


def score(rankings: Rankings, drops: Float[np.ndarray, " words"], largest: int, explanations: int) -> Faithfulness:
    """LFS from rankings of context words, `rankings / explanations` for each explanation in turn; needs two context words."""
    context = rankings.order.shape[1]
    k = places(largest, context)
    assert k > 0, "LFS needs two context words"
    ends = places(max(largest, LARGEST_K), context)
    top, bottom = rankings.order[:, :ends], rankings.order[:, ::-1][:, :ends]
    positive = np.maximum(drops, 0)
    important, unimportant = (np.cumsum(positive[side], axis=1) for side in (top, bottom))
    signed = (drops[top[:, :k]].sum(axis=1) - drops[bottom[:, :k]].sum(axis=1)) / k
    tied = rankings.tied[:, :k].sum(axis=1) + rankings.tied[:, context - k :].sum(axis=1)
    ratio = _ratio(important, unimportant)
    at = [places(size, context) - 1 for size in range(1, LARGEST_K + 1)]

    def mean(values: np.ndarray) -> np.ndarray:
        return values.reshape(explanations, -1, *values.shape[1:]).mean(axis=1)

    return Faithfulness(
        k=k,
        lfs=mean(ratio[:, k - 1]),
        curve=mean(ratio)[:, at],
        important=mean(important[:, k - 1]),
        unimportant=mean(unimportant[:, k - 1]),
        signed_difference=mean(signed),
        tied=mean(tied.astype(float)),
    )


def _ratio(important: np.ndarray, unimportant: np.ndarray) -> np.ndarray:
    total = important + unimportant
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, important / total, 0.5)
