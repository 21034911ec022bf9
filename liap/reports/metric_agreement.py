"""The panel -> do the metrics agree on which explainer is better, and does one win that knows nothing of the model?

Explainers without a mask are compared (those with one do not score every mention), on the mentions that all of them have scored under all
metrics. Each metric is turned so that more is better.

- `agreement`: a line per pair of metrics. `spearman` is the rank correlation of the explainers' means; its interval resamples documents.
  Of the `pairs` of explainers, `apart` are told apart by both metrics (95% intervals of their paired difference exclude 0); both put the same
  one first for `agree` of these.
- `winners`: a line per metric. `best` has the best mean. `knows_nothing` is the best of the explainers that know nothing of the model: chance, and
  the family `position`, which reads the sentences alone (where words stand, or how rare their forms are). `lead` is the best less that one, paired; the metric is `won` by what knows nothing where that is itself the best, and
  `unsettled` where the interval of the lead contains 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Float

from liap.explainers.explainer import Declaration
from liap.faithfulness import Column
from liap.reports.against_evidence import rank_correlation
from liap.reports.panel import Panel
from liap.reports.rows import SIGNED
from liap.reports.statistics import LEVEL, Estimates, estimate
from liap.reports.summaries import Weights

POSITION = "position"  # the family of explainers that read sentences, and no model
FEWEST = 3  # explainers of which an order is worth comparing
_DIGITS = 9  # so that equal means tie, however they were summed


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What is compared: columns of the panel, metrics, and the values on common mentions, more is better."""

    columns: list[int]
    measures: tuple[Column, ...]
    values: Float[np.ndarray, "measures mentions methods"]  # NaN on other mentions

    @property
    def common(self) -> int:
        """Mentions that every explainer has scored under every metric."""
        return int((~np.isnan(self.values[0, :, 0])).sum()) if len(self.values) else 0


def measures_of(panel: Panel) -> tuple[Column, ...]:
    """The headline columns, each metric's own: LFS without its signed difference."""
    return tuple(one for one in panel.measures if one.name != SIGNED)


def compared(panel: Panel) -> Compared:
    """The explainers without a mask and without a ceiling, and the metrics that have a direction."""
    columns = [
        column
        for column in panel.unmasked
        if panel.methods[column].declaration.role in ("method", "chance") and not panel.methods[column].ceiling
    ]
    measures = tuple(
        one
        for one in measures_of(panel)
        if one.better and not np.isnan(panel.values[one.name][:, columns]).all(axis=0).any()
    )
    turned = [panel.values[one.name][:, columns] * (-1 if one.better == "lower" else 1) for one in measures]
    values = np.stack(turned) if turned else np.zeros((0, len(panel.mentions), len(columns)))
    everywhere = ~np.isnan(values).any(axis=(0, 2))
    return Compared(columns, measures, np.where(everywhere[None, :, None], values, np.nan))


def agreement(panel: Panel, weights: Weights) -> pd.DataFrame:
    """A line per pair of metrics; empty with fewer than three explainers or two metrics."""
    sides = compared(panel)
    if len(sides.columns) < FEWEST or len(sides.measures) < 2 or not sides.common:
        return pd.DataFrame()
    means = [estimate(values, panel.document, weights) for values in sides.values]
    signs = [_signs(values, panel, weights) for values in sides.values]
    lines = []
    for first, second in combinations(range(len(sides.measures)), 2):
        left, right = means[first], means[second]
        resampled = rank_correlation(left.resampled.round(_DIGITS), right.resampled.round(_DIGITS))
        low, high = _interval(left, resampled)
        apart = (signs[first] != 0) & (signs[second] != 0)
        lines.append(
            {
                "metric": sides.measures[first].name,
                "other": sides.measures[second].name,
                "explainers": len(sides.columns),
                "mentions": sides.common,
                "spearman": float(rank_correlation(left.mean.round(_DIGITS), right.mean.round(_DIGITS))),
                "low": low,
                "high": high,
                "pairs": len(signs[first]),
                "apart": int(apart.sum()),
                "agree": int((apart & (signs[first] == signs[second])).sum()),
            }
        )
    return pd.DataFrame(lines)


def _interval(means: Estimates, resampled: np.ndarray) -> tuple[float, float]:
    if means.documents[0] < 2 or np.isnan(resampled).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _signs(values: Float[np.ndarray, "mentions methods"], panel: Panel, weights: Weights) -> np.ndarray:
    """1 or -1 for each pair of explainers that the metric tells apart, else 0."""
    first, second = np.triu_indices(values.shape[1], k=1)
    means = estimate(values[:, first] - values[:, second], panel.document, weights)
    return np.where(means.low > 0, 1, np.where(means.high < 0, -1, 0))


def winners(panel: Panel, weights: Weights) -> pd.DataFrame:
    """A line per metric; empty where nothing is compared."""
    sides = compared(panel)
    ignorant = [
        place for place, column in enumerate(sides.columns) if reads_no_model(panel.methods[column].declaration)
    ]
    if len(sides.columns) < FEWEST or not sides.measures or not sides.common or not ignorant:
        return pd.DataFrame()
    return pd.DataFrame(
        [
            _winner(panel, weights, measure, values, sides.columns, ignorant)
            for measure, values in zip(sides.measures, sides.values, strict=True)
        ]
    )


def reads_no_model(declaration: Declaration) -> bool:
    """Whether an explainer is chance, or reads the sentences alone."""
    return declaration.role == "chance" or declaration.family == POSITION


def _winner(
    panel: Panel,
    weights: Weights,
    measure: Column,
    values: Float[np.ndarray, "mentions methods"],
    columns: Sequence[int],
    ignorant: Sequence[int],
) -> dict[str, object]:
    turn = -1 if measure.better == "lower" else 1
    means = np.nanmean(values, axis=0)
    order = np.argsort(-means.round(_DIGITS), kind="stable")
    rival = max(ignorant, key=lambda place: means[place].round(_DIGITS))
    reading = [place for place in order if place not in ignorant]
    best = int(reading[0]) if reading else int(order[0])
    lead = estimate((values[:, best] - values[:, rival])[:, None], panel.document, weights)
    outcome = "won" if order[0] in ignorant else "unsettled" if not lead.low[0] > 0 else ""
    return {
        "metric": measure.name,
        "explainers": len(columns),
        "mentions": int(lead.n[0]),
        "best": panel.methods[columns[best]].explainer,
        "best_mean": turn * means[best],
        "knows_nothing": panel.methods[columns[rival]].explainer,
        "its_mean": turn * means[rival],
        "its_place": int(np.flatnonzero(order == rival)[0]) + 1,
        "lead": lead.mean[0],
        "low": lead.low[0],
        "high": lead.high[0],
        "outcome": outcome,
    }
