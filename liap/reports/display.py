"""Tables of numbers -> tables of text, printed or put into the README."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from liap.faithfulness import Column
from liap.reports.analysis import Analysis
from liap.reports.layout import MISSING, aligned, bounds, escaped, markdown, number, percent, signed, with_interval
from liap.reports.panel import FAMILY, Panel

_LONGEST_TEXT = 60  # characters of a mention; its file has the whole text
_MARKS = {"above": " ▲", "below": " ▼"}
_WORDS = {"contains 0": "not told apart", "undecided": "no interval"}
MARKS = "▲: the 95% interval is above 0; ▼: below 0; unmarked: it contains 0, or there is none as all mentions are of one document."


@dataclass(frozen=True, slots=True)
class Shown:
    """A table of text; its first `left` columns are flush left."""

    header: list[str]
    lines: list[list[str]]
    left: int = 1

    def aligned(self) -> str:
        return aligned(self.header, self.lines, self.left)

    def markdown(self) -> str:
        return markdown([escaped(cell) for cell in self.header], self.lines, self.left)


def in_words(name: str) -> str:
    """A name of ours as a reader says it: wrong_boundary -> wrong boundary. A corpus's own names stay as they are."""
    return str(name).replace("_", " ")


def without_controls(panel: Panel, table: pd.DataFrame) -> pd.DataFrame:
    """The table's lines of all explainers but controls."""
    shown = [declaration.name for declaration in panel.explainers if declaration.role != "control"]
    return table[table["explainer"].isin(shown)] if len(table) else table


def explainers(panel: Panel, table: pd.DataFrame) -> Shown:
    """Each method's primary measure with its interval, its coverage, and the measure without insensitive mentions."""
    header = ["explainer", "operators", "n", "scored", "coverage", f"{panel.primary.label}, mean [95%]", "median", "sd"]
    lfs_header = ["insensitive", f"{panel.primary.label} without them", "signed difference"]
    lines = []
    for row in _records(table):
        counts = [f"{row['n']}", percent(row["scored"]), percent(row["coverage"])]
        cells = [row["operators"], *counts, mean(panel.primary, row), *_spread(panel.primary, row)]
        if panel.has_lfs:
            parts = (row[f"signed_{name}"] for name in ("mean", "low", "high"))
            cells += [f"{row['insensitive']}", mean(panel.primary, row, "sensitive_")]
            cells.append(with_interval(*parts, with_sign=True, digits=4))
        lines.append([panel.label(row), *cells])
    return Shown(header + (lfs_header if panel.has_lfs else []), lines, left=2)


def common(analysis: Analysis) -> Shown:
    """The primary measure of each method on the mentions that all have scored."""
    panel, measure = analysis.panel, analysis.panel.primary
    lines = [
        [panel.label(row), f"{row['common_n']}", mean(measure, row, "common_"), number(row["common_median"])]
        for row in _records(analysis.explainers)
        if row["n"]
    ]
    return Shown(["explainer", "n", f"{measure.label}, mean [95%]", "median"], lines)


def metrics(panel: Panel, table: pd.DataFrame) -> Shown:
    """A line per method, a column per measure."""
    better = {"higher": " (higher is better)", "lower": " (lower is better)", "": ""}
    names = {one.name: f"{one.label}{better[one.better]}" for one in panel.measures}
    return _by_method(panel, table, "measure", lambda row: mean(panel.measure(row["measure"]), row), names=names)


def evidence(panel: Panel, table: pd.DataFrame) -> Shown:
    """A line per method, a column per family: the share of the known evidence that the method ranks first."""

    def share(row: dict) -> str:
        part = "" if row["scored"] == 1 else f" ({percent(row['scored'])} scored)"
        return with_interval(row["mean"], row["low"], row["high"]) + part

    return _by_method(panel, table[table["n"] > 0] if len(table) else table, FAMILY, share)


def metrics_by_evidence(panel: Panel, table: pd.DataFrame) -> Shown:
    """A line per set of explainers and measure, a column per family: the share of pairs in which the finder scores better."""
    lines, families = {}, list(dict.fromkeys(table[FAMILY])) if len(table) else []
    for row in _records(table):
        line = lines.setdefault((row["explainers"], row["measure"]), dict.fromkeys(families, MISSING))
        line[row[FAMILY]] = with_interval(row["preferred"], row["low"], row["high"]) if row["mentions"] else MISSING
    shown = [[explainers, panel.column(measure).label, *line.values()] for (explainers, measure), line in lines.items()]
    return Shown(["explainers", "metric", *families], shown, left=2)


