"""A tagger's answers for a chunk of sentences, each computed once and only when asked for, and one mention's view of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.perturbation.marginal import Marginal
from liap.perturbation.scorer import Scorer, single_masks
from liap.records import Mention
from liap.settings import MARGINAL, MethodSettings
from liap.taggers.tagger import InputGradient, PieceAttention, Tagger, Target, Words
from liap.taggers.targets import target_of, target_probability

if TYPE_CHECKING:
    from liap.taggers.gradients import InputBatch

KEPT_BYTES = 2**29  # of attention between pieces, in a reading


class Reading:
    """The sentences of a chunk, read by a tagger."""

    def __init__(
        self,
        tagger: Tagger,
        sentences: Sequence[Words],
        mentions: Sequence[Sequence[Mention]],
        target: str = "type",
        marginal: Marginal | None = None,
    ) -> None:
        self.tagger = tagger
        self.sentences = sentences
        self.mentions = mentions
        self.target = target  # what p is the probability of
        pairs = zip(sentences, mentions, strict=True)
        self.read = [np.unique([word for one in inside for word in _read(one, len(words))]) for words, inside in pairs]
        self.scorer = Scorer(tagger, sentences, self.read, marginal)
        self._pieces: dict[int, PieceAttention] = {}
        self._norms: dict[tuple[int, ...], list[np.ndarray]] = {}

    @cached_property
    def views(self) -> list[View]:
        """A view for each mention, sentence after sentence."""
        return [
            View(self, sentence, place, mention)
            for sentence, mentions in enumerate(self.mentions)
            for place, mention in enumerate(mentions)
        ]

    def score_single_words(self, operator: str) -> None:
        """Score, in shared batches, every single-word mask that a mention of these sentences needs."""
        for sentence, (words, mentions) in enumerate(zip(self.sentences, self.mentions, strict=True)):
            context = np.any([mention.context(len(words)) for mention in mentions], axis=0)
            self.scorer.ask(sentence, operator, single_masks(len(words), np.flatnonzero(context)))
        self.scorer.answer()

    def prepare(self, needs: set[str]) -> None:
        """Read what explainers need for all mentions at once, so that none of them pays for it alone."""
        for name in ("attention", "gradients", "hidden_states", "pooling", "word_mask"):
            if name in needs and self.views:
                getattr(self, name)

    @cached_property
    def attention(self) -> list[Float[np.ndarray, "layers heads _rows _words"]]:
        """From the words of each sentence's mentions."""
        return self.tagger.attention(self.sentences, self.rows)

    @cached_property
    def rows(self) -> list[Int[np.ndarray, " _rows"]]:
        """The words of each sentence's mentions."""
        return [np.unique(np.concatenate([_span(mention) for mention in inside])) for inside in self.mentions]

    def value_attention(self, heads: tuple[int, ...]) -> list[Float[np.ndarray, "layers 1 _rows _words"]]:
        """Norms of value-weighted attention from the words of each sentence's mentions, summed over these heads; (): all."""
        if heads not in self._norms:
            self._norms[heads] = self.tagger.value_attention(self.sentences, self.rows, heads)
        return self._norms[heads]

    def piece_attention(self, sentence: int) -> PieceAttention:
        """Between all pieces of a sentence; kept for all who ask, as long as the matrices of a chunk fit in `KEPT_BYTES`."""
        if sentence not in self._pieces:
            pieces = self.tagger.piece_attention(self.sentences[sentence])
            held = sum(other.matrix.nbytes for other in self._pieces.values())
            if held + pieces.matrix.nbytes > KEPT_BYTES:
                self._pieces.clear()
            self._pieces[sentence] = pieces
        return self._pieces[sentence]

    @cached_property
    def gradients(self) -> list[InputGradient]:
        """Of every mention's p, in the order of `views`."""
        return self.tagger.gradients([view.target for view in self.views])

    @cached_property
    def pooling(self) -> list[Float[np.ndarray, " _words"]]:
        """Of every sentence, the share of each word in what a text classifier classifies."""
        return self.tagger.pooling(self.sentences)

    @cached_property
    def word_mask(self) -> list[Float[np.ndarray, " _words"]]:
        """Of every sentence, the probability that a text classifier's own mask keeps each word."""
        return self.tagger.word_mask(self.sentences)

    @cached_property
    def hidden_states(self) -> list[Float[np.ndarray, "layers _words width"]]:
        """Of every sentence."""
        return self.tagger.hidden_states(self.sentences)


