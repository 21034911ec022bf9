"""The picture of randomised layers: similarity to the original explanation against depth, a line per method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from liap.columns import NO_VARIANT
from liap.diagnostics.layer_randomisation import RandomisedRow
from liap.explainers import EXPLAINERS, Declaration
from liap.reports.style import GREY, bare, literal, looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = {
    "rank_correlation": "rank correlation over context words (1: unchanged)",
    "top_overlap": "share of the top words that stay",
}
SPREAD = (
    0.5  # of a step, over which the methods' points are set side by side so that their intervals do not hide each other
)


def plot_depths(rows: Sequence[RandomisedRow]) -> Axes:
    """Two panels, rank correlation and top overlap; bars are 95% intervals over documents. Grey: what does not read the model."""
    from matplotlib.figure import Figure

    methods = list(dict.fromkeys((row.explainer, row.variant, row.reads_model) for row in rows))
    randomised = list(dict.fromkeys(row.randomised for row in rows))
    figure = Figure(figsize=(12.5, 5.2), layout="constrained")
    panels = figure.subplots(1, len(PANELS))
    look = looks([_declaration(name) for name in dict.fromkeys(name for name, *_ in methods)])
    for axes, (measure, label) in zip(panels, PANELS.items(), strict=True):
        for number, (explainer, variant, reads_model) in enumerate(methods):
            part = [row for row in rows if (row.explainer, row.variant) == (explainer, variant)]
            colour, marker = look[explainer]
            style = {"color": colour, "linestyle": "-"} if reads_model else {"color": GREY, "linestyle": ":"}
            style |= {"marker": marker, "label": literal(_label(explainer, variant))}
            _draw(axes, part, measure, SPREAD * (number / max(len(methods) - 1, 1) - 0.5), style)
        axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=0)
        axes.set_xticks(range(len(randomised)), [literal(name) for name in randomised], rotation=30, ha="right")
        axes.set(xlabel="randomised so far, from the top down", ylabel=label)
        bare(axes)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside right upper",
        frameon=False,
        fontsize=8,
        title="grey, dotted: does not\nread the recogniser",
    )
    return panels[0]


def _draw(axes: Axes, rows: Sequence[RandomisedRow], measure: str, offset: float, style: dict[str, str]) -> None:
    """One method's line."""
    means, low, high = (
        np.array([getattr(row, f"{measure}{ending}") for row in rows]) for ending in ("", "_low", "_high")
    )
    arms = np.nan_to_num(np.maximum(np.stack([means - low, high - means]), 0.0))
    depths = np.array([row.depth for row in rows]) + offset
    axes.errorbar(depths, means, yerr=arms, markersize=5, linewidth=1.1, elinewidth=0.7, **style)


def _declaration(name: str) -> Declaration:
    return EXPLAINERS[name].declaration if name in EXPLAINERS else Declaration(name)


def _label(explainer: str, variant: str) -> str:
    label = _declaration(explainer).label or explainer
    return label if variant == NO_VARIANT else f"{label}, {variant.replace('_', ' ')}"
