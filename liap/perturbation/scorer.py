"""Masks of many mentions -> batches -> answers: every mask over a sentence is scored once, for all who ask.

`ask` queues masks; `answer` scores all queued masks, whatever their sentence; `scored` returns the answers, and first scores what
is missing. Masks are over words, True = kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.errors import InputError
from liap.perturbation.marginal import Marginal
from liap.settings import MARGINAL
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
    marginal: Marginal | None = None  # the operator of that name, where a language model is given
    known: dict[tuple[int, str, bytes], Float[np.ndarray, "_read labels"]] = field(default_factory=dict)
    queued: dict[tuple[int, str], dict[bytes, np.ndarray]] = field(default_factory=dict)
    replaced: dict[tuple[int, bytes], tuple[float, int]] = field(default_factory=dict)  # mass kept, and sentences read

    def ask(self, sentence: int, operator: str, masks: Bool[np.ndarray, "masks words"]) -> None:
        """Queue the masks that are not scored yet, each once."""
        for mask in masks:
            key = mask.tobytes()
            if (sentence, operator, key) not in self.known:
                self.queued.setdefault((sentence, operator), {}).setdefault(key, mask)

    def answer(self) -> None:
        """Score everything that is queued, in shared batches."""
        asked, self.queued = self.queued, {}
        for marginal in (False, True):
            part = {key: masks for key, masks in asked.items() if (key[1] == MARGINAL) == marginal}
            if part:
                self._answer(part, marginal=marginal)

    def _answer(self, asked: dict[tuple[int, str], dict[bytes, np.ndarray]], *, marginal: bool) -> None:
        requests = [
            Request(self.sentences[sentence], np.stack(list(masks.values())), operator, self.read[sentence])
            for (sentence, operator), masks in asked.items()
        ]
        answers = self._marginal_answers(asked, requests) if marginal else self.tagger.probabilities(requests)
        for ((sentence, operator), masks), of_sentence in zip(asked.items(), answers, strict=True):
            for key, answer in zip(masks, of_sentence, strict=True):
                self.known[sentence, operator, key] = answer

    def _marginal_answers(
        self, asked: dict[tuple[int, str], dict[bytes, np.ndarray]], requests: Sequence[Request]
    ) -> list[Float[np.ndarray, "_masks _read labels"]]:
        """The tagger's answers under the operator marginal; what each cost is remembered."""
        if self.marginal is None:
            raise InputError("the operator marginal needs a masked language model; name one: --language-model")
        made = self.marginal.answers(self.tagger, requests)
        for ((sentence, _), masks), one in zip(asked.items(), made, strict=True):
            for key, kept, sentences in zip(masks, one.kept.tolist(), one.sentences.tolist(), strict=True):
                self.replaced[sentence, key] = (kept, sentences)
        return [one.probabilities for one in made]

    def scored(
        self, sentence: int, operator: str, masks: Bool[np.ndarray, "masks words"]
    ) -> Float[np.ndarray, "masks _read labels"]:
        """Label probabilities under each mask."""
        keys = [(sentence, operator, mask.tobytes()) for mask in masks]
        if any(key not in self.known for key in keys):
            self.ask(sentence, operator, masks)
            self.answer()  # never for masks that are known: what others queued goes into one batch later
        return np.stack([self.known[key] for key in keys])
