"""Known evidence -> a plot: for each family, how much of what decides a mention's type each explainer ranks first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from liap.reports.panel import CONTROLS
from liap.reports.plots import point
from liap.reports.style import GREY, bare, literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_evidence(table: pd.DataFrame) -> Axes:
    """A panel a family, a line a method (controls left out); dotted: chance, as the random explainer found it. The first axes."""
    from matplotlib.figure import Figure

    shown = table[~table["explainer"].isin(CONTROLS) & (table["n"] > 0)]
    families = list(dict.fromkeys(table["family"]))
    methods = list(dict.fromkeys(zip(shown["explainer"], shown["variant"], strict=True)))
    figure = Figure(figsize=(2.2 + 2.9 * len(families), 1.4 + 0.3 * len(methods)), layout="constrained")
    panels = figure.subplots(1, len(families), sharey=True, squeeze=False)[0]
    for axes, family in zip(panels, families, strict=True):
        rows = shown[shown["family"] == family]
        for row in rows.to_dict("records"):
            point(axes, row, float(methods.index((row["explainer"], row["variant"]))))
        for mean in rows.loc[rows["explainer"] == "random", "mean"]:
            axes.axvline(mean, color=GREY, linestyle=":", linewidth=1.4, zorder=0)
        axes.set(xlim=(-0.03, 1.03), title=f"evidence: {literal(family)}\n(n = {rows['n'].max()})")
        axes.set_ylim(len(methods) - 0.4, -0.6)
        bare(axes)
    names = [literal(f"{explainer} {variant}".strip()) for explainer, variant in methods]
    panels[0].set_yticks(range(len(methods)), names, fontsize=9)
    figure.supxlabel(
        "share of the known evidence ranked first (95% interval; right is better, dotted: chance)", fontsize=9
    )
    return panels[0]
