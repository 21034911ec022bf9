"""Pictures of the studies of structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from liap.explainers import EXPLAINERS
from liap.pruning.matched import CONTROLS
from liap.reports.style import add_legend, bare, looks, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CAPTION = (
    "LFS of LIAP less that of its matched controls, by where trees and frames come from: gold, predicted, or gold trees of which a share of the arcs is moved to "
    "random heads. Bars are one standard deviation between recognisers."
)


def plot_sources(summary: pd.DataFrame) -> Axes:
    """LIAP less each matched control by source of structure: a row of points per variant, bars are one standard deviation
    between recognisers."""
    part = summary[summary["control"].isin(CONTROLS)]
    sources, variants = list(dict.fromkeys(part["source"])), list(dict.fromkeys(part["variant"]))
    axes = new_axes(8.0, 0.42 * len(sources) * len(variants) + 1.6)
    declarations = [EXPLAINERS[name].declaration for name in CONTROLS]
    for declaration, offset in zip(declarations, (-0.22, 0.0, 0.22), strict=True):
        colour, marker = looks(declarations)[declaration.name]
        rows = part[part["control"] == declaration.name]
        heights = [
            variants.index(variant) * (len(sources) + 1) + sources.index(source) + offset
            for variant, source in zip(rows["variant"], rows["source"], strict=True)
        ]
        spread = np.nan_to_num(rows["sd"].to_numpy(dtype=float))
        axes.errorbar(
            rows["difference"], heights, xerr=spread, fmt=marker, color=colour, markersize=5, label=declaration.label
        )
    axes.axvline(0, color="0.6", linewidth=0.8)
    places = [variants.index(variant) * (len(sources) + 1) + at for variant in variants for at in range(len(sources))]
    labels = [f"{variant.replace('_', ' ')}, {source}" for variant in variants for source in sources]
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    axes.set_xlabel("LFS of LIAP less that of a control with masks of the same size")
    add_legend(axes, title="less", loc="upper center", bbox_to_anchor=(0.4, -0.06), ncols=3)
    return bare(axes)
