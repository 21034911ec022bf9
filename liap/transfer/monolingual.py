"""Monolingual F1 by starting point, and what the choice of a starting point changes: with the reference, language by language.

A *comparison* sets the runs of a starting point beside those of the reference, both fine-tuned on the same language. Two values of a run are
compared: its F1 on that language (`monolingual`), and the mean of its F1 on the other languages (`zero_shot`). Comparisons form families for
Holm's correction: one for each value of all types together, and one for each value of the single types. In a family are the starting points
adapted to the fine-tuning language itself, and those that were fine-tuned on every language of the reference. Starting points
adapted to yet another language are compared too, in families of their own (`another language`).

`all` is the comparison over all languages of a kind at once (a stratified test): it asks whether the starting point matters on the whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from liap.reports.statistics import holm
from liap.taggers.entity_f1 import OVERALL
from liap.transfer.grid_scores import SAME_LANGUAGE, GridScore
from liap.transfer.rank_tests import RankTest, hedges_g, sign_flips, stratified_mann_whitney
from liap.transfer.zero_shot import Cells, cells_of, sample_deviation

ALL = "all"
OTHER = "another language"
MONOLINGUAL, ZERO_SHOT = "monolingual", "zero_shot"
Values = dict[tuple[str, str], list[float]]  # start, fine-tuned on -> a value per seed


@dataclass(frozen=True, slots=True)
class MonolingualRow:
    """F1 in points of the runs of a starting point that are fine-tuned and evaluated on one language."""

    starting_point: str
    language: str
    category: str
    seeds: int
    mean: float
    sd: float  # n - 1
    sd_published: float  # n, as in the published tables
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """Runs of a starting point beside those of the reference, fine-tuned on the same language (`all`: on each of them)."""

    family: str
    value: str  # monolingual, zero_shot
    category: str
    kind: str  # same-language, another language, or the name of a starting point that was fine-tuned on every language
    starting_point: str
    reference: str
    language: str
    seeds: int
    seeds_reference: int
    mean: float
    mean_reference: float
    difference: float
    superiority: float
    hedges_g: float
    p_published: float  # SciPy's default, as the published tests
    p_exact: float
    p_any: float  # of a difference in any language, whichever its direction
    p_languages: float  # with languages, not runs, as the sample; NaN for a single language
    smallest_p: float
    p_holm: float  # of p_exact


def monolingual_rows(scores: Sequence[GridScore], categories: Sequence[str]) -> Iterator[MonolingualRow]:
    """Every starting point and language, by category."""
    for category in categories:
        for (start, language), values in sorted(monolingual_values(cells_of(scores, category)).items()):
            yield MonolingualRow(
                start, language, category, len(values), float(np.mean(values)), sample_deviation(values),
                float(np.std(values)), min(values), max(values),
            )  # fmt: skip


def monolingual_values(cells: Cells) -> Values:
    """The F1 of each run on the language that it was fine-tuned on."""
    return {
        (start, trained): [by_seed[seed] for seed in sorted(by_seed)]
        for (start, trained, evaluated), by_seed in cells.items()
        if trained == evaluated
    }


def zero_shot_values(cells: Cells) -> Values:
    """The mean of each run's F1 on the other languages; only of runs that were evaluated on as many as any."""
    by_run: dict[tuple[str, str], dict[int, list[float]]] = {}
    for (start, trained, evaluated), by_seed in sorted(cells.items()):
        for seed, value in by_seed.items() if trained != evaluated else ():
            by_run.setdefault((start, trained), {}).setdefault(seed, []).append(value)
    most = max((len(values) for runs in by_run.values() for values in runs.values()), default=0)
    means = {
        place: [float(np.mean(runs[seed])) for seed in sorted(runs) if len(runs[seed]) == most]
        for place, runs in by_run.items()
    }
    return {place: values for place, values in means.items() if values}


