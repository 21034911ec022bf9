"""Confidence indication: do the scores tell how sure the model is? (Atanasova et al. 2020, section 3.3)

In: word scores for every class, and the model's confidence: the probability of its most probable class. Out: the mean absolute error of a linear
model that predicts the confidence (lower is better), and its R2 (higher is better; 0: no better than the mean, and it may be below 0).

1. The *distance* of a word to another class is its score for the predicted class less its score for that class.
2. The features are the sums, over context words, of the greatest, the mean and the smallest distance to the other classes.
3. Least squares with an intercept, cross-validated: folds hold whole documents, and every prediction is of an instance that was not fitted.

Controls: the same features shuffled among instances (a mean over several shuffles), and the sentence's length alone. Explainers whose scores
do not depend on the class, such as attention, have distances of 0 and predict the mean. Differences from the published code: it draws
confidences of rare tenths more often, reports no R2, and splits instances at random.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from liap.diagnostics.class_scores import Answer, Instance
from liap.diagnostics.resampled_values import CONSTANT, NOTHING, Resamples, Value, mean_value, over_models

ERROR, R2 = "confidence_mae", "confidence_r2"
SHUFFLED = "_shuffled"
LEAST = 10  # instances that are fitted
TINY = 1e-12  # variance of the confidence that rounding alone makes


def confidence_indication(
    instances: Sequence[Instance],
    models: Sequence[Sequence[Answer]],
    method: str,
    resamples: Resamples,
    *,
    folds: int,
    shuffles: int,
    seed: int,
) -> dict[str, Value]:
    """Mean absolute error and R2, with the features as they are and shuffled; means over models."""
    parts: dict[str, list[Value]] = {}
    for answers in models:
        rows = [_row(*pair, method) for pair in zip(instances, answers, strict=True)]
        known = np.array([row is not None for row in rows])
        if known.sum() < LEAST:
            empty = Value((), np.full(len(resamples.weights), np.nan), int(known.sum()), NOTHING)
            return {f"{name}{end}": empty for name in (ERROR, R2) for end in ("", SHUFFLED)}
        features = np.stack([row for row in rows if row is not None])
        confidence = np.array([answer.probabilities[answer.predicted] for answer in answers])[known]
        found = predicted_confidence(
            features, confidence, resamples.documents[known], resamples.weights[:, known], folds=folds, shuffles=shuffles, seed=seed
        )  # fmt: skip
        for name, value in found.items():
            parts.setdefault(name, []).append(value)
    return {name: over_models(values) for name, values in parts.items()}


def length_indication(
    instances: Sequence[Instance], models: Sequence[Sequence[Answer]], resamples: Resamples, *, folds: int, seed: int
) -> dict[str, Value]:
    """The same two numbers where the only feature is the sentence's length."""
    lengths = np.array([[float(len(instance.words))] for instance in instances])
    parts: dict[str, list[Value]] = {}
    for answers in models if len(lengths) >= LEAST else ():
        confidence = np.array([answer.probabilities[answer.predicted] for answer in answers])
        guesses = out_of_fold(lengths, confidence, resamples.documents, folds, seed)
        for name, value in _errors(guesses, confidence, resamples.weights).items():
            parts.setdefault(name, []).append(value)
    return {name: over_models(parts.get(name, [])) for name in (ERROR, R2)}


def distances(
    scores: Float[np.ndarray, "classes words"], predicted: int, context: np.ndarray
) -> Float[np.ndarray, " 3"]:
    """Sums over context words of the greatest, mean and smallest distance to the other classes."""
    others = np.delete(scores, predicted, axis=0)[:, context]
    apart = scores[predicted, context] - others
    return np.array([apart.max(axis=0).sum(), apart.mean(axis=0).sum(), apart.min(axis=0).sum()])


def _row(instance: Instance, answer: Answer, method: str) -> Float[np.ndarray, " 3"] | None:
    scores = answer.scores.get(method)
    return (
        None if scores is None or not instance.context.any() else distances(scores, answer.predicted, instance.context)
    )


def predicted_confidence(
    features: Float[np.ndarray, "instances features"],
    confidence: Float[np.ndarray, " instances"],
    documents: Int[np.ndarray, " instances"],
    weights: Float[np.ndarray, "resamples instances"],
    *,
    folds: int,
    shuffles: int,
    seed: int,
) -> dict[str, Value]:
    """Both numbers of one model, and both for shuffled features."""
    found = _errors(out_of_fold(features, confidence, documents, folds, seed), confidence, weights)
    generator = np.random.default_rng(seed)
    shuffled = [
        _errors(
            out_of_fold(features[generator.permutation(len(features))], confidence, documents, folds, seed),
            confidence,
            weights,
        )
        for _ in range(shuffles)
    ]
    for name in (ERROR, R2):
        mean = over_models([one[name] for one in shuffled])
        found[f"{name}{SHUFFLED}"] = Value((mean.mean,), mean.resampled, mean.n)
    return found


def out_of_fold(
    features: Float[np.ndarray, "instances features"],
    target: Float[np.ndarray, " instances"],
    documents: Int[np.ndarray, " instances"],
    folds: int,
    seed: int,
) -> Float[np.ndarray, " instances"]:
    """Each instance's prediction by the linear model of the other folds; with fewer documents than folds, each is a fold."""
    known, document = np.unique(documents, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(known)) % folds)[document]
    spread = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(target)), scaled])
    guesses = np.full(len(target), target.mean())
    for number in np.unique(fold):
        held = fold == number
        if not held.all():
            guesses[held] = design[held] @ np.linalg.lstsq(design[~held], target[~held], rcond=None)[0]
    return guesses


def _errors(guesses: np.ndarray, target: np.ndarray, weights: np.ndarray) -> dict[str, Value]:
    error = mean_value(np.abs(guesses - target), weights)
    return {ERROR: error, R2: _r2(guesses, target, weights)}


def _r2(guesses: np.ndarray, target: np.ndarray, weights: np.ndarray) -> Value:
    """1 less the squared error over the squared distance from the mean; undefined where the target does not vary."""
    if np.ptp(target) == 0:
        return Value((), np.full(len(weights), np.nan), len(target), CONSTANT)

    def of(some: np.ndarray) -> np.ndarray:
        mean = some @ target / some.sum(axis=1)
        spread = some @ target**2 - some.sum(axis=1) * mean**2
        varies = spread > TINY * some.sum(axis=1)
        return np.where(varies, 1 - some @ (target - guesses) ** 2 / np.where(varies, spread, 1.0), np.nan)

    return Value((float(of(np.ones((1, len(target))))[0]),), of(weights), len(target))
