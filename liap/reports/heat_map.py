"""`results/attention_structure.csv` -> a heat map per relation, layers by heads: how close is attention to structure?

A cell is the attention that the words of a relation (syntactic head, dependents, frame) receive from a mention, divided by what
words at the same distances receive. On the log2 scale, 0 (ratio 1) is what position alone explains. Ratios whose 95% interval
excludes 1 are written in their cells, unless the model has too many heads or layers; a line under the maps says so.
"""

from __future__ import annotations

import csv
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from liap.errors import InputError
from liap.reports.declared import check_unchanged
from liap.reports.rows import AGAIN, check_whole
from liap.reports.style import new_axes
from liap.tables import records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STRUCTURE = "attention_structure.csv"
COLUMNS = ("layer", "head", "relation", "ratio", "low", "high", "mentions")
TITLES = {"head": "its syntactic head", "dependents": "its dependents", "frame": "its frame's words"}
_MOST = 1000  # layers, or heads
_MOST_HEADS, _MOST_LAYERS = 16, 24  # of a map whose values are written
_CELL = (0.38, 0.25)  # inches: width and height of a cell
_FARTHEST = 3.0  # log2; stronger ratios share the end colour


def read_structure(results: Path) -> pd.DataFrame | None:
    """The rows, or None where the run left no such file."""
    path = results / STRUCTURE
    if not path.is_file():
        return None
    check_whole(path)
    try:
        _, header = next(records(path), (1, []))
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise InputError(f"{path}:1: the header lacks {', '.join(missing)}; {AGAIN}")
        kinds: dict[str, object] = dict.fromkeys(("layer", "head", "mentions"), "int64")
        kinds |= dict.fromkeys(("ratio", "low", "high"), float)
        with np.errstate(invalid="ignore"):  # non-integers in an integer column are refused below, without a warning
            rows = pd.read_csv(path, dtype=kinds | {"relation": str}, usecols=list(COLUMNS), index_col=False)
    except (ValueError, OverflowError, csv.Error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read ({str(error)[:200]}); {AGAIN}") from None
    _check(path, rows)
    check_unchanged(results, STRUCTURE)
    return rows


def _check(path: Path, rows: pd.DataFrame) -> None:
    """InputError unless each relation has one ratio per layer and head, of as many as a model can have."""
    for name in ("layer", "head"):
        outside = ~rows[name].between(0, _MOST - 1)
        if outside.any():
            raise InputError(f"{path}: {name} {rows[name][outside].iloc[0]}; expected 0 to {_MOST - 1}; {AGAIN}")
    strange = set(rows["relation"].astype(str)) - set(TITLES)
    if strange:
        raise InputError(f"{path}: relation {min(strange)[:40]!r}; expected one of {', '.join(TITLES)}; {AGAIN}")
    if (rows[["ratio", "low", "high"]] < 0).any(axis=None):
        raise InputError(f"{path}: a ratio below 0; {AGAIN}")
    if rows.duplicated(["layer", "head", "relation"]).any():
        raise InputError(f"{path}: the same layer, head and relation a second time; {AGAIN}")


def draw_structure(rows: pd.DataFrame) -> Axes:
    """All relations side by side on one scale; returns the last axes, whose figure holds them all."""
    from matplotlib.figure import Figure

    relations = list(dict.fromkeys(rows["relation"]))
    heads, layers = int(rows["head"].max()) + 1, int(rows["layer"].max()) + 1
    width, height = np.clip([_CELL[0] * heads + 0.7, _CELL[1] * layers + 0.7], [3.2, 2.2], [9.0, 8.0])
    down, across = (len(relations), 1) if heads > layers else (1, len(relations))
    figure = Figure(figsize=(float(width) * across + 1.2, float(height) * down + 0.5), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).ravel()
    limit = scale_of(rows)
    for axis, relation in zip(axes, relations, strict=True):
        plot_structure(rows, relation, axis, limit=limit)
    for axis in axes:
        axis.label_outer()
    colours = figure.colorbar(
        axes[-1].images[0],
        ax=list(axes),
        extend="both",
        aspect=30,
        pad=0.01,
        label="attention received, over that of\nwords at the same distances",
    )
    ticks = [tick for tick in range(-3, 4) if abs(tick) <= limit]
    ticks = ticks if len(ticks) > 1 else [-limit, 0, limit]
    colours.set_ticks(ticks, labels=[f"× {2.0**tick:.3g}" for tick in ticks])
    note = textwrap.fill(_note(rows, heads, layers), int(13 * figure.get_figwidth()))
    figure.supxlabel(note, fontsize=8, color="#404040", x=0.01, ha="left")
    return axes[-1]


def _note(rows: pd.DataFrame, heads: int, layers: int) -> str:
    """What the numbers and the cells without one mean."""
    if heads > _MOST_HEADS or layers > _MOST_LAYERS:
        note = "The numbers are in attention_structure.csv: there are too many cells to write them here."
    else:
        note = "A number: the 95% interval leaves out 1. No number: the interval contains 1, so position alone may explain the cell."
    cells = layers * heads * rows["relation"].nunique()
    return note + (" Grey: no value." if rows["ratio"].notna().sum() < cells else "")


def scale_of(rows: pd.DataFrame) -> float:
    """The |log2 ratio| that all but 2% of the cells stay below, so that outliers do not wash out the scale."""
    logs = np.abs(_log2(rows["ratio"].to_numpy()))
    logs = logs[np.isfinite(logs)]
    return float(np.clip(np.quantile(logs, 0.98) if len(logs) else 1.0, 0.25, _FARTHEST))


def plot_structure(rows: pd.DataFrame, relation: str, ax: Axes | None = None, *, limit: float | None = None) -> Axes:
    """One relation: layers upwards, heads to the right, both from 0; blue is more than distance explains, red less."""
    part = rows[rows["relation"] == relation]
    ax = ax or new_axes()
    limit = limit or scale_of(rows)
    grids = {name: _grid(part, name) for name in ("ratio", "low", "high")}
    logs = np.clip(_log2(grids["ratio"]), -limit, limit)
    ax.imshow(logs, cmap="RdBu", vmin=-limit, vmax=limit, origin="lower", aspect="auto")
    ax.set_facecolor("#BFBFBF")  # shows where a cell has no value
    if logs.shape[0] <= _MOST_LAYERS and logs.shape[1] <= _MOST_HEADS:
        for layer, head in zip(*np.nonzero((grids["low"] > 1) | (grids["high"] < 1)), strict=True):
            dark = abs(logs[layer, head]) > 0.6 * limit
            ratio = grids["ratio"][layer, head]
            text = f"{ratio:.2f}" if ratio < 9.995 else f"{ratio:.0f}"
            ax.text(head, layer, text, ha="center", va="center", fontsize=6, color="white" if dark else "black")
    mentions = int(part["mentions"].max()) if len(part) else 0
    ax.set(xlabel="head", ylabel="layer", title=f"to {TITLES.get(relation, relation)} ({mentions} mentions)")
    ax.title.set_fontsize(9)
    for axis, size in ((ax.xaxis, logs.shape[1]), (ax.yaxis, logs.shape[0])):
        axis.set_ticks(range(0, size, 1 if size <= _MOST_LAYERS else 4))
        axis.set_tick_params(labelsize=8)
    return ax


def _grid(part: pd.DataFrame, name: str) -> np.ndarray:
    """[layers, heads]; NaN where there is no row."""
    grid = np.full((part["layer"].max() + 1, part["head"].max() + 1), np.nan)
    grid[part["layer"], part["head"]] = part[name]
    return grid


def _log2(ratio: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log2(ratio)
