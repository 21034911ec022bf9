"""The scorer: the one function through which explainers and metrics see the model.

Masks over a sentence's words `[masks, words]` (True = kept) go in, label probabilities at a mention `[masks, span, labels]`
come out. What was scored once is remembered, and `precompute` scores all single-word masks of many sentences at once, so that
they serve every mention, explainer and metric.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.perturbation.engine import Engine, Request
from liap.records import Mention
from liap.taggers.alignment import Encoding

# masks over words [masks, words], True = kept -> label probabilities at the mention [masks, span, labels]
Scorer = Callable[[np.ndarray], np.ndarray]


def mention_probability(
    probabilities: Float[np.ndarray, "masks span labels"], labels: Int[np.ndarray, " span"]
) -> Float[np.ndarray, " masks"]:
    """The geometric mean, over the span, of the predicted tags' probabilities; in [0, 1], NaN where a word has no piece."""
    chosen = probabilities[:, np.arange(len(labels)), labels].astype(np.float64)
    with np.errstate(divide="ignore"):
        return np.exp(np.log(chosen).mean(axis=1))


def drops(
    scorer: Scorer, mention: Mention, labels: Int[np.ndarray, " span"], words: int
) -> Float[np.ndarray, " words"]:
    """`p - p(word masked alone)` for each context word, in probability, in [-1, 1]; 0 for the mention's own words."""
    masks = single_masks(words, np.flatnonzero(mention.context(words)))
    values = mention_probability(scorer(masks), labels)
    found = np.zeros(words)
    found[mention.context(words)] = values[0] - values[1:]
    return found


def single_masks(words: int, masked: Int[np.ndarray, " masked"]) -> Bool[np.ndarray, "masks words"]:
    """All words kept, then each of `masked` taken away alone."""
    masks = np.ones((1 + len(masked), words), dtype=bool)
    masks[1 + np.arange(len(masked)), masked] = False
    return masks


@dataclass(slots=True, eq=False)
class SentenceScorer:
    """The engine at one sentence under one operator; answers for all its mentions' words, and remembers."""

    engine: Engine
    encoding: Encoding
    operator: str
    read: Int[np.ndarray, " read"]  # the words of all its mentions, ascending
    known: dict[bytes, Float[np.ndarray, "read labels"]] = field(default_factory=dict)

    def at(self, mention: Mention) -> Scorer:
        """The scorer of one mention."""
        places = np.searchsorted(self.read, np.arange(mention.start, mention.end))
        return lambda masks: self(masks)[:, places]

    def __call__(self, masks: Bool[np.ndarray, "masks words"]) -> Float[np.ndarray, "masks read labels"]:
        keys = [row.tobytes() for row in masks]
        new = self.missing(masks, keys)
        if len(new):
            self.learn(new, self.engine.probabilities([self.request(new)])[0])
        return np.stack([self.known[key] for key in keys])

    def missing(self, masks: np.ndarray, keys: Sequence[bytes]) -> Bool[np.ndarray, "new words"]:
        """The masks not scored yet, each once."""
        first = {key: index for index, key in reversed(list(enumerate(keys))) if key not in self.known}
        return masks[sorted(first.values())]

    def request(self, masks: Bool[np.ndarray, "masks words"]) -> Request:
        return Request(self.encoding, masks, self.operator, self.read)

    def learn(self, masks: np.ndarray, answers: Float[np.ndarray, "masks read labels"]) -> None:
        self.known.update(zip((row.tobytes() for row in masks), answers, strict=True))


def precompute(scorers: Sequence[SentenceScorer], mentions: Sequence[Sequence[Mention]]) -> None:
    """Score, in shared batches, every single-word mask that a mention of these sentences needs."""
    wanted = []
    for scorer, found in zip(scorers, mentions, strict=True):
        words = len(scorer.encoding.first_piece)
        context = np.any([mention.context(words) for mention in found], axis=0)
        wanted.append(single_masks(words, np.flatnonzero(context)))
    requests = [scorer.request(masks) for scorer, masks in zip(scorers, wanted, strict=True)]
    answers = scorers[0].engine.probabilities(requests) if scorers else []
    for scorer, masks, answer in zip(scorers, wanted, answers, strict=True):
        scorer.learn(masks, answer)
