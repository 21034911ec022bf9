"""Grids and overlaps as heat maps, and overlap against zero-shot F1. Nothing is computed here but ranges of colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from liap.reports.style import BLUE, VERMILION, bare, literal, new_axes
from liap.taggers.entity_f1 import OVERALL
from liap.transfer.mantel import off_diagonal
from liap.transfer.overlap import Overlap
from liap.transfer.overlap_correlation import EVALUATION, FINETUNING, NOTHING, TOKENS, CorrelationRow, predictor_of
from liap.transfer.transfer_analysis import RUNS, TransferAnalysis
from liap.transfer.zero_shot import Grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL = 0.52  # inches: width and height of a cell
GAP = 0.35  # of a cell, between a grid and its means
CAPTIONS = {
    "overlap": "Share of the entity tokens of the row's language whose word type the column's language has too, over all splits.",
    "correlation": "Overlap of entity words against zero-shot F1: a point for each pair of a fine-tuning and an evaluation language.",
}  # by the file's name without its ending


def caption_of(name: str) -> str:
    """What the picture of this name shows."""
    if name in CAPTIONS:
        return CAPTIONS[name]
    start = name.removeprefix("zero_shot_").removesuffix("_sd")
    what = "Standard deviation over seeds of F1" if name.endswith("_sd") else "Mean F1 over seeds"
    return f"{what}, in points, of recognisers that started from {start}: fine-tuned on the row's language, evaluated on the column's, without ever having seen it."


def figures(analysis: TransferAnalysis) -> dict[str, Figure]:
    """File name without its ending -> figure."""
    shown: dict[str, Figure] = {}
    for name, grid in analysis.grids[OVERALL].items():
        shown[f"zero_shot_{name}"] = plot_grid(grid).get_figure()
        if not np.isnan(grid.deviation).all():  # of a single seed there is none
            shown[f"zero_shot_{name}_sd"] = plot_deviations(grid).get_figure()
    if analysis.overlaps:
        shown["overlap"] = plot_overlap(analysis.overlaps[OVERALL]).get_figure()
        grid = analysis.grids[OVERALL].get(analysis.reference)
        if grid is not None and any(row.grid == analysis.reference for row in analysis.correlations):
            shown["correlation"] = plot_correlation(grid, analysis.overlaps[OVERALL], analysis.correlations)
    return shown


def plot_grid(grid: Grid, ax: Axes | None = None) -> Axes:
    """Zero-shot F1 with the means of rows and columns; the diagonal is masked."""
    ax = ax or _axes(len(grid.languages) + 1)
    _cells(ax, grid.transferred, 0, 100)
    _margins(ax, grid)
    _languages(ax, grid.languages, "evaluated on", "fine-tuned on", extra="mean of the others")
    seeds = sorted(set(grid.seeds.flat))
    count = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    ax.set_title(f"zero-shot F1 (points)\nstarting point {literal(grid.starting_point)}, seeds: {count}", fontsize=10)
    return ax


def plot_deviations(grid: Grid, ax: Axes | None = None) -> Axes:
    """Standard deviations over seeds (n - 1), in points; the diagonal is masked."""
    ax = ax or _axes(len(grid.languages))
    values = np.where(off_diagonal(len(grid.languages)), grid.deviation, np.nan)
    most = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
    _cells(ax, values, 0, max(most, 0.1), digits=1)
    _languages(ax, grid.languages, "evaluated on", "fine-tuned on")
    start = literal(grid.starting_point)
    ax.set_title(f"standard deviation of zero-shot F1\nover seeds (points), {start}", fontsize=10)
    return ax


def plot_overlap(overlap: Overlap, ax: Axes | None = None) -> Axes:
    """The share of the row's entity tokens whose word type the column's language has too, in percent; the diagonal is masked."""
    ax = ax or _axes(len(overlap.languages))
    values = np.where(off_diagonal(len(overlap.languages)), 100 * overlap.coverage, np.nan)
    most = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
    _cells(ax, values, 0, max(most, 1.0))
    _languages(ax, overlap.languages, "shared with", "entity tokens of")
    ax.set_title(f"entity tokens of a shared\nword type (%), {literal(overlap.category)}", fontsize=10)
    return ax


def plot_correlation(grid: Grid, overlap: Overlap, rows: Sequence[CorrelationRow]) -> Figure:
    """Overlap in tokens against zero-shot F1, counted in either language: a dot per ordered pair of languages."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 4.0), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    mask = off_diagonal(len(grid.languages))
    for ax, side, colour in zip(panels, (FINETUNING, EVALUATION), (BLUE, VERMILION), strict=True):
        tokens = predictor_of(overlap.of(grid.languages), TOKENS, side)[mask]
        f1 = grid.mean[mask]
        ax.scatter(tokens, f1, s=16, color=colour, alpha=0.7, linewidths=0)
        slope, intercept = np.polyfit(tokens, f1, 1)
        ends = np.array([tokens.min(), tokens.max()])
        ax.plot(ends, slope * ends + intercept, color=colour, linewidth=1.4)
        ax.set_xlabel(f"shared entity tokens, counted in\nthe {side} language")
        ax.set_title(_said(rows, grid.starting_point, side), fontsize=10)
        bare(ax)
    panels[0].set_ylabel(f"zero-shot F1 (points), {literal(grid.starting_point)}")
    return figure


