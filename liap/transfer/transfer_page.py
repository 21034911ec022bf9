"""The analysis -> the blocks of `docs/transfer.md` and of the README. Every number in their tables comes from here.

The text between `<!-- transfer:begin NAME -->` and `<!-- transfer:end NAME -->` is replaced; a document has those blocks that it wants.
Blocks of runs of one's own are named `own_NAME`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from liap.errors import InputError
from liap.files import read_text, write_whole
from liap.reports.blocks import find_blocks, replaced
from liap.reports.layout import MISSING, markdown, number, signed
from liap.taggers.entity_f1 import OVERALL
from liap.transfer.grid_scores import TEST
from liap.transfer.mantel import off_diagonal
from liap.transfer.monolingual import ALL, MONOLINGUAL, ZERO_SHOT, ComparisonRow
from liap.transfer.overlap_correlation import GIVEN, LANGUAGES, NOTHING, PREDICTORS, CorrelationRow
from liap.transfer.published_numbers import CheckRow, disagreements
from liap.transfer.published_tables import OVERLAPS
from liap.transfer.transfer_analysis import RUNS, TransferAnalysis
from liap.transfer.transfer_tables import compared, kinds_of_starts, monolingual_of
from liap.transfer.transfer_verdict import correlations_of, p_shown, pooled, verdict
from liap.transfer.zero_shot import languages_of, starting_points_of

MARKER = "transfer"  # of the document's blocks
OWN = "own_"  # before the names of blocks about runs of one's own


def rewrite(document: Path, analysis: TransferAnalysis) -> None:
    """Put the numbers into the document's blocks. InputError where it has none of them."""
    text = read_text(document)
    prefix = "" if analysis.checks else OWN
    contents = {prefix + name: content for name, content in blocks(analysis).items()}
    there = {block.name for block in find_blocks(text, str(document), MARKER)} & set(contents)
    if not there:
        raise InputError(
            f"{document}: no block <!-- {MARKER}:begin NAME --> for these runs; expected one of {_listed(list(contents))}"
        )
    shown = {name: content for name, content in contents.items() if name in there}
    write_whole(document, replaced(text, shown, str(document), MARKER))


def summary(analysis: TransferAnalysis) -> str:
    """What the numbers say, for a terminal."""
    return "\n".join(sentence.replace("**", "").replace("`", "") for sentence in verdict(analysis))


def blocks(analysis: TransferAnalysis) -> dict[str, str]:
    """Name -> text of each block."""
    return {
        "setting": setting(analysis),
        "verdict": "\n".join(f"- {sentence}" for sentence in verdict(analysis)),
        "published": published(analysis.checks),
        "unlike": unlike(analysis),
        "monolingual": monolingual(analysis),
        "comparisons": comparisons(analysis, MONOLINGUAL),
        "types": types(analysis),
        "means": means(analysis),
        "away": comparisons(analysis, ZERO_SHOT),
        "deviations": deviations(analysis),
        "overlap": overlap(analysis),
        "correlation": correlation(analysis),
        "correlation_others": correlation_others(analysis),
    }


def setting(analysis: TransferAnalysis) -> str:
    scores = analysis.scores
    runs = {(one.starting_point, one.finetune_language, one.seed) for one in scores}
    seeds = sorted(set(Counter(run[:2] for run in runs).values()))
    counts = str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    tested = sum(one.split == TEST for one in scores)
    return (
        f"{len(runs)} runs, {tested} scores on test splits; starting points {_listed(starting_points_of(scores))}; languages "
        f"{_listed(languages_of(scores))}; {counts} seeds for each starting point and fine-tuning language. F1 is in points, from 0 to 100."
    )


