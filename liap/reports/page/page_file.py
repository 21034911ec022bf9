"""`report.html`: the templates filled with a run's answer, its plot, its tables and its mentions.

The page is one file. Its content-security policy names the digests of its one script and its one style sheet, and forbids everything
else: network, other scripts, handlers and styles in attributes. Words of a corpus are data; the script shows them as text alone.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liap import manifest
from liap.errors import printable
from liap.files import write_whole
from liap.reports import display
from liap.reports.analysis import Analysis, analyse
from liap.reports.declared import provenance, read_declared
from liap.reports.page.browser_data import BrowserData, browser_data
from liap.reports.page.headline_plot import headline_plot
from liap.reports.panel import panel_of
from liap.reports.rows import read_rows
from liap.reports.verdict import verdict, verdict_table
from liap.settings import AnalysisSettings

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = "report.html"
TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = ("packed.js", "selection.js", "mention_list.js", "structure.js", "details.js", "start.js")
STYLES = ("page.css", "browser.css")
BESIDE_CONTROLS = "Does attention that follows linguistic structure explain the recogniser better than the same amount of attention that does not?"
WHICH_WORDS = "Which words does the recogniser rely on?"


def write_page(analysis: Analysis, results: Path) -> str:
    """Write the page into the results folder; its name. InputError where the run's files do not fit together."""
    text = page(analysis, results, browser_data(analysis.panel, results))
    manifest.record(results, [PAGE])
    write_whole(results / PAGE, text)
    return PAGE


def write_page_of(results: Path) -> str:
    """Write the page of a run that has just ended, about its first method; its path, or "" where no metric has a column for tables."""
    run = read_declared(results)
    if not run.measures:
        return ""
    rows = read_rows(results, run)
    first = panel_of(rows, run).methods[0]
    analysis = analyse(rows, run, AnalysisSettings(explainer=first.explainer, variant=first.variant))
    return str(results / write_page(analysis, results))


def page(analysis: Analysis, results: Path, data: BrowserData | None) -> str:
    """The whole page; without data it has no browser of mentions."""
    script, styles = _joined(SCRIPTS), _joined(STYLES)
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(styles)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template("page.html")
        .render(
            policy=policy,
            script=script,
            styles=styles,
            plot=headline_plot(analysis),
            blocks=_blocks(data),
            data=data,
            **_texts(analysis, results),
        )
    )


def _texts(analysis: Analysis, results: Path) -> dict[str, Any]:
    """What stands above the browser."""
    panel = analysis.panel
    against = len(analysis.contrasts_of("controls", panel.primary.name)) > 0
    tables = [
        (
            "Explainers",
            "controls left out",
            display.explainers(panel, display.without_controls(panel, analysis.explainers)),
        ),
        ("Beside the matched controls", "paired differences, 95% intervals", verdict_table(analysis)),
        ("Mentions without a score", "by reason", display.undefined(analysis)),
    ]
    told = verdict(analysis)
    return {
        "question": BESIDE_CONTROLS if against else WHICH_WORDS,
        "answer": " ".join(told[:2]),
        "beneath": " ".join(told[2:]),
        "run": printable(provenance(results).strip().replace("\n", " ")),
        "measure": panel.primary,
        "counts": _counts(analysis),
        "outcomes": [
            (name.replace("_", " "), int(count))
            for name, count in panel.mentions["outcome"].astype(str).value_counts().items()
        ],
        "types": [
            (printable(name), int(count))
            for name, count in panel.mentions["predicted_type"].astype(str).value_counts().items()
        ],
        "tables": [(title, note, _printable(table)) for title, note, table in tables if table.lines],
        "ceiling": panel.ceiling_note.strip(),
    }


def _counts(analysis: Analysis) -> list[tuple[str, str]]:
    panel, chosen = analysis.panel, analysis.chosen
    scored = int((~_missing(panel.scores[:, chosen])).sum())
    counts = [
        (f"{len(panel.mentions):,}", "mentions"),
        (f"{panel.mentions['sentence'].nunique():,}", "sentences"),
        (f"{int(panel.document.max()) + 1:,}", "documents"),
        (f"{len(panel.methods)}", "explainers and variants"),
        (f"{scored / len(panel.mentions):.0%}", f"scored by {analysis.method.label}"),
    ]
    if panel.has_lfs and scored:
        counts.append((f"{1 - panel.sensitive[:, chosen].sum() / scored:.0%}", "of them insensitive (I + U < 0.01)"))
    return counts


def _missing(values: Any) -> Any:
    return values != values


def _printable(table: display.Shown) -> display.Shown:
    lines = [[printable(cell) for cell in line] for line in table.lines]
    return display.Shown([printable(cell) for cell in table.header], lines, table.left)


def _blocks(data: BrowserData | None) -> Iterable[tuple[str, str]]:
    """(name, content) of each compressed block."""
    if data is None:
        return []
    named = [("index", data.index), ("disagreement", data.disagreement)]
    named += [(f"details-{number}", block) for number, block in enumerate(data.blocks)]
    return [(name, packed(content)) for name, content in named]


def packed(content: Any) -> str:
    """JSON as text of a script: compressed, the same bytes for the same content, in letters that end no script."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("ascii"), mtime=0)).decode("ascii")


def _joined(names: Iterable[str]) -> str:
    return "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)


def _digest(text: str) -> str:
    """As a content-security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
