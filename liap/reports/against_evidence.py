"""Does a metric prefer the explanation that finds the known evidence? A measurement of the metrics, by the corpus's own truth.

In: a `Panel` whose corpus knows its evidence, and document weights. Out: a data frame with a line per family of evidence, per set of
explainers and per measure. The methods are those with the role `method`: controls, chance and the ceiling compete with nobody.

1. An explanation *finds* the evidence if `evidence_found` is above one half: more than half of the |E| words are among the |E| ranked
   first, in the mean over its rankings.
2. `preferred`, the main number: for each mention, over all pairs of explanations of which one finds the evidence and the other does
   not, the share in which the metric scores the finder better; equal scores count one half. That is the area under the ROC curve
   of the metric as a detector of finders (Hanley & McNeil 1982) within the mention, so neither easy mentions nor long sentences enter
   it. Then the mean over the mentions that have such a pair. 1 is right, 0.5 is chance.
3. `spearman`: the rank correlation, over methods, of their mean score and their mean `evidence_found`, both on the `common`
   mentions that all methods have scored. It rests on few methods, and its interval bounds the mentions' part of the error alone.

The direction of a measure is its column's, so that more is always better here. Intervals are 95% bootstraps over documents. With
`explainers` = `not perturbing`, methods that take words away themselves are left out: their rankings rest on the drops from which
metrics are made, so a metric may prefer them for that alone. With `unpruned`, methods with masks are left out: a mask that cannot hold
the evidence makes an easy pair, because it spoils a ranking in other ways as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from liap.faithfulness import Column
from liap.reports.panel import FAMILY, Panel
from liap.reports.statistics import LEVEL, estimate
from liap.reports.summaries import Weights

FINDS = 0.5  # an explanation finds the evidence if its share of evidence found is above this
ALL, NOT_PERTURBING, UNPRUNED = "all", "not perturbing", "unpruned"  # sets of explainers
ALL_FAMILIES = "all"
SINGLE = "lfs_k1"  # LFS with as many words at each end as there are words of evidence
_ROUNDING = 1e-9  # smaller differences of scores are ties


@dataclass(frozen=True, slots=True, eq=False)
class Preference:
    """Of each mention: how many pairs of a finder and another, the share won by the finder, and the share of ties."""

    pairs: Float[np.ndarray, " mentions"]
    preferred: Float[np.ndarray, " mentions"]  # NaN without a pair
    tied: Float[np.ndarray, " mentions"]  # of the pairs


def metrics_by_evidence(panel: Panel, weights: Weights) -> pd.DataFrame:
    """A line per family, set of explainers and measure; empty where the corpus knows no evidence, or without two methods."""
    lines = [
        {FAMILY: family, "explainers": explainers, "methods": len(columns), **line}
        for family, members in _families(panel)
        for explainers, columns in _sets(panel)
        for line in _lines(panel, weights, members, columns)
    ]
    return pd.DataFrame(lines)


def preference(
    found: Float[np.ndarray, "mentions methods"], scores: Float[np.ndarray, "mentions methods"]
) -> Preference:
    """How a metric, of which more is better, decides between explanations that find the evidence and others of the mention.

    `found` is the share of the evidence found, and NaN in either array leaves the explanation out.
    """
    known = ~np.isnan(found) & ~np.isnan(scores)
    finder, other = known & (found > FINDS), known & (found <= FINDS)
    pair = finder[:, :, None] & other[:, None, :]
    with np.errstate(invalid="ignore"):
        difference = scores[:, :, None] - scores[:, None, :]
    won = pair & (difference > _ROUNDING)
    tied = pair & (np.abs(difference) <= _ROUNDING)
    pairs, ties = pair.sum(axis=(1, 2)).astype(float), tied.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return Preference(pairs, (won.sum(axis=(1, 2)) + ties / 2) / pairs, ties / pairs)


def rank_correlation(left: Float[np.ndarray, "... methods"], right: Float[np.ndarray, "... methods"]) -> np.ndarray:
    """Spearman's correlation over the last axis, equal values at their mean rank; NaN where one side is constant."""
    from scipy.stats import rankdata

    centred = [rankdata(side, axis=-1) - (side.shape[-1] + 1) / 2 for side in (left, right)]
    scale = np.sqrt((centred[0] ** 2).sum(axis=-1) * (centred[1] ** 2).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((centred[0] * centred[1]).sum(axis=-1) / scale)


def _families(panel: Panel) -> Iterator[tuple[str, Bool[np.ndarray, " mentions"]]]:
    names = panel.mentions[FAMILY].to_numpy()
    families = sorted(set(names) - {""})
    yield from ((family, names == family) for family in families)
    if len(families) > 1:
        yield ALL_FAMILIES, names != ""


def _sets(panel: Panel) -> Iterator[tuple[str, list[int]]]:
    """The sets of explainers that differ, with at least two methods each."""
    methods = enumerate(panel.methods)
    everyone = [column for column, method in methods if method.declaration.role == "method" and not method.ceiling]
    still = [column for column in everyone if not panel.methods[column].operator]
    whole = [column for column in everyone if not panel.methods[column].variant]
    for name, columns in ((ALL, everyone), (NOT_PERTURBING, still), (UNPRUNED, whole)):
        if len(columns) > 1 and (name == ALL or columns != everyone):
            yield name, columns


def _measures(panel: Panel) -> Iterator[tuple[Column, Float[np.ndarray, "mentions methods"]]]:
    """Each measure with a direction and its values, turned so that more is better."""
    for column in panel.measures:
        if column.better:
            yield column, panel.values[column.name] * (-1 if column.better == "lower" else 1)
        if column.name == panel.primary.name and panel.has_lfs:
            single = next(
                (one for one in panel.declared.columns if one.name == SINGLE), Column(SINGLE, better="higher")
            )
            yield single, panel.curve[:, :, 0]


def _lines(
    panel: Panel, weights: Weights, members: Bool[np.ndarray, " mentions"], columns: list[int]
) -> Iterator[dict[str, object]]:
    """A line per measure, each with its difference from the first measure on the same mentions."""
    found = np.where(members[:, None], panel.evidence[:, columns], np.nan)
    first = None
    for column, values in _measures(panel):
        one = preference(found, values[:, columns])
        first = one if first is None else first
        both = np.stack([one.preferred, one.preferred - first.preferred], axis=1)
        means = estimate(both, panel.document, weights)
        yield {
            "measure": column.name,
            "better": column.better,
            "mentions": int(means.n[0]),
            "pairs": int(one.pairs.sum()),
            "preferred": means.mean[0],
            "low": means.low[0],
            "high": means.high[0],
            "tied": estimate(one.tied[:, None], panel.document, weights).mean[0],
            "difference": means.mean[1],
            "difference_low": means.low[1],
            "difference_high": means.high[1],
            **_correlation(panel, weights, found, values[:, columns]),
            "interval": means.reason[0],
        }


def _correlation(
    panel: Panel,
    weights: Weights,
    found: Float[np.ndarray, "mentions methods"],
    scores: Float[np.ndarray, "mentions methods"],
) -> dict[str, object]:
    """The rank correlation of the methods' means on their common mentions; a method without any score does not count."""
    known = ~np.isnan(found) & ~np.isnan(scores)
    used = known.any(axis=0)
    common = known[:, used].all(axis=1) if used.sum() > 1 else np.zeros(len(found), dtype=bool)
    sides = [np.where(common[:, None], side[:, used], np.nan) for side in (found, scores)]
    if not common.any():
        return {"common": 0, "spearman": np.nan, "spearman_low": np.nan, "spearman_high": np.nan}
    left, right = (estimate(side, panel.document, weights) for side in sides)
    resampled = rank_correlation(*(_rounded(one.resampled) for one in (left, right)))
    bounds = np.full(2, np.nan)
    if left.documents[0] > 1 and not np.isnan(resampled).all():
        bounds = np.nanquantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    correlation = float(rank_correlation(_rounded(left.mean), _rounded(right.mean)))
    return {"common": int(common.sum()), "spearman": correlation, "spearman_low": bounds[0], "spearman_high": bounds[1]}


def _rounded(means: np.ndarray) -> np.ndarray:
    """So that equal means tie, however they were summed; a resample without any common mention is 0 for all methods."""
    return np.nan_to_num(np.round(means, 9))
