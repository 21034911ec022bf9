"""The study's pictures: heat maps of sensitivities, rankings and label pairs, and curves of what is left as neurons go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from liap.explainers.explainer import SHAPES
from liap.neurons.neuron_measures import LEAST, MOST, RANDOM, Measured
from liap.neurons.neuron_overlap import expected_overlap
from liap.reports.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    bare,
    in_columns,
    legend_columns,
    new_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RANKER_COLOURS = {
    "sensitivity": BLUE, "sensitivity_predicted": SKY, "probeless": GREEN, "probe": VERMILION, "gaussian": PURPLE,
    "gradient": ORANGE, RANDOM: GREY,
}  # fmt: skip
TYPE_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, YELLOW)
MOST_NUMBERS = 64  # columns of a map whose cells hold a number
LEGEND_LINE = 0.16  # inches of a line of a legend


def heat_map(
    table: Float[np.ndarray, "rows columns"],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    scale: str,
    *,
    limit: float = 0.0,
    texts: Sequence[Sequence[str]] | None = None,
) -> Axes:
    """A map around 0, red above and blue below; `texts` are written in the cells."""
    cell = 0.45 if texts is not None and len(columns) < 20 else 0.26
    axes = new_axes(
        max(4.5, cell * len(columns) + 2.2), max(2.6, 0.34 * len(rows) + 1.1), wide=len(columns) > len(rows)
    )
    limit = limit or float(np.nanquantile(np.abs(table), 0.99)) or 1.0
    image = axes.imshow(table, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_facecolor("#BFBFBF")  # shows where there is no value
    axes.set_yticks(range(len(rows)), rows)
    every = max(1, -(-len(columns) // MOST_NUMBERS) * (5 if len(columns) > 20 else 1))
    axes.set_xticks(range(0, len(columns), every), columns[::every], rotation=90 if len(columns) < 20 else 0)
    for row, line in enumerate(texts or ()):
        for column, text in enumerate(line):
            colour = "white" if abs(table[row, column]) > 0.6 * limit else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
    axes.set_title(title, fontsize=10)
    bar = axes.get_figure().colorbar(
        image, ax=axes, pad=0.01, extend="both" if np.nanmax(np.abs(table)) > limit else "neither"
    )
    bar.set_label(scale, fontsize=8)
    return axes


def plot_sensitivities(one: Measured) -> Axes:
    """Labels by neurons."""
    table = one.scores["sensitivity"]
    neurons = [str(neuron) for neuron in range(table.shape[1])]
    axes = heat_map(
        table, one.readout.labels, neurons, f"Sensitivity of labels to neurons: {one.name}, seed {one.seed}",
        "sensitivity (label score)",
    )  # fmt: skip
    axes.set_xlabel("neuron")
    return axes


def plot_rankings(one: Measured) -> Axes:
    """The neurons of each label in order; a cell holds the neuron's number, its colour is the sensitivity."""
    order, table = one.orders["sensitivity"], one.scores["sensitivity"]
    sorted_table = np.take_along_axis(table, order, axis=1)
    places = [str(place) for place in range(1, order.shape[1] + 1)]
    texts = [[str(neuron) for neuron in row] for row in order.tolist()] if order.shape[1] <= MOST_NUMBERS else None
    axes = heat_map(
        sorted_table, one.readout.labels, places, f"Neurons by importance: {one.name}, seed {one.seed} (numbers: neurons)",
        "sensitivity (label score)", texts=texts,
    )  # fmt: skip
    axes.set_xlabel("place")
    return axes


