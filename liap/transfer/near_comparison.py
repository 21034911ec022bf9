"""Do recognisers rely on nearer words in the language that they were fine-tuned on than in others?

In: the rows of `near_evidence`. Out: comparisons, for each explainer and measure a line per language and one over all of them.

1. A recogniser is *own* on the language that it was fine-tuned on and *zero-shot* on any other. On the sentences of each evaluation language, the
   mean over the zero-shot recognisers' mentions less that over the own recognisers' mentions is the *difference*.
2. Its interval (95%) and p come from drawing again both the language's sentences, with all mentions in them, whoever found them, and the seeds, with
   all recognisers that were trained with them (a crossed bootstrap: a mention counts as often as its sentence times its seed). The
   draw of seeds is one for all languages, because a recogniser is own in one and zero-shot in the others; sentences are drawn language by language.
3. `all` is the mean over languages; `p_languages` takes the languages for the sample (every choice of signs).
4. `lowest_seed` and `highest_seed` are the differences of the seeds one by one. A bootstrap of few seeds understates what they vary by
   (with three, by a factor of about .8), so these belong beside the interval. With one seed only the sentences are drawn.

Recognisers differ in the mentions that they find, and find fewer in other languages. *Paired* lines are over mentions that both find with one type:
there a recogniser's value less that of the own recogniser with the same seed is averaged.

Reference: Owen, A. B. (2007). The pigeonhole bootstrap. Annals of Applied Statistics 1 (2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from liap.reports.statistics import LEVEL, RESAMPLES, SEED, Estimates, document_weights, estimate, holm, p_values
from liap.transfer.near_evidence import NearEvidenceRow
from liap.transfer.rank_tests import sign_flips

OWN, ZERO_SHOT = range(2)  # columns of values
ALL = "all"
MEASURES = ("near", "excess", "steps")


@dataclass(frozen=True, slots=True)
class NearComparison:
    """A line of `near_comparison.csv`; shares are in [0, 1], steps in words."""

    method: str
    measure: str
    mentions: str  # found: by either; paired: by both
    evaluation_language: str
    seeds: int
    sentences: int
    own_mentions: int
    zero_shot_mentions: int
    insensitive_own: float  # share of mentions
    insensitive_zero_shot: float
    own: float
    zero_shot: float
    difference: float  # zero-shot less own
    lowest_seed: float  # the difference of one seed's recognisers
    highest_seed: float
    low: float
    high: float
    p: float
    p_holm: float  # over the languages of a measure
    p_languages: float


def comparisons(rows: Sequence[NearEvidenceRow]) -> list[NearComparison]:
    """For each explainer and measure, the languages that have both kinds of recogniser, and all together; over mentions found, then over pairs."""
    lines = []
    for method in dict.fromkeys(row.method for row in rows):
        by_language = _by_language([row for row in rows if row.method == method])
        for mentions, values_of in (("found", _found), ("paired", _paired)):
            for measure in MEASURES:
                parts = {name: values_of(part, measure) for name, part in by_language.items()}
                kept = {name: part for name, part in parts.items() if part is not None}
                lines += _compared((method, measure, mentions), kept)
    return lines


def _by_language(rows: Sequence[NearEvidenceRow]) -> dict[str, list[NearEvidenceRow]]:
    languages = sorted({row.evaluation_language for row in rows})
    return {name: [row for row in rows if row.evaluation_language == name] for name in languages}


@dataclass(frozen=True, slots=True, eq=False)
class _Values:
    """The values of one language's mentions: columns OWN and ZERO_SHOT."""

    values: Float[np.ndarray, "mentions two"]
    sentences: Sequence[int]
    seeds: Sequence[int]
    insensitive: tuple[float, float]


def _found(rows: Sequence[NearEvidenceRow], measure: str) -> _Values | None:
    """Every mention in the column of its kind; None unless both kinds have a value."""
    own = np.array([row.finetune_language == row.evaluation_language for row in rows])
    numbers = np.array([getattr(row, measure) for row in rows])
    values = np.stack([np.where(own, numbers, np.nan), np.where(own, np.nan, numbers)], axis=1)
    if np.isnan(values).all(axis=0).any():
        return None
    insensitive = tuple(float(np.isnan(numbers[kind]).mean()) for kind in (own, ~own))
    return _Values(values, [row.sentence for row in rows], [row.seed for row in rows], insensitive)


def _paired(rows: Sequence[NearEvidenceRow], measure: str) -> _Values | None:
    """A row for each zero-shot mention that the own recogniser finds too, where both have a value; None without any."""
    own = {row.mention: row for row in rows if row.finetune_language == row.evaluation_language}
    pairs = [
        (own[row.mention], row)
        for row in rows
        if row.finetune_language != row.evaluation_language and row.mention in own
    ]
    values = np.array([[getattr(row, measure) for row in pair] for pair in pairs]).reshape(-1, 2)
    known = ~np.isnan(values).any(axis=1)
    if not known.any():
        return None
    insensitive = tuple(float(share) for share in np.isnan(values).mean(axis=0))
    kept = [first for (first, _), one in zip(pairs, known, strict=True) if one]
    return _Values(values[known], [row.sentence for row in kept], [row.seed for row in kept], insensitive)


