"""The operator `marginal`: a word is hidden by the words that are likely in its place (Kim et al. 2020, equations 3 and 4).

1. One word hidden: label probabilities are the mean over all words whose probability, given the rest of the sentence, reaches the threshold,
   weighted by that probability. The word itself is among them. The weights are divided by their sum, the *mass kept*.
2. Several words hidden: a masked language model reads the sentence with all of them hidden at once, so no hidden word tells of another. Each is
   drawn from its distribution above the threshold, independently, `draws` times; label probabilities are the mean over the draws.
3. Equal sentences are read once. A draw depends on the seed, the sentence and the mask alone.

Label probabilities are averaged, and p of a mention is that of the averages: the same for every target and metric. The paper classifies sentences, masks single
pieces, and takes one piece at a time; here a word is replaced as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from liap.taggers.tagger import Request, Tagger, Words

if TYPE_CHECKING:
    from liap.taggers.masked_model import Hidden, Likely, MaskedModel

SENTENCES_AT_ONCE = 4096  # that the recogniser reads in one call
MASKS_AT_ONCE = 256  # that the language model reads in one call
NOTHING_HIDDEN = "delete"  # needs no special token


@dataclass(frozen=True, slots=True, eq=False)
class Replacements:
    """Sentences that stand for one with hidden words."""

    sentences: tuple[Words, ...]  # all different
    weights: Float[np.ndarray, " sentences"]  # they sum to 1
    kept: float  # the mass kept, a mean over the hidden words; 1 where none is hidden


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """To one request: label probabilities, the mass kept, and how many sentences stood for each mask."""

    probabilities: Float[np.ndarray, "masks read labels"]
    kept: Float[np.ndarray, " masks"]
    sentences: Int[np.ndarray, " masks"]


@dataclass(frozen=True, slots=True)
class Marginal:
    """The operator with its settings; the language model is read when it is first asked."""

    language_model: str  # a folder, or a name on the hub
    threshold: float = 1e-5
    draws: int = 8
    seed: int = 0
    device: str = "auto"

    @property
    def model(self) -> MaskedModel:
        from liap.taggers.masked_model import open_masked_model

        return open_masked_model(self.language_model, self.device)

    def answers(self, tagger: Tagger, requests: Sequence[Request]) -> list[Answers]:
        """The tagger's answers with hidden words marginalised."""
        shapes = [(len(request.masks), len(request.read), len(tagger.labels)) for request in requests]
        made = [
            Answers(np.full(shape, np.nan), np.ones(shape[0]), np.ones(shape[0], dtype=np.int64)) for shape in shapes
        ]
        for block in self._blocks(requests):
            for (place, mask, replaced), mean in zip(block, self._means(tagger, requests, block), strict=True):
                made[place].probabilities[mask] = mean
                made[place].kept[mask], made[place].sentences[mask] = replaced.kept, len(replaced.sentences)
        return made

    def _blocks(self, requests: Sequence[Request]) -> Iterator[list[tuple[int, int, Replacements]]]:
        """Places of masks, with what stands for each, as many as the recogniser reads at once."""
        every = [(place, mask) for place, request in enumerate(requests) for mask in range(len(request.masks))]
        block, sentences = [], 0
        for begin in range(0, len(every), MASKS_AT_ONCE):
            part = every[begin : begin + MASKS_AT_ONCE]
            for (place, mask), replaced in zip(
                part,
                self.replacements([(requests[place].words, requests[place].masks[mask]) for place, mask in part]),
                strict=True,
            ):
                block.append((place, mask, replaced))
                sentences += len(replaced.sentences)
                if sentences >= SENTENCES_AT_ONCE:
                    yield block
                    block, sentences = [], 0
        if block:
            yield block

    def _means(
        self, tagger: Tagger, requests: Sequence[Request], block: Sequence[tuple[int, int, Replacements]]
    ) -> list[Float[np.ndarray, "_read labels"]]:
        """The weighted mean of the answers for each mask of a block; equal sentences are read once."""
        numbers: dict[tuple[int, Words], int] = {}
        for place, _, replaced in block:
            for words in replaced.sentences:
                numbers.setdefault((place, words), len(numbers))
        kept = {place: np.ones((1, len(requests[place].words)), dtype=bool) for place, _, _ in block}
        asked = [Request(words, kept[place], NOTHING_HIDDEN, requests[place].read) for place, words in numbers]
        answers = [answer[0] for answer in tagger.probabilities(asked)]
        return [
            np.tensordot(
                replaced.weights, np.stack([answers[numbers[place, words]] for words in replaced.sentences]), axes=1
            )
            for place, _, replaced in block
        ]

    def replacements(self, hidden: Sequence[Hidden]) -> list[Replacements]:
        """What stands for each sentence with hidden words."""
        likely = self.model.likely(hidden, self.threshold)
        return [self._replacements(*one, of_words) for one, of_words in zip(hidden, likely, strict=True)]

    def _replacements(self, words: Words, mask: np.ndarray, likely: Sequence[Likely]) -> Replacements:
        words = tuple(words)
        if not likely:  # nothing is hidden, or only words without a piece
            return Replacements((words,), np.ones(1), 1.0)
        kept = float(np.mean([one.probabilities.sum() for one in likely]))
        shares = [one.probabilities / one.probabilities.sum() for one in likely]
        if len(likely) == 1:
            chosen, weights = np.arange(len(shares[0]))[:, None], shares[0]
        else:
            generator = self._generator(words, mask)
            draws = np.stack([generator.choice(len(share), self.draws, p=share) for share in shares], axis=1)
            chosen, counts = np.unique(draws, axis=0, return_counts=True)
            weights = counts / self.draws
        texts = self.model.vocabulary[0]
        sentences = []
        for row in chosen:
            changed = list(words)
            for one, number in zip(likely, row, strict=True):
                changed[one.word] = texts[one.pieces[number]]
            sentences.append(tuple(changed))
        return Replacements(tuple(sentences), weights, kept)

    def _generator(self, words: Words, mask: np.ndarray) -> np.random.Generator:
        """Randomness for this sentence and mask, whatever is asked before or beside it."""
        text = "\x00".join([str(self.seed), *words]).encode("utf-8", errors="surrogatepass") + mask.tobytes()
        return np.random.default_rng(int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big"))
