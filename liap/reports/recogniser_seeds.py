"""The same evaluation of recognisers that differ in their seed alone -> every contrast with its spread between recognisers.

In: a results folder per recogniser. An interval of one run says how far the mean could be off by the choice of documents; `sd` says how far it
moves when the recogniser is trained again. A contrast is `firm` where it lies on the same side of 0 in every recogniser's 95%
interval, and `firm_by_choice` where that holds under every choice of LFS's definition too (see `choices`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from liap.errors import InputError
from liap.reports.analysis import Analysis, analyse
from liap.reports.choices import DIRECTIONS
from liap.reports.declared import Declared, read_declared
from liap.reports.layout import markdown, number, signed, with_interval
from liap.reports.rows import read_rows
from liap.reports.style import BLACK, add_legend, bare, looks, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EACH, CONTRASTS, EXPLAINERS, PLOT = "seeds_each.csv", "seeds_contrasts.csv", "seeds_explainers.csv", "seeds"
CAPTION = (
    "LFS of LIAP less that of its matched controls, for recognisers of the same recipe trained with other seeds: a mark for each, a bar at "
    "their mean."
)
KEY = ["family", "explainer", "variant", "control", "control_variant"]
OF_SEED = ["n", "mean", "mean_control", "difference", "low", "high", "verdict", "agrees"]
NO = "no"


@dataclass(frozen=True, slots=True, eq=False)
class SeedTables:
    """`each`: a line per recogniser and contrast of the primary measure; the other two have a line per contrast and per explainer."""

    each: pd.DataFrame
    contrasts: pd.DataFrame
    explainers: pd.DataFrame

    def files(self) -> dict[str, pd.DataFrame]:
        return {EACH: self.each, CONTRASTS: self.contrasts, EXPLAINERS: self.explainers}


def folder_of(results: Path, seed: int) -> Path:
    """Where the run of one seed is."""
    return results / f"seed_{seed}"


def declared_in(results: Path) -> Declared:
    """What the explainers declare, as the first seed's run has it."""
    return read_declared(folder_of(results, int(_read(results / EACH)["seed"].iloc[0])))


def tables_of(folders: Mapping[int, Path]) -> SeedTables:
    """The tables over the runs of several recognisers, by seed; InputError where a run lacks rows."""
    analyses = {seed: _analysis(folder) for seed, folder in folders.items()}
    each = pd.concat([_contrasts(analysis, seed) for seed, analysis in analyses.items()], ignore_index=True)
    means = pd.concat([_means(analysis, seed) for seed, analysis in analyses.items()], ignore_index=True)
    return SeedTables(each, _over_seeds(each), _explainers(means))


def _analysis(folder: Path) -> Analysis:
    run = read_declared(folder)
    return analyse(read_rows(folder, run), run)


def _contrasts(analysis: Analysis, seed: int) -> pd.DataFrame:
    table = analysis.contrasts
    if not len(table):
        raise InputError(
            f"--evaluate: the run of seed {seed} holds nothing to compare; expected a method and its controls in --explainers"
        )
    table = table[table["measure"] == analysis.panel.primary.name]
    choices = analysis.contrasts_by_choice
    if len(choices):
        table = table.merge(choices[[*KEY, "agrees"]].drop_duplicates(), on=KEY, how="left")
    else:
        table = table.assign(agrees=table["verdict"].where(table["verdict"].isin(DIRECTIONS), NO))
    return table[[*KEY, *OF_SEED]].assign(seed=seed)[["seed", *KEY, *OF_SEED]]


def _means(analysis: Analysis, seed: int) -> pd.DataFrame:
    return analysis.explainers[["explainer", "variant", "n", "mean"]].assign(seed=seed)


def _over_seeds(each: pd.DataFrame) -> pd.DataFrame:
    """A line per contrast; a contrast that some recogniser lacks keeps the count of those that have it."""
    grouped = each.groupby(KEY, sort=False)
    table = grouped.agg(
        recognisers=("seed", "nunique"),
        n=("n", "mean"),
        difference=("difference", "mean"),
        sd=("difference", "std"),
        least=("difference", "min"),
        most=("difference", "max"),
        above=("verdict", lambda cells: int((cells == "above").sum())),
        below=("verdict", lambda cells: int((cells == "below").sum())),
        firm=("verdict", _common),
        firm_by_choice=("agrees", _common),
    )
    return table.reset_index()


def _common(places: pd.Series) -> str:
    """`above` or `below` where every recogniser says so, else `no`."""
    first = str(places.iloc[0])
    return first if first in DIRECTIONS and (places == first).all() else NO


def _explainers(means: pd.DataFrame) -> pd.DataFrame:
    table = means.groupby(["explainer", "variant"], sort=False).agg(
        recognisers=("seed", "nunique"),
        n=("n", "mean"),
        mean=("mean", "mean"),
        sd=("mean", "std"),
        least=("mean", "min"),
        most=("mean", "max"),
    )
    return table.reset_index()


