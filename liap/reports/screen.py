"""The analysis on one screen: the answer, the explainers, the contrasts in short, and where the files are.

At most `LINES` lines of `WIDTH` columns, whatever a run holds: long tables are cut, and a line says how much is left out. The CSV
files have everything, and so has the long form of the report.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from liap.reports import display
from liap.reports.against_evidence import ALL, UNPRUNED
from liap.reports.analysis import Analysis
from liap.reports.display import Shown
from liap.reports.layout import MISSING, columns, percent, signed, with_interval
from liap.reports.panel import FAMILY, Panel
from liap.reports.verdict import verdict

LINES, WIDTH = 40, 120
_LONGEST_LABEL = 40
_MOST_FILES = 5  # lines of file names
_LARGEST_SHARE = 10  # lines of the contrasts' table, at most, where both tables are long
_MARKS = {"above": "▲", "below": "▼", "contains 0": "=", "undecided": "?"}


def screen(analysis: Analysis, opening: str, results: Path, written: Sequence[str]) -> str:
    """What `analyze_results.py` prints; `opening` says what was read, `written` names the files in the results folder."""
    measure = analysis.panel.primary.label
    head = [*_wrapped(opening, 4), *_wrapped(" ".join(verdict(analysis)), 5), *_wrapped(preferences(analysis), 5)]
    files = _wrapped(f"Written to {results}: {', '.join(written)}", _MOST_FILES)
    files.append("All tables with their intervals: --verbose, or the CSV files.")
    first, second = explainers(analysis), contrasts(analysis)
    titles = [f"{measure} by explainer, controls left out", f"{measure} minus that of the matched controls"]
    key = "▲ the 95% interval is above 0, ▼ below 0, = contains it, ? there is none"
    titles[1] = _wrapped(f"{titles[1]}: {key}", 1)[0]
    room = LINES - len(head) - len(files) - 3 - 2  # blank lines, and each table's title
    below = min(len(second.lines) + 1, _LARGEST_SHARE, room // 2) if second.lines else -1
    parts = [head, [titles[0], *_table(first, room - max(below, 0))]]
    if second.lines:
        parts.append([titles[1], *_table(second, below)])
    return "\n\n".join("\n".join(_cut(line) for line in part) for part in [*parts, files])


def preferences(analysis: Analysis) -> str:
    """How often each metric prefers the explanation that finds the known evidence, over all families; empty without evidence."""
    panel, table = analysis.panel, analysis.metrics_by_evidence
    if not len(table):
        return ""
    parts: dict[str, list[str]] = {}
    for row in table[(table[FAMILY] == table[FAMILY].iloc[-1]) & (table["mentions"] > 0)].to_dict("records"):
        name = {ALL: panel.column(row["measure"]).label, UNPRUNED: UNPRUNED}.get(row["explainers"])
        said = f"{name} {with_interval(row['preferred'], row['low'], row['high'])}"
        parts.setdefault(row["measure"], []).extend([said] if name else [])
    told = [first + "".join(f" ({other})" for other in others) for first, *others in parts.values()]
    intro = (
        "Of two explanations of a mention, the one that finds the known evidence scores better in this share of pairs"
    )
    return f"{intro}: {', '.join(told)}." if told else ""


def explainers(analysis: Analysis) -> Shown:
    """Each method's primary measure with its interval, without controls."""
    panel = analysis.panel
    header = ["explainer", "n", "scored", f"{panel.primary.label}, mean [95%]"]
    lines = []
    for row in display.without_controls(panel, analysis.explainers).to_dict("records"):
        cells = [f"{row['n']}", percent(row["scored"]), display.mean(panel.primary, row)]
        insensitive = percent(row["insensitive"] / row["n"]) if row["n"] else MISSING
        lines.append([_label(panel, row), *cells, *([insensitive] if panel.has_lfs else [])])
    return Shown([*header, *(["insensitive"] if panel.has_lfs else [])], lines)


def contrasts(analysis: Analysis) -> Shown:
    """A line per method with controls, a column per control: the mean difference, and where its interval lies."""
    panel, measure = analysis.panel, analysis.panel.primary
    table = analysis.contrasts_of("controls", measure.name)
    rows = table.to_dict("records")
    controls = list(dict.fromkeys(panel.declared.kind(row["control"]) for row in rows))
    methods: dict[tuple[str, str], dict[str, dict]] = {}
    for row in rows:
        methods.setdefault((row["explainer"], row["variant"]), {})[panel.declared.kind(row["control"])] = row
    lines = []
    for of_method in methods.values():
        cells = [_difference(of_method[name], measure.digits) if name in of_method else MISSING for name in controls]
        first = next(iter(of_method.values()))
        lines.append([_label(panel, first), f"{max(row['n'] for row in of_method.values())}", *cells])
    labels = [panel.declared.explainer(name).label.removesuffix(" (control)") for name in controls]
    return Shown(["method", "n", *labels], lines)


def _difference(row: dict, digits: int) -> str:
    return f"{signed(row['difference'], digits)} {_MARKS[row['verdict']]}" if row["n"] else MISSING


def _label(panel: Panel, row: dict) -> str:
    label = panel.label(row)
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _table(table: Shown, room: int) -> list[str]:
    """The table in so many lines; the last one says how many are left out."""
    header, *lines = table.aligned().splitlines()
    if len(lines) + 1 <= room:
        return [header, *lines]
    kept = max(room - 2, 0)
    return [header, *lines[:kept], f"… and {len(lines) - kept} more with --verbose"]


def _wrapped(text: str, most: int) -> list[str]:
    """Each line of the text wrapped, in so many lines altogether."""
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, WIDTH, break_on_hyphens=False)]
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1][: WIDTH - 2]} …"]


def _cut(line: str) -> str:
    if columns(line) <= WIDTH:
        return line
    while columns(line) > WIDTH - 1:
        line = line[:-1]
    return line + "…"
