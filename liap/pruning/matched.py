"""The matched controls: random masks that ignore structure but share one property with a given mask.

`matched_random`    the number of words;
`matched_window`    the number of words, which are the nearest ones (ties between left and right are broken at random);
`matched_distance`  the distances from the span: each kept word either stays or moves to the word at the same distance on the
                    other side, if that exists and is not kept.

A parse keeps near words, and near words matter. Therefore no claim about structure is made without these controls.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int

CONTROLS = ("matched_random", "matched_window", "matched_distance")


def distances(words: int, start: int, end: int) -> Int[np.ndarray, " words"]:
    """Number of steps from each word to the nearest word of the span; 0 inside the span."""
    places = np.arange(words)
    return np.maximum(np.maximum(start - places, places - (end - 1)), 0)


def draw(
    control: str,
    mask: Bool[np.ndarray, " words"],
    start: int,
    end: int,
    *,
    draws: int,
    generator: np.random.Generator,
) -> Bool[np.ndarray, "draws words"]:
    """Draw masks of the control that match `mask`. None of them keeps a word of the span."""
    if control == "matched_distance":
        return _mirrored(mask, start, end, draws, generator)
    assert control in CONTROLS, control
    order = generator.random((draws, len(mask)))
    if control == "matched_window":
        order += distances(len(mask), start, end)
    order[:, start:end] = np.inf
    return _smallest(order, int(mask.sum()))


def _smallest(order: np.ndarray, size: int) -> Bool[np.ndarray, "draws words"]:
    kept = np.zeros(order.shape, dtype=bool)
    np.put_along_axis(kept, np.argpartition(order, size - 1, axis=1)[:, :size], True, axis=1)
    return kept


def _mirrored(mask: np.ndarray, start: int, end: int, draws: int, generator: np.random.Generator) -> np.ndarray:
    places = np.flatnonzero(mask)
    mirror = start + end - 1 - places
    inside = (mirror >= 0) & (mirror < len(mask))
    free = inside & ~mask[np.where(inside, mirror, 0)]
    moved = free & (generator.random((draws, len(places))) < 0.5)
    kept = np.zeros((draws, len(mask)), dtype=bool)
    np.put_along_axis(kept, np.where(moved, mirror, places), True, axis=1)
    return kept
