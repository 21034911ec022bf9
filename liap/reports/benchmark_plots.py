"""Pictures of a benchmark: what an explanation costs against what it is worth, and how far the metrics agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from liap.reports.benchmark import Benchmark
from liap.reports.style import BLACK, add_legend, bare, literal, looks, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COST, AGREEMENT = "faithfulness_against_cost", "metric_agreement"
CAPTIONS = {
    COST: "What an explanation is worth against what it costs: the mean of the first metric, with 95% intervals that resample documents, by the passes through the "
    "recogniser that one explanation needs on its own.",
    AGREEMENT: "Whether metrics agree on which explainer is better: the rank correlation of two metrics over the explainers' means.",
}


def plot_cost(made: Benchmark, measure: str = "") -> Axes:
    """A point per explainer without a mask: the mean of a metric (default: the primary one) against passes per explanation."""
    panel = made.analysis.panel
    column = panel.measure(measure) if measure else panel.primary
    rows = made.analysis.measures[made.analysis.measures["measure"] == column.name].set_index(["explainer", "variant"])
    costs = made.cost.set_index(["explainer", "variant"])
    axes, styles = new_axes(8.0, 5.0), looks(panel.explainers)
    for method in (panel.methods[column] for column in panel.unmasked):
        key = method.explainer, method.variant
        if not rows.loc[key, "n"]:
            continue
        mean, low, high = (float(rows.loc[key, name]) for name in ("mean", "low", "high"))
        passes = float(costs.loc[key, "passes"])
        colour, marker = styles[method.explainer]
        arms = np.nan_to_num(np.maximum([[mean - low], [high - mean]], 0.0))
        label = f"{literal(method.label)} ({passes:.0f})"
        axes.errorbar(
            [passes], [mean], yerr=arms, color=colour, marker=marker, capsize=2.5, linestyle="none", label=label
        )
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(-0.3, None)
    axes.xaxis.set_major_formatter("{x:.0f}")
    add_legend(axes, loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=8, title="explainer (passes)")
    better = f" ({column.better} is better)" if column.better else ""
    axes.set(xlabel="passes per explanation (a backward pass counts as one)", ylabel=f"{literal(column.label)}{better}")
    return bare(axes)


def plot_agreement(made: Benchmark) -> Axes:
    """The rank correlation of each two metrics over explainers, as a square of cells."""
    table = made.agreement
    names = list(dict.fromkeys([*table["metric"], *table["other"]]))
    labels = [literal(made.analysis.panel.column(name).label) for name in names]
    square = np.full((len(names), len(names)), np.nan)
    for row in table.to_dict("records"):
        first, second = names.index(row["metric"]), names.index(row["other"])
        square[first, second] = square[second, first] = row["spearman"]
    axes = new_axes(3.4 + 0.55 * len(names), 2.0 + 0.5 * len(names), wide=len(names) > 4, square=True)
    image = axes.imshow(square, vmin=-1, vmax=1, cmap="RdBu")
    for first, second in np.argwhere(~np.isnan(square)):
        value = square[first, second]
        colour = "white" if abs(value) > 0.7 else BLACK
        axes.text(second, first, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(names)), labels, rotation=45, ha="right", fontsize=9)
    axes.set_yticks(range(len(names)), labels, fontsize=9)
    axes.figure.colorbar(image, ax=axes, label="rank correlation over explainers", shrink=0.8)
    return axes
