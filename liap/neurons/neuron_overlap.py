"""How many of their k most important neurons two labels share, and how many they would share by chance.

Two sets of k among n neurons drawn at random share a hypergeometric number: k * k / n on average. `pairing_p` asks more: do B-x and I-x
share more than B-x and I-y do? Neurons that are large everywhere are important for every label, which the first chance level ignores.
"""

from __future__ import annotations

import itertools

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import hypergeom

from liap.neurons.sensitivity import is_ranked, order_of


def overlaps(order: Int[np.ndarray, "labels neurons"], top: int) -> Int[np.ndarray, "labels labels"]:
    """How many neurons the first `top` of two rows share."""
    chosen = np.zeros(order.shape, dtype=np.int64)
    np.put_along_axis(chosen, order[:, :top], 1, axis=1)
    return chosen @ chosen.T


def overlaps_of(scores: Float[np.ndarray, "labels neurons"], top: int) -> Float[np.ndarray, "labels labels"]:
    """The same from scores; NaN for a label without any, whose order is no ranking."""
    shared = overlaps(order_of(scores), top).astype(float)
    unknown = ~is_ranked(scores)
    shared[unknown] = np.nan
    shared[:, unknown] = np.nan
    return shared


def expected_overlap(neurons: int, top: int) -> float:
    """The mean overlap of two random sets."""
    return top * top / neurons


def overlap_p(shared: float, neurons: int, top: int) -> float:
    """The probability that two random sets share at least so many; NaN for NaN."""
    return float(hypergeom.sf(shared - 1, neurons, top, top))


def pairing_p(
    tables: Float[np.ndarray, "seeds types types"], draws: int, generator: np.random.Generator
) -> tuple[float, float]:
    """(excess, p): the mean of the diagonals less that of all other entries, and the share of pairings with as large an excess.

    A table has B-x in rows and I-y in columns. Under the null the names of the columns are exchangeable in each seed. With one seed all
    permutations are tried; with more, `draws` random choices, and the real one counts as one of them.
    """
    seeds, types = tables.shape[:2]
    diagonal = np.eye(types, dtype=bool)
    if types < 2:
        return float("nan"), float("nan")
    excess = float(tables[:, diagonal].mean() - tables[:, ~diagonal].mean())
    pairings = np.array(list(itertools.permutations(range(types))))
    sums = tables[:, np.arange(types), pairings].sum(axis=2)  # [seeds, pairings]
    real = float(tables[:, diagonal].sum())
    if seeds == 1:
        return excess, float((sums[0] >= real - 1e-9).mean())
    drawn = sums[np.arange(seeds), generator.integers(len(pairings), size=(draws, seeds))].sum(axis=1)
    return excess, float(((drawn >= real - 1e-9).sum() + 1) / (draws + 1))
