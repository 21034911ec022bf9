"""The panel -> summary tables: by explainer, by measure, by stratum, over K, by family of evidence, and both ends of the list.

In: a `Panel` and the document weights of `statistics`. Out: data frames with unrounded numbers, which are printed, saved as CSV
and drawn. A *measure* is a headline column of a metric. Tables without a `measure` are about the primary one: LFS, or the first
metric's where LFS did not run. `low` and `high` bound the mean with 95%, documents resampled; `sensitive` leaves out mentions
with I + U < 0.01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, UInt8

from liap.columns import NO_VARIANT
from liap.files import write_whole
from liap.reports.panel import CEILING, FAMILY, Panel
from liap.reports.rows import SIGNED
from liap.reports.statistics import deviation, estimate, median
from liap.tables import escape

LENGTHS = (0, 10, 20, 30, 40)  # first length, in words, of each stratum
TYPE = "predicted_type"
COVERAGES = (0.0, 0.1, 0.25, 0.5, 0.75)  # first kept share of each stratum
Weights = UInt8[np.ndarray, "resamples documents"]


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the mentions: the same for all methods, or, by coverage, another for each."""

    name: str
    value: str
    members: Bool[np.ndarray, "mentions methods"]


def describe(panel: Panel, weights: Weights, values: Float[np.ndarray, "mentions columns"]) -> pd.DataFrame:
    """n, mean, interval, median and standard deviation of each column."""
    means = estimate(values, panel.document, weights)
    numbers = {"n": means.n, "mean": means.mean, "low": means.low, "high": means.high}
    return pd.DataFrame({**numbers, "median": median(values), "sd": deviation(values), "interval": means.reason})


def by_explainer(panel: Panel, weights: Weights) -> pd.DataFrame:
    """A line per method: the primary measure with and without insensitive mentions, and LFS's signed difference.

    `scored` is n over all mentions, and `coverage` the mean share of context that the mask keeps. `common_*` are the same
    statistics over the mentions that every method has scored; a method without any score does not count.
    """
    scored = ~np.isnan(panel.scores)
    common = scored[:, scored.any(axis=0)].all(axis=1)
    table = _named(panel, describe(panel, weights, panel.scores))
    table.insert(2, "operators", [_operators(method.operator, method.metric_operator) for method in panel.methods])
    table.insert(4, "scored", table["n"] / len(panel.mentions))
    table.insert(5, "coverage", describe(panel, weights, np.where(scored, panel.coverage, np.nan))["mean"])
    table["insensitive"] = table["n"] - panel.sensitive.sum(axis=0)
    parts = {
        "sensitive": np.where(panel.sensitive, panel.scores, np.nan),
        "signed": panel.signed,
        "common": np.where(common[:, None], panel.scores, np.nan),
    }
    for part, values in parts.items():
        table = table.join(describe(panel, weights, values).drop(columns="interval").add_prefix(f"{part}_"))
    return table


def by_measure(panel: Panel, weights: Weights) -> pd.DataFrame:
    """A line per method and measure, for every metric that ran."""
    table = describe(panel, weights, np.concatenate(list(panel.values.values()), axis=1))
    table.insert(0, "measure", np.repeat(list(panel.values), len(panel.methods)))
    return _named(panel, table)


def by_stratum(panel: Panel, weights: Weights, strata: list[Stratum]) -> pd.DataFrame:
    """A line per method and stratum."""
    values = np.concatenate([np.where(stratum.members, panel.scores, np.nan) for stratum in strata], axis=1)
    table = describe(panel, weights, values)
    table.insert(0, "stratum", np.repeat([stratum.name for stratum in strata], len(panel.methods)))
    table.insert(1, "value", np.repeat([stratum.value for stratum in strata], len(panel.methods)))
    return _named(panel, table)


def strata_of(panel: Panel) -> list[Stratum]:
    """Strata by genre, predicted type, outcome, sentence length and kept share, in this order."""
    mentions = panel.mentions
    strata = []
    for name, column in (("genre", "genre"), ("type", "predicted_type"), ("outcome", "outcome")):
        values = sorted(set(mentions[column].astype(str)) - {""})
        strata += [_everywhere(panel, name, value, np.asarray(mentions[column] == value)) for value in values]
    lengths = mentions["sentence_length"].to_numpy()
    for first, last in zip(LENGTHS, (*LENGTHS[1:], None), strict=True):
        members = (lengths >= first) & (lengths < (last or np.inf))
        label = f"{first}+ words" if last is None else f"{max(first, 1)}-{last - 1} words"
        strata.append(_everywhere(panel, "length", label, members))
    for first, last in zip(COVERAGES, (*COVERAGES[1:], 1.0), strict=True):
        below = panel.coverage <= last if last == 1.0 else panel.coverage < last
        strata.append(Stratum("coverage", f"{first:.0%}-{last:.0%}", (panel.coverage >= first) & below))
    return strata


