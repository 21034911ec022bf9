"""The analysis -> its CSV files, and LaTeX tables of the same numbers.

| file | a line |
|---|---|
| `monolingual.csv`, `per_category.csv` | a starting point and language: F1 over seeds, of all types and of each |
| `comparisons.csv` | a starting point beside the reference, with tests and effect sizes |
| `zero_shot.csv` | a cell of a grid, monolingual cells too |
| `transfer_means.csv` | a language: how well it transfers to the others, and they to it |
| `overlap_*.csv` | a table of shared entity words, as the published `data_*.csv` |
| `correlation.csv` | overlap against zero-shot F1 |
| `published.csv` | a published number beside its recomputation |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from liap import manifest, tables
from liap.files import write_whole
from liap.reports.display import Shown
from liap.reports.latex import latex_table
from liap.reports.layout import MISSING, number
from liap.taggers.entity_f1 import OVERALL
from liap.transfer.grid_scores import SAME_LANGUAGE
from liap.transfer.monolingual import MONOLINGUAL, ComparisonRow, MonolingualRow
from liap.transfer.overlap import overlap_csv
from liap.transfer.overlap_correlation import CorrelationRow
from liap.transfer.published_numbers import CheckRow
from liap.transfer.transfer_analysis import TransferAnalysis
from liap.transfer.transfer_plots import caption_of
from liap.transfer.zero_shot import Grid, MarginRow, ZeroShotRow

SIGNIFICANT = 0.05


def csv_files(analysis: TransferAnalysis) -> dict[str, str]:
    """File name -> content."""
    overall = [row for row in analysis.monolingual if row.category == OVERALL]
    of_types = [row for row in analysis.monolingual if row.category != OVERALL]
    records: dict[str, tuple[type, Sequence[object]]] = {
        "monolingual.csv": (MonolingualRow, overall),
        "per_category.csv": (MonolingualRow, of_types),
        "comparisons.csv": (ComparisonRow, analysis.comparisons),
        "zero_shot.csv": (ZeroShotRow, analysis.zero_shot),
        "transfer_means.csv": (MarginRow, analysis.margins),
    }
    if analysis.overlaps:
        records["correlation.csv"] = CorrelationRow, analysis.correlations
    if analysis.checks:
        records["published.csv"] = CheckRow, analysis.checks
    files = {name: tables.header(kind) + tables.to_csv(rows) for name, (kind, rows) in records.items()}
    return files | {f"overlap_{name}.csv": overlap_csv(table) for name, table in analysis.overlaps.items()}


def latex_files(analysis: TransferAnalysis) -> dict[str, str]:
    """File name -> content: the monolingual table, and a table for each grid."""
    shown = {f"zero_shot_{name}": _of_grid(grid) for name, grid in analysis.grids[OVERALL].items()}
    captions = {name: f"{caption_of(name)} In brackets: the standard deviation over seeds." for name in shown}
    shown["monolingual"] = _of_monolingual(analysis)
    captions["monolingual"] = (
        "Mean F1 over seeds, in points, of recognisers fine-tuned and evaluated on the column's language, by what they started from. In brackets: the standard "
        f"deviation over seeds. *: it differs from {analysis.reference}, p < {SIGNIFICANT} after Holm's correction."
    )
    return {f"{name}.tex": latex_table(table, captions[name], name) for name, table in shown.items()}


def write(analysis: TransferAnalysis, folder: Path, *, latex: bool) -> list[str]:
    """Write the files, each whole; their names."""
    files = csv_files(analysis) | (latex_files(analysis) if latex else {})
    manifest.record(folder, files)
    for name, content in files.items():
        write_whole(folder / name, content)
    return list(files)


def kinds_of_starts(analysis: TransferAnalysis) -> list[str]:
    """The reference first, then the starting points fine-tuned on all languages, then `same-language`."""
    kinds = {row.kind for row in analysis.comparisons if row.language == "all" and row.category == OVERALL}
    return [analysis.reference, *sorted(kinds - {SAME_LANGUAGE}), *sorted(kinds & {SAME_LANGUAGE})]


def monolingual_of(analysis: TransferAnalysis, category: str = OVERALL) -> dict[tuple[str, str], MonolingualRow]:
    """(starting point, language) -> row; `same-language` is a starting point too."""
    rows = {(row.starting_point, row.language): row for row in analysis.monolingual if row.category == category}
    own = {(SAME_LANGUAGE, language): row for (start, language), row in rows.items() if start == language}
    return rows | own


def compared(analysis: TransferAnalysis, value: str, category: str = OVERALL) -> dict[tuple[str, str], ComparisonRow]:
    """(starting point or `same-language`, language or `all`) -> comparison."""
    rows = [row for row in analysis.comparisons if (row.value, row.category) == (value, category)]
    own = {(SAME_LANGUAGE, row.language): row for row in rows if row.starting_point == row.language}
    return own | {(row.starting_point, row.language): row for row in rows}


def _of_monolingual(analysis: TransferAnalysis) -> Shown:
    rows, tests = monolingual_of(analysis), compared(analysis, MONOLINGUAL)
    languages = sorted({language for start, language in rows if start == analysis.reference})
    lines = []
    for start in kinds_of_starts(analysis):
        cells = []
        for language in languages:
            row, test = rows.get((start, language)), tests.get((start, language))
            star = "*" if test and test.p_holm < SIGNIFICANT else ""
            cells.append(f"{number(row.mean, 1)} ({number(row.sd, 1)}){star}" if row else MISSING)
        lines.append([start, *cells])
    return Shown(["starting point", *languages], lines)


def _of_grid(grid: Grid) -> Shown:
    lines = []
    for row, language in enumerate(grid.languages):
        cells = [
            MISSING if row == column else f"{number(mean, 1)} ({number(deviation, 1)})"
            for column, (mean, deviation) in enumerate(zip(grid.mean[row], grid.deviation[row], strict=True))
        ]
        lines.append([language, *cells, number(grid.row_means[row], 1)])
    lines.append(["mean", *(number(mean, 1) for mean in grid.column_means), ""])
    return Shown(["fine-tuned on", *grid.languages, "mean"], lines)
