"""Which neuron of one model is which neuron of another: the Hungarian method on correlations of activations over the same words.

Two trainings number their neurons differently, so models can be compared only after matching. A neuron and its negative do the same
work, because the weights behind it turn their sign too, so absolute correlations are matched. A matching looks good even between
unrelated models, because it is chosen among all: `chance` has the same with the words of one model in random order.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment


def cross_correlations(
    first: Float[np.ndarray, "words neurons"], second: Float[np.ndarray, "words others"]
) -> Float[np.ndarray, "neurons others"]:
    """Pearson's r of each pair of neurons over the words; 0 for a constant neuron."""
    left, right = (values - values.mean(axis=0, dtype=np.float64) for values in (first, second))
    norms = np.outer(np.linalg.norm(left, axis=0), np.linalg.norm(right, axis=0))
    return np.divide(left.T @ right, norms, out=np.zeros(norms.shape), where=norms > 0)


def match_neurons(
    first: Float[np.ndarray, "words neurons"], second: Float[np.ndarray, "words neurons"]
) -> tuple[Int[np.ndarray, " neurons"], Float[np.ndarray, " neurons"]]:
    """For each neuron of the first model its partner in the second, and the absolute correlation of the two."""
    size = np.abs(cross_correlations(first, second))
    rows, partners = linear_sum_assignment(size, maximize=True)
    return partners[np.argsort(rows)], size[rows, partners][np.argsort(rows)]


def chance_of_matching(
    first: Float[np.ndarray, "words neurons"],
    second: Float[np.ndarray, "words neurons"],
    generator: np.random.Generator,
) -> float:
    """The mean absolute correlation of a matching in which nothing belongs together."""
    return float(match_neurons(first, second[generator.permutation(len(second))])[1].mean())