def matrix(analysis: Analysis, family: str, measure: str, *, words: bool = False) -> Shown:
    """A line per method, a column per explainer that it is held against: paired mean differences.

    With `words`, cells say above, below or not told apart; without, they are marked.
    """
    part, panel = analysis.contrasts_of(family, measure), analysis.panel
    if not len(part):
        return Shown(["method"], [])
    column = panel.measure(measure)
    against: dict[tuple[str, str], str] = {}
    for row in _records(part):  # a control of pruned scores stands in the column of LIAP's own
        against.setdefault(_against(panel, row), f"minus {_minus(panel, row)}")
    lines = []
    for _, rows in part.groupby(["explainer", "variant"], sort=False):
        cells = {_against(panel, row): row for row in _records(rows)}
        most = max(cells.values(), key=lambda row: row["n"])  # the first columns are about these pairs
        counts = [f"{most['n']}", percent(most["scored"]), percent(most["coverage"])]
        differences = [
            _difference(column, cells[key], most["n"], words=words) if key in cells else MISSING for key in against
        ]
        lines.append([panel.label(most), *counts, number(most["mean"], column.digits), *differences])
    return Shown(["method", "n", "scored", "coverage", column.label, *against.values()], lines)


def contrasts(analysis: Analysis, family: str, measure: str) -> Shown:
    """A line per contrast, with joint intervals and the pairs that could not differ."""
    header = [
        "method",
        "minus",
        "n",
        "scored",
        "coverage",
        "forced",
        "equal",
        "difference [95%]",
        "median",
        "above",
        "below",
    ]
    header.append("[all at once]")
    panel, column = analysis.panel, analysis.panel.measure(measure)
    lines = []
    for row in _records(analysis.contrasts_of(family, measure)):
        joint = bounds(row["joint_low"], row["joint_high"], with_sign=True, digits=column.digits)
        sensitive = (row[f"sensitive_{name}"] for name in ("difference", "low", "high"))
        counts = [
            f"{row['n']}",
            percent(row["scored"]),
            percent(row["coverage"]),
            f"{row['forced']}" if panel.declared.explainer(row["control"]).role == "control" else MISSING,
            f"{row['equal']}",
        ]
        spread = [signed(row["median"], column.digits), percent(row["above"]), percent(row["below"])]
        cells = [*counts, _difference(column, row), *spread, joint]
        cells.append(with_interval(*sensitive, with_sign=True, digits=column.digits))
        lines.append([panel.label(row), _minus(panel, row), *cells])
    return Shown([*header, "without insensitive"], lines, left=2)


def by_choice(analysis: Analysis, family: str) -> Shown:
    """A line per contrast, a column per choice of LFS's definition: the difference, marked; and whether all agree."""
    table, panel = analysis.contrasts_by_choice, analysis.panel
    lines: dict[tuple[str, ...], list[str]] = {}
    agrees: dict[tuple[str, ...], str] = {}
    header: list[str] = []
    for row in _records(table[table["family"] == family] if len(table) else table):
        choice = f"{row['target']}, K {row['k']}" if row["k"] == "kept" else f"{row['target']}, ties {row['ties']}"
        header += [choice] if choice not in header else []
        key = (panel.label(row), _minus(panel, row))
        lines.setdefault(key, []).append(
            signed(row["difference"]) + _MARKS.get(row["verdict"], "") if row["n"] else MISSING
        )
        agrees[key] = row["agrees"]
    return Shown(
        ["method", "minus", *header, "all agree"], [[*key, *cells, agrees[key]] for key, cells in lines.items()], left=2
    )


def strata(analysis: Analysis) -> Shown:
    """The chosen method by stratum, with its differences to its controls where it has some."""
    panel, measure, differences = analysis.panel, analysis.panel.primary, analysis.contrasts_by_stratum
    controls = differences[differences["family"] == "controls"] if len(differences) else differences
    against = {row["control"]: f"minus {_minus(panel, row)}" for row in _records(controls)}
    cells = {(row["stratum"], row["value"], row["control"]): row for row in _records(controls)}
    table = analysis.of_chosen(analysis.strata)
    lines = []
    for row in _records(table[table["n"] > 0]):
        means = [f"{row['n']}", mean(measure, row), *_spread(measure, row)]
        means += [_difference(measure, cells[row["stratum"], row["value"], name]) for name in against]
        value = in_words(row["value"]) if row["stratum"] == "outcome" else row["value"]
        lines.append([row["stratum"], value, *means])
    header = ["stratum", "", "n", f"{measure.label}, mean [95%]", "median", "sd", *against.values()]
    return Shown(header, lines, left=2)


