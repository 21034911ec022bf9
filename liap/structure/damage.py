"""Damaged trees: some arcs of a gold tree are moved to random heads, so that what a parser's errors cost can be read off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from liap.records import Parse


def damage(parse: Parse, share: float, generator: np.random.Generator) -> Parse:
    """The tree with `share` (0..1) of its arcs, rounded, at another head. It stays a tree, with the same roots and relations.

    Words are drawn without replacement; each in turn moves to a word that is neither itself, nor its head, nor below it, all with the same
    probability. A word without such a place stays.
    """
    heads = np.array(parse.heads)
    movable = np.flatnonzero(heads >= 0)
    for word in generator.permutation(movable)[: round(share * len(movable))].tolist():
        places = np.flatnonzero(~_below(heads, word))
        places = places[places != heads[word]]
        if len(places):
            heads[word] = generator.choice(places)
    return replace(parse, heads=tuple(heads.tolist()))


def _below(heads: np.ndarray, word: int) -> np.ndarray:
    """True for the word and everything under it."""
    below = np.zeros(len(heads), dtype=bool)
    below[word] = True
    while True:
        wider = below | ((heads >= 0) & below[heads])
        if (wider == below).all():
            return below
        below = wider