def published(checks: Sequence[CheckRow]) -> str:
    """A line per table: how many of its numbers agree."""
    lines = []
    for name in dict.fromkeys(row.table for row in checks):
        rows = [row for row in checks if row.table == name]
        known = [row for row in rows if row.agrees]
        farthest = max((abs(row.difference) for row in known), default=math.nan)
        reasons = Counter(row.reason for row in rows if not row.agrees)
        why = "; ".join(sorted({_of_amharic(reason) for reason in reasons}))
        agree = sum(row.agrees == "yes" for row in known)
        lines.append(
            [
                name if " " in name else f"`{name}`",
                str(len(rows)),
                str(len(known)),
                str(agree),
                number(farthest, 4),
                why,
            ]
        )
    header = ["published in", "numbers", "recomputed", "agree", "largest difference", "why others cannot be recomputed"]
    return markdown(header, lines)


def _of_amharic(reason: str) -> str:
    return (
        "results.csv has no run with Amharic"
        if reason.startswith("results.csv has no run") and "amh" in reason
        else reason
    )


def unlike(analysis: TransferAnalysis) -> str:
    """Where two published tables give one number differently."""
    pairs = disagreements(analysis.published)
    if not pairs:
        return "No two published tables give the same number differently."
    said = ", ".join(
        f"{second.row} from {first.row}: {first.value:g} in `{first.table}`, {second.value:g} in `{second.table}`"
        for first, second in pairs
    )
    return f"Published tables that give the same mean differently: {said}."


def monolingual(analysis: TransferAnalysis) -> str:
    """Mean and standard deviation (n - 1) by starting point and language."""
    rows = monolingual_of(analysis)
    languages = sorted({language for start, language in rows if start == analysis.reference})
    lines = [
        [start, *(_mean_and_sd(rows.get((start, language))) for language in languages)]
        for start in kinds_of_starts(analysis)
    ]
    return markdown(["starting point", *languages], lines)


def _mean_and_sd(row) -> str:
    return f"{row.mean:.2f} ({number(row.sd, 2)})" if row else MISSING


def comparisons(analysis: TransferAnalysis, value: str) -> str:
    """Each language's runs beside the reference's, and all together."""
    by_place = compared(analysis, value)
    header = ["fine-tuned on", "starting point", "difference", "superiority", "g", "p as published", "exact p"]
    header += ["after Holm", "any direction", "over languages"]
    lines = [
        _comparison(by_place[place], kind)
        for kind in kinds_of_starts(analysis)[1:]
        for place in _of_kind(by_place, kind)
    ]
    return markdown(header, lines, left=2)


def _of_kind(by_place: dict[tuple[str, str], ComparisonRow], kind: str) -> list[tuple[str, str]]:
    """The places of a starting point, single languages first."""
    return sorted((place for place in by_place if place[0] == kind), key=lambda place: (place[1] == ALL, place[1]))


def _comparison(row: ComparisonRow, kind: str) -> list[str]:
    shown = [signed(row.difference, 2), number(row.superiority, 2), signed(row.hedges_g, 1), number(row.p_published, 4)]
    pooled_only = (row.p_any, row.p_languages) if row.language == ALL else (math.nan,) * 2
    language = f"**{ALL}**" if row.language == ALL else row.language
    return [language, kind, *shown, *map(_p, (row.p_exact, row.p_holm, *pooled_only))]


def types(analysis: TransferAnalysis) -> str:
    """Each type over all languages."""
    lines = []
    for kind in kinds_of_starts(analysis)[1:]:
        for category in analysis.categories:
            own, away = (pooled(analysis, kind, value, category) for value in (MONOLINGUAL, ZERO_SHOT))
            cells = [text for row in (own, away) for text in _pooled(row)]
            lines.append([kind, category, *cells])
    tested = ["superiority", "after Holm"]
    header = ["starting point", "type", "own language", *tested, "other languages", *tested]
    return markdown(header, lines, left=2)


def _pooled(row: ComparisonRow | None) -> list[str]:
    return [signed(row.difference, 2), number(row.superiority, 2), _p(row.p_holm)] if row else [MISSING] * 3


def means(analysis: TransferAnalysis) -> str:
    """What each language gives to the others and receives from them, for each grid."""
    grids = analysis.grids[OVERALL]
    languages = sorted({language for grid in grids.values() for language in grid.languages})
    rows = {(row.starting_point, row.language): row for row in analysis.margins if row.category == OVERALL}
    lines = []
    for language in languages:
        found = [rows.get((start, language)) for start in grids]
        lines.append(
            [
                language,
                *(
                    number(value, 1)
                    for row in found
                    for value in ((row.gives, row.receives) if row else (math.nan,) * 2)
                ),
            ]
        )
    return markdown(["language", *(f"{start}: {what}" for start in grids for what in ("gives", "receives"))], lines)


