"""The panel -> paired contrasts: a method minus its matched controls, which is the primary question, and minus other explainers.

In: a `Panel`, document weights. Out: a data frame with a line per contrast and measure. Each difference is taken on the mentions
that both sides have scored; `n` counts them, and `scored` is their share of all mentions.

- The controls of a variant are those of the *same* variant. A control without freedom (it can only be the mask itself) stays in, adds
  a 0 to the mean, and is counted in `forced`; `equal` counts all pairs whose difference is 0.
- `median` is that of the differences; `above` and `below` are the shares of the pairs with a difference above and below 0.
- `low`, `high`: 95% interval of one contrast. `joint_low`, `joint_high`: wide enough for all contrasts of the same family and
  measure to hold at once. `p` is that of a difference of 0, and `p_holm` the same after Holm's correction over family and measure.
- Scores that `--prune` pruned are a family of their own for each explainer that they come from, and nothing else is held against them. So
  no other contrast depends on them.
- `sensitive_*` leaves out the pairs where *both* sides are insensitive. Leaving out a pair because one side is would leave out
  just the mentions on which the two differ.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from liap.reports.panel import CEILING, Panel
from liap.reports.statistics import estimate, holm, median, p_values, simultaneous
from liap.reports.summaries import Stratum, Weights

RIVALS = ("method", "chance")  # roles of the explainers that a method is held against; a ceiling is no rival
_ROUNDING = 1e-9  # smaller differences count as 0
Pair = tuple[str, int, int]  # family, column of the method, column of what is subtracted


def pairs_of(panel: Panel) -> list[Pair]:
    """(`controls` or `others`, method, what is subtracted) for everything that the rows hold."""
    methods = [one.name for one in panel.explainers if one.role == "method"]
    controls = {name: [one for one in panel.declared.controls_of(name) if panel.columns(one)] for name in methods}
    unpruned = [name for name in methods if not panel.declared.explainer(name).base]
    lefts = [name for name in unpruned if controls[name]] or unpruned[:1]
    lefts += [name for name in methods if name not in unpruned]
    pairs: list[Pair] = []
    for left in (column for name in lefts for column in panel.columns(name)):
        for control in controls[panel.methods[left].explainer]:
            pairs += [("controls", left, right) for right in _same_variant(panel, left, control)]
    for left in (column for name in lefts for column in panel.columns(name)):
        for rival in panel.explainers:
            if rival.role in RIVALS and not rival.base and rival.name != panel.methods[left].explainer:
                rights = _same_variant(panel, left, rival.name) or panel.columns(rival.name)
                pairs += [("others", left, right) for right in rights]
    return pairs


def _same_variant(panel: Panel, left: int, explainer: str) -> list[int]:
    variant = panel.methods[left].variant
    return [right for right in panel.columns(explainer) if panel.methods[right].variant == variant]


def contrasts(panel: Panel, weights: Weights, pairs: list[Pair]) -> pd.DataFrame:
    """A line per pair and measure."""
    everyone = np.ones(len(panel.mentions), dtype=bool)
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair[0], panel.methods[pair[1]].declaration.base), []).append(pair)
    parts = [
        _contrasts(panel, weights, group, measure.name, everyone)
        for group in groups.values()
        for measure in panel.measures
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def contrasts_by_stratum(panel: Panel, weights: Weights, pairs: list[Pair], strata: list[Stratum]) -> pd.DataFrame:
    """The same within each stratum, for the primary measure; strata of coverage go by the method's own mask.

    Each contrast stands alone here, so there are no bounds, p-values and verdicts over all contrasts at once.
    """
    parts = []
    for stratum in strata:
        for pair in pairs:
            part = _contrasts(panel, weights, [pair], panel.primary.name, stratum.members[:, pair[1]])
            part.insert(0, "stratum", stratum.name)
            part.insert(1, "value", stratum.value)
            parts.append(part.drop(columns=["joint_low", "joint_high", "joint_verdict", "p_holm"]))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def verdict_of(low: float, high: float) -> str:
    """Where an interval lies: `above`, `below`, `contains 0`, or `undecided` where there is none."""
    if np.isnan(low) or np.isnan(high):
        return "undecided"
    return "above" if low > 0 else "below" if high < 0 else "contains 0"


def _contrasts(
    panel: Panel, weights: Weights, pairs: list[Pair], measure: str, members: Bool[np.ndarray, " mentions"]
) -> pd.DataFrame:
    values = panel.values[measure]
    left, right = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    difference = np.where(members[:, None], values[:, left] - values[:, right], np.nan)
    paired = ~np.isnan(difference)
    means = estimate(difference, panel.document, weights)
    joint_low, joint_high = simultaneous(means)
    p = p_values(means)
    sensitive = np.where(panel.sensitive[:, left] | panel.sensitive[:, right], difference, np.nan)
    sensitive_means = estimate(sensitive, panel.document, weights)
    about = named(panel, pairs)
    about.insert(1, "measure", measure)
    about.insert(4, "minus", [panel.methods[column].name for column in right])
    return about.assign(
        **{
            "n": means.n,
            "scored": means.n / members.sum() if members.any() else np.nan,
            "coverage": _mean(panel.coverage[:, left], paired),
            "equal": (np.abs(np.where(paired, difference, 1.0)) < _ROUNDING).sum(axis=0),
            "forced": (paired & _without_freedom(panel, left, right)).sum(axis=0),
            "mean": _mean(values[:, left], paired),
            "mean_control": _mean(values[:, right], paired),
            "difference": means.mean,
            "low": means.low,
            "high": means.high,
            "median": median(difference),
            "above": _share(difference > _ROUNDING, paired),
            "below": _share(difference < -_ROUNDING, paired),
            "joint_low": joint_low,
            "joint_high": joint_high,
            "p": p,
            "p_holm": holm(p),
            "verdict": [verdict_of(*bounds) for bounds in zip(means.low, means.high, strict=True)],
            "joint_verdict": [verdict_of(*bounds) for bounds in zip(joint_low, joint_high, strict=True)],
            "sensitive_n": sensitive_means.n,
            "sensitive_difference": sensitive_means.mean,
            "sensitive_low": sensitive_means.low,
            "sensitive_high": sensitive_means.high,
            "interval": means.reason,
            "note": [CEILING if panel.methods[column].ceiling else "" for column in right],
        }
    )


def named(panel: Panel, pairs: list[Pair]) -> pd.DataFrame:
    """A line per pair: its family, the method, and what is subtracted."""
    left, right = ([panel.methods[pair[side]] for pair in pairs] for side in (1, 2))
    return pd.DataFrame(
        {
            "family": [pair[0] for pair in pairs],
            "explainer": [method.explainer for method in left],
            "variant": [method.variant for method in left],
            "control": [method.explainer for method in right],
            "control_variant": [method.variant for method in right],
        }
    )


def _without_freedom(panel: Panel, left: list[int], right: list[int]) -> Bool[np.ndarray, "mentions pairs"]:
    """Where the control can only be the mask; rows of version 0.1.0 do not say, so a mask that keeps everything counts."""
    controls = np.array([panel.methods[column].declaration.role == "control" for column in right], dtype=bool)
    freedom = panel.freedom[:, right]
    return controls & np.where(np.isnan(freedom), panel.coverage[:, left] >= 1, freedom == 0)


def _share(
    chosen: Bool[np.ndarray, "mentions pairs"], paired: Bool[np.ndarray, "mentions pairs"]
) -> Float[np.ndarray, " pairs"]:
    with np.errstate(invalid="ignore"):
        return (chosen & paired).sum(axis=0) / paired.sum(axis=0)


def _mean(
    values: Float[np.ndarray, "mentions pairs"], paired: Bool[np.ndarray, "mentions pairs"]
) -> Float[np.ndarray, " pairs"]:
    """Means over the paired mentions; NaN for a pair without any."""
    known = paired & ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
