"""Do recognisers rely on nearer words in the language that they were fine-tuned on than in others?

In: a results folder of run_liap_evaluation.py for each recogniser and evaluation language. Out: a row per mention, and comparisons.

1. The *evidence* of a context word is max(d, 0), where d is the drop of the mention's probability when the word alone is taken away (occlusion).
2. The *near share* of a mention is the evidence of its K nearest words over that of all context words. K is 3, or half of the context if that is
   fewer; words at the last distance share the places that are left. *Chance* is K / context, which evidence that is spread evenly has.
3. A mention whose evidence sums to less than `LEAST_EVIDENCE` has no near share: it is *insensitive*, and is counted.
4. A recogniser is *own* on the language that it was fine-tuned on and *zero-shot* on any other. On the sentences of each evaluation language, the
   mean over the zero-shot recognisers' mentions less that over the own recognisers' mentions is the *difference*.
5. Its interval (95%) and p come from drawing the language's sentences again, with all mentions in them, whoever found them. `all` is the mean
   over languages, each drawn on its own; `p_languages` takes the languages for the sample (every choice of signs).

Recognisers differ in the mentions that they find, and find fewer in other languages. *Paired* lines are over mentions that both find with one type:
there a recogniser's value less that of the own recogniser with the same seed is averaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from liap.pruning import distances
from liap.pruning.matched import nearest
from liap.reports.explained import EXPLANATIONS, ExplainedLine, read_explained
from liap.reports.statistics import LEVEL, RESAMPLES, SEED, Estimates, document_weights, estimate, holm, p_values
from liap.transfer.rank_tests import sign_flips

METHOD = "occlusion"
K = 3
LEAST_EVIDENCE = 0.01  # a probability
OWN, ZERO_SHOT = range(2)  # columns of values
ALL = "all"
MEASURES = ("near", "excess", "steps")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A recogniser's evaluation on a language, and where it lies."""

    starting_point: str
    finetune_language: str
    seed: int
    evaluation_language: str
    folder: Path


@dataclass(frozen=True, slots=True)
class NearEvidenceRow:
    """A line of `near_evidence.csv`: a mention; NaN where it is insensitive."""

    starting_point: str
    finetune_language: str
    seed: int
    evaluation_language: str
    sentence: int
    start: int
    end: int
    predicted_type: str
    context: int  # words
    evidence: float  # the sum over context words, a probability each
    near: float  # share of the evidence in the nearest words
    chance: float
    excess: float  # near - chance
    steps: float  # mean distance of the evidence from the mention, in words

    @property
    def mention(self) -> tuple[object, ...]:
        """What two recognisers with one seed both find."""
        return self.evaluation_language, self.seed, self.sentence, self.start, self.end, self.predicted_type


@dataclass(frozen=True, slots=True)
class NearComparison:
    """A line of `near_comparison.csv`; shares are in [0, 1], steps in words."""

    measure: str
    mentions: str  # found: by either; paired: by both
    evaluation_language: str
    own_mentions: int
    zero_shot_mentions: int
    insensitive_own: float  # share of mentions
    insensitive_zero_shot: float
    own: float
    zero_shot: float
    difference: float  # zero-shot less own
    low: float
    high: float
    p: float
    p_holm: float  # over the languages of a measure
    p_languages: float


def rows_of(evaluated: Evaluated) -> Iterator[NearEvidenceRow]:
    """A row per mention of a run. InputError where its explanations cannot be read."""
    for line in read_explained(evaluated.folder / EXPLANATIONS, only=METHOD):
        yield _row(evaluated, line)