def _said(rows: Sequence[CorrelationRow], start: str, side: str) -> str:
    wanted = (RUNS, start, OVERALL, TOKENS, side, NOTHING)
    for row in rows:
        if (row.source, row.grid, row.category, row.predictor, row.counted_in, row.given) == wanted:
            return f"r = {row.r:.3f}, p = {row.p:.2g} ({row.pairs} pairs)"
    return ""


def _axes(size: int) -> Axes:
    return new_axes(1.6 + CELL * size, 1.3 + CELL * size, wide=size > 12, square=True)


def _cells(ax: Axes, values: Float[np.ndarray, "rows columns"], low: float, high: float, *, digits: int = 0) -> None:
    """Coloured cells with their numbers; a masked cell is light grey."""
    ax.set_facecolor("#E5E5E5")
    ax.imshow(np.ma.masked_invalid(values), cmap="cividis", vmin=low, vmax=high, aspect="equal")
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if not math.isnan(value):
                _write(ax, column, row, value, dark=bool((value - low) < 0.55 * (high - low)), digits=digits)


def _write(ax: Axes, x: float, y: float, value: float, *, dark: bool, digits: int = 0) -> None:
    ax.text(x, y, f"{value:.{digits}f}", ha="center", va="center", fontsize=8, color="white" if dark else "black")


def _margins(ax: Axes, grid: Grid) -> None:
    """The means of rows and columns, apart from the grid."""
    size = len(grid.languages)
    rows, columns = grid.row_means, grid.column_means
    place = size + GAP
    for values, extent in (
        (rows[:, None], (place - 0.5, place + 0.5, size - 0.5, -0.5)),
        (columns[None], (-0.5, size - 0.5, place + 0.5, place - 0.5)),
    ):
        ax.imshow(values, cmap="cividis", vmin=0, vmax=100, extent=extent, aspect="equal")
    for index in range(size):
        _write(ax, place, index, rows[index], dark=bool(rows[index] < 55))
        _write(ax, index, place, columns[index], dark=bool(columns[index] < 55))
    ax.axhspan(size - 0.5, place - 0.5, color="white", linewidth=0)
    ax.axvspan(size - 0.5, place - 0.5, color="white", linewidth=0)
    ax.axhspan(size - 0.5, place + 0.5, xmin=(size + GAP) / (size + GAP + 1), color="white", linewidth=0)
    ax.set(xlim=(-0.5, place + 0.5), ylim=(place + 0.5, -0.5))


def _languages(ax: Axes, languages: Sequence[str], across: str, down: str, *, extra: str = "") -> None:
    places = [*range(len(languages)), *([len(languages) + GAP] if extra else [])]
    labels = [*map(literal, languages), *([extra.replace(" of ", "\nof ")] if extra else [])]
    ax.set_xticks(places, labels, fontsize=8)
    ax.set_yticks(places, labels, fontsize=8)
    ax.set(xlabel=across, ylabel=down)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