def deviations(analysis: TransferAnalysis) -> str:
    """How much a zero-shot score depends on its seed."""
    parts = []
    for start, grid in analysis.grids[OVERALL].items():
        mask = off_diagonal(len(grid.languages)) & ~np.isnan(grid.deviation)
        if mask.any():
            row, column = np.unravel_index(np.where(mask, grid.deviation, -1).argmax(), mask.shape)
            own = np.diag(grid.deviation)
            parts.append(
                f"`{start}`: median {np.median(grid.deviation[mask]):.1f} points, largest {grid.deviation[row, column]:.1f} "
                f"({grid.languages[row]} to {grid.languages[column]}); monolingual, median {np.nanmedian(own):.1f}"
            )
    return f"Standard deviations over seeds (n - 1) of zero-shot F1. {'. '.join(parts)}."


def overlap(analysis: TransferAnalysis) -> str:
    """Which cells of the published tables differ, and which are 0."""
    rows = [row for row in analysis.checks if row.table in OVERLAPS and row.agrees]
    other = [f"{row.column} with {row.row} in `{row.table}`" for row in rows if row.agrees == "no"]
    differ = "none differs" if not other else f"{len(other)} differ: {', '.join(other)}"
    said = f"Of {len(rows)} published cells, {differ}."
    empty = [
        table.languages[place]
        for table in list(analysis.overlaps.values())[:1]
        for place in range(len(table.languages))
        if table.tokens[place].sum() == table.tokens[place, place]
    ]
    return f"{said} Languages that share no entity word with any other: {_listed(empty) or 'none'}."


def correlation(analysis: TransferAnalysis) -> str:
    """The reference's runs: every predictor, and everything given."""
    return _correlations(correlations_of(analysis.correlations, RUNS, analysis.reference))


def _correlations(by_place: dict[tuple[str, str, str], CorrelationRow]) -> str:
    lines = []
    for measure, side in PREDICTORS:
        found = [by_place.get((measure, side, given)) for given in GIVEN]
        cells = [f"{row.r:.3f}, {p_shown(row.p)}" if row and row.r == row.r else MISSING for row in found]
        first = found[0]
        alone = [f"{first.spearman:.3f}", f"{first.p_independent:.1e}"] if first else [MISSING] * 2
        lines.append([measure, side, *alone, *cells])
    header = [
        "predictor",
        "counted in",
        "Spearman",
        "p if pairs were independent",
        *(f"r given {given}" for given in GIVEN),
    ]
    return markdown(header, lines, left=2)


def correlation_others(analysis: TransferAnalysis) -> str:
    """r for every grid, type and published table: every predictor alone, and the overlap given the languages."""
    columns = [(*predictor, NOTHING) for predictor in PREDICTORS] + [
        (*predictor, LANGUAGES) for predictor in PREDICTORS[:2]
    ]
    groups = dict.fromkeys((row.source, row.grid, row.category, row.languages) for row in analysis.correlations)
    lines = []
    for source, start, category, languages in groups:
        by_place = correlations_of(analysis.correlations, source, start, category)
        cells = []
        for measure, side, given in columns:
            row = by_place.get((measure, side, given))
            cells.append(f"{row.r:.3f} ({_p(row.p)})" if row and row.r == row.r else MISSING)
        lines.append([source if source == RUNS else f"`{source}`", start, category, str(languages), *cells])
    header = ["F1 from", "starting point", "type", "languages", *(_predictor(*column) for column in columns)]
    return markdown(header, lines, left=3)


def _predictor(measure: str, side: str, given: str) -> str:
    return f"{measure}, {side}" + ("" if given == NOTHING else f", given {given}")


def _p(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:.4f}" if value >= 0.00005 else f"{value:.0e}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
