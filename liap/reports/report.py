"""`results/` -> the printed analysis, its CSV files and its plots: what `analyze_results.py` does."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from liap import manifest
from liap.files import write_whole
from liap.reports import display
from liap.reports.analysis import Analysis, analyse
from liap.reports.captions import captions
from liap.reports.declared import provenance, read_declared
from liap.reports.display import Shown
from liap.reports.heat_map import draw_structure, read_structure
from liap.reports.latex import latex_table
from liap.reports.page import write_page
from liap.reports.rows import LFS_COLUMNS, read_rows
from liap.reports.screen import screen
from liap.reports.style import drawn_for, save
from liap.reports.summaries import save_tables
from liap.reports.verdict import beside_others, verdict, verdict_table
from liap.settings import AnalysisSettings

EVIDENCE_TITLE = "Known evidence: of the words that decide a mention's type, the share that is ranked first, by family"
PREFERENCE_TITLE = "Metrics against the known evidence: the share of pairs in which the explanation that finds it scores better (0.5: chance)"
FAMILIES = {"controls": "its matched controls (the primary contrast)", "others": "other explainers"}


def report(settings: AnalysisSettings) -> Analysis:
    """Write CSV files and plots into the results folder, and print one screen, or every table if the settings say so."""
    results = Path(settings.results)
    about_run, structure = provenance(results), read_structure(results) if settings.plots else None
    run = read_declared(results)
    analysis = analyse(read_rows(results, run), run, settings)
    opening = f"{_opening(analysis, results)}{about_run}"
    if settings.verbose:
        print(everything(analysis, opening), flush=True)
    written = write_tables(analysis, results)
    if settings.latex:
        write_latex(analysis, results)
    if settings.plots:
        with drawn_for(settings):
            written += draw_all(analysis, results, structure)
    written += [write_page(analysis, results)] if settings.page else []
    print(
        f"Written to {results}: {', '.join(written)}"
        if settings.verbose
        else screen(analysis, opening, results, written)
    )
    return analysis


def everything(analysis: Analysis, opening: str) -> str:
    """Every table under its title, then the answer with the tables that it rests on."""
    parts = [opening, *(f"{title}\n\n{text}" for title, text in sections(analysis)), " ".join(verdict(analysis))]
    parts += [verdict_table(analysis).aligned(), beside_others(analysis)]
    return "\n\n".join(filter(None, parts)) + "\n"


def sections(analysis: Analysis) -> list[tuple[str, str]]:
    """(title, table) in the order they are printed; empty tables are left out."""
    return [(title, table.aligned()) for _, title, table in titled_tables(analysis)]


def titled_tables(analysis: Analysis) -> list[tuple[str, str, Shown]]:
    """(name for a file, title, table), without empty tables."""
    panel, label, measure = analysis.panel, analysis.method.label, analysis.panel.primary.label
    own = panel.primary.name
    shown = [
        (f"{own}_by_explainer", _explainers_title(analysis), display.explainers(panel, analysis.explainers)),
        (f"{own}_common", f"{measure} on the mentions that all of these have scored", display.common(analysis)),
    ]
    if other_measures(analysis):
        metrics = display.metrics(panel, analysis.measures)
        shown.append(("metrics_by_explainer", "Every metric, mean [95%]", metrics))
    for family in FAMILIES:
        for column in panel.measures:
            title = _contrasts_title(analysis, family, column.name)
            shown.append((f"{column.name}_beside_{family}", title, display.contrasts(analysis, family, column.name)))
    extremes = f"Mentions of highest and lowest {measure} under {label} (sensitive ones)"
    shown += [
        (f"lfs_{family}_by_choice", _choices_title(family), display.by_choice(analysis, family)) for family in FAMILIES
    ]
    shown += [
        (f"{own}_by_stratum", f"{measure} of {label} by stratum. {display.MARKS}", display.strata(analysis)),
        (f"{own}_by_entity", f"{measure} by predicted type, controls left out", display.types(analysis)),
        (f"{own}_curve", "LFS-K: mean LFS with K words at each end", display.curve(analysis)),
        (f"{own}_extremes", extremes, display.extremes(analysis)),
        ("evidence_by_family", EVIDENCE_TITLE, display.evidence(panel, analysis.evidence)),
        ("metrics_by_evidence", PREFERENCE_TITLE, display.metrics_by_evidence(panel, analysis.metrics_by_evidence)),
        (f"{own}_undefined", "Mentions without a score", display.undefined(analysis)),
    ]
    return [(name, title, table) for name, title, table in shown if table.lines]


def write_latex(analysis: Analysis, results: Path) -> list[str]:
    """Save each table as LaTeX, beside its CSV file; the names of the files."""
    tables = {f"{name}.tex": latex_table(table, title, name) for name, title, table in titled_tables(analysis)}
    manifest.record(results, tables)
    for name, text in tables.items():
        write_whole(results / name, text)
    return list(tables)


def other_measures(analysis: Analysis) -> list[str]:
    """The measures of other metrics than the primary one's."""
    own = LFS_COLUMNS if analysis.panel.has_lfs else (analysis.panel.primary.name,)
    return [column.name for column in analysis.panel.measures if column.name not in own]


