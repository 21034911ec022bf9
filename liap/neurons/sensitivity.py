"""How sensitive a label is to a neuron (Xin, Lin & Yu 2019), and what follows from the matrix of sensitivities.

The contribution of neuron j to label l at a word is u = weight[l, j] * neurons[j]. The sensitivity is the mean of u over the words with
label l, less its mean over the other words. So it is weight[l, j] times the difference of the neuron's two means. Words may be told
apart by their gold or by their predicted label; the published code used predicted ones.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int


def mean_differences(
    neurons: Float[np.ndarray, "words neurons"], labelled: Int[np.ndarray, " words"], labels: int
) -> Float[np.ndarray, "labels neurons"]:
    """Each neuron's mean over the words with a label, less its mean over the others; NaN where either has no word."""
    counts = np.bincount(labelled, minlength=labels)
    sums = np.zeros((labels, neurons.shape[1]))
    for label in range(labels):
        sums[label] = neurons[labelled == label].sum(axis=0, dtype=np.float64)
    rest = sums.sum(axis=0) - sums
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums / counts[:, None] - rest / (len(labelled) - counts)[:, None]


def sensitivities(
    weight: Float[np.ndarray, "labels neurons"],
    neurons: Float[np.ndarray, "words neurons"],
    labelled: Int[np.ndarray, " words"],
) -> Float[np.ndarray, "labels neurons"]:
    """The sensitivity of each label to each neuron, in units of a label's score; NaN for a label without a word."""
    return weight * mean_differences(neurons, labelled, len(weight))


def order_of(scores: Float[np.ndarray, "*labels neurons"]) -> Int[np.ndarray, "*labels neurons"]:
    """Neurons from the most to the least important; of equals the first comes first, and NaN comes last."""
    return np.argsort(-np.where(np.isnan(scores), -np.inf, scores), axis=-1, kind="stable")


def is_ranked(scores: Float[np.ndarray, "*labels neurons"]) -> Bool[np.ndarray, "*labels"]:
    """Which labels have a score at all: without any, the order of a label's neurons is no ranking."""
    return ~np.isnan(scores).all(axis=-1)


def correlations(table: Float[np.ndarray, "labels neurons"]) -> Float[np.ndarray, "labels labels"]:
    """Pearson's r between the rows, over neurons; NaN for a constant row."""
    centred = table - table.mean(axis=1, keepdims=True)
    return _cosines(centred)


def cosines(weight: Float[np.ndarray, "labels neurons"]) -> Float[np.ndarray, "labels labels"]:
    """The cosine of the angle between the weight vectors of two labels."""
    return _cosines(np.asarray(weight, dtype=np.float64))


def _cosines(table: Float[np.ndarray, "labels neurons"]) -> Float[np.ndarray, "labels labels"]:
    norms = np.linalg.norm(table, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return table @ table.T / np.where(norms > 0, np.outer(norms, norms), np.nan)
