"""Structure as a prior over occlusion: does raising the scores of structural neighbours agree better with people? `people_prior.csv`.

A word's score is its drop under the explainers' operator. The prior of weight w multiplies positive scores of the words that a mask keeps
by 1 + w; with an infinite weight all words of the mask come first, in occlusion's own order. A target whose variant has no mask keeps occlusion's
scores. The same is done with the mask's matched controls, drawn anew for each of the rankings.

1. Documents are split at random into two halves.
2. On the first half each prior gets the weight of the highest average precision (no punctuation) whose mean LFS is at most `LFS_LOST` below
   occlusion's own.
3. The second half tests it: average precision and LFS less those of occlusion alone, paired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from liap.explainers.case import generator
from liap.faithfulness.lfs import score as score_lfs
from liap.faithfulness.plausibility import agreement
from liap.faithfulness.ranking import rank
from liap.people.marked_words import MarkedMention
from liap.people.mask_agreement import KINDS, drawn
from liap.reports.statistics import SEED, document_weights, estimate

WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, float("inf"))
LFS_LOST = 0.005
HALVES = ("choose", "test")
FIRST = 10.0  # more than any two drops differ by


@dataclass(frozen=True, slots=True)
class PriorRow:
    """A line of `people_prior.csv`; gains are less occlusion alone (weight 0), on the same targets."""

    half: str
    prior: str  # liap: the variant's masks; else a control's
    weight: float  # inf: the mask's words first
    chosen: int  # 1 for the weight that the first half chooses
    n: int
    documents: int
    average_precision: float
    gain: float
    gain_low: float
    gain_high: float
    lfs: float
    lfs_gain: float
    lfs_gain_low: float
    lfs_gain_high: float
    behind: float  # the variant's masks at their chosen weight, less this line, in average precision
    behind_low: float
    behind_high: float


def prior_rows(
    mentions: Sequence[MarkedMention],
    variants: Sequence[str],
    variant: str,
    *,
    k: int,
    seed: int,
    draws: int,
    resamples: int,
) -> list[PriorRow]:
    """Both halves, every prior and weight."""
    scored = [one for one in mentions if len(one.places) > 1 and (one.marked & one.lettered).any()]
    place = list(variants).index(variant)
    values = np.stack([prior_values(one, one.masks[place], variant, k=k, seed=seed, draws=draws) for one in scored])
    documents = np.array([one.document for one in scored])
    halves = halves_of(documents, seed)
    rows: list[PriorRow] = []
    chosen: dict[int, int] = {}
    for half, inside in zip(HALVES, halves, strict=True):
        means = values[inside].mean(axis=0) if inside.any() else np.zeros(values.shape[1:])
        for prior in range(len(KINDS)):
            if half == HALVES[0]:
                chosen[prior] = choose_weight(means[prior])
            best = values[inside, 0, chosen[0], 0]
            rows += _rows(values[inside, prior], best, documents[inside], half, prior, chosen[prior], resamples)
    return rows


def halves_of(documents: np.ndarray, seed: int) -> tuple[Bool[np.ndarray, " mentions"], Bool[np.ndarray, " mentions"]]:
    """Which targets are in the first and in the second half of the documents, which are shuffled."""
    names = np.random.default_rng(seed).permutation(np.unique(documents))
    first = np.isin(documents, names[: (len(names) + 1) // 2])
    return first, ~first


def choose_weight(means: Float[np.ndarray, "weights two"]) -> int:
    """The place of the weight with the highest average precision among those that lose little LFS; the smallest of equals."""
    allowed = means[:, 1] >= means[0, 1] - LFS_LOST
    return int(np.argmax(np.where(allowed, means[:, 0], -1.0)))


def _rows(
    values: Float[np.ndarray, "mentions weights two"],
    best: Float[np.ndarray, " mentions"],
    documents: np.ndarray,
    half: str,
    prior: int,
    chosen: int,
    resamples: int,
) -> list[PriorRow]:
    if not len(values):
        return []
    names, number = np.unique(documents, return_inverse=True)
    weights = document_weights(len(names), resamples, np.random.default_rng(SEED))
    gains = estimate((values - values[:, :1]).reshape(len(values), -1), number, weights)
    behind = estimate(best[:, None] - values[:, :, 0], number, weights)
    means = values.mean(axis=0)
    rows = []
    for place, weight in enumerate(WEIGHTS):
        gain, lfs_gain = (
            [float(getattr(gains, name)[2 * place + column]) for name in ("mean", "low", "high")] for column in (0, 1)
        )
        rows.append(
            PriorRow(
                half,
                KINDS[prior],
                weight,
                int(place == chosen),
                len(values),
                len(names),
                float(means[place, 0]),
                *gain,
                float(means[place, 1]),
                *lfs_gain,
                *(float(getattr(behind, name)[place]) for name in ("mean", "low", "high")),
            )
        )
    return rows


def prior_values(
    mention: MarkedMention, mask: Bool[np.ndarray, " context"], variant: str, *, k: int, seed: int, draws: int
) -> Float[np.ndarray, "kinds weights two"]:
    """Average precision (no punctuation) and LFS of occlusion under each prior and weight."""
    scores = []
    for kind in KINDS:
        kept = drawn(mention, mask, kind, variant, seed=seed, draws=draws) if mask.any() else mask[None]
        scores += [np.broadcast_to(with_prior(mention.occlusion, kept, w), (draws, len(mask))) for w in WEIGHTS]
    ties = generator(seed, mention.mention, "people prior", variant).integers(0, 1 << 31, size=(draws, len(mask)))
    rankings = rank(np.concatenate(scores), np.tile(ties, (len(scores), 1)), explanations=len(scores))
    found = mention.marked[rankings.order]
    lettered = mention.lettered[rankings.order]
    precision = agreement(found[lettered].reshape(len(found), -1))["average_precision"]
    faithfulness = score_lfs(rankings, mention.drops, k)["lfs"]
    return np.stack([rankings.mean(precision), faithfulness], axis=1).reshape(len(KINDS), len(WEIGHTS), 2)


def with_prior(
    scores: Float[np.ndarray, " context"], kept: Bool[np.ndarray, "draws context"], weight: float
) -> Float[np.ndarray, "draws context"]:
    """Positive scores of kept words times 1 + weight; with an infinite weight, all kept words before all others."""
    if np.isinf(weight):
        return scores + FIRST * kept
    return np.where(kept, np.maximum(scores, 0) * (1 + weight) + np.minimum(scores, 0), scores)