@dataclass(frozen=True, eq=False)
class View:
    """One mention of a reading."""

    reading: Reading
    sentence: int  # its place in the reading
    place: int  # the mention's place in its sentence
    mention: Mention

    @cached_property
    def target(self) -> Target:
        """What p is the probability of."""
        return self.as_target(self.reading.target)

    def as_target(self, kind: str) -> Target:
        return target_of(kind, self.reading.tagger.labels, self.reading.sentences[self.sentence], self.mention)

    def _rows(self, words: Int[np.ndarray, " some"]) -> Int[np.ndarray, " some"]:
        """Their places among the words that the reading reads."""
        return np.searchsorted(self.reading.read[self.sentence], words)

    def label_probabilities(
        self, masks: Bool[np.ndarray, "masks words"], operator: str
    ) -> Float[np.ndarray, "masks span labels"]:
        """The probability of every label at the mention's words, under each mask."""
        return self.reading.scorer.scored(self.sentence, operator, masks)[:, self._rows(self.target.span)]

    def probability(
        self, masks: Bool[np.ndarray, "masks words"], operator: str, target: str = ""
    ) -> Float[np.ndarray, " masks"]:
        """p of the mention under each mask; `target` is that of the reading unless it is named."""
        wanted = self.as_target(target) if target else self.target
        answers = self.reading.scorer.scored(self.sentence, operator, masks)
        return target_probability(answers[:, self._rows(wanted.read)], wanted)

    def replaced(self, masks: Bool[np.ndarray, "masks words"]) -> tuple[np.ndarray, np.ndarray]:
        """Under the operator marginal, the probability mass kept and the number of sentences read, for each mask."""
        scorer = self.reading.scorer
        scorer.scored(self.sentence, MARGINAL, masks)
        kept, sentences = zip(*(scorer.replaced[self.sentence, mask.tobytes()] for mask in masks), strict=True)
        return np.array(kept), np.array(sentences)

    def drops(self, operator: str, target: str = "") -> Float[np.ndarray, " words"]:
        """`p - p(word taken away alone)` for each context word, 0 for the mention's own; each is computed once."""
        known, key = self._drops, (operator, target or self.reading.target)
        if key not in known:
            words = len(self.reading.sentences[self.sentence])
            context = self.mention.context(words)
            values = self.probability(single_masks(words, np.flatnonzero(context)), *key)
            known[key] = np.zeros(words)
            known[key][context] = values[0] - values[1:]
        return known[key]

    @cached_property
    def _drops(self) -> dict[tuple[str, str], Float[np.ndarray, " words"]]:
        return {}

    def attention(self) -> Float[np.ndarray, "layers heads span words"]:
        """From the mention's words to every word."""
        return self.reading.attention[self.sentence][:, :, self._own_rows]

    def value_attention(self, heads: tuple[int, ...] = ()) -> Float[np.ndarray, "layers 1 span words"]:
        """Norms of value-weighted attention from the mention's words to every word, summed over these heads; (): all."""
        return self.reading.value_attention(heads)[self.sentence][:, :, self._own_rows]

    @cached_property
    def _own_rows(self) -> Int[np.ndarray, " span"]:
        """The mention's words among those whose rows the reading reads."""
        return np.searchsorted(self.reading.rows[self.sentence], _span(self.mention))

    def piece_attention(self) -> PieceAttention:
        return self.reading.piece_attention(self.sentence)

    def gradient(self) -> InputGradient:
        return self.reading.gradients[self._number]

    def pooling(self) -> Float[np.ndarray, " words"]:
        return self.reading.pooling[self.sentence]

    def word_mask(self) -> Float[np.ndarray, " words"]:
        return self.reading.word_mask[self.sentence]

    def hidden_states(self) -> Float[np.ndarray, "layers words width"]:
        return self.reading.hidden_states[self.sentence]

    @cached_property
    def _number(self) -> int:
        """The view's place among all views of the reading."""
        return sum(len(mentions) for mentions in self.reading.mentions[: self.sentence]) + self.place


def device_of(tagger: Tagger) -> str:
    """Where the tagger runs, and so a language model beside it."""
    return str(getattr(tagger, "device", "auto"))


def marginal_of(settings: MethodSettings, tagger: Tagger) -> Marginal | None:
    """The operator marginal as the settings have it, where the tagger runs; None without a language model."""
    if not settings.language_model:
        return None
    return Marginal(
        settings.language_model,
        settings.replacement_threshold,
        settings.replacement_draws,
        settings.seed,
        device_of(tagger),
    )


def input_batches(views: Sequence[View], rows: int = 1) -> Iterator[tuple[list[int], InputBatch]]:
    """Places among the views, and p of each as a differentiable function of its sentence's input embeddings; `rows`: how many a method makes of each."""
    if views:
        yield from views[0].reading.tagger.input_batches([view.target for view in views], rows)


def _read(mention: Mention, words: int) -> range:
    """The mention's words and those beside it, which the target `entity` reads."""
    return range(max(mention.start - 1, 0), min(mention.end + 1, words))


def _span(mention: Mention) -> Int[np.ndarray, " span"]:
    return np.arange(mention.start, mention.end)
