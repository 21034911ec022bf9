"""The panel -> tables of LFS: by explainer, by type, by stratum, over K, the ends of the list, and what is undefined.

In: a `Panel` and the document weights of `statistics`. Out: data frames, one row a table line, numbers unrounded; the same
frames are printed, saved as CSV and drawn. LFS is in [0, 1]: 1 finds what the model relies on, 0.5 is chance. Means `low`
and `high` are 95% bootstrap intervals over documents; `sensitive` leaves out mentions with I + U < 0.01.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, UInt8

from liap.reports.panel import CEILING, CURVE, Panel
from liap.reports.statistics import deviation, estimate, median
from liap.tables import escape

LENGTHS = (0, 10, 20, 30, 40)  # first length, in words, of each stratum
COVERAGES = (0.0, 0.1, 0.25, 0.5, 0.75)  # first kept share of each stratum
Weights = UInt8[np.ndarray, "resamples documents"]


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the mentions, the same for all methods or (coverage) one for each."""

    name: str
    value: str
    members: Bool[np.ndarray, "mentions methods"]


def describe(panel: Panel, weights: Weights, values: Float[np.ndarray, "mentions columns"]) -> pd.DataFrame:
    """n, mean, interval, median and standard deviation of each column."""
    found = estimate(values, panel.document, weights)
    numbers = {"n": found.n, "mean": found.mean, "low": found.low, "high": found.high}
    return pd.DataFrame({**numbers, "median": median(values), "sd": deviation(values), "interval": found.reason})


def by_explainer(panel: Panel, weights: Weights) -> pd.DataFrame:
    """One line a method: LFS with and without insensitive mentions, signed difference, and LFS on the mentions all share.

    `scored` is n over all mentions; `coverage` the mean share of context that the mask keeps; `common_*` the same statistics
    over the mentions that every method with any score has scored.
    """
    scored = ~np.isnan(panel.lfs)
    common = scored[:, scored.any(axis=0)].all(axis=1)
    table = _named(panel, describe(panel, weights, panel.lfs))
    table.insert(2, "operators", [_operators(method.operator, method.metric_operator) for method in panel.methods])
    table.insert(4, "scored", table["n"] / len(panel.mentions))
    table.insert(5, "coverage", describe(panel, weights, np.where(scored, panel.coverage, np.nan))["mean"])
    table["insensitive"] = table["n"] - panel.sensitive.sum(axis=0)
    parts = {
        "sensitive": np.where(panel.sensitive, panel.lfs, np.nan),
        "signed": panel.signed_difference,
        "common": np.where(common[:, None], panel.lfs, np.nan),
    }
    for part, values in parts.items():
        table = table.join(describe(panel, weights, values).drop(columns="interval").add_prefix(f"{part}_"))
    return table


def by_stratum(panel: Panel, weights: Weights, strata: list[Stratum]) -> pd.DataFrame:
    """One line a method and stratum: LFS with interval."""
    values = np.concatenate([np.where(stratum.members, panel.lfs, np.nan) for stratum in strata], axis=1)
    table = describe(panel, weights, values)
    table.insert(0, "stratum", np.repeat([stratum.name for stratum in strata], len(panel.methods)))
    table.insert(1, "value", np.repeat([stratum.value for stratum in strata], len(panel.methods)))
    return _named(panel, table)


def strata_of(panel: Panel) -> list[Stratum]:
    """Strata by predicted type, outcome, sentence length and kept share, in this order."""
    mentions = panel.mentions
    found = []
    for name, column in (("type", "predicted_type"), ("outcome", "outcome")):
        values = sorted(set(mentions[column].astype(str)))
        found += [_everywhere(panel, name, value, np.asarray(mentions[column] == value)) for value in values]
    lengths = mentions["words"].to_numpy()
    for first, last in zip(LENGTHS, (*LENGTHS[1:], None), strict=True):
        members = (lengths >= first) & (lengths < (last or np.inf))
        label = f"{first}+ words" if last is None else f"{max(first, 1)}-{last - 1} words"
        found.append(_everywhere(panel, "length", label, members))
    for first, last in zip(COVERAGES, (*COVERAGES[1:], 1.0), strict=True):
        below = panel.coverage <= last if last == 1.0 else panel.coverage < last
        found.append(Stratum("coverage", f"{first:.0%}-{last:.0%}", (panel.coverage >= first) & below))
    return found


