"""The linguistic faithfulness score (LFS): does masking the words an explanation calls important hurt the recogniser more?

With `d_j = p - p(word j masked alone)`:

1. k = min(K, floor(context / 2)), so that the k most and the k least important context words never overlap.
2. I = sum of max(d_j, 0) over the most important, U the same over the least important; LFS = I / (I + U), 0.5 where both are 0.
3. Ties are broken at random; every number is the mean over an explanation's rankings (64 tie-breaks, or 64 draws).

Higher is better. 1: the explanation finds what the model relies on; 0.5: chance; 0: worse than chance. Under the metric's own
operator no ranking scores above occlusion, whose order is that of the drops themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.explainers import Case, setting
from liap.faithfulness.metric import Column, metric
from liap.faithfulness.ranking import Rankings
from liap.settings import check_number

LARGEST_K = 10
INSENSITIVE_BELOW = 0.01  # I + U, in probability
COLUMNS = (
    Column("k", "words at each end", kind="int", low=0.0),
    Column("lfs", "LFS", low=0.0, high=1.0, better="higher", chance=0.5, headline=True),
    Column("important", "I", low=0.0),
    Column("unimportant", "U", low=0.0),
    Column(
        "signed_difference",
        "signed difference",
        low=-1.0,
        high=1.0,
        better="higher",
        chance=0.0,
        headline=True,
        digits=4,
    ),
    Column("insensitive", "insensitive", kind="bool", low=0.0, high=1.0),
    Column("tied", "tied places", low=0.0),
    *(
        Column(f"lfs_k{size}", f"LFS, K = {size}", low=0.0, high=1.0, better="higher", chance=0.5)
        for size in range(1, LARGEST_K + 1)
    ),
)


@dataclass(frozen=True, slots=True)
class LfsSettings:
    """LFS's own settings."""

    k: int = setting(3, "words at each end of a ranking that LFS masks")

    def __post_init__(self) -> None:
        check_number("--k", self.k, 1)


def about_mention(case: Case, settings: LfsSettings) -> dict[str, int]:
    """What is known without any ranking."""
    return {"k": words_per_end(settings.k, int(case.context.sum()))}


@metric(columns=COLUMNS, label="LFS", about_mention=about_mention, single=True, joint=False, settings=LfsSettings)
def lfs(case: Case, rankings: Rankings, settings: LfsSettings) -> dict[str, np.ndarray]:
    """I / (I + U) of the drops at the two ends of a ranking."""
    return score(rankings, case.drops(case.settings.operator)[rankings.context], settings.k)


def words_per_end(largest: int, context: int) -> int:
    """k, the number of words at each end of a ranking."""
    return min(largest, context // 2)


def score(
    rankings: Rankings, drops: Float[np.ndarray, " context"], largest: int
) -> dict[str, Float[np.ndarray, " explanations"]]:
    """LFS's columns for each explanation; needs two context words."""
    context = rankings.order.shape[1]
    k = words_per_end(largest, context)
    assert k > 0, "LFS needs two context words"
    ends = words_per_end(max(largest, LARGEST_K), context)
    top, bottom = rankings.order[:, :ends], rankings.order[:, ::-1][:, :ends]
    positive = np.maximum(drops, 0)
    important, unimportant = (np.cumsum(positive[side], axis=1) for side in (top, bottom))
    signed = (drops[top[:, :k]].sum(axis=1) - drops[bottom[:, :k]].sum(axis=1)) / k
    tied = rankings.tied[:, :k].sum(axis=1) + rankings.tied[:, context - k :].sum(axis=1)
    share = ratio(important, unimportant)
    curve = rankings.mean(share)
    columns = {
        "lfs": rankings.mean(share[:, k - 1]),
        "important": rankings.mean(important[:, k - 1]),
        "unimportant": rankings.mean(unimportant[:, k - 1]),
        "signed_difference": rankings.mean(signed),
        "tied": rankings.mean(tied.astype(float)),
    }
    columns["insensitive"] = columns["important"] + columns["unimportant"] < INSENSITIVE_BELOW
    for size in range(1, LARGEST_K + 1):
        columns[f"lfs_k{size}"] = curve[:, words_per_end(size, context) - 1]
    return columns


def ratio(important: np.ndarray, unimportant: np.ndarray | float) -> np.ndarray:
    """I / (I + U), 0.5 where both are 0."""
    total = important + unimportant
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, important / total, 0.5)