def types(analysis: Analysis) -> Shown:
    """A line per method (controls left out), a column per predicted type."""
    panel, table = analysis.panel, without_controls(analysis.panel, analysis.strata)
    by_type = table[table["stratum"] == "type"]
    return _by_method(panel, by_type, "value", lambda row: f"{mean(panel.primary, row)}, n {row['n']}")


def curve(analysis: Analysis) -> Shown:
    """A line per method, a column per K."""
    return _by_method(analysis.panel, analysis.curve, "k", lambda row: number(row["mean"]), title="LFS by K")


def extremes(analysis: Analysis) -> Shown:
    measure, lines = analysis.panel.primary, []
    for row in _records(analysis.extremes):
        text = row["text"] if len(row["text"]) <= _LONGEST_TEXT else row["text"][: _LONGEST_TEXT - 1] + "…"
        about = [row["end_of_list"], text, row["predicted_type"], row["gold_type"] or MISSING]
        about.append(in_words(row["outcome"]))
        about += [
            f"{row['sentence']}:{row['start']}-{row['end']}",
            f"{row['sentence_length']}",
            number(row["probability"]),
        ]
        lines.append([*about, number(row[measure.name], measure.digits), signed(row["signed_difference"], 4)])
    header = ["", "mention", "predicted", "gold", "outcome", "sentence:span", "words", "p"]
    return Shown([*header, measure.label, "signed difference"], lines, left=5)


def undefined(analysis: Analysis) -> Shown:
    """A line per method, a column per reason."""
    table = analysis.panel.undefined.sort_values("reason")
    names = {reason: in_words(reason) for reason in table["reason"]} if len(table) else {}
    return _by_method(
        analysis.panel, table, "reason", lambda row: f"{row['n']}", title="no score because", names=names, missing="0"
    )


def _by_method(
    panel: Panel,
    table: pd.DataFrame,
    key: str,
    show: Callable[[dict], str],
    *,
    title: str = "explainer",
    names: dict[str, str] | None = None,
    missing: str = MISSING,
) -> Shown:
    """A line per method in the panel's order, a column per value of `key`; `names` are the columns' headings."""
    names = names or {value: str(value) for value in (table[key] if len(table) else ())}
    cells: dict[int, dict] = {}
    for row in _records(table):
        cells.setdefault(panel.find(row["explainer"], row["variant"]), {})[row[key]] = show(row)
    lines = [[panel.methods[at].label, *(cells[at].get(name, missing) for name in names)] for at in sorted(cells)]
    return Shown([title, *names.values()], lines)


def mean(measure: Column, row: dict, prefix: str = "") -> str:
    """The mean with its interval, as every table has it."""
    return with_interval(*(row[f"{prefix}{name}"] for name in ("mean", "low", "high")), digits=measure.digits)


def _spread(measure: Column, row: dict) -> list[str]:
    return [number(row["median"], measure.digits), number(row["sd"], measure.digits)]


def _against(panel: Panel, row: dict) -> tuple[str, str]:
    """What a contrast subtracts: an explainer, or the kind of a control, and its variant unless that is the method's own."""
    return panel.declared.kind(row["control"]), "" if row["control_variant"] == row["variant"] else row[
        "control_variant"
    ]


def _minus(panel: Panel, row: dict) -> str:
    """Its label, without the variant that both sides have."""
    method = panel.methods[panel.find(row["control"], row["control_variant"])]
    return method.declaration.label if method.variant and method.variant == row["variant"] else method.label


def _difference(measure: Column, row: dict, unless: int | None = None, *, words: bool = False) -> str:
    """Mean difference with interval, marked or with a word before it; with its n where that is not `unless`."""
    if not row["n"]:
        return MISSING
    parts = (row[name] for name in ("difference", "low", "high"))
    shown = with_interval(*parts, with_sign=True, digits=measure.digits)
    n = "" if unless in (None, row["n"]) else f", n {row['n']}"
    place = row["verdict"]
    return f"{_WORDS.get(place, place)}: {shown}{n}" if words else shown + _MARKS.get(place, "") + n


def _records(table: pd.DataFrame) -> list[dict]:
    return table.to_dict("records")
