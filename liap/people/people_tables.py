"""A complete run's folder -> the tables, the plot and the sentences of the study."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from liap import manifest
from liap.explainers import Declaration
from liap.faithfulness.lfs import LfsSettings
from liap.files import write_whole
from liap.people import agreement_plot, findings, marked_words
from liap.people.marked_structure import StructureShare, structure_rows
from liap.people.mask_agreement import MaskRow, mask_rows
from liap.people.people_settings import PeopleSettings
from liap.people.ranking_agreement import MODEL, BothRow, RankingRow, Scores, both_rows, ranking_rows, spread
from liap.people.structure_prior import PriorRow, prior_rows
from liap.people.trigger_targets import TargetCounts
from liap.reports import style
from liap.reports.declared import read_declared
from liap.reports.layout import aligned, number, with_interval
from liap.reports.rows import read_rows
from liap.reports.statistics import Estimates, estimate
from liap.tables import header, to_csv

COUNTS = "people.json"
FILES = {
    "people_masks.csv": MaskRow,
    "people_rankings.csv": RankingRow,
    "people_structure.csv": StructureShare,
    "people_and_model.csv": BothRow,
    "people_prior.csv": PriorRow,
}


def write_counts(folder: Path, counts: TargetCounts) -> None:
    """`people.json`: how many targets there are, and how many are explained."""
    manifest.record(folder, [COUNTS])
    write_whole(folder / COUNTS, json.dumps(asdict(counts), indent=2) + "\n")


def write(folder: Path, settings: PeopleSettings) -> str:
    """Write every table and the plot of a complete run; returns what the screen shows."""
    mentions = marked_words.read(folder)
    declarations = tuple(read_declared(folder).explainers.values())
    scores = spread(read_rows(folder), settings.resamples)
    own = {"seed": settings.seed, "draws": settings.draws, "resamples": settings.resamples}
    largest = settings.option("lfs", LfsSettings).k
    tables = {
        "people_masks.csv": mask_rows(mentions, settings.variants, **own),
        "people_rankings.csv": ranking_rows(scores),
        "people_structure.csv": structure_rows(mentions, settings.variants, resamples=settings.resamples),
        "people_and_model.csv": both_rows(scores, declarations),
        "people_prior.csv": prior_rows(mentions, settings.variants, settings.variant, k=largest, **own),
    }
    manifest.record(folder, FILES)
    for name, rows in tables.items():
        write_whole(folder / name, header(FILES[name]) + to_csv(rows))
    both = tables["people_and_model.csv"]
    with style.drawn_for(settings):
        picture = agreement_plot.plot_agreement(both, declarations, settings.variant)
        style.save(picture, folder, agreement_plot.FILE, agreement_plot.CAPTION)
    return "\n".join([_table(both, settings.variant), "", *_sentences(tables, scores, declarations, settings.variant)])


def _sentences(tables: dict[str, list], scores: Scores, declarations: Sequence[Declaration], variant: str) -> list[str]:
    roles = {one.name: one.role for one in declarations}
    return [
        *findings.masks_sentences(tables["people_masks.csv"], variant),
        *findings.rankings_sentences(tables["people_and_model.csv"], less_nearest(scores, variant), roles, variant),
        *findings.structure_sentences(tables["people_structure.csv"], variant),
        *findings.prior_sentences(tables["people_prior.csv"], variant),
    ]


def less_nearest(scores: Scores, variant: str) -> Estimates | None:
    """LFS of the pruned attention less that of its nearest words; None where one of them did not run."""
    pair = [("liap", variant), ("matched_window", variant)]
    if not set(pair) <= set(scores.methods):
        return None
    first, second = (scores.of(MODEL, method) for method in pair)
    return estimate((first - second)[:, None], scores.documents, scores.weights)


def _table(rows: Sequence[BothRow], variant: str) -> str:
    """Explainers without variants, and one variant of the others, best agreement with people first."""
    shown = [row for row in rows if row.variant in ("", variant) and not np.isnan(row.lfs)]
    lines = [
        [
            row.explainer + (f"/{row.variant}" if row.variant else ""),
            str(row.n),
            with_interval(row.average_precision, row.average_precision_low, row.average_precision_high),
            with_interval(row.lfs, row.lfs_low, row.lfs_high),
            number(row.correlation),
        ]
        for row in sorted(shown, key=lambda row: -row.average_precision)
    ]
    return aligned(["explainer", "targets", "agrees with people", "LFS", "correlation over targets"], lines)
