"""Pictures of the properties: spider plots as in the paper, and dots with intervals, which can be read.

A spider's arm is a property, scaled over the explainers of its subject from the worst (centre) to the best (rim). It hides how far values are from
each other and from chance, and its areas depend on the order of the arms: read the dots.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from liap.explainers import EXPLAINERS, Declaration
from liap.reports.diagnostic_properties import (
    ARROWS,
    KNOWS_NOTHING,
    LENGTH,
    OWN_SCALE,
    PROPERTIES,
    ROWS,
    label_of,
    read_rows_of,
)
from liap.reports.style import BLUE, GREEN, GREY, ORANGE, bare, for_a_column, literal, looks, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPIDERS, DOTS = "diagnostic_spiders", "diagnostic_dots"
SPIDERS_CAPTION = "Five properties of each explainer: an arm goes from the worst explainer (centre) to the best (rim), so it shows neither how far apart they are nor where chance is."
DOTS_CAPTION = "Every property of every explainer. Filled: trained models, with 95% intervals that resample documents; hollow: untrained models; below the line: what knows nothing of the model."
COLOURS = (BLUE, ORANGE, GREEN)
ARMS = ("human_agreement", "confidence_r2", "faithfulness", "rationale_consistency", "dataset_consistency")


def draw(results: Path) -> list[str]:
    """Both pictures of all subjects that are there; the files' names."""
    subjects = {path.parent.name: read_rows_of(path.parent) for path in sorted(results.glob(f"*/{ROWS}"))}
    return [
        *save(plot_spiders(subjects), results, SPIDERS, SPIDERS_CAPTION),
        *save(plot_dots(subjects), results, DOTS, DOTS_CAPTION),
    ]


def plot_spiders(subjects: Mapping[str, pd.DataFrame]) -> Figure:
    """A spider per subject: explainers that read the model as lines, random in grey."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * len(subjects) + 2.0, 5.0), layout="constrained")
    figure.get_layout_engine().set(rect=(0.08 / len(subjects), 0.02, 1 - 0.09 / len(subjects), 0.95))
    panels = figure.subplots(1, len(subjects), squeeze=False, subplot_kw={"projection": "polar"})[0]
    for axes, (name, rows) in zip(panels, subjects.items(), strict=True):
        _spider(axes, _scaled(rows))
        axes.set_title(literal(name.replace("_", " ")), pad=22)
    handles = {
        label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    place = {"loc": "outside lower center", "ncols": 4} if for_a_column() else {"loc": "outside right upper"}
    figure.legend(list(handles.values()), list(handles), frameon=False, fontsize=8, **place)
    return figure


def _scaled(rows: pd.DataFrame) -> pd.DataFrame:
    """Explainers by arms, from 0 (worst) to 1 (best) of those that have a value; NaN where none."""
    trained = rows[(rows["models"] == "trained") & (rows["explainer"] != LENGTH) & (rows["variant"] == "-")]
    table = trained.pivot_table(index="explainer", columns="property", values="value", sort=False)
    table = table[[arm for arm in ARMS if arm in table]]
    for arm in table:
        if PROPERTIES[arm][1] == "lower":
            table[arm] = -table[arm]
    spread = table.max() - table.min()
    return (table - table.min()) / spread.where(spread > 0, 1.0)


def _spider(axes: Axes, table: pd.DataFrame) -> None:
    angles = np.linspace(0, 2 * np.pi, len(table.columns), endpoint=False)
    look = looks([EXPLAINERS[name].declaration if name in EXPLAINERS else Declaration(name) for name in table.index])
    for name, values in table.iterrows():
        grey = name in KNOWS_NOTHING
        colour, marker = look[name]
        closed = np.append(values.to_numpy(dtype=float), values.iloc[0])
        axes.plot(
            np.append(angles, angles[0]),
            closed,
            color=GREY if grey else colour,
            marker=marker,
            markersize=4,
            linewidth=1.0,
            linestyle=":" if grey else "-",
            label=literal(label_of(name)),
        )
    axes.set_theta_offset(np.pi / 2)
    labels = [f"{PROPERTIES[arm][0]} {ARROWS[PROPERTIES[arm][1]]}".replace(" ", "\n", 1) for arm in table.columns]
    axes.set_xticks(angles, labels, fontsize=8)
    axes.tick_params(axis="x", pad=18)
    axes.set_yticks([0.5, 1.0], [])
    axes.set_ylim(0, 1.05)


def plot_dots(subjects: Mapping[str, pd.DataFrame]) -> Figure:
    """A panel per property, a line per explainer: trained models with their interval, untrained ones hollow where they are a control."""
    from matplotlib.figure import Figure

    methods = list(
        dict.fromkeys(
            method
            for rows in subjects.values()
            for method in rows[["explainer", "variant"]].itertuples(index=False, name=None)
        )
    )
    methods.sort(key=lambda method: method[0] in KNOWS_NOTHING)
    figure = Figure(figsize=(2.1 * len(PROPERTIES) + 2.2, 0.34 * len(methods) + 1.6), layout="constrained")
    panels = figure.subplots(1, len(PROPERTIES), sharey=True)
    for axes, (name, (label, better)) in zip(panels, PROPERTIES.items(), strict=True):
        for number, (subject, rows) in enumerate(subjects.items()):
            offset = 0.26 * (number - (len(subjects) - 1) / 2)
            part = rows[(rows["property"] == name) & ((rows["models"] == "trained") | (name not in OWN_SCALE))]
            _dots(axes, part, methods, offset, COLOURS[number % len(COLOURS)], subject)
        axes.set_title(f"{label} {ARROWS[better]}", fontsize=8)
        axes.axhline(sum(method[0] not in KNOWS_NOTHING for method in methods) - 0.5, color=GREY, linewidth=0.8)
        axes.grid(axis="x", linewidth=0.3)
        axes.tick_params(labelsize=7)
        bare(axes)
    panels[0].set_yticks(range(len(methods)), [literal(label_of(*method)) for method in methods])
    panels[0].set_ylim(len(methods) - 0.5, -0.5)
    handles, labels = panels[0].get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    figure.legend(
        list(shown.values()), list(shown), loc="outside lower center", ncols=len(shown), frameon=False, fontsize=8
    )
    return figure


def _dots(axes: Axes, rows: pd.DataFrame, methods: list, offset: float, colour: str, subject: str) -> None:
    name = literal(subject.replace("_", " "))
    for models, face, label in (("untrained", "none", f"{name}, untrained"), ("trained", colour, f"{name}, trained")):
        part = rows[rows["models"] == models]
        places = [
            methods.index(key) + offset for key in part[["explainer", "variant"]].itertuples(index=False, name=None)
        ]
        value = part["value"].to_numpy(dtype=float)
        style = {"color": colour, "markerfacecolor": face, "marker": "o", "markersize": 4, "linestyle": "none"}
        if models == "untrained":
            axes.plot(value, places, alpha=0.7, label=label, **style)
            continue
        arms = np.nan_to_num(np.maximum([value - part["low"], part["high"] - value], 0.0))
        axes.errorbar(value, places, xerr=arms, elinewidth=0.9, label=label, **style)