@dataclass(frozen=True, slots=True, eq=False)
class _Means:
    """Mentions and means of both kinds, and the difference of the means in each draw and for each seed; NaN where one lacks a kind."""

    sentences: int
    mentions: tuple[int, int]
    means: tuple[float, float]
    of_seeds: dict[int, float]
    drawn: Float[np.ndarray, " resamples"]

    @property
    def difference(self) -> float:
        return self.means[ZERO_SHOT] - self.means[OWN]


def _compared(question: tuple[str, str, str], parts: dict[str, _Values]) -> list[NearComparison]:
    """A line per language, and one over all of them where there are two or more."""
    seeds = sorted({seed for part in parts.values() for seed in part.seeds})
    drawn_seeds = document_weights(len(seeds), RESAMPLES, np.random.default_rng(SEED))
    found = {
        name: _means(part, seeds, drawn_seeds, np.random.default_rng([SEED, place]))
        for place, (name, part) in enumerate(parts.items(), start=1)
    }
    tests = {name: _test(one.difference, one.drawn) for name, one in found.items()}
    adjusted = dict(zip(tests, holm([p for _, _, p in tests.values()]), strict=True))
    lines = [
        NearComparison(
            *question,
            name,
            len(one.of_seeds),
            one.sentences,
            *one.mentions,
            *parts[name].insensitive,
            *one.means,
            one.difference,
            *_range(list(one.of_seeds.values())),
            *tests[name],
            float(adjusted[name]),
            np.nan,
        )
        for name, one in found.items()
    ]
    return [*lines, _over_languages(lines, list(found.values()))] if len(lines) > 1 else lines


def _means(
    part: _Values,
    seeds: Sequence[int],
    drawn_seeds: UInt8[np.ndarray, "resamples seeds"],
    generator: np.random.Generator,
) -> _Means:
    """The means of both columns, and their difference on the same draws of sentences and seeds."""
    names, sentence = np.unique(part.sentences, return_inverse=True)
    drawn_sentences = document_weights(len(names), RESAMPLES, generator)
    seed = np.searchsorted(seeds, part.seeds)
    units, unit = np.unique(np.stack([sentence, seed], axis=1), axis=0, return_inverse=True)
    weights = drawn_sentences[:, units[:, 0]] * drawn_seeds[:, units[:, 1]]  # both are small: their product fits
    one = estimate(part.values, unit.reshape(-1), weights)
    drawn = one.resampled[:, ZERO_SHOT] - one.resampled[:, OWN]
    counts, means = ((float(values[OWN]), float(values[ZERO_SHOT])) for values in (one.n, one.mean))
    of_seeds = {seeds[place]: _difference(part.values[seed == place]) for place in np.unique(seed)}
    return _Means(len(names), (int(counts[OWN]), int(counts[ZERO_SHOT])), means, of_seeds, drawn)


def _difference(values: Float[np.ndarray, "mentions two"]) -> float:
    """The mean of the second column less that of the first; NaN where one has no value."""
    if np.isnan(values).all(axis=0).any():
        return np.nan
    own, zero_shot = np.nanmean(values, axis=0)
    return float(zero_shot - own)


def _range(values: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest that is known."""
    known = [value for value in values if value == value]
    return (min(known), max(known)) if known else (np.nan, np.nan)


def _test(mean: float, resampled: Float[np.ndarray, " resamples"]) -> tuple[float, float, float]:
    """Interval and p of a mean; a draw that lacks a kind of recogniser is left out."""
    drawn = resampled[~np.isnan(resampled)]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    one = np.ones(1, dtype=int)
    estimates = Estimates(one, one, np.array([mean]), np.array([low]), np.array([high]), ("",), drawn[:, None])
    return float(low), float(high), float(p_values(estimates)[0])


def _over_languages(lines: Sequence[NearComparison], found: Sequence[_Means]) -> NearComparison:
    """The mean over languages: each language's sentences are drawn on their own, the seeds together."""
    drawn = np.mean([one.drawn for one in found], axis=0)
    counts = [
        sum(getattr(line, name) for line in lines) for name in ("sentences", "own_mentions", "zero_shot_mentions")
    ]
    shown = ("insensitive_own", "insensitive_zero_shot", "own", "zero_shot", "difference")
    means = [float(np.mean([getattr(line, name) for line in lines])) for name in shown]
    seeds = set.intersection(*(set(one.of_seeds) for one in found))
    of_seeds = [float(np.mean([one.of_seeds[seed] for one in found])) for seed in sorted(seeds)]
    low, high, p = _test(means[-1], drawn)
    flips = sign_flips([line.difference for line in lines])
    first = lines[0]
    question = first.method, first.measure, first.mentions
    return NearComparison(*question, ALL, len(seeds), *counts, *means, *_range(of_seeds), low, high, p, p, flips)
