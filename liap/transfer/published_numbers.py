"""Every published number beside its recomputation: published, recomputed, difference, reason.

A number *agrees* where its recomputation rounds to it. A number that cannot be recomputed from the files at hand has no recomputation,
and its reason says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from liap.taggers.entity_f1 import OVERALL
from liap.transfer.grid_scores import DEV, SAME_LANGUAGE, GridScore
from liap.transfer.monolingual import MONOLINGUAL, ComparisonRow
from liap.transfer.overlap import Overlap
from liap.transfer.overlap_correlation import EVALUATION, NOTHING, TOKENS, CorrelationRow
from liap.transfer.published_tables import GRIDS, JOINT, MEAN, OVERLAPS, PublishedNumber
from liap.transfer.zero_shot import Cells, cells_of

BASE = "base"
LEFT_IN_JOINT = "LOC"  # the category that was written last
SHARED_START = "Pre-trained ({})"
SIGNIFICANT = 0.05
FIGURE, STARS, SUPPORT = "figure of the correlation", "results.tex", "supports in results.csv"
PUBLISHED_R = 0.72  # the figure's title; nine languages, starting point base
# The stars of the published LaTeX table: starting points whose F1 differs from that of base with p < .05.
PUBLISHED_STARS = {
    SAME_LANGUAGE: ("hau", "ibo", "kin", "lug", "swa", "yor"),
    "swa": ("hau", "lug", "swa", "wol"),
}
STARRED_LANGUAGES = ("hau", "ibo", "kin", "lug", "luo", "pcm", "swa", "wol", "yor")

Found = tuple[float, str]  # the recomputation, or NaN; a reason, or nothing


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A published number and its recomputation; F1 in points."""

    table: str
    row: str
    column: str
    quantity: str
    published: float
    recomputed: float  # NaN: cannot be recomputed
    difference: float  # recomputed less published
    agrees: str  # yes, no, or nothing where there is no recomputation
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Recomputed:
    """What was recomputed, and from what."""

    scores: Sequence[GridScore]
    overlaps: Mapping[str, Overlap]
    supports: Mapping[tuple[str, str, str], int]  # language, split, type -> gold entities of the corpora
    comparisons: Sequence[ComparisonRow]
    correlations: Sequence[CorrelationRow]


def check_rows(published: Sequence[PublishedNumber], recomputed: Recomputed) -> list[CheckRow]:
    """The numbers of the tables, then those of the text, the figure, and the supports."""
    cells = {category: cells_of(recomputed.scores, category) for category in (OVERALL, *_types(recomputed.scores))}
    rows = [check(number, find(number, cells, recomputed.overlaps)) for number in published]
    return [*rows, *_correlation(recomputed.correlations), *_stars(recomputed.comparisons), *_supports(recomputed)]


def check(number: PublishedNumber, found: Found) -> CheckRow:
    """A number beside its recomputation."""
    value, reason = found
    agrees = "" if math.isnan(value) else "yes" if abs(value - number.value) <= number.rounding else "no"
    return CheckRow(
        number.table,
        number.row,
        number.column,
        number.quantity,
        number.value,
        value,
        value - number.value,
        agrees,
        reason,
    )


def find(number: PublishedNumber, cells: Mapping[str, Cells], overlaps: Mapping[str, Overlap]) -> Found:
    """The recomputation of a number of a published table."""
    finders: dict[str, Callable[[], Found]] = {
        **dict.fromkeys(GRIDS, lambda: _of_grid(number, cells[OVERALL], GRIDS[number.table])),
        **dict.fromkeys(JOINT, lambda: _of_joint(number, cells)),
        **dict.fromkeys(OVERLAPS, lambda: _of_overlap(number, overlaps)),
        "results_seed.csv": lambda: _of_runs(number, cells[OVERALL], number.row),
        "results_compressed.csv": lambda: _of_compressed(number, cells[OVERALL]),
        "base_categories.csv": lambda: _of_runs(number, cells.get(number.row, {}), BASE),
    }
    return finders[number.table]()


def _types(scores: Sequence[GridScore]) -> tuple[str, ...]:
    return tuple(sorted({one.entity_type for score in scores for one in score.types}))


def _of_grid(number: PublishedNumber, cells: Cells, start: str) -> Found:
    return _summed_up(number, cells.get((start, number.row, number.column), {}), number.row, number.column)


def _of_joint(number: PublishedNumber, cells: Mapping[str, Cells]) -> Found:
    value, reason = _of_grid(number, cells.get(LEFT_IN_JOINT, {}), JOINT[number.table])
    return value, reason or f"the file holds the F1 of {LEFT_IN_JOINT} alone, not of all categories jointly"


