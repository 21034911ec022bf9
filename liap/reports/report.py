"""`results/` -> the printed analysis, its CSV files and its plots: what `analyze_results.py` does."""

from __future__ import annotations

import json
from pathlib import Path

from liap.errors import InputError
from liap.files import write_whole
from liap.reports import display
from liap.reports.analysis import Analysis, analyse
from liap.reports.panel import CEILING
from liap.reports.rows import read_rows
from liap.reports.structure import read_structure
from liap.reports.tables import spreadsheet_safe
from liap.reports.verdict import verdict

RUN = "run.json"
EVIDENCE_TITLE = "Known evidence: the share of the words that decide a mention's type which is ranked first, by family"
_SAID = (
    "model", "corpus", "split", "parser", "srl", "examples_per_type", "explainer_operator", "operator", "k", "ranking", "ties",
    "hops", "renormalise", "seed",
)  # fmt: skip


def report(
    results: Path, *, explainer: str, variant: str, resamples: int, seed: int, count: int, plots: bool
) -> Analysis:
    """Print every table, then write CSV files and plots into `results/`."""
    said, structure = provenance(results), read_structure(results) if plots else None
    analysis = analyse(
        read_rows(results), explainer=explainer, variant=variant, resamples=resamples, seed=seed, count=count
    )
    print(f"{_opening(analysis, results)}{said}\n", flush=True)
    for title, text in sections(analysis):
        print(f"{title}\n\n{text}\n")
    print("\n\n".join(verdict(analysis.contrasts)) + "\n", flush=True)
    written = write_tables(analysis, results)
    if plots:
        from liap.reports.drawing import draw_all

        written += draw_all(analysis, results, structure)
    print(f"Written to {results}: {', '.join(written)}")
    return analysis


def sections(analysis: Analysis) -> list[tuple[str, str]]:
    """(title, table) in the order they are printed; empty tables are left out."""
    label, differences = analysis.method.label, analysis.contrasts
    found = [
        (_explainers_title(analysis), display.explainers(analysis.explainers)),
        ("LFS on the mentions that all of these have scored", display.common(analysis.explainers)),
    ]
    for family, what in (("controls", "its matched controls (the primary contrast)"), ("others", "other explainers")):
        for measure, unit in (("lfs", "LFS"), ("signed_difference", "signed difference, in probability")):
            title = f"LIAP minus {what}: {unit}, paired mentions. {_many(analysis, family)} {display.MARKS}"
            found.append((title, display.contrasts(differences, family, measure)))
    own, own_differences = analysis.of_chosen(analysis.strata), analysis.contrasts_by_stratum
    found += [
        (f"LFS of {label} by stratum. {display.MARKS}", display.strata(own, own_differences)),
        ("LFS-K: mean LFS with K words at each end", display.curve(analysis.curve)),
        (f"Mentions of highest and lowest LFS under {label} (sensitive ones)", display.extremes(analysis.extremes)),
        (EVIDENCE_TITLE, display.evidence(analysis.evidence)),
        ("Mentions without a score", display.undefined(analysis.panel.undefined)),
    ]
    return [(title, table.aligned()) for title, table in found if table.lines]


def write_tables(analysis: Analysis, results: Path) -> list[str]:
    """Save each table as CSV; the names of the files."""
    for name, table in analysis.files().items():
        write_whole(
            results / name, spreadsheet_safe(table).to_csv(index=False, float_format="%.6g", lineterminator="\n")
        )
    return list(analysis.files())


def provenance(results: Path) -> str:
    """Where the rows come from, as far as `run.json` says; nothing where there is none."""
    path = results / RUN
    if not path.is_file():
        return ""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        settings = content.get("settings", {})
        said = [f"{name} {settings[name]}" for name in _SAID if name in settings]
        unfinished = content.get("status") not in (None, "complete")
    except (ValueError, AttributeError, TypeError, RecursionError, OSError) as error:
        raise InputError(f"{path}: not a record of a run ({error}); run run_liap_evaluation.py again") from None
    lines = [f"Run: {', '.join(said)}."] if said else []
    lines += ["The run is not complete: run.json says so."] if unfinished else []
    return "".join(f"\n{line}" for line in lines)


def _opening(analysis: Analysis, results: Path) -> str:
    panel = analysis.panel
    return (
        f"{results}: {len(panel.mentions)} mentions in {int(panel.document.max()) + 1} documents, "
        f"{len(panel.methods)} explainers and variants. LFS: 1 finds what the model relies on, 0.5 is chance, 0 is worse."
    )


def _explainers_title(analysis: Analysis) -> str:
    noted = [method.label for method in analysis.panel.methods if method.ceiling]
    note = f" {', '.join(noted)} is the {CEILING}." if noted else ""
    return f"LFS by explainer (operators: explainer's / metric's).{note}"


def _many(analysis: Analysis, family: str) -> str:
    count = int((analysis.contrasts["family"] == family).sum()) // 2 if len(analysis.contrasts) else 0
    return f"{count} contrasts; [all at once] are intervals that hold for all {count} together."
