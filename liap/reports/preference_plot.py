"""The table of metrics against the known evidence -> its plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liap.reports.against_evidence import ALL, NOT_PERTURBING, UNPRUNED
from liap.reports.analysis import Analysis
from liap.reports.panel import FAMILY
from liap.reports.plots import point
from liap.reports.style import BLACK, BLUE, GREEN, ORANGE, bare, literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_APART = 0.25  # between the points of one metric, in lines
_LOOKS = {ALL: (BLUE, "o"), NOT_PERTURBING: (ORANGE, "D"), UNPRUNED: (GREEN, "s")}


def plot_preferences(analysis: Analysis) -> Axes:
    """A panel per family, a line per metric, a point per set of explainers; dotted: chance. Returns the first axes."""
    from matplotlib.figure import Figure

    table = analysis.metrics_by_evidence
    families, measures = (list(dict.fromkeys(table[name])) for name in (FAMILY, "measure"))
    sets = list(dict.fromkeys(table["explainers"]))
    figure = Figure(figsize=(2.2 + 2.4 * len(families), 1.8 + 0.4 * len(measures)), layout="constrained")
    panels = figure.subplots(1, len(families), sharey=True, squeeze=False)[0]
    handles = {}
    for axes, family in zip(panels, families, strict=True):
        rows = table[(table[FAMILY] == family) & (table["mentions"] > 0)].to_dict("records")
        for row in rows:
            look = _LOOKS[row["explainers"]]
            offset = _APART * (sets.index(row["explainers"]) - (len(sets) - 1) / 2)
            placed = {"mean": row["preferred"], "low": row["low"], "high": row["high"]}
            handles[row["explainers"]] = point(axes, placed, measures.index(row["measure"]) + offset, look)
        n = sorted({row["mentions"] for row in rows if row["explainers"] == ALL})
        counted = f"n = {n[0]}" if len(n) == 1 else f"n = {n[0]}-{n[-1]}" if n else "n = 0"
        axes.axvline(0.5, color=BLACK, linestyle=":", linewidth=1.4, zorder=0)
        axes.set(xlim=(-0.03, 1.03), title=f"evidence: {literal(family)}\n({counted})")
        axes.set_ylim(len(measures) - 0.4, -0.6)
        bare(axes)
    panels[0].set_yticks(
        range(len(measures)), [literal(analysis.panel.column(name).label) for name in measures], fontsize=9
    )
    figure.supxlabel(
        "share of pairs in which the finder of the evidence scores better (95% interval; dotted: chance)", fontsize=9
    )
    labels = [f"explainers: {name}" for name in handles]
    figure.legend(list(handles.values()), labels, loc="outside upper right", ncols=3, frameon=False, fontsize=8)
    return panels[0]
