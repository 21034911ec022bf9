"""What an explainer is given: a mention in its sentence, the model behind a scorer, attention, and the pruning masks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.random.bit_generator import ISeedSequence

from liap.records import Frame, Mention, Parse, Sentence


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One mention to explain.

    `drops(operator)` gives `p - p(word masked alone)` a word; it is scored once and shared by all who ask.
    `matrix()` is one head's attention between all pieces, which only `liap_published` reads.
    `scorer(operator)` answers for any masks [masks, words] with label probabilities at the mention [masks, span, labels].
    """

    sentence: Sentence
    mention: Mention
    attention: Float[np.ndarray, "layers heads span words"]  # of the chosen layers and heads alone
    masks: Mapping[str, Bool[np.ndarray, " words"] | str]  # variant -> mask, or why there is none
    drops: Callable[[str], Float[np.ndarray, " words"]]
    metric_operator: str
    explainer_operator: str
    seed: int = 0
    draws: int = 64  # of explainers that are random
    renormalise: bool = False  # attention rows after pruning
    scorer: Callable[[str], Callable[[np.ndarray], np.ndarray]] | None = None
    labels: Int[np.ndarray, " span"] | None = None  # the predicted tags' places among the scorer's labels
    parse: Parse | None = None
    frames: tuple[Frame, ...] = ()
    matrix: Callable[[], Float[np.ndarray, "pieces pieces"]] | None = None
    lime_samples: int = 1000  # perturbed sentences that LIME draws

    @property
    def words(self) -> int:
        return len(self.sentence.words)

    def generator(self, explainer: str, variant: str = "") -> np.random.Generator:
        """Randomness of this mention and explainer alone: rows depend on no order, batch or restart."""
        return generator(self.seed, self.mention, explainer, variant)


def generator(seed: int, mention: Mention, explainer: str, variant: str) -> np.random.Generator:
    """A generator keyed by a hash of (seed, sentence, span, explainer, variant)."""
    text = f"{seed}/{mention.sentence}/{mention.start}/{mention.end}/{explainer}/{variant}"
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(_Key(np.frombuffer(digest, dtype=np.uint64))))


class _Key(ISeedSequence):
    """A key as Philox asks for it; `Philox(key=...)` gives the same stream, and asks the system for entropy it never uses."""

    def __init__(self, key: np.ndarray) -> None:
        self._key = key

    def generate_state(self, n_words: int, dtype: type = np.uint32) -> np.ndarray:
        assert (n_words, dtype) == (len(self._key), self._key.dtype)
        return self._key
