"""What an explainer is given: a mention in its sentence, the model behind a scorer, attention, and the pruning masks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from liap.records import Mention, Sentence


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One mention to explain.

    `drops(operator)` gives `p - p(word masked alone)` a word; it is scored once and shared by all who ask.
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
    return np.random.Generator(np.random.Philox(key=np.frombuffer(digest, dtype=np.uint64)))
