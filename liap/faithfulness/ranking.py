"""Rankings of context words by score, ties broken at random: the base of every metric that asks for the top words.

Each word of each ranking becomes one sortable integer: its score's bits, then the tie-break, then its index. One sort per
ranking gives order and ties at once. Scores are compared as float32.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """The context words of one mention, from the most to the least important, under every explanation in turn.

    An explanation has several rankings, next to each other: its draws, or one score under several tie-breaks.
    """

    order: Int[np.ndarray, "rankings context"]  # places within the context
    tied: Bool[np.ndarray, "rankings context"]  # which places hold a word that shares its score with another
    level: Int[
        np.ndarray, "rankings context"
    ]  # of the score at each place, from 0 for the highest; equal scores share one
    context: Int[np.ndarray, " context"]  # the context words' indices in the sentence
    words: int  # of the sentence
    explanations: int = 1

    @property
    def of_words(self) -> Int[np.ndarray, "rankings context"]:
        """The rankings as word indices."""
        return self.context[self.order]

    def without_top(self, count: int) -> Bool[np.ndarray, "rankings words"]:
        """A mask per ranking that takes away its `count` most important words."""
        masks = np.ones((len(self.order), self.words), dtype=bool)
        np.put_along_axis(masks, self.of_words[:, :count], False, axis=1)
        return masks

    def only_top(self, count: int) -> Bool[np.ndarray, "rankings words"]:
        """A mask per ranking that keeps, of the context, its `count` most important words alone."""
        masks = np.ones((len(self.order), self.words), dtype=bool)
        np.put_along_axis(masks, self.of_words[:, count:], False, axis=1)
        return masks

    def first(self, count: int) -> Rankings:
        """The first `count` rankings of each explanation."""
        each = len(self.order) // self.explanations
        chosen = (np.arange(len(self.order)) % each) < count
        return replace(self, order=self.order[chosen], tied=self.tied[chosen], level=self.level[chosen])

    def ties_by(self, places: Int[np.ndarray, " context"]) -> Rankings:
        """The same rankings with equal scores in the order of `places`, a number for each context word, smaller first."""
        keys = self.level * len(self.context) + places[self.order]
        return replace(self, order=np.take_along_axis(self.order, np.argsort(keys, axis=1), axis=1))

    def mean(self, values: Shaped[np.ndarray, "rankings ..."]) -> Float[np.ndarray, "explanations ..."]:
        """Means over each explanation's rankings."""
        return values.reshape(self.explanations, -1, *values.shape[1:]).mean(axis=1)


def rank(
    scores: Float[np.ndarray, "rankings context"],
    tie_break: Int[np.ndarray, "rankings context"],
    *,
    context: Int[np.ndarray, " context"] | None = None,
    words: int = 0,
    explanations: int = 1,
) -> Rankings:
    """Sort each row by descending score; of equal scores the smaller `tie_break` (>= 0) comes first."""
    bits = max(1, int(scores.shape[1] - 1).bit_length())
    keys = _descending(scores) << 32
    keys |= (tie_break & ((1 << (32 - bits)) - 1)) << bits
    keys |= np.arange(scores.shape[1])
    keys.sort(axis=1)
    score_bits = keys >> 32
    same = score_bits[:, 1:] == score_bits[:, :-1]
    tied = np.zeros(keys.shape, dtype=bool)
    tied[:, 1:] |= same
    tied[:, :-1] |= same
    level = np.zeros(keys.shape, dtype=np.int64)
    np.cumsum(~same, axis=1, out=level[:, 1:])
    context = np.arange(scores.shape[1]) if context is None else context
    return Rankings(keys & ((1 << bits) - 1), tied, level, context, words or scores.shape[1], explanations)


def _descending(scores: np.ndarray) -> Int[np.ndarray, "rankings context"]:
    """Integers that order as the negated scores do (IEEE 754 bits, the negative half turned round)."""
    negated = np.ascontiguousarray(0.0 - scores, dtype=np.float32) + np.float32(0.0)
    bits = negated.view(np.int32).astype(np.int64)
    return np.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