def answer(tables: SeedTables) -> str:
    """How many contrasts with controls keep their side of 0 in every recogniser, and how far the means move."""
    table = tables.contrasts[tables.contrasts["family"] == "controls"]
    seeds = tables.each["seed"].nunique()
    above, below = ((table["firm"] == place).sum() for place in DIRECTIONS)
    firm = (table["firm_by_choice"] != NO).sum()
    return (
        f"Contrasts with controls that lie above 0 in each of {seeds} recognisers: {above} of {len(table)}; below 0 in each: {below}. Under every "
        f"choice of LFS's definition as well: {firm}. Standard deviation between recognisers: {number(table['sd'].median())} in the "
        f"median contrast, {number(table['sd'].max())} at most."
    )


def contrast_table(folder: Path) -> str:
    """`seeds_contrasts.csv` and `seeds_each.csv` of the folder as a Markdown table of LIAP's contrasts with its controls."""
    table, each = (_read(folder / name) for name in (CONTRASTS, EACH))
    run = declared_in(folder)
    first = each[each["seed"] == each["seed"].iloc[0]].set_index(KEY)
    lines = []
    for row in table[table["family"] == "controls"].to_dict("records"):
        interval = first.loc[tuple(row[name] for name in KEY), ["difference", "low", "high"]].to_numpy(dtype=float)
        lines.append(
            [
                _method(run, row),
                run.explainer(row["control"]).label,
                with_interval(*interval, with_sign=True),
                signed(row["difference"]),
                number(row["sd"]),
                f"{signed(row['least'])} to {signed(row['most'])}",
                row["firm"],
                row["firm_by_choice"],
            ]
        )
    header = [
        "method", "minus", "first seed \\[95%\\]", "mean over seeds", "sd", "range", "in every seed", "and by every choice",
    ]  # fmt: skip
    return markdown(header, lines, left=2)


def explainer_table(folder: Path) -> str:
    """`seeds_explainers.csv` of the folder as a Markdown table."""
    run, table = declared_in(folder), _read(folder / EXPLAINERS)
    lines = [
        [_method(run, row), number(row["mean"]), number(row["sd"]), f"{number(row['least'])} to {number(row['most'])}"]
        for row in table.to_dict("records")
        if run.explainer(row["explainer"]).role != "control"
    ]
    return markdown(["explainer", "LFS, mean over seeds", "sd between seeds", "range"], lines)


TABLES: dict[str, Callable[[Path], str]] = {"seeds_contrasts": contrast_table, "seeds_explainers": explainer_table}


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; run studies/seeds.py first")
    return pd.read_csv(path, keep_default_na=False, na_values={name: [""] for name in ("sd", "low", "high")})


def _method(run: Declared, row: Mapping[str, object]) -> str:
    label, variant = run.explainer(str(row["explainer"])).label, str(row["variant"])
    return label if variant in ("", "-") else f"{label}, {variant.replace('_', ' ')}"


def plot(tables: SeedTables, run: Declared) -> Axes:
    """LIAP less each control: a mark per recogniser, a bar over the mean; a row per variant and control."""
    table = tables.contrasts[tables.contrasts["family"] == "controls"]
    each = tables.each.set_index(KEY)
    axes = new_axes(8.0, 0.24 * len(table) + 1.4)
    declarations = [run.explainer(name) for name in dict.fromkeys(table["control"])]
    styles, labels, places = looks(declarations), [], []
    place = 0.0
    for _, part in table.groupby(["explainer", "variant"], sort=False):
        for row in part.to_dict("records"):
            colour, marker = styles[row["control"]]
            points = np.atleast_1d(each.loc[[tuple(row[name] for name in KEY)], "difference"].to_numpy(dtype=float))
            label = run.explainer(row["control"]).label if row["control"] not in labels else None
            axes.plot(points, np.full(len(points), place), marker, color=colour, alpha=0.7, markersize=5, label=label)
            axes.plot([row["difference"]] * 2, [place - 0.35, place + 0.35], color=BLACK, linewidth=1.2)
            labels.append(row["control"])
            places.append((place, _method(run, row)))
            place += 1
        place += 0.8
    axes.axvline(0, color="0.6", linewidth=0.8)
    _name_groups(axes, places)
    axes.set_xlabel("LFS less that of the control (a mark per recogniser, a bar at their mean)")
    add_legend(axes, title="less", loc="upper center", bbox_to_anchor=(0.4, -0.07), ncols=2)
    return bare(axes)


def _name_groups(axes, places: list[tuple[float, str]]) -> None:
    """A label in the middle of each method's rows."""
    groups: dict[str, list[float]] = {}
    for place, name in places:
        groups.setdefault(name, []).append(place)
    axes.set_yticks([float(np.mean(rows)) for rows in groups.values()], list(groups))
    axes.invert_yaxis()
