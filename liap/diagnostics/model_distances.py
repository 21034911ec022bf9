"""How far apart activations are: of two models on one instance, and of two instances in one model.

A distance is the mean, over layers, of the mean absolute difference of units. With `signed` it is, as in the published code, the mean over
layers of the absolute value of the mean *signed* difference: differences of opposite sign cancel.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from liap.diagnostics.class_scores import Answer


def model_distance(first: Answer, second: Answer, *, signed: bool = False) -> float:
    """Between two models on one instance, over all words with a piece; NaN without activations, or where widths differ."""
    one, other = first.states, second.states
    if one is None or other is None or one.shape != other.shape:
        return float("nan")
    known = ~np.isnan(one[0, :, 0]) & ~np.isnan(other[0, :, 0])
    apart = (one - other)[:, known].astype(np.float64)
    return float(_by_layer(apart.reshape(len(apart), -1), signed).mean())


def mean_states(answer: Answer) -> Float[np.ndarray, "layers width"]:
    """The mean over words with a piece, by which instances of different lengths are compared."""
    states = answer.states
    return states[:, ~np.isnan(states[0, :, 0])].mean(axis=1, dtype=np.float64)


def instance_distances(
    states: Float[np.ndarray, "instances layers width"], place: int, *, signed: bool = False
) -> Float[np.ndarray, " others"]:
    """From one instance to each behind it."""
    apart = states[place] - states[place + 1 :]
    return _by_layer(apart, signed).mean(axis=-1)


def _by_layer(apart: Float[np.ndarray, "... layers units"], signed: bool) -> Float[np.ndarray, "... layers"]:
    return np.abs(apart.mean(axis=-1)) if signed else np.abs(apart).mean(axis=-1)
