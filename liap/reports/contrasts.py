"""The panel -> paired contrasts: LIAP minus its matched controls, which is the primary question, and minus other explainers.

In: a `Panel`, document weights. Out: a data frame, one line a contrast and measure (`lfs`, or `signed_difference` in probability).
Each difference is taken on the mentions that both methods have scored; `n` counts them and `scored` is their share of all mentions.

- The controls of a variant are those of the *same* variant: a random mask of its size, its number of nearest words, a random
  mask with its distances. A control that could not have differed (the mask keeps the whole context) stays in, adds a 0 to the
  mean, and is counted in `forced`; `equal` counts all pairs whose difference is 0.
- `low`, `high`: 95% interval of one contrast. `joint_low`, `joint_high`: wide enough that all contrasts of the same family and
  measure hold at once.
- `sensitive_*` leaves out the pairs where *both* methods are insensitive; dropping a pair because one of them found nothing
  would drop just the mentions on which the two differ.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from liap.reports.panel import CEILING, CONTROLS, Panel
from liap.reports.statistics import estimate, simultaneous
from liap.reports.tables import Stratum, Weights

OTHERS = ("attention", "random", "occlusion", "lime", "liap_published")
MEASURES = ("lfs", "signed_difference")
_NOTHING = 1e-9  # a difference below it is rounding
Pair = tuple[str, int, int]  # family, column of LIAP, column of the other


def pairs_of(panel: Panel) -> list[Pair]:
    """(`controls` or `others`, LIAP variant, what is subtracted) for all that the rows hold."""
    pairs: list[Pair] = []
    for left in panel.columns("liap"):
        for name in CONTROLS:
            same = [
                right for right in panel.columns(name) if panel.methods[right].variant == panel.methods[left].variant
            ]
            pairs.extend(("controls", left, right) for right in same)
    for left in panel.columns("liap"):
        pairs.extend(("others", left, right) for name in OTHERS for right in panel.columns(name))
    return pairs


def contrasts(panel: Panel, weights: Weights, pairs: list[Pair]) -> pd.DataFrame:
    """One line a pair and measure."""
    everyone = np.ones(len(panel.mentions), dtype=bool)
    parts = [
        _contrasts(panel, weights, [pair for pair in pairs if pair[0] == family], measure, everyone)
        for family in dict.fromkeys(pair[0] for pair in pairs)
        for measure in MEASURES
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def contrasts_by_stratum(panel: Panel, weights: Weights, pairs: list[Pair], strata: list[Stratum]) -> pd.DataFrame:
    """The same within each stratum, for LFS; the coverage strata go by the mask of LIAP's side."""
    parts = []
    for stratum in strata:
        for pair in pairs:
            part = _contrasts(panel, weights, [pair], "lfs", stratum.members[:, pair[1]])
            part.insert(0, "stratum", stratum.name)
            part.insert(1, "value", stratum.value)
            parts.append(part.drop(columns=["joint_low", "joint_high"]))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def verdict_of(low: float, high: float) -> str:
    """Where an interval lies: `above`, `below`, `contains 0`, or `undecided` where there is none."""
    if np.isnan(low) or np.isnan(high):
        return "undecided"
    return "above" if low > 0 else "below" if high < 0 else "contains 0"


def _contrasts(
    panel: Panel, weights: Weights, pairs: list[Pair], measure: str, members: Bool[np.ndarray, " mentions"]
) -> pd.DataFrame:
    values: Float[np.ndarray, "mentions methods"] = getattr(panel, measure)
    left, right = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    difference = np.where(members[:, None], values[:, left] - values[:, right], np.nan)
    paired = ~np.isnan(difference)
    found = estimate(difference, panel.document, weights)
    joint_low, joint_high = simultaneous(found)
    sensitive = np.where(panel.sensitive[:, left] | panel.sensitive[:, right], difference, np.nan)
    felt = estimate(sensitive, panel.document, weights)
    return pd.DataFrame(
        {
            "family": [pair[0] for pair in pairs],
            "measure": measure,
            "explainer": [panel.methods[column].explainer for column in left],
            "variant": [panel.methods[column].variant for column in left],
            "minus": [panel.methods[column].label for column in right],
            "control": [panel.methods[column].explainer for column in right],
            "n": found.n,
            "scored": found.n / members.sum() if members.any() else np.nan,
            "coverage": _mean(panel.coverage[:, left], paired),
            "equal": (np.abs(np.where(paired, difference, 1.0)) < _NOTHING).sum(axis=0),
            "forced": (paired & (panel.coverage[:, left] >= 1)).sum(axis=0),
            "mean": _mean(values[:, left], paired),
            "mean_control": _mean(values[:, right], paired),
            "difference": found.mean,
            "low": found.low,
            "high": found.high,
            "joint_low": joint_low,
            "joint_high": joint_high,
            "verdict": [verdict_of(*bounds) for bounds in zip(found.low, found.high, strict=True)],
            "joint_verdict": [verdict_of(*bounds) for bounds in zip(joint_low, joint_high, strict=True)],
            "sensitive_n": felt.n,
            "sensitive_difference": felt.mean,
            "sensitive_low": felt.low,
            "sensitive_high": felt.high,
            "interval": found.reason,
            "note": [CEILING if panel.methods[column].ceiling else "" for column in right],
        }
    )


def _mean(values: Float[np.ndarray, "mentions pairs"], paired: Bool[np.ndarray, "mentions pairs"]) -> np.ndarray:
    """Column means over the paired mentions; NaN where a column has none."""
    known = paired & ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
