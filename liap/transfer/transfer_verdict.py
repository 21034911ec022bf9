"""What the numbers say: one sentence per question, decided by the numbers alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from liap.taggers.entity_f1 import OVERALL
from liap.transfer.grid_scores import SAME_LANGUAGE
from liap.transfer.monolingual import ALL, MONOLINGUAL, OTHER, ZERO_SHOT, ComparisonRow
from liap.transfer.overlap_correlation import (
    EVALUATION,
    FINETUNING,
    GIVEN,
    NOTHING,
    TOKENS,
    CorrelationRow,
)
from liap.transfer.transfer_analysis import RUNS, TransferAnalysis
from liap.transfer.transfer_tables import SIGNIFICANT, kinds_of_starts

FEWEST = 0.0005  # smaller p-values are not written out


def verdict(analysis: TransferAnalysis) -> list[str]:
    """The sentences, in the order of the document."""
    return [
        *([recomputed(analysis)] if analysis.checks else []),
        *each_language(analysis),
        *on_the_whole(analysis),
        *overlap_and_f1(analysis),
    ]


def recomputed(analysis: TransferAnalysis) -> str:
    """How many published numbers can be recomputed, and how many agree."""
    found = [row for row in analysis.checks if row.agrees]
    wrong = [row for row in found if row.agrees == "no"]
    missing = len(analysis.checks) - len(found)
    agree = "all of them agree" if not wrong else f"{len(wrong)} of them do not agree"
    return f"**Published numbers.** {len(found)} of {len(analysis.checks)} can be recomputed, and {agree}; {missing} cannot."


def each_language(analysis: TransferAnalysis) -> Iterator[str]:
    """What is left of single comparisons once they are corrected for their number."""
    family = [
        row
        for row in analysis.comparisons
        if (row.value, row.category) == (MONOLINGUAL, OVERALL) and row.language != ALL and row.kind != OTHER
    ]
    if family:
        before, after = (sum(getattr(row, name) < SIGNIFICANT for row in family) for name in ("p_published", "p_holm"))
        least = min(row.smallest_p for row in family)
        reach = ""
        if least * len(family) >= SIGNIFICANT:
            reach = f" None could be: the smallest p that so few seeds allow is {least:.4f}, and {len(family)} times that (at most 1) is "
            reach += f"{min(least * len(family), 1.0):.3f}."
        yield (
            f"**Single languages.** Of {len(family)} comparisons with `{analysis.reference}`, {before} have p < .05 as the published "
            f"test has it, and {after} after Holm's correction.{reach}"
        )


def on_the_whole(analysis: TransferAnalysis) -> Iterator[str]:
    """Each kind of starting point over all languages, on its own language and on the others."""
    for kind in kinds_of_starts(analysis)[1:]:
        own, away = (pooled(analysis, kind, value) for value in (MONOLINGUAL, ZERO_SHOT))
        if own and away:
            single = [
                row
                for row in analysis.comparisons
                if (row.value, row.category) == (ZERO_SHOT, OVERALL) and _is_kind(row, kind) and row.language != ALL
            ]
            worse = sorted(row.language for row in single if row.difference < 0)
            yield (
                f"**`{kind}` in place of `{analysis.reference}`.** On the fine-tuning language {_effect(own)}. On the other languages "
                f"{_effect(away)}: {len(worse)} of {len(single)} fine-tuning languages transfer worse"
                f"{' (' + ', '.join(worse) + ')' if worse else ''}."
            )


def pooled(analysis: TransferAnalysis, kind: str, value: str, category: str = OVERALL) -> ComparisonRow | None:
    """The comparison over all languages."""
    wanted = (kind, value, category, ALL)
    found = (row for row in analysis.comparisons if (row.kind, row.value, row.category, row.language) == wanted)
    return next(found, None)


def _is_kind(row: ComparisonRow, kind: str) -> bool:
    return row.starting_point == (row.language if kind == SAME_LANGUAGE else kind)


def _effect(row: ComparisonRow) -> str:
    """Whether F1 changes, by how much, and how sure that is."""
    if row.p_holm < SIGNIFICANT:
        verb = "F1 is mostly higher" if row.superiority > 0.5 else "F1 is mostly lower"
    elif row.p_any < SIGNIFICANT:
        verb = "F1 changes, but in no one direction"
    else:
        verb = "no change of F1 can be told from chance"
    return (
        f"{verb}: {row.difference:+.2f} points on average, higher in {row.superiority:.0%} of pairs of runs ({p_shown(row.p_holm)}; "
        f"in any direction {p_shown(row.p_any)}; with languages as the sample {p_shown(row.p_languages)})"
    )


def overlap_and_f1(analysis: TransferAnalysis) -> Iterator[str]:
    """The correlation in both directions, alone and given what the languages are, from runs and from published tables."""
    sources = dict.fromkeys(row.source for row in analysis.correlations if row.grid == analysis.reference)
    for source in sources:
        by_place = correlations_of(analysis.correlations, source, analysis.reference)
        row = by_place.get((TOKENS, FINETUNING, NOTHING))
        if row:
            said = [_direction([by_place[TOKENS, side, given] for given in GIVEN]) for side in (FINETUNING, EVALUATION)]
            told = [one.p < SIGNIFICANT and one.r > 0 for one in by_place.values() if one.predictor == TOKENS]
            holds = "in all" if all(told) else f"in {sum(told)}"
            origin = f"`{row.grid}`" if source == RUNS else f"`{source}`"
            yield (
                f"**Overlap and zero-shot F1** ({origin}, {row.languages} languages, {row.pairs} pairs). F1 is higher where more entity words "
                f"are shared, {holds} of {len(told)} ways to ask: {'; '.join(said)}. Here p renames languages."
            )


def _direction(rows: Sequence[CorrelationRow]) -> str:
    alone, own, languages = rows
    return (
        f"counted in the {alone.counted_in} language, r = {alone.r:.3f} ({p_shown(alone.p)}), {own.r:.3f} ({p_shown(own.p)}) given both "
        f"languages' monolingual F1, {languages.r:.3f} ({p_shown(languages.p)}) given which languages they are"
    )


def correlations_of(
    rows: Sequence[CorrelationRow], source: str, start: str, category: str = OVERALL
) -> dict[tuple[str, str, str], CorrelationRow]:
    """(predictor, counted in, given) -> row."""
    return {
        (row.predictor, row.counted_in, row.given): row
        for row in rows
        if (row.source, row.grid, row.category) == (source, start, category) and row.given in GIVEN
    }


def p_shown(p: float) -> str:
    return "p not defined" if p != p else f"p < {FEWEST}" if p < FEWEST else f"p = {p:.4f}"