def write_tables(analysis: Analysis, results: Path) -> list[str]:
    """Save each table as CSV; the names of the files."""
    manifest.record(results, analysis.files())
    save_tables(analysis.files(), results)
    return list(analysis.files())


def draw_all(analysis: Analysis, results: Path, structure: pd.DataFrame | None = None) -> list[str]:
    """Draw every plot into the results folder, each with its caption as text beside it; the names of the pictures.

    Without `structure` there is no heat map.
    """
    from liap.reports import plots
    from liap.reports.preference_plot import plot_preferences

    name = analysis.panel.primary.name
    drawn = {
        f"{name}_boxplot_by_entity": plots.plot_boxplot_by_entity(analysis),
        f"{name}_distribution": plots.plot_distribution(analysis),
        f"{name}_vs_sentence_length": plots.plot_vs_sentence_length(analysis),
        f"{name}_by_explainer": plots.plot_by_explainer(analysis),
    }
    if len(analysis.curve):
        drawn[f"{name}_curve"] = plots.plot_curve(analysis)
    for measure in other_measures(analysis):
        drawn[f"{measure}_by_explainer"] = plots.plot_by_explainer(analysis, measure)
    if len(analysis.evidence):
        drawn["evidence_by_family"] = plots.plot_evidence(analysis)
    if len(analysis.metrics_by_evidence):
        drawn["metrics_by_evidence"] = plot_preferences(analysis)
    if structure is not None and len(structure):
        drawn["attention_structure"] = draw_structure(structure)
    texts = captions(analysis)
    return [picture for stem, axes in drawn.items() for picture in save(axes, results, stem, texts[stem])]


def _opening(analysis: Analysis, results: Path) -> str:
    panel = analysis.panel
    scale = " LFS: 1 finds what the model relies on, 0.5 is chance, 0 is worse." if panel.has_lfs else ""
    documents = int(panel.document.max()) + 1
    return f"{results}: {len(panel.mentions)} mentions in {documents} documents, {len(panel.methods)} explainers and variants.{scale}"


def _explainers_title(analysis: Analysis) -> str:
    panel = analysis.panel
    return f"{panel.primary.label} by explainer (operators: explainer's / metric's).{panel.ceiling_note}"


def _choices_title(family: str) -> str:
    return f"LFS less that of {FAMILIES[family]}, under every choice of target, ties and K. {display.MARKS}"


def _contrasts_title(analysis: Analysis, family: str, measure: str) -> str:
    table = analysis.contrasts_of(family, measure)
    names = list(dict.fromkeys(table["explainer"])) if len(table) else []
    methods = " and ".join(analysis.panel.declared.explainer(name).label for name in names)
    bases = [analysis.panel.declared.explainer(name).base for name in table["explainer"]] if len(table) else []
    together = [str(bases.count(base)) for base in dict.fromkeys(bases)] or ["0"]
    of_each = together[0] if len(together) == 1 else f"of an explainer ({', '.join(together)})"
    many = f"{len(table)} contrasts; [all at once]: intervals that hold for all {of_each} together."
    what = f"{methods} minus {FAMILIES[family]}: {analysis.panel.measure(measure).label}, paired mentions"
    return f"{what}. {many} {display.MARKS}"
