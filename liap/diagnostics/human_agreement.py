"""Human agreement: are the words that people marked ranked first? (Atanasova et al. 2020, section 3.3)

In: instances with marked words, and word scores. Out: mean average precision, in [0, 1], higher is better.

Words are marked as the reasons for the gold class, so the scores are those for the gold class, also where the models find another, as in the published
code. Where scores are of the reference class alone, an instance of which that is not the gold class has no value.

The average precision of an instance is the mean, over the marked words, of the precision at their rank, as scikit-learn computes it for scores
without ties. Ties are broken at random, `TIE_BREAKS` times, and averaged: an explanation that scores all words alike is worth what a random one is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from liap.diagnostics.class_scores import Answer, Instance
from liap.diagnostics.resampled_values import Value, mean_value, over_models
from liap.faithfulness.plausibility import agreement
from liap.faithfulness.ranking import rank

TIE_BREAKS = 32


def human_agreement(
    instances: Sequence[Instance],
    models: Sequence[Sequence[Answer]],
    method: str,
    weights: Float[np.ndarray, "resamples instances"],
) -> Value:
    """The mean average precision of one method, over instances and models."""
    return over_models(
        [
            mean_value(np.array([_of(*pair, method) for pair in zip(instances, answers, strict=True)]), weights)
            for answers in models
        ]
    )


def _of(instance: Instance, answer: Answer, method: str) -> float:
    scores = _for_gold(instance, answer, method)
    context = np.flatnonzero(instance.context)
    if scores is None or not instance.evidence or not len(context):
        return float("nan")
    return average_precision(scores[context], np.isin(context, instance.evidence))


def _for_gold(instance: Instance, answer: Answer, method: str) -> Float[np.ndarray, " words"] | None:
    """The scores for the gold class (the reference class where there is no gold); None where they are of another."""
    wanted = instance.reference if instance.gold < 0 else instance.gold
    scores = answer.scores.get(method)
    if scores is None or (len(scores) == 1 and wanted != instance.reference):
        return None
    return answer.scored(method, wanted)


def average_precision(scores: Float[np.ndarray, " words"], marked: np.ndarray) -> float:
    """Of one ranking of words, a mean over random orders of equal scores; NaN without a marked word."""
    ties = np.random.default_rng(0).integers(0, 1 << 31, size=(TIE_BREAKS, len(scores)))
    order = rank(np.repeat(scores[None], TIE_BREAKS, axis=0), ties).order
    return float(agreement(marked[order])["average_precision"].mean())
