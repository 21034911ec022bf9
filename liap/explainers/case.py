"""A case: one mention in its sentence, and everything that an explainer or a metric may ask about it.

What the tagger gives (probabilities under masks, attention, gradients, hidden states) comes through `view`, is computed once
for all who ask, and is indexed by word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.random.bit_generator import ISeedSequence

from liap.explainers.importance import importance
from liap.pruning import EMPTY, distances, masks
from liap.records import Explanation, Frame, Mention, Parse, Sentence
from liap.settings import MethodSettings

if TYPE_CHECKING:
    from liap.perturbation.view import View


@dataclass(slots=True, eq=False)
class MaskCounter:
    """p under masks, and how many different masks were asked about: the passes of an explainer that draws them, as each mask is scored once."""

    case: Case
    _seen: set[bytes] = field(default_factory=set)

    def probability(self, masks: Bool[np.ndarray, "masks words"]) -> Float[np.ndarray, " masks"]:
        """p of the mention under each mask, with the explainers' operator."""
        self._seen.update(mask.tobytes() for mask in masks)
        return self.case.probability(masks)

    @property
    def passes(self) -> int:
        return len(self._seen)


@dataclass(frozen=True, eq=False)
class Case:
    """One mention to explain.

    `case.attention` is `[layers, heads, span, words]`, from the mention's words to every word, of the chosen layers and heads.
    `case.drops(operator)` is `p - p(word taken away alone)` for each word. `case.probability(masks)` is p under any masks.
    """

    sentence: Sentence
    mention: Mention
    view: View  # what the tagger gives for this mention
    settings: MethodSettings = field(default_factory=MethodSettings)
    parse: Parse | None = None
    frames: tuple[Frame, ...] = ()
    counts: Mapping[str, int] | None = None  # of the forms of all words that the run reads, in small letters

    @property
    def words(self) -> tuple[str, ...]:
        return self.sentence.words

    @cached_property
    def context(self) -> Bool[np.ndarray, " words"]:
        """True for the words that explainers rank: those outside the mention, less punctuation if the settings drop it."""
        outside = self.mention.context(len(self.words))
        if self.settings.punctuation == "drop":
            outside &= [any(map(str.isalnum, word)) for word in self.words]
        return outside

    @cached_property
    def distances(self) -> Int[np.ndarray, " words"]:
        """Steps from each word to the mention's nearer edge; 0 inside the mention."""
        return distances(len(self.words), self.mention.start, self.mention.end)

    @cached_property
    def masks(self) -> Mapping[str, Bool[np.ndarray, " words"] | str]:
        """Pruning variant -> its mask (True = kept), or the reason why it has none."""
        return {variant: self._within_context(self._every_mask[variant]) for variant in self.settings.variants}

    def mask(self, variant: str) -> Bool[np.ndarray, " words"] | str:
        """The mask of any variant, also of one that LIAP's own settings leave out."""
        return self.masks[variant] if variant in self.masks else self._within_context(self._every_mask[variant])

    @cached_property
    def _every_mask(self) -> Mapping[str, Bool[np.ndarray, " words"] | str]:
        assert self.parse is not None, "an explainer that reads masks declares needs=('parse', 'frames')"
        start, end, settings = self.mention.start, self.mention.end, self.settings
        return masks(self.parse, self.frames, start, end, hops=settings.hops, siblings=settings.siblings)

    @cached_property
    def explained(self) -> dict[str, list[Explanation]]:
        """What the explainers that have run said, by name, for those that change the scores of others."""
        return {}

    def _within_context(self, mask: Bool[np.ndarray, " words"] | str) -> Bool[np.ndarray, " words"] | str:
        if isinstance(mask, str):
            return mask
        kept = mask & self.context
        return kept if kept.any() else EMPTY

    @cached_property
    def attention(self) -> Float[np.ndarray, "layers heads span words"]:
        """Word attention from the mention, of the chosen layers and heads."""
        return self.settings.of_chosen(self.view.attention())

    @cached_property
    def places_by_attention(self) -> Int[np.ndarray, " words"]:
        """Each word's place in the order of unpruned attention, 0 for the word that receives most; equal words as in the sentence."""
        received = importance(self.attention, self.context[None])[0]
        return np.argsort(np.argsort(-received, kind="stable"), kind="stable")

    def drops(self, operator: str) -> Float[np.ndarray, " words"]:
        """`p - p(word taken away alone)`, in probability, in [-1, 1]; 0 for the mention's own words."""
        return self.view.drops(operator)

    def probability(self, masks: Bool[np.ndarray, "masks words"], operator: str = "") -> Float[np.ndarray, " masks"]:
        """p of the mention under each mask (True = kept), in [0, 1]; by default with the explainers' operator."""
        return self.view.probability(masks, operator or self.settings.explainer_operator)

    def generator(self, explainer: str, variant: str = "") -> np.random.Generator:
        """Randomness for this mention and explainer, so that rows do not depend on order, batches or restarts."""
        return generator(self.settings.seed, self.mention, explainer, variant)

    @property
    def place(self) -> str:
        """The mention, for a message."""
        mention = self.mention
        return f"the mention {mention.start}-{mention.end} of sentence {mention.sentence}"


def generator(seed: int, mention: Mention, explainer: str, variant: str) -> np.random.Generator:
    """A generator keyed by a hash of (seed, sentence, span, explainer, variant)."""
    text = f"{seed}/{mention.sentence}/{mention.start}/{mention.end}/{explainer}/{variant}"
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(_Key(np.frombuffer(digest, dtype=np.uint64))))


class _Key(ISeedSequence):
    """A key as Philox asks for it; `Philox(key=...)` gives the same stream, but asks the system for entropy it never uses."""

    def __init__(self, key: np.ndarray) -> None:
        self._key = key

    def generate_state(self, n_words: int, dtype: type = np.uint32) -> np.ndarray:
        assert (n_words, dtype) == (len(self._key), self._key.dtype)
        return self._key
