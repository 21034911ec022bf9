"""How far a random explainer agrees with itself: the same mentions explained twice, under two seeds.

In: two explanations a mention. Out: a row a mention: the rank correlation of its context words' scores (Spearman, tied words
at their mean rank; 1: the same order, 0: no relation), and the share of its k most supporting words that both name, where
k = min(3, floor(context / 2)) as in LFS. Either is NaN where a mention has too few words, the correlation also where all
scores of a mention are equal. (On LIME's instability: Alvarez-Melis & Jaakkola 2018; Visani et al. 2022.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.evaluation import MentionExplanations
from liap.faithfulness.lfs import places

TOP = 3
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class InstabilityRow:
    """A mention explained twice with as many samples: a line of `instability_mentions.csv`."""

    sentence: int
    document: int
    start: int
    end: int
    predicted_type: str
    context: int
    samples: int
    rank_correlation: float
    top_overlap: float


def compare(
    first: Sequence[MentionExplanations], second: Sequence[MentionExplanations], explainer: str, samples: int
) -> list[InstabilityRow]:
    """A row for each mention that the explainer could explain."""
    rows = []
    for one, other in zip(first, second, strict=True):
        assert one.mention == other.mention
        if explainer not in one.scores:
            continue
        context = one.mention.context(len(one.sentence.words))
        scores = one.scores[explainer][context], other.scores[explainer][context]
        rows.append(
            InstabilityRow(
                sentence=one.mention.sentence,
                document=one.mention.document,
                start=one.mention.start,
                end=one.mention.end,
                predicted_type=one.mention.predicted_type,
                context=int(context.sum()),
                samples=samples,
                rank_correlation=rank_correlation(*scores),
                top_overlap=top_overlap(*scores),
            )
        )
    return rows


def rank_correlation(first: Float[np.ndarray, " words"], second: Float[np.ndarray, " words"]) -> float:
    """Spearman's rho in [-1, 1], tied words at their mean rank; NaN below two words or where all scores are equal."""
    from scipy.stats import rankdata

    if len(first) < 2:
        return NAN
    ranks = [rankdata(scores) - (len(scores) + 1) / 2 for scores in (first, second)]
    scale = np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1]))
    return float(ranks[0] @ ranks[1] / scale) if scale else NAN


def top_overlap(first: Float[np.ndarray, " words"], second: Float[np.ndarray, " words"]) -> float:
    """The share in [0, 1] of the most supporting words that both name; NaN below two words."""
    k = places(TOP, len(first))
    if not k:
        return NAN
    tops = [set(np.argsort(-scores, kind="stable")[:k].tolist()) for scores in (first, second)]
    return len(tops[0] & tops[1]) / k