def curve(panel: Panel, weights: Weights) -> pd.DataFrame:
    """One line a method and K: mean LFS-K with interval."""
    ks = np.arange(1, CURVE + 1)
    table = describe(panel, weights, panel.curve.reshape(len(panel.mentions), -1))
    table.insert(0, "k", np.tile(ks, len(panel.methods)))
    return _named(panel, table, np.repeat(np.arange(len(panel.methods)), CURVE))


def evidence(panel: Panel, weights: Weights) -> pd.DataFrame:
    """One line a family and method, families never pooled: share of the known evidence ranked first, with interval.

    `scored` is n over the family's mentions. Empty where the corpus knows no evidence.
    """
    families = sorted(set(panel.mentions["family"].astype(str)) - {""})
    if not families:
        return pd.DataFrame()
    members = [np.asarray(panel.mentions["family"] == family) for family in families]
    values = [np.where(inside[:, None], panel.evidence, np.nan) for inside in members]
    table = describe(panel, weights, np.concatenate(values, axis=1))
    table.insert(0, "family", np.repeat(families, len(panel.methods)))
    table.insert(2, "scored", table["n"] / np.repeat([inside.sum() for inside in members], len(panel.methods)))
    return _named(panel, table)


def extremes(panel: Panel, method: int, count: int = 5) -> pd.DataFrame:
    """The `count` sensitive mentions of highest LFS and of lowest; among equals the larger signed difference is further out."""
    names = ["text", "predicted_type", "gold_type", "outcome", "sentence", "start", "end", "words", "probability"]
    table = panel.mentions[names].assign(
        lfs=panel.lfs[:, method],
        signed_difference=panel.signed_difference[:, method],
        row=np.arange(len(panel.mentions)),
    )[panel.sensitive[:, method]]
    table = table.sort_values(["lfs", "signed_difference", "row"], ascending=[False, False, True])
    top, bottom = table.head(count), table.tail(min(count, max(len(table) - count, 0))).iloc[::-1]
    both = pd.concat([top.assign(end_of_list="top"), bottom.assign(end_of_list="bottom")], ignore_index=True)
    return both[["end_of_list", "lfs", "signed_difference", *names]]


def spreadsheet_safe(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its text guarded against being run as formulas."""
    safe = table.copy()
    for name in ("text", "predicted_type", "gold_type", "value"):
        if name in safe:
            safe[name] = [escape(str(cell)) for cell in safe[name]]
    return safe


def _everywhere(panel: Panel, name: str, value: str, members: np.ndarray) -> Stratum:
    return Stratum(name, value, np.repeat(members[:, None], len(panel.methods), axis=1))


def _named(panel: Panel, table: pd.DataFrame, places: Int[np.ndarray, " lines"] | None = None) -> pd.DataFrame:
    """The table with each line's method in front, and at the end a note where that is the ceiling.

    Without `places` (the lines' methods) the lines run over the methods, once or again and again.
    """
    if places is None:
        places = np.arange(len(table)) % len(panel.methods)
    methods = [panel.methods[place] for place in places]
    table.insert(0, "explainer", [method.explainer for method in methods])
    table.insert(1, "variant", [method.variant for method in methods])
    return table.assign(note=[CEILING if method.ceiling else "" for method in methods])


def _operators(explainer: str, metric: str) -> str:
    return f"{explainer} / {metric}" if explainer else f"- / {metric}"
