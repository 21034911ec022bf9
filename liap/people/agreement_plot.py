"""Agreement with people against faithfulness to the recogniser: a point for each explainer, with both intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from liap.explainers import Declaration
from liap.people.ranking_agreement import WITHIN, BothRow
from liap.reports.style import GREY, add_legend, bare, literal, looks, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE = "people_and_model"
CAPTION = (
    "Agreement with the words that people marked, against faithfulness to the recogniser, by explainer. Intervals are 95% bootstrap intervals that resample "
    "documents."
)


def plot_agreement(
    rows: Sequence[BothRow], declarations: Sequence[Declaration], variant: str, ax: Axes | None = None
) -> Axes:
    """Right is more faithful, up agrees better with people; of pruned explainers, one variant. Dotted: the random ranking."""
    ax = ax or new_axes(8.5, 5.0)
    look, declared = looks(declarations), {one.name: one for one in declarations}
    for row in rows:
        if row.explainer == WITHIN or row.variant not in ("", variant) or np.isnan(row.lfs + row.average_precision):
            continue
        colour, marker = look[row.explainer]
        named = declared[row.explainer].label + (f", {row.variant}" if row.variant else "")
        ax.errorbar(
            [row.lfs],
            [row.average_precision],
            xerr=_arms(row.lfs, row.lfs_low, row.lfs_high),
            yerr=_arms(row.average_precision, row.average_precision_low, row.average_precision_high),
            color=colour,
            marker=marker,
            markersize=7,
            capsize=2.5,
            linestyle="none",
            label=f"{literal(named)} (n = {row.n:,})",
        )
        if declared[row.explainer].role == "chance":
            ax.axvline(row.lfs, color=GREY, linestyle=":", linewidth=1.2, zorder=0)
            ax.axhline(row.average_precision, color=GREY, linestyle=":", linewidth=1.2, zorder=0)
    ax.set(
        xlabel="faithful to the recogniser: LFS (mean, 95% interval over documents; right is better)",
        ylabel="agrees with people: average precision,\nno punctuation (mean, 95% interval; up is better)",
    )
    add_legend(ax, loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=8)
    return bare(ax)


def _arms(mean: float, low: float, high: float) -> np.ndarray:
    return np.nan_to_num(np.maximum(np.array([[mean - low], [high - mean]]), 0.0))
