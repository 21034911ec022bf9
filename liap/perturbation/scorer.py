"""Masks of many mentions -> batches -> answers: every mask over a sentence is scored once, for all who ask.

`ask` queues masks; `answer` scores all queued masks, whatever their sentence; `scored` returns the answers, and first scores what
is missing. Masks are over words, True = kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.taggers.tagger import Request, Tagger, Words


def mention_probability(
    probabilities: Float[np.ndarray, "masks span labels"], labels: Int[np.ndarray, " span"]
) -> Float[np.ndarray, " masks"]:
    """The geometric mean, over the span, of the predicted tags' probabilities; in [0, 1], NaN where a word has no piece."""
    chosen = probabilities[:, np.arange(len(labels)), labels].astype(np.float64)
    with np.errstate(divide="ignore"):
        return np.exp(np.log(chosen).mean(axis=1))


def single_masks(words: int, masked: Int[np.ndarray, " masked"]) -> Bool[np.ndarray, "masks words"]:
    """All words kept, then each of `masked` taken away alone."""
    masks = np.ones((1 + len(masked), words), dtype=bool)
    masks[1 + np.arange(len(masked)), masked] = False
    return masks


@dataclass(slots=True, eq=False)
class Scorer:
    """A tagger at the sentences of a chunk; answers hold the label probabilities at the words that are read."""

    tagger: Tagger
    sentences: Sequence[Words]
    read: Sequence[Int[np.ndarray, " _read"]]  # of each sentence, the words whose labels are wanted, ascending
    known: dict[tuple[int, str, bytes], Float[np.ndarray, "_read labels"]] = field(default_factory=dict)
    queued: dict[tuple[int, str], dict[bytes, np.ndarray]] = field(default_factory=dict)

    def ask(self, sentence: int, operator: str, masks: Bool[np.ndarray, "masks words"]) -> None:
        """Queue the masks that are not scored yet, each once."""
        for mask in masks:
            key = mask.tobytes()
            if (sentence, operator, key) not in self.known:
                self.queued.setdefault((sentence, operator), {}).setdefault(key, mask)

    def answer(self) -> None:
        """Score everything that is queued, in shared batches."""
        asked, self.queued = list(self.queued.items()), {}
        if not asked:
            return
        requests = [
            Request(self.sentences[sentence], np.stack(list(masks.values())), operator, self.read[sentence])
            for (sentence, operator), masks in asked
        ]
        for ((sentence, operator), masks), answers in zip(asked, self.tagger.probabilities(requests), strict=True):
            for key, answer in zip(masks, answers, strict=True):
                self.known[sentence, operator, key] = answer

    def scored(
        self, sentence: int, operator: str, masks: Bool[np.ndarray, "masks words"]
    ) -> Float[np.ndarray, "masks _read labels"]:
        """Label probabilities under each mask."""
        keys = [(sentence, operator, mask.tobytes()) for mask in masks]
        if any(key not in self.known for key in keys):
            self.ask(sentence, operator, masks)
            self.answer()  # never for masks that are known: what others queued goes into one batch later
        return np.stack([self.known[key] for key in keys])
