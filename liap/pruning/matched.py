"""The matched controls: random masks that ignore structure but share one property with a given mask.

`matched_random`    the number of words;
`matched_window`    the number of words, which are the nearest ones (ties between left and right are broken at random);
`matched_distance`  the distances from the span. Each kept word either stays or moves to its mirror place, the word at the same
                    distance on the other side, with probability one half each. If there is no mirror place, or it is kept
                    itself, the word stays or moves to a word that is not kept and at most `SLACK` steps nearer or farther, on
                    either side, all with the same probability.

How far a control can differ from the mask is its *freedom*: the share of the kept words that a draw replaces, a mean over draws.
At 0 the control is the mask itself.

A parse keeps near words, and near words matter. Therefore no claim about structure is made without these controls.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

CONTROLS = ("matched_random", "matched_window", "matched_distance")
SLACK = 2  # steps


def distances(words: int, start: int, end: int) -> Int[np.ndarray, " words"]:
    """Number of steps from each word to the nearest word of the span; 0 inside the span."""
    places = np.arange(words)
    return np.maximum(np.maximum(start - places, places - (end - 1)), 0)


def nearest(steps: Int[np.ndarray, " context"], count: int) -> Float[np.ndarray, " context"]:
    """1 for the `count` words of the fewest steps and 0 for the others; words at the last distance share the places that are left."""
    kept, left = np.zeros(len(steps)), float(count)
    for distance in np.unique(steps):
        here = steps == distance
        kept[here] = min(1.0, left / here.sum())
        left -= kept[here].sum()
    return kept


def draw(
    control: str,
    mask: Bool[np.ndarray, " words"],
    start: int,
    end: int,
    *,
    draws: int,
    generator: np.random.Generator,
    context: Bool[np.ndarray, " words"] | None = None,
) -> Bool[np.ndarray, "draws words"]:
    """Draw masks of the control that match `mask`. They keep words of the context alone, which is every word outside the span
    unless it is given."""
    places = np.arange(len(mask))
    context = (places < start) | (places >= end) if context is None else context
    if control == "matched_distance":
        return _same_distances(mask, start, end, context, draws, generator)
    assert control in CONTROLS, control
    order = generator.random((draws, len(mask)))
    if control == "matched_window":
        order += distances(len(mask), start, end)
    order[:, ~context] = np.inf
    return _smallest(order, int(mask.sum()))


def draw_weighted(
    weights: Float[np.ndarray, " words"],
    size: int,
    context: Bool[np.ndarray, " words"],
    draws: int,
    generator: np.random.Generator,
) -> Bool[np.ndarray, "draws words"]:
    """Masks of so many context words, drawn without replacement in proportion to their weights.

    The words of the largest log weight plus Gumbel noise are such a draw (Efraimidis & Spirakis 2006, in logs). Words of weight 0 come last.
    """
    with np.errstate(divide="ignore"):
        logs = np.maximum(np.log(weights), -1e3)
    order = np.where(context, -(logs + generator.gumbel(size=(draws, len(weights)))), np.inf)
    return _smallest(order, size)


def freedom(mask: Bool[np.ndarray, " words"], drawn: Bool[np.ndarray, "draws words"]) -> float:
    """The share of the mask's words that a draw replaces, a mean over draws; in [0, 1], 0 where no draw differs."""
    return float((drawn & ~mask).sum() / (len(drawn) * mask.sum()))


def _smallest(order: np.ndarray, size: int) -> Bool[np.ndarray, "draws words"]:
    kept = np.zeros(order.shape, dtype=bool)
    np.put_along_axis(kept, np.argpartition(order, size - 1, axis=1)[:, :size], True, axis=1)
    return kept


def _same_distances(
    mask: np.ndarray, start: int, end: int, context: np.ndarray, draws: int, generator: np.random.Generator
) -> Bool[np.ndarray, "draws words"]:
    places, movable = np.flatnonzero(mask), context & ~mask
    mirror = start + end - 1 - places
    inside = (mirror >= 0) & (mirror < len(mask))
    mirrored = inside & movable[np.where(inside, mirror, 0)]
    moved = mirrored & (generator.random((draws, len(places))) < 0.5)
    kept = np.zeros((draws, len(mask)), dtype=bool)
    np.put_along_axis(kept, np.where(moved, mirror, places)[:, mirrored], True, axis=1)
    steps, rows = distances(len(mask), start, end), np.arange(draws)
    for place in places[~mirrored]:
        near = np.flatnonzero(movable & (np.abs(steps - steps[place]) <= SLACK))
        choices = np.append(near, place)  # its own place is never taken: words move to places that are not kept
        order = generator.random((draws, len(choices)))
        order[kept[:, choices]] = np.inf
        kept[rows, choices[order.argmin(axis=1)]] = True
    return kept
