"""How much of a mention's evidence lies in the words nearest to it: a row per mention and explainer.

In: a results folder of run_liap_evaluation.py for each recogniser and evaluation language, and the explainers that are read. Out: rows.

1. The *evidence* of a context word is max(s, 0), where s is its signed score in probability: for occlusion, the drop of the mention's probability
   when the word alone is taken away; for an explainer such as integrated_gradients, its share of that probability.
2. The *near share* of a mention is the evidence of its K nearest words over that of all context words. K is 3, or half of the context if that is
   fewer; words at the last distance share the places that are left. *Chance* is K / context, which evidence that is spread evenly has.
3. A mention whose evidence sums to less than `LEAST_EVIDENCE` has no near share: it is *insensitive*, and is counted.

`near_comparison` says what is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from liap.errors import InputError
from liap.pruning import distances
from liap.pruning.matched import nearest
from liap.reports.explained import EXPLANATIONS, ExplainedLine, read_explained

K = 3
LEAST_EVIDENCE = 0.01  # a probability


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
    """A line of `near_evidence.csv`: a mention and an explainer; NaN where it is insensitive."""

    starting_point: str
    finetune_language: str
    seed: int
    evaluation_language: str
    method: str  # the explainer
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


def rows_of(evaluated: Evaluated, methods: Sequence[str]) -> Iterator[NearEvidenceRow]:
    """A row per mention of a run and method that explains it. InputError where the run cannot be read, or lacks a method."""
    path = evaluated.folder / EXPLANATIONS
    for method in methods:
        explained = list(read_explained(path, only=method))
        if not explained and path.stat().st_size:
            raise InputError(
                f"{path}: no scores of {method}; evaluate with that explainer, or leave it out of --methods"
            )
        for line in explained:
            yield _row(evaluated, method, line)


def _row(evaluated: Evaluated, method: str, line: ExplainedLine) -> NearEvidenceRow:
    steps = distances(len(line.words), line.start, line.end)
    context = steps > 0
    evidence = np.maximum(np.array(line.scores[method])[context], 0.0)
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
        method,
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
