"""The analysis -> the page's main plot: where each explainer's mean and interval lie, in percent of the plot's width.

A method and its matched controls of one variant share a line, as in `lfs_by_explainer.png`; the numbers are those of the table.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import numpy as np

from liap.explainers import Declaration
from liap.explainers.explainer import PALETTE
from liap.reports.analysis import Analysis
from liap.reports.display import mean
from liap.reports.panel import Method, Panel

TITLE_HEIGHT, POINT_HEIGHT, GAP = 22, 15, 8  # pixels: of a line's title, of a point, between lines
MARGIN = 2.0  # percent of the width, left and right of the axis
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
CONTROL_SHAPES = ("square", "triangle", "diamond")
BLACK = "#000000"


@dataclass(frozen=True, slots=True)
class Point:
    """A mean with its interval; `x`, `low` and `high` are percent of the width, `y` is in pixels."""

    x: float
    low: float
    high: float
    y: int
    colour: str
    shape: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """Points that are read together, under their title."""

    title: str
    y: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class HeadlinePlot:
    """What the template draws; `ticks` and `chance` are (percent of the width, text)."""

    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    chance: tuple[float, str] | None
    legend: tuple[tuple[str, str, str], ...]  # label, colour, shape
    height: int


def headline_plot(analysis: Analysis) -> HeadlinePlot:
    """Every method's mean of the primary measure."""
    panel = analysis.panel
    table = analysis.measures[(analysis.measures["measure"] == panel.primary.name) & (analysis.measures["n"] > 0)]
    rows = table.to_dict("records")
    low, high = _range(panel, rows)
    groups: dict[str, list[tuple[Method, dict]]] = {}
    for row in rows:
        method = panel.methods[panel.find(row["explainer"], row["variant"])]
        groups.setdefault(line_label(panel, method), []).append((method, row))
    looks, lines, y = _looks(panel.explainers), [], 0
    for title, members in groups.items():
        points = []
        for number, (method, row) in enumerate(members):
            places = (_percent(row[name], low, high) for name in ("mean", "low", "high"))
            x, left, right = (round(place, 3) for place in places)
            at = y + TITLE_HEIGHT + POINT_HEIGHT * number + POINT_HEIGHT // 2
            text = f"{method.label}: {mean(panel.primary, row)}, n = {row['n']}"
            points.append(
                Point(
                    x,
                    x if np.isnan(left) else left,
                    x if np.isnan(right) else right,
                    at,
                    *looks[method.explainer],
                    text,
                )
            )
        lines.append(Line(title, y + TITLE_HEIGHT - 7, tuple(points)))
        y += TITLE_HEIGHT + POINT_HEIGHT * len(members) + GAP
    ticks = [(round(_percent(value, low, high), 3), f"{value:.3g}") for value in np.linspace(low, high, 6)]
    chance = panel.primary.chance
    shown: dict[str, tuple[str, str]] = {}  # label -> look; controls of pruned scores look like LIAP's own
    for method in (method for members in groups.values() for method, _ in members):
        shown.setdefault(panel.declared.explainer(method.declaration.kind).label, looks[method.explainer])
    legend = tuple((label, *look) for label, look in shown.items())
    place = None if chance is None else (round(_percent(chance, low, high), 3), f"chance ({chance:g})")
    return HeadlinePlot(tuple(lines), tuple(ticks), place, legend, y)


def line_label(panel: Panel, method: Method) -> str:
    """The title of the line that a method shares with its controls of the same variant."""
    subject = method.declaration.control_of
    if method.declaration.role != "control" or not panel.columns(subject):
        return method.label
    return Method(panel.declared.explainer(subject), method.variant).label


def _range(panel: Panel, rows: list[dict]) -> tuple[float, float]:
    """The measure's declared range, or that of the means and their intervals."""
    ends = [row[name] for row in rows for name in ("mean", "low", "high") if not np.isnan(row[name])] or [0.0, 1.0]
    low = panel.primary.low if np.isfinite(panel.primary.low) else min(ends)
    high = panel.primary.high if np.isfinite(panel.primary.high) else max(ends)
    return (float(low), float(high)) if high > low else (float(low), float(low) + 1.0)


def _percent(value: float, low: float, high: float) -> float:
    return MARGIN + (100 - 2 * MARGIN) * (value - low) / (high - low)


def _looks(declarations: tuple[Declaration, ...]) -> dict[str, tuple[str, str]]:
    """Each explainer's colour and shape; black is the text's colour, which a dark page turns round."""
    taken = {one.colour for one in declarations}
    spare = itertools.cycle([colour for colour in PALETTE if colour not in taken] or PALETTE)
    shapes, looks = itertools.cycle(CONTROL_SHAPES), {}
    for one in declarations:
        if one.kind in looks:  # a control of pruned scores
            looks[one.name] = looks[one.kind]
            continue
        colour = one.colour if COLOUR.fullmatch(one.colour) else next(spare)
        shape = next(shapes) if one.role == "control" else "circle"
        looks[one.name] = ("currentColor" if colour == BLACK else colour, shape)
    return looks