def plot_pairs(tables: Float[np.ndarray, "seeds labels labels"], labels: Sequence[str], title: str, scale: str) -> Axes:
    """A mean over seeds of what two labels have in common; a star marks a pair whose sign is that of every seed."""
    mean = tables.mean(axis=0)
    signs = np.sign(tables)
    sure = (np.abs(signs.sum(axis=0)) == len(tables)) & (len(tables) > 1)
    texts = [
        [
            f"{value:.2f}{'*' if star and row != column else ''}"
            for column, (value, star) in enumerate(zip(*line, strict=True))
        ]
        for row, line in enumerate(zip(mean, sure, strict=True))
    ]
    note = f"{title}\nmean of {len(tables)} seed{'s' if len(tables) > 1 else ''}{'; *: one sign in every seed' if len(tables) > 1 else ''}"
    return heat_map(mean, labels, labels, note, scale, limit=1.0, texts=texts)


def plot_overlap(
    tables: Float[np.ndarray, "seeds labels labels"], labels: Sequence[str], neurons: int, top: int
) -> Axes:
    """Shared top neurons as a mean over seeds, around what chance expects."""
    chance = expected_overlap(neurons, top)
    mean = tables.mean(axis=0)
    np.fill_diagonal(mean, np.nan)
    texts = [[f"{value:.1f}" if np.isfinite(value) else "" for value in row] for row in mean]
    return heat_map(
        mean - chance, labels, labels,
        f"Shared neurons of the top {top} of {neurons}\nmean of {len(tables)} seed{'s' if len(tables) > 1 else ''}; chance: {chance:.1f}",
        "shared neurons more than by chance", limit=max(top - chance, 1.0), texts=texts,
    )  # fmt: skip


def plot_label(models: Sequence[Measured], label: int, fills: Sequence[str]) -> Axes:
    """One label's chart: the recall of every label as this one's neurons go, and its own F1 beside the controls, for each fill."""
    from matplotlib.figure import Figure

    names = models[0].readout.labels
    width = 5.5 * (1 + len(fills))
    figure = Figure(figsize=(width, 4.4), layout="constrained")
    first, *rest = (bare(axis) for axis in figure.subplots(1, 1 + len(fills), sharey=False))
    _recalls(first, models, label, fills[0])
    first.set_title(f"recall of every label, set to {fills[0]}", fontsize=9)
    for axes, fill in zip(rest, fills, strict=True):
        _controls(axes, models, label, fill)
        axes.set_title(f"F1 of {names[label]}, set to {fill}", fontsize=9)
    panel = in_columns(width) / (1 + len(fills))
    lines = [_legend_below(first, "left", panel), _legend_below(rest[0], "right", panel * len(fills))]
    figure.set_figheight(figure.get_figheight() + LEGEND_LINE * max(lines))
    seeds = f"mean of {len(models)} seeds" if len(models) > 1 else "one seed"
    figure.suptitle(f"Neurons of {names[label]} removed: {models[0].name}, {seeds}", fontsize=11)
    return first


