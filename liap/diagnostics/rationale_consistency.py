"""Rationale consistency: where two models work alike, are their explanations alike? (Atanasova et al. 2020, section 3.3)

In: two models' activations and word scores on the same instances. Out: Spearman's correlation, over instances, between the distance of the
activations and the distance of the explanations; in [-1, 1], higher is better.

1. The distance of two explanations is the mean absolute difference of their scores for the reference class, over context words. The models' scores
   are compared as they are, so an explainer whose scores shrink with the sentence, or with p, is compared on that scale too: `ranks` takes 1 less
   Spearman's correlation of the two explanations in its place, which no scale changes.
2. The correlation is taken within each pair of models, and averaged over pairs: models of different seeds, or trained and untrained. The published code
   pools the instances of all pairs, so that its number also tells that an untrained model is farther away than a trained one.

Undefined where an explainer says the same of every model, as what does not read the model does. Control: the sentence's length in the place of the
explanations' distance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from liap.diagnostics.class_scores import Answer, Instance
from liap.diagnostics.instability import rank_correlation
from liap.diagnostics.model_distances import model_distance
from liap.diagnostics.resampled_values import Value, over_models, spearman_value

Pair = tuple[Sequence[Answer], Sequence[Answer]]
LENGTH = "sentence_length"  # in place of a method


def activation_distances(pairs: Sequence[Pair], *, signed: bool = False) -> list[Float[np.ndarray, " instances"]]:
    """Of each pair of models, on each instance."""
    return [
        np.array([model_distance(*both, signed=signed) for both in zip(first, second, strict=True)])
        for first, second in pairs
    ]


def rationale_consistency(
    instances: Sequence[Instance],
    pairs: Sequence[Pair],
    activations: Sequence[Float[np.ndarray, " instances"]],
    method: str,
    weights: Float[np.ndarray, "resamples instances"],
    *,
    ranks: bool = False,
) -> Value:
    """The correlation of one method, a mean over pairs of models."""
    lengths = np.array([float(len(instance.words)) for instance in instances])
    parts = []
    for (first, second), apart in zip(pairs, activations, strict=True):
        triples = zip(instances, first, second, strict=True)
        explained = (
            lengths
            if method == LENGTH
            else np.array([explanation_distance(*one, method, ranks=ranks) for one in triples])
        )
        parts.append(spearman_value(apart, explained, weights))
    return over_models(parts)


def explanation_distance(
    instance: Instance, first: Answer, second: Answer, method: str, *, ranks: bool = False
) -> float:
    """Of two models' scores for the reference class, over context words; NaN where a side has none."""
    if method not in first.scores or method not in second.scores or not instance.context.any():
        return float("nan")
    one, other = (answer.scores[method][instance.reference, instance.context] for answer in (first, second))
    return 1 - rank_correlation(one, other) if ranks else float(np.abs(one - other).mean())
