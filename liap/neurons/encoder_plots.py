"""One picture for all layers: how much of a type's recall goes with its neurons, beyond what random neurons take."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from liap.neurons.encoder_study import LayerRow
from liap.reports.style import GREY, PURPLE, bare

if TYPE_CHECKING:
    from matplotlib.figure import Figure

from liap.neurons.neuron_plots import TYPE_COLOURS

PICTURE = "encoder_layers"
CAPTION = "How much recall each type of name loses when a share of one layer's neurons is removed inside the forward pass: those that a ranking puts first, beside as many random ones."


def plot_layers(rows: Sequence[LayerRow], ranker: str = "attribution") -> Figure:
    """A panel per site and share, with the first fill: the drop of each type's recall by layer, with its interval; grey: 95% of random draws, all types."""
    from matplotlib.figure import Figure

    fill = rows[0].fill
    rows = [row for row in rows if row.ranker == ranker and row.order == "most" and row.fill == fill]
    sites, shares = list(dict.fromkeys(row.site for row in rows)), sorted({row.share for row in rows})
    figure = Figure(figsize=(3.6 * len(shares) + 0.8, 3.0 * len(sites) + 0.6), layout="constrained")
    grid = figure.subplots(len(sites), len(shares), squeeze=False, sharey=True, sharex=True)
    types = list(dict.fromkeys(row.type for row in rows))
    for down, site in enumerate(sites):
        for across, share in enumerate(shares):
            axes = bare(grid[down, across])
            panel = [row for row in rows if (row.site, row.share) == (site, share)]
            layers = sorted({row.layer for row in panel})
            ends = [[pick(getattr(row, end) for row in panel if row.layer == layer) for layer in layers]
                    for end, pick in (("chance_low", min), ("chance_high", max))]  # fmt: skip
            axes.fill_between(layers, *ends, color=GREY, alpha=0.25, linewidth=0, label="random neurons")
            for number, kind in enumerate(types):
                own = sorted((row for row in panel if row.type == kind), key=lambda row: row.layer)
                x = np.array([row.layer for row in own]) + 0.08 * (number - (len(types) - 1) / 2)
                drops = np.array([row.drop for row in own])
                bars = np.abs(np.array([[row.low for row in own], [row.high for row in own]]) - drops)
                colour = TYPE_COLOURS[number % len(TYPE_COLOURS)] if number < len(TYPE_COLOURS) else PURPLE
                axes.errorbar(
                    x,
                    drops,
                    yerr=np.nan_to_num(bars),
                    color=colour,
                    marker="o",
                    markersize=3.5,
                    linewidth=1.2,
                    label=kind,
                )
            axes.set_title(f"{site.replace('_', ' ')}: {panel[0].removed} of {panel[0].width} removed", fontsize=9)
            axes.set_xticks(layers)
            if down == len(sites) - 1:
                axes.set_xlabel("layer, from 0")
            if across == 0:
                axes.set_ylabel("drop of the type's recall")
    figure.legend(
        *grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=7
    )
    words = max(row.words_of_type for row in rows)
    title = f"A type's top neurons by {ranker} set to {fill} (up to {words} words of a type; bars: 95%, documents resampled)"
    figure.suptitle(textwrap.fill(title, int(13 * figure.get_figwidth())), fontsize=9)
    return figure