def _row(evaluated: Evaluated, line: ExplainedLine) -> NearEvidenceRow:
    steps = distances(len(line.words), line.start, line.end)
    context = steps > 0
    evidence = np.maximum(np.array(line.scores[METHOD])[context], 0.0)
    total, words = float(evidence.sum()), int(context.sum())
    count = min(K, words // 2)
    near = chance = mean_steps = np.nan
    if total >= LEAST_EVIDENCE and count:
        near, chance = float(evidence @ nearest(steps[context], count)) / total, count / words
        mean_steps = float(evidence @ steps[context]) / total
    return NearEvidenceRow(
        evaluated.starting_point,
        evaluated.finetune_language,
        evaluated.seed,
        evaluated.evaluation_language,
        line.sentence,
        line.start,
        line.end,
        line.entity_type,
        words,
        total,
        near,
        chance,
        near - chance,
        mean_steps,
    )


def comparisons(rows: Sequence[NearEvidenceRow]) -> list[NearComparison]:
    """For each measure, the languages that have both kinds of recogniser, and all together; over mentions found, then over pairs."""
    languages = sorted({row.evaluation_language for row in rows})
    lines = []
    for mentions, values_of in (("found", _found), ("paired", _paired)):
        for measure in MEASURES:
            parts = {
                name: values_of([row for row in rows if row.evaluation_language == name], measure) for name in languages
            }
            lines += _compared(measure, mentions, {name: part for name, part in parts.items() if part is not None})
    return lines


@dataclass(frozen=True, slots=True, eq=False)
class _Values:
    """The values of one language's mentions: columns OWN and ZERO_SHOT."""

    values: Float[np.ndarray, "mentions two"]
    sentences: Sequence[int]
    insensitive: tuple[float, float]


def _found(rows: Sequence[NearEvidenceRow], measure: str) -> _Values | None:
    """Every mention in the column of its kind; None unless both kinds have a value."""
    own = np.array([row.finetune_language == row.evaluation_language for row in rows])
    numbers = np.array([getattr(row, measure) for row in rows])
    values = np.stack([np.where(own, numbers, np.nan), np.where(own, np.nan, numbers)], axis=1)
    if np.isnan(values).all(axis=0).any():
        return None
    insensitive = tuple(float(np.isnan(numbers[kind]).mean()) for kind in (own, ~own))
    return _Values(values, [row.sentence for row in rows], insensitive)


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
    kept = [first.sentence for (first, _), one in zip(pairs, known, strict=True) if one]
    return _Values(values[known], kept, insensitive)


@dataclass(frozen=True, slots=True, eq=False)
class _Means:
    """Mentions and means of both kinds, and the difference of the means in each draw of sentences; NaN where a draw lacks a kind."""

    mentions: tuple[int, int]
    means: tuple[float, float]
    drawn: Float[np.ndarray, " resamples"]

    @property
    def difference(self) -> float:
        return self.means[ZERO_SHOT] - self.means[OWN]


def _compared(measure: str, mentions: str, parts: dict[str, _Values]) -> list[NearComparison]:
    """A line per language, and one over all of them where there are two or more."""
    found = {name: _means(part) for name, part in parts.items()}
    tests = {name: _test(one.difference, one.drawn) for name, one in found.items()}
    adjusted = dict(zip(tests, holm([p for _, _, p in tests.values()]), strict=True))
    lines = [
        NearComparison(
            measure,
            mentions,
            name,
            *one.mentions,
            *parts[name].insensitive,
            *one.means,
            one.difference,
            *tests[name],
            float(adjusted[name]),
            np.nan,
        )
        for name, one in found.items()
    ]
    return [*lines, _over_languages(lines, list(found.values()))] if len(lines) > 1 else lines


def _means(part: _Values) -> _Means:
    """The means of both columns, and their difference on the same draws of sentences."""
    names, sentences = np.unique(part.sentences, return_inverse=True)
    weights = document_weights(len(names), RESAMPLES, np.random.default_rng(SEED))
    one = estimate(part.values, sentences, weights)
    drawn = one.resampled[:, ZERO_SHOT] - one.resampled[:, OWN]
    return _Means((int(one.n[OWN]), int(one.n[ZERO_SHOT])), (float(one.mean[OWN]), float(one.mean[ZERO_SHOT])), drawn)


def _test(mean: float, resampled: Float[np.ndarray, " resamples"]) -> tuple[float, float, float]:
    """Interval and p of a mean; a draw that lacks a kind of recogniser is left out."""
    drawn = resampled[~np.isnan(resampled)]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    one = np.ones(1, dtype=int)
    estimates = Estimates(one, one, np.array([mean]), np.array([low]), np.array([high]), ("",), drawn[:, None])
    return float(low), float(high), float(p_values(estimates)[0])


def _over_languages(lines: Sequence[NearComparison], found: Sequence[_Means]) -> NearComparison:
    """The mean over languages; each language's sentences are drawn on their own."""
    generator = np.random.default_rng(SEED)
    drawn = np.mean([generator.permutation(one.drawn) for one in found], axis=0)
    counts = [sum(getattr(line, name) for line in lines) for name in ("own_mentions", "zero_shot_mentions")]
    shown = ("insensitive_own", "insensitive_zero_shot", "own", "zero_shot", "difference")
    means = [float(np.mean([getattr(line, name) for line in lines])) for name in shown]
    low, high, p = _test(means[-1], drawn)
    flips = sign_flips([line.difference for line in lines])
    return NearComparison(lines[0].measure, lines[0].mentions, ALL, *counts, *means, low, high, p, p, flips)