def curve(panel: Panel, weights: Weights) -> pd.DataFrame:
    """A line per method and K: mean LFS-K; empty where LFS did not run."""
    if not panel.has_lfs:
        return pd.DataFrame()
    ks = panel.curve.shape[-1]
    table = describe(panel, weights, panel.curve.reshape(len(panel.mentions), -1))
    table.insert(0, "k", np.tile(np.arange(1, ks + 1), len(panel.methods)))
    return _named(panel, table, np.repeat(np.arange(len(panel.methods)), ks))


def evidence(panel: Panel, weights: Weights) -> pd.DataFrame:
    """A line per family and method: the share of the known evidence ranked first. Families are never pooled.

    `scored` is n over the family's mentions. Empty where the corpus does not say what decides a mention's type.
    """
    return _evidence(panel, weights, [FAMILY])


def evidence_by_type(panel: Panel, weights: Weights) -> pd.DataFrame:
    """The same with a line per family, predicted type and method."""
    return _evidence(panel, weights, [FAMILY, TYPE])


def _evidence(panel: Panel, weights: Weights, by: list[str]) -> pd.DataFrame:
    """A line per method and group of mentions; groups are those of equal values in the columns `by`."""
    known = panel.mentions[panel.mentions[FAMILY] != ""]
    if known.empty:
        return pd.DataFrame()
    groups = known[by].astype(str).drop_duplicates().sort_values(by)
    members = [np.asarray((panel.mentions[by].astype(str) == group).all(axis=1)) for _, group in groups.iterrows()]
    values = [np.where(inside[:, None], panel.evidence, np.nan) for inside in members]
    table = describe(panel, weights, np.concatenate(values, axis=1))
    for place, name in enumerate(by):
        table.insert(place, name, np.repeat(groups[name].to_numpy(), len(panel.methods)))
    scored = table["n"] / np.repeat([inside.sum() for inside in members], len(panel.methods))
    table.insert(len(by) + 1, "scored", scored)
    return _named(panel, table)


def extremes(panel: Panel, method: int, count: int = 5) -> pd.DataFrame:
    """The `count` sensitive mentions of highest and of lowest score; ties go by the signed difference."""
    names = [
        "text",
        "predicted_type",
        "gold_type",
        "outcome",
        "sentence",
        "start",
        "end",
        "sentence_length",
        "probability",
    ]
    scores = {panel.primary.name: panel.scores[:, method], SIGNED: panel.signed[:, method]}
    table = panel.mentions[names].assign(**scores, row=np.arange(len(panel.mentions)))[panel.sensitive[:, method]]
    table = table.sort_values([*scores, "row"], ascending=[*(False for _ in scores), True])
    top, bottom = table.head(count), table.tail(min(count, max(len(table) - count, 0))).iloc[::-1]
    both = pd.concat([top.assign(end_of_list="top"), bottom.assign(end_of_list="bottom")], ignore_index=True)
    return both[["end_of_list", *scores, *names]]


def spreadsheet_safe(table: pd.DataFrame) -> pd.DataFrame:
    """The table as its file has it: text escaped, so that no spreadsheet runs it as a formula, and `-` where there is no variant."""
    safe = table.copy()
    for name in ("variant", "control_variant"):
        if name in safe:
            safe[name] = safe[name].replace("", NO_VARIANT)
    for name in ("text", "predicted_type", "gold_type", "value"):
        if name in safe:
            safe[name] = [escape(str(cell)) for cell in safe[name]]
    return safe


def save_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as CSV into the folder, under its file's name."""
    for name, table in tables.items():
        text = spreadsheet_safe(table).to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_whole(folder / name, text)


def _everywhere(panel: Panel, name: str, value: str, members: np.ndarray) -> Stratum:
    return Stratum(name, value, np.repeat(members[:, None], len(panel.methods), axis=1))


def _named(panel: Panel, table: pd.DataFrame, places: Int[np.ndarray, " lines"] | None = None) -> pd.DataFrame:
    """The table with each line's method in front, and a note at the end where that is the ceiling.

    `places` are the lines' methods; by default the lines run through all methods, once or several times.
    """
    if places is None:
        places = np.arange(len(table)) % len(panel.methods)
    methods = [panel.methods[place] for place in places]
    table.insert(0, "explainer", [method.explainer for method in methods])
    table.insert(1, "variant", [method.variant for method in methods])
    return table.assign(note=[CEILING if method.ceiling else "" for method in methods])


def _operators(explainer: str, metric: str) -> str:
    return f"{explainer} / {metric}" if explainer else f"- / {metric}"
