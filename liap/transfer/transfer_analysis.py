"""Everything that the study computes, in one record: the table of runs and the corpora in, rows and grids out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from liap.errors import InputError
from liap.taggers.entity_f1 import OVERALL
from liap.transfer.grid_scores import GridScore, categories, read_tables
from liap.transfer.monolingual import ComparisonRow, MonolingualRow, comparison_rows, monolingual_rows
from liap.transfer.overlap import Overlap, counts_of, entities_of, overlaps, read_corpora
from liap.transfer.overlap_correlation import CorrelationRow, correlation_rows
from liap.transfer.published_numbers import CheckRow, Recomputed, check_rows
from liap.transfer.published_tables import GRIDS, PublishedNumber, read_published
from liap.transfer.transfer_settings import TransferSettings
from liap.transfer.zero_shot import (
    Grid,
    MarginRow,
    ZeroShotRow,
    grids_of,
    languages_of,
    margin_rows,
    starting_points_of,
    zero_shot_rows,
)

RUNS = "runs"  # the source of a grid that is made of runs


@dataclass(frozen=True, slots=True, eq=False)
class TransferAnalysis:
    """The rows of every table, and the grids and overlaps that plots show."""

    scores: tuple[GridScore, ...]
    categories: tuple[str, ...]
    reference: str
    monolingual: tuple[MonolingualRow, ...]
    comparisons: tuple[ComparisonRow, ...]
    zero_shot: tuple[ZeroShotRow, ...]
    margins: tuple[MarginRow, ...]
    grids: Mapping[str, Mapping[str, Grid]]  # category -> starting point -> grid
    overlaps: Mapping[str, Overlap]  # category -> table; empty without corpora
    correlations: tuple[CorrelationRow, ...]
    published: tuple[PublishedNumber, ...]
    checks: tuple[CheckRow, ...]


def analyse_transfer(settings: TransferSettings) -> TransferAnalysis:
    """Read what the settings name and compute everything. Raises InputError."""
    scores = read_tables(settings.tables)
    published = () if settings.runs else read_published(Path(settings.published))
    if settings.reference not in starting_points_of(scores):
        known = ", ".join(starting_points_of(scores))
        raise InputError(
            f"--reference {settings.reference}: no such starting point in {', '.join(map(str, settings.tables))}; expected one of {known}"
        )
    kinds = categories(scores)
    grids = {category: grids_of(scores, category) for category in kinds}
    others = published_grids(published)
    languages = {*languages_of(scores), *(language for grid in others.values() for language in grid.languages)}
    sentences = read_corpora(Path(settings.corpora), sorted(languages)) if settings.corpora else {}
    shared = overlaps(counts_of(sentences)) if sentences else {}
    correlations = tuple(_correlations(grids, others, shared, settings))
    comparisons = tuple(comparison_rows(scores, kinds, settings.reference))
    recomputed = Recomputed(scores, shared, entities_of(sentences), comparisons, correlations)
    return TransferAnalysis(
        scores=scores,
        categories=kinds,
        reference=settings.reference,
        monolingual=tuple(monolingual_rows(scores, kinds)),
        comparisons=comparisons,
        zero_shot=tuple(zero_shot_rows(scores, kinds)),
        margins=tuple(row for by_start in grids.values() for grid in by_start.values() for row in margin_rows(grid)),
        grids=grids,
        overlaps=shared,
        correlations=correlations,
        published=published,
        checks=tuple(check_rows(published, recomputed)) if published else (),
    )


def published_grids(published: Sequence[PublishedNumber]) -> dict[str, Grid]:
    """File -> the grid of means in it; these have Amharic, which the published runs lack."""
    grids = {}
    for name, start in GRIDS.items():
        cells = {(one.row, one.column): one.value for one in published if one.table == name}
        languages = sorted({row for row, _ in cells})
        if languages and {(row, column) for row in languages for column in languages} == set(cells):
            mean = np.array([[cells[row, column] for column in languages] for row in languages])
            unknown = np.full(mean.shape, np.nan)
            grids[name] = Grid(start, OVERALL, tuple(languages), mean, unknown, np.zeros(mean.shape, dtype=int))
    return grids


def _correlations(
    grids: Mapping[str, Mapping[str, Grid]],
    others: Mapping[str, Grid],
    shared: Mapping[str, Overlap],
    settings: TransferSettings,
) -> Iterator[CorrelationRow]:
    named = [(RUNS, grid) for by_start in grids.values() for grid in by_start.values()]
    for source, grid in (*named, *others.items()):
        if grid.category in shared:
            yield from correlation_rows(
                grid, shared[grid.category], source, seed=settings.seed, permutations=settings.permutations
            )