def comparison_rows(scores: Sequence[GridScore], categories: Sequence[str], reference: str) -> list[ComparisonRow]:
    """Every comparison of both values, with Holm's correction over its family."""
    rows = [
        row
        for category in categories
        for value, values in (
            (MONOLINGUAL, monolingual_values(cells_of(scores, category))),
            (ZERO_SHOT, zero_shot_values(cells_of(scores, category))),
        )
        for row in _compared(values, reference, value, category)
    ]
    corrected: list[ComparisonRow] = []
    for family in dict.fromkeys(row.family for row in rows):
        members = [row for row in rows if row.family == family]
        adjusted = holm([row.p_exact for row in members])
        corrected += [replace(row, p_holm=float(p)) for row, p in zip(members, adjusted, strict=True)]
    return corrected


def kind_of(start: str, language: str, complete: set[str]) -> str:
    """How a starting point relates to the fine-tuning language."""
    return SAME_LANGUAGE if start == language else start if start in complete else OTHER


def _compared(values: Values, reference: str, value: str, category: str) -> Iterator[ComparisonRow]:
    languages = sorted(language for start, language in values if start == reference)
    starts = sorted({start for start, _ in values} - {reference})
    complete = {start for start in starts if all((start, language) in values for language in languages)}
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for start, language in ((start, language) for start in starts for language in languages):
        if (start, language) in values:
            by_kind.setdefault(kind_of(start, language, complete), []).append((start, language))
    for start in complete & set(languages):  # adapted to one of the languages, and fine-tuned on all
        by_kind.setdefault(start, []).append((start, start))
    for kind in sorted(by_kind):
        places = sorted(set(by_kind[kind]), key=lambda place: (place[1], place[0]))
        for start, language in places if kind != SAME_LANGUAGE else _not_in(places, complete):
            yield _row(values, reference, [(start, language)], (value, category, kind, start, language))
        if len(places) > 1 and kind != OTHER:  # whose comparisons share runs of the reference
            yield _row(values, reference, places, (value, category, kind, kind, ALL))


def _not_in(places: Sequence[tuple[str, str]], complete: set[str]) -> list[tuple[str, str]]:
    """Those that do not stand among another kind's comparisons already: a comparison is made once."""
    return [place for place in places if place[0] not in complete]


def _row(
    values: Values, reference: str, places: Sequence[tuple[str, str]], labels: tuple[str, str, str, str, str]
) -> ComparisonRow:
    value, category, kind, start, language = labels
    strata = [(values[place], values[reference, place[1]]) for place in places]
    test: RankTest = stratified_mann_whitney(strata)
    own, other = (float(np.mean([np.mean(pair[side]) for pair in strata])) for side in (0, 1))
    alone = len(strata) == 1
    return ComparisonRow(
        family=_family(value, category, kind, language),
        value=value,
        category=category,
        kind=kind,
        starting_point=start,
        reference=reference,
        language=language,
        seeds=sum(len(first) for first, _ in strata),
        seeds_reference=sum(len(second) for _, second in strata),
        mean=own,
        mean_reference=other,
        difference=own - other,
        superiority=test.superiority,
        hedges_g=hedges_g(*strata[0]) if alone else math.nan,
        p_published=published_p(*strata[0]) if alone else math.nan,
        p_exact=test.p,
        p_any=test.p_any,
        p_languages=sign_flips([float(np.mean(first) - np.mean(second)) for first, second in strata]),
        smallest_p=test.smallest_p,
        p_holm=math.nan,
    )


def published_p(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p of the published tests: SciPy's choice between its exact test and, with ties, the normal approximation."""
    from scipy.stats import mannwhitneyu

    return 1.0 if len({*first, *second}) == 1 else float(mannwhitneyu(first, second).pvalue)


def _family(value: str, category: str, kind: str, language: str) -> str:
    """The comparisons that are corrected together."""
    scope = "all languages" if language == ALL else "each language"
    types = "overall" if category == OVERALL else "types"
    return ", ".join([value, types, scope, *([OTHER] if kind == OTHER else [])])
