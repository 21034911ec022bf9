"""Tables of numbers -> tables of text, (header, lines, how many columns stand flush left); printed or put into the README."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from liap.reports.contrasts import verdict_of
from liap.reports.layout import MISSING, aligned, bounds, escaped, markdown, number, percent, signed, with_interval
from liap.reports.panel import CONTROLS, Method

HEADLINE = ("liap", "liap_published", "attention", "lime", "occlusion", "occlusion_ceiling", "random")
_LONGEST_TEXT = 60  # characters of a mention; its file has it whole
_DIGITS = {"lfs": 3, "signed_difference": 4}  # a probability's difference is small
_MARKS = {"above": " ▲", "below": " ▼"}
MARKS = "▲ the 95% interval is above 0, ▼ below 0; unmarked it contains 0, or is missing as all mentions are of one document."


@dataclass(frozen=True, slots=True)
class Shown:
    """A table of text; its first `left` columns stand flush left."""

    header: list[str]
    lines: list[list[str]]
    left: int = 1

    def aligned(self) -> str:
        return aligned(self.header, self.lines, self.left)

    def markdown(self) -> str:
        return markdown([escaped(cell) for cell in self.header], self.lines, self.left)


def explainers(table: pd.DataFrame, only: tuple[str, ...] = ()) -> Shown:
    """LFS of each method (of the named explainers) with interval, coverage, and without insensitive mentions."""
    header = ["explainer", "operators", "n", "scored", "kept", "LFS, mean [95%]", "median", "sd"]
    header += ["insensitive", "LFS without them", "signed difference"]
    lines = []
    for row in _records(table):
        if only and row["explainer"] not in only:
            continue
        mean = with_interval(row["mean"], row["low"], row["high"])
        felt = with_interval(row["sensitive_mean"], row["sensitive_low"], row["sensitive_high"])
        signed_parts = (row[f"signed_{name}"] for name in ("mean", "low", "high"))
        difference = with_interval(*signed_parts, with_sign=True, digits=_DIGITS["signed_difference"])
        counts = [f"{row['n']}", percent(row["scored"]), percent(row["coverage"])]
        spread = [number(row["median"]), number(row["sd"]), f"{row['insensitive']}"]
        lines.append([_label(row), row["operators"], *counts, mean, *spread, felt, difference])
    return Shown(header, lines, left=2)


def common(table: pd.DataFrame) -> Shown:
    """LFS of each method on the mentions that all have scored."""
    lines = []
    for row in _records(table):
        if row["n"]:
            mean = with_interval(row["common_mean"], row["common_low"], row["common_high"])
            lines.append([_label(row), f"{row['common_n']}", mean, number(row["common_median"])])
    return Shown(["explainer", "n", "LFS, mean [95%]", "median"], lines)


def evidence(table: pd.DataFrame) -> Shown:
    """A line a method, a column a family: the share of the known evidence that the method ranks first."""
    if not len(table):
        return Shown(["explainer"], [])
    families = list(dict.fromkeys(table["family"]))
    lines = []
    for _, rows in table.groupby(["explainer", "variant"], sort=False):
        cells = {row["family"]: row for row in _records(rows)}
        if any(row["n"] for row in cells.values()):
            lines.append([_label(next(iter(cells.values()))), *(_found(cells[family]) for family in families)])
    return Shown(["explainer", *families], lines)


def _found(row: dict) -> str:
    """The mean with its interval, and the share of mentions it speaks of where that is not all."""
    if not row["n"]:
        return MISSING
    part = "" if row["scored"] == 1 else f" ({percent(row['scored'])} scored)"
    return with_interval(row["mean"], row["low"], row["high"]) + part


def matrix(table: pd.DataFrame, family: str, measure: str = "lfs") -> Shown:
    """A line a LIAP variant, a column for each method it is held against: paired mean differences."""
    part = table[(table["family"] == family) & (table["measure"] == measure)] if len(table) else table
    if not len(part):
        return Shown(["LIAP"], [])
    against = {row["control"]: f"minus {row['control']}" + _ceiling(row) for row in _records(part)}
    label = "LFS" if measure == "lfs" else "signed difference"
    lines = []
    for variant, rows in part.groupby("variant", sort=False):
        cells = {row["control"]: row for row in _records(rows)}
        most = max(cells.values(), key=lambda row: row["n"])  # the first columns speak of these pairs
        counts = [f"{most['n']}", percent(most["scored"]), percent(most["coverage"])]
        differences = [_difference(cells[name], unless=most["n"]) if name in cells else MISSING for name in against]
        lines.append([str(variant), *counts, number(most["mean"], _DIGITS[measure]), *differences])
    return Shown(["LIAP", "n", "scored", "kept", label, *against.values()], lines)


def contrasts(table: pd.DataFrame, family: str, measure: str) -> Shown:
    """A line a contrast, with joint intervals and what could not differ."""
    digits = _DIGITS[measure]
    header = ["LIAP", "minus", "n", "scored", "kept", "forced", "equal", "difference [95%]", "[all at once]"]
    header += ["without insensitive"]
    part = table[(table["family"] == family) & (table["measure"] == measure)] if len(table) else table
    lines = []
    for row in _records(part):
        joint = bounds(row["joint_low"], row["joint_high"], with_sign=True, digits=digits)
        sensitive = (row[f"sensitive_{name}"] for name in ("difference", "low", "high"))
        felt = with_interval(*sensitive, with_sign=True, digits=digits)
        counts = [
            f"{row['n']}",
            percent(row["scored"]),
            percent(row["coverage"]),
            f"{row['forced']}",
            f"{row['equal']}",
        ]
        lines.append([row["variant"], row["control"] + _ceiling(row), *counts, _difference(row), joint, felt])
    return Shown(header, lines, left=2)


def strata(table: pd.DataFrame, differences: pd.DataFrame) -> Shown:
    """One method by stratum, with its differences to its matched controls where it has some."""
    controls = [name for name in CONTROLS if len(differences) and (differences["control"] == name).any()]
    found = {(row["stratum"], row["value"], row["control"]): row for row in _records(differences)}
    lines = []
    for row in _records(table[table["n"] > 0]):
        cells = [row["stratum"], row["value"], f"{row['n']}", with_interval(row["mean"], row["low"], row["high"])]
        cells += [number(row["median"]), number(row["sd"])]
        cells += [_difference(found[row["stratum"], row["value"], name]) for name in controls]
        lines.append(cells)
    header = ["stratum", "", "n", "LFS, mean [95%]", "median", "sd", *(f"minus {name}" for name in controls)]
    return Shown(header, lines, left=2)


def types(table: pd.DataFrame) -> Shown:
    """A line a headline method, a column a predicted type."""
    part = table[(table["stratum"] == "type") & table["explainer"].isin(HEADLINE)]
    names = list(dict.fromkeys(part["value"]))
    lines = []
    for _, rows in part.groupby(["explainer", "variant"], sort=False):
        cells = {
            row["value"]: f"{with_interval(row['mean'], row['low'], row['high'])}, n {row['n']}"
            for row in _records(rows)
        }
        lines.append([_label(_records(rows)[0]), *(cells[name] for name in names)])
    return Shown(["explainer", *names], lines)


def curve(table: pd.DataFrame) -> Shown:
    """A line a method, a column a K."""
    lines = []
    for _, rows in table.groupby(["explainer", "variant"], sort=False):
        lines.append([_label(_records(rows)[0]), *(number(value) for value in rows["mean"])])
    return Shown(["LFS by K", *(f"{k}" for k in sorted(set(table["k"])))], lines)


def extremes(table: pd.DataFrame) -> Shown:
    lines = []
    for row in _records(table):
        what = [
            row["end_of_list"],
            _cut(row["text"]),
            row["predicted_type"],
            row["gold_type"] or MISSING,
            row["outcome"],
        ]
        where = [f"{row['sentence']}:{row['start']}-{row['end']}", f"{row['words']}"]
        difference = signed(row["signed_difference"], _DIGITS["signed_difference"])
        lines.append([*what, *where, number(row["probability"]), number(row["lfs"]), difference])
    header = ["", "mention", "predicted", "gold", "outcome", "sentence:span", "words", "p", "LFS", "signed difference"]
    return Shown(header, lines, left=5)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def undefined(table: pd.DataFrame) -> Shown:
    """A line a method, a column a reason."""
    reasons = sorted(set(table["reason"]))
    lines = []
    for (explainer, variant), rows in table.groupby(["explainer", "variant"], sort=False):
        counts = dict(zip(rows["reason"], rows["n"], strict=True))
        lines.append([Method(str(explainer), str(variant)).label, *(f"{counts.get(reason, 0)}" for reason in reasons)])
    return Shown(["no score because", *reasons], lines)


def _label(row: dict) -> str:
    return Method(row["explainer"], row["variant"]).label + _ceiling(row)


def _ceiling(row: dict) -> str:
    """Said wherever such a method is shown."""
    return " (LFS's ceiling)" if row["note"] else ""


def _difference(row: dict, unless: int | None = None) -> str:
    """Mean difference with interval and mark; with its n where that is not `unless`."""
    if not row["n"]:
        return MISSING
    parts = (row[name] for name in ("difference", "low", "high"))
    shown = with_interval(*parts, with_sign=True, digits=_DIGITS[row["measure"]])
    n = "" if unless in (None, row["n"]) else f", n {row['n']}"
    return shown + _MARKS.get(verdict_of(row["low"], row["high"]), "") + n


def _records(table: pd.DataFrame) -> list[dict]:
    return table.to_dict("records")