def _of_compressed(number: PublishedNumber, cells: Cells) -> Found:
    start = next((name for name in (BASE, "swa") if number.row == SHARED_START.format(name)), number.column)
    return _of_runs(number, cells, start)


def _of_runs(number: PublishedNumber, cells: Cells, start: str) -> Found:
    return _summed_up(number, cells.get((start, number.column, number.column), {}), start, number.column)


def _summed_up(number: PublishedNumber, by_seed: Mapping[int, float], *names: str) -> Found:
    values = list(by_seed.values())
    if not values:
        return math.nan, f"results.csv has no run of {' and '.join(dict.fromkeys(names))}"
    if number.quantity == MEAN:
        return float(np.mean(values)), ""
    sample = f", {np.std(values, ddof=1):.2f} with n - 1" if len(values) > 1 else ""
    return float(np.std(values)), f"divided by n{sample}"


def _of_overlap(number: PublishedNumber, overlaps: Mapping[str, Overlap]) -> Found:
    name = number.table.removeprefix("data_").removesuffix(".csv")
    overlap = overlaps.get(OVERALL if name == "all" else name)
    if not overlap or not {number.row, number.column} <= set(overlap.languages):
        return math.nan, "the corpora lack this language or category"
    counted, shared = overlap.languages.index(number.column), overlap.languages.index(number.row)
    return float(overlap.tokens[counted, shared]), ""


def _correlation(rows: Sequence[CorrelationRow]) -> Iterator[CheckRow]:
    """The published correlation: overlap counted in the evaluation language."""
    wanted = ("runs", BASE, OVERALL, TOKENS, NOTHING)
    by_side = {
        row.counted_in: row.r
        for row in rows
        if (row.source, row.grid, row.category, row.predictor, row.given) == wanted and row.languages == 9
    }
    if by_side:
        others = ", ".join(
            f"{r:.3f} counted in the {side} language" for side, r in by_side.items() if side != EVALUATION
        )
        reason = f"pairs F1 with the transposed overlap: words counted in the evaluation language; {others}"
        number = PublishedNumber(FIGURE, 0, BASE, "nine languages", "Pearson's r", PUBLISHED_R, 2)
        yield check(number, (by_side[EVALUATION], reason))


def _stars(comparisons: Sequence[ComparisonRow]) -> Iterator[CheckRow]:
    """1: the published table marks the difference from base as significant; 0: it does not."""
    by_place = {
        (kind, row.language): row
        for row in comparisons
        if (row.value, row.category, row.reference) == (MONOLINGUAL, OVERALL, BASE)
        for kind in {row.kind, SAME_LANGUAGE if row.starting_point == row.language else row.kind}
    }
    for kind, starred in PUBLISHED_STARS.items():
        for language in STARRED_LANGUAGES:
            row = by_place.get((kind, language))
            if row:
                number = PublishedNumber(STARS, 0, kind, language, f"p < {SIGNIFICANT}", float(language in starred), 0)
                reason = f"p = {row.p_published:.4f}; exact p = {row.p_exact:.4f}, after Holm {row.p_holm:.3f}"
                yield check(number, (float(row.p_published < SIGNIFICANT), reason))


def _supports(recomputed: Recomputed) -> Iterator[CheckRow]:
    """The gold entities that the published evaluation counted, beside those of the corpora."""
    said = {
        (score.evaluation_language, "validation" if score.split == DEV else score.split, one.entity_type): one.support
        for score in recomputed.scores
        for one in score.types
    }
    for (language, split, kind), support in sorted(said.items()):
        number = PublishedNumber(SUPPORT, 0, language, f"{split} {kind}", "gold entities", float(support), 0)
        found = recomputed.supports.get((language, split, kind))
        reason = (
            "" if found in (None, support) else "as the published evaluation counted; it cuts sentences at 200 pieces"
        )
        yield check(number, (math.nan if found is None else float(found), reason))


def disagreements(published: Sequence[PublishedNumber]) -> list[tuple[PublishedNumber, PublishedNumber]]:
    """Means of one cell that two published tables give differently: a grid's diagonal beside the table of seeds."""
    seeds = {
        (one.row, one.column): one for one in published if one.table == "results_seed.csv" and one.quantity == MEAN
    }
    pairs = [
        (seeds[GRIDS[one.table], one.row], one)
        for one in published
        if one.table in GRIDS and one.row == one.column and (GRIDS[one.table], one.row) in seeds
    ]
    return [(first, second) for first, second in pairs if first.value != second.value]