def _legend_below(axes: Axes, place: str, width: float) -> int:
    """The legend of a panel below all panels, in so many inches; its lines."""
    handles, labels = axes.get_legend_handles_labels()
    columns = min(legend_columns(labels, width), 5)
    axes.figure.legend(handles, labels, loc=f"outside lower {place}", ncols=columns, frameon=False, fontsize=7)
    return -(-len(labels) // columns)


def _recalls(axes: Axes, models: Sequence[Measured], label: int, fill: str) -> None:
    names, steps = models[0].readout.labels, models[0].steps
    kinds = list(dict.fromkeys(name[2:] for name in names if name[1:2] == "-"))
    curves = np.mean([one.curve(fill, "sensitivity", MOST, label).scores.recall for one in models], axis=0)
    for other, name in enumerate(names):
        again, place = divmod(kinds.index(name[2:]), len(TYPE_COLOURS)) if name[1:2] == "-" else (0, 0)
        axes.plot(
            steps, curves[:, other], color=TYPE_COLOURS[place] if name[1:2] == "-" else BLACK,
            linestyle="--" if name.startswith("I-") else "-", marker=("", *SHAPES)[again % (1 + len(SHAPES))],
            markersize=4, markevery=max(1, len(steps) // 8), linewidth=3.2 if other == label else 1.2, label=name,
        )  # fmt: skip
    axes.set(xlabel=f"removed neurons, those of {names[label]} first", ylabel="recall", ylim=(-0.02, 1.02))


def _controls(axes: Axes, models: Sequence[Measured], label: int, fill: str) -> None:
    first = models[0]

    def mean(curves: Sequence[np.ndarray]) -> np.ndarray:
        table = np.array(curves)
        known = ~np.isnan(table)
        with np.errstate(invalid="ignore"):  # where no curve has a value
            return np.where(known, table, 0.0).sum(axis=0) / known.sum(axis=0)

    for ranker in first.orders:
        values = mean([one.curve(fill, ranker, MOST, label).scores.f1[:, label] for one in models])
        wide = 2.6 if ranker == "sensitivity" else 1.2
        axes.plot(first.steps, values, color=RANKER_COLOURS[ranker], linewidth=wide, label=ranker.replace("_", ", "))
    random = [one.curve(fill, RANDOM, RANDOM, -1) for one in models]
    ends = [mean([getattr(curve, end).f1[:, label] for curve in random]) for end in ("low", "high")]
    axes.fill_between(first.steps, *ends, color=GREY, alpha=0.2, linewidth=0, label="random order, 95% of draws")
    axes.plot(
        first.steps,
        mean([curve.scores.f1[:, label] for curve in random]),
        color=GREY,
        linewidth=2,
        label="random order",
    )
    rest = [other for other in range(len(first.readout.labels)) if other != label]
    others = mean([one.curve(fill, "sensitivity", MOST, other).scores.f1[:, label] for one in models for other in rest])
    axes.plot(first.steps, others, color=BLACK, linestyle=":", linewidth=2, label="another label's neurons")
    least = mean([one.curve(fill, "sensitivity", LEAST, label).scores.f1[:, label] for one in models])
    axes.plot(first.steps, least, color=BLUE, linestyle="--", linewidth=1.6, label="sensitivity, least first")
    axes.set(xlabel="removed neurons", ylabel=f"F1 of {first.readout.labels[label]}", ylim=(-0.02, 1.02))


def plot_rankers(models: Sequence[Measured], fill: str) -> Figure:
    """All rankers on one scale: F1 of a label over its full F1, a mean over labels and seeds, as its neurons go or are all that is kept."""
    from matplotlib.figure import Figure

    first = models[0]
    figure = Figure(figsize=(10.0, 4.4), layout="constrained")
    away, kept = (bare(axis) for axis in figure.subplots(1, 2, sharey=True))
    steps = np.array(first.steps)
    for ranker in (*first.orders, RANDOM):
        for axes, order, x in ((away, MOST, steps), (kept, LEAST, steps[-1] - steps)):
            curves = [
                _relative(one, fill, ranker, order, label) for one in models for label in range(len(one.readout.labels))
            ]
            axes.plot(
                x, np.nanmean(curves, axis=0), color=RANKER_COLOURS[ranker], label=ranker.replace("_", ", "),
                linewidth=2.4 if ranker in ("sensitivity", RANDOM) else 1.4, linestyle="--" if ranker == RANDOM else "-",
            )  # fmt: skip
    away.set(
        xlabel="removed neurons, most important first", ylabel="F1 of the label, of its full F1", ylim=(-0.02, 1.08)
    )
    kept.set(xlabel="kept neurons, most important ones")
    figure.legend(*away.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    seeds = f"{len(models)} seeds" if len(models) > 1 else "one seed"
    figure.suptitle(
        f"{first.name}: mean of {len(first.readout.labels)} labels, {seeds}; removed neurons set to {fill}", fontsize=10
    )
    return figure


def _relative(one: Measured, fill: str, ranker: str, order: str, label: int) -> np.ndarray:
    curve = one.curve(fill, RANDOM, RANDOM, -1) if ranker == RANDOM else one.curve(fill, ranker, order, label)
    f1 = curve.scores.f1[:, label]
    return f1 / f1[0] if f1[0] > 0 else np.full(len(f1), np.nan)
