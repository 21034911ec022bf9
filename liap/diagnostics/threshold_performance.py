"""Faithfulness: how fast does performance fall as the words that matter go? (Atanasova et al. 2020, section 3.3)

In: word scores, and a model. Out: the area under the curve of macro F1 over the share of context words that are masked, the most important first:
in [0, 1], lower is better. The mention's own words always stay.

1. At each threshold the top share of the context words is masked (rounded; ties are broken at random, the same for all explainers).
2. The model's outcome is its most probable class, or none where the label outside is more probable than any.
3. F1 of each class against gold, macro-averaged over the classes that gold has; a mention without gold counts as an error of its class.
4. The area by the trapezoidal rule, over thresholds from 0 to 1.

Differences from the published code: it masks pieces, special tokens among them, in the order of their scores summed over all classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.diagnostics.class_scores import CHUNK, Answer, Instance, Model, class_probabilities
from liap.diagnostics.resampled_values import NOTHING, Value, over_models
from liap.explainers.case import generator
from liap.faithfulness.ranking import rank
from liap.linguistics.annotation import Item
from liap.perturbation.view import Reading
from liap.settings import MethodSettings
from liap.taggers.label_schemes import scheme_of

Outcomes = Mapping[str, Int[np.ndarray, " thresholds"]]


def shares(step: int) -> Float[np.ndarray, " thresholds"]:
    """From 0 to 1 by steps in per cent; the last may be shorter."""
    return np.append(np.arange(0, 100, step), 100) / 100


def ranking_scores(instance: Instance, answer: Answer, *, summed: bool) -> dict[str, Float[np.ndarray, " words"]]:
    """What words are ranked by: the scores of the reference class, or their sum over classes."""
    return {
        method: scores.sum(axis=0) if summed else scores[instance.reference] for method, scores in answer.scores.items()
    }


def outcomes(
    model: Model,
    items: Sequence[Item],
    instances: Sequence[Instance],
    answers: Sequence[Answer],
    settings: MethodSettings,
    *,
    step: int,
    summed: bool = False,
) -> list[Outcomes]:
    """For each instance and method, the model's outcome at each threshold (the number of classes: none of them)."""
    found: list[Outcomes] = []
    scheme, place = scheme_of(tuple(model.tagger.labels)), 0
    for begin in range(0, len(items), CHUNK):
        part = items[begin : begin + CHUNK]
        reading = Reading(model.tagger, [item.sentence.words for item in part], [item.mentions for item in part])
        asked = []
        for view in reading.views:
            instance, answer = instances[place], answers[place]
            ties = generator(settings.seed, view.mention, "ties", "").integers(0, 1 << 31, size=len(instance.words))
            ranked = ranking_scores(instance, answer, summed=summed)
            masks = {name: masks_of(scores, ties, instance.context, step) for name, scores in ranked.items()}
            for one in masks.values():
                reading.scorer.ask(view.sentence, settings.operator, one)
            asked.append((view, masks))
            place += 1
        if reading.scorer.queued:
            reading.scorer.answer()
        for view, masks in asked:
            labels = {name: view.label_probabilities(one, settings.operator) for name, one in masks.items()}
            found.append({name: class_probabilities(one, scheme).argmax(axis=1) for name, one in labels.items()})
    return found


def masks_of(
    scores: Float[np.ndarray, " words"], ties: Int[np.ndarray, " words"], context: Bool[np.ndarray, " words"], step: int
) -> Bool[np.ndarray, "thresholds words"]:
    """A mask per threshold, without its share of the most important context words."""
    inside = np.flatnonzero(context)
    ranking = rank(scores[None, inside], ties[None, inside], context=inside, words=len(context))
    counts = np.round(shares(step) * len(inside)).astype(int).tolist()
    return np.concatenate([ranking.without_top(count) for count in counts])


def threshold_performance(
    instances: Sequence[Instance],
    models: Sequence[Sequence[Outcomes]],
    method: str,
    weights: Float[np.ndarray, "resamples instances"],
    *,
    step: int,
) -> Value:
    """The area under the curve, a mean over models."""
    parts = []
    for curves in models:
        known = [place for place, one in enumerate(curves) if method in one]
        gold = np.array([instances[place].gold for place in known])
        if not len(known) or (gold < 0).all():
            return Value((), np.full(len(weights), np.nan), 0, NOTHING)
        found = np.stack([curves[place][method] for place in known])
        whole, resampled = (
            _area(found, gold, some, shares(step)) for some in (np.ones((1, len(known))), weights[:, known])
        )
        parts.append(Value((float(whole[0]),), resampled, len(known)))
    return over_models(parts)


def _area(found: np.ndarray, gold: np.ndarray, weights: np.ndarray, at: np.ndarray) -> Float[np.ndarray, " resamples"]:
    return np.trapezoid(np.stack([macro_f1(one, gold, weights) for one in found.T], axis=1), at, axis=1)


def macro_f1(
    found: Int[np.ndarray, " instances"],
    gold: Int[np.ndarray, " instances"],
    weights: Float[np.ndarray, "resamples instances"],
) -> Float[np.ndarray, " resamples"]:
    """F1, a mean over the classes that gold has, under each row of weights; NaN where a row has none of them."""
    each = []
    for one in np.unique(gold[gold >= 0]):
        right = weights @ ((found == one) & (gold == one)).astype(float)
        total = weights @ ((found == one).astype(float) + (gold == one))
        has = weights @ (gold == one).astype(float) > 0
        each.append(np.where(has, 2 * right / np.maximum(total, 1e-12), np.nan))
    table = np.stack(each)
    known = (~np.isnan(table)).sum(axis=0)
    return np.where(known > 0, np.nansum(table, axis=0) / np.maximum(known, 1), np.nan)
