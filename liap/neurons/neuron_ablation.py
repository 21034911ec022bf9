"""Remove neurons one after the other, and count what the tagger then says.

A removed neuron is set to zero, or to its mean over the words on which neurons were ranked. Scores are linear in the neurons, so each
step subtracts one neuron's contribution. What is kept is the table of gold and predicted labels, from which precision, recall and F1 of
every label follow. The "accuracy" of the published study is recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from liap.neurons.neuron_words import NeuronWords, Readout

FILLS = ("zero", "mean")


@dataclass(frozen=True, slots=True, eq=False)
class WordScores:
    """Precision, recall and F1 of each label, over words; 0..1. Recall is NaN for a label without a gold word."""

    precision: Float[np.ndarray, "*steps labels"]
    recall: Float[np.ndarray, "*steps labels"]
    f1: Float[np.ndarray, "*steps labels"]


def confusion(
    gold: Int[np.ndarray, " words"], predicted: Int[np.ndarray, " words"], labels: int
) -> Int[np.ndarray, "labels labels"]:
    """How many words have each gold label (row) and each predicted one (column)."""
    return np.bincount(gold * labels + predicted, minlength=labels * labels).reshape(labels, labels)


def scores_from(tables: Int[np.ndarray, "*steps labels labels"]) -> WordScores:
    """Precision is 0 where nothing was predicted, as in `seqeval`."""
    right = np.diagonal(tables, axis1=-2, axis2=-1).astype(float)
    gold, predicted = tables.sum(axis=-1), tables.sum(axis=-2)
    both = gold + predicted
    return WordScores(
        np.divide(right, predicted, out=np.zeros(right.shape), where=predicted > 0),
        np.divide(right, gold, out=np.full(right.shape, np.nan), where=gold > 0),
        np.divide(2 * right, both, out=np.full(right.shape, np.nan), where=(both > 0) & (gold > 0)),
    )


def remove_in_order(
    readout: Readout,
    words: NeuronWords,
    order: Int[np.ndarray, " neurons"],
    fill: Float[np.ndarray, " neurons"],
    steps: Sequence[int],
) -> Int[np.ndarray, "steps labels labels"]:
    """The table of gold and predicted labels after each number of removed neurons; `steps` must rise.

    `fill` is what a removed neuron is set to.
    """
    labels = len(readout.labels)
    weight, values = readout.weight.astype(np.float32), np.ascontiguousarray(words.neurons.T, dtype=np.float32)
    scores = weight @ values + readout.bias.astype(np.float32)[:, None]
    tables = np.empty((len(steps), labels, labels), dtype=np.int64)
    done = 0
    for number, step in enumerate(steps):
        for neuron in order[done:step]:
            scores -= weight[:, neuron, None] * (values[neuron] - np.float32(fill[neuron]))
        done = max(done, step)
        tables[number] = confusion(words.gold, readout.decide(scores, words.lengths), labels)
    return tables


def steps_for(neurons: int, points: int, also: int = 0) -> list[int]:
    """0..neurons, evenly spread over about so many points; both ends are among them, and `also`."""
    if neurons + 1 <= points:
        return list(range(neurons + 1))
    spread = np.round(np.linspace(0, neurons, points)).astype(int)
    return sorted({*spread.tolist(), min(also, neurons)})


def fewest_to_take_away(f1: Float[np.ndarray, " steps"], steps: Sequence[int], share: float = 0.5) -> float:
    """The least number of removed neurons at which F1 is at most this share of what it was; NaN if F1 was 0 or never falls."""
    return _first(f1 <= share * f1[0], steps) if f1[0] > 0 else float("nan")


def fewest_to_keep(f1: Float[np.ndarray, " steps"], steps: Sequence[int], share: float = 0.9) -> float:
    """The least number of kept neurons with at least this share of F1, from a curve that removes the least important first."""
    if not f1[0] > 0:
        return float("nan")
    kept = steps[-1] - np.asarray(steps)
    return _first((f1 >= share * f1[0])[::-1], kept[::-1].tolist())


def _first(reached: np.ndarray, steps: Sequence[int]) -> float:
    places = np.flatnonzero(reached)
    return float(steps[places[0]]) if len(places) else float("nan")
