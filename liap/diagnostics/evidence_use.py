"""Does a recogniser use the evidence that a corpus planted? Three shares of its mentions, by masking and by swapping.

1. *found*: the mention's tags are right in the sentence as it is.
2. *kept without evidence*: of those, the tags are still right when the evidence words are masked; chance is one in the number of types.
3. *flipped*: of those, the tags become the new type's when the evidence is swapped for another type's.

A recogniser that relies on the evidence, and on nothing else, has 1, chance, 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liap.corpora.planted import TYPES, swap
from liap.perturbation.engine import Engine, Request
from liap.records import Evidence, Sentence


@dataclass(frozen=True, slots=True)
class EvidenceUse:
    """Shares in [0, 1]; `chance` is what `kept_without_evidence` would be by guessing."""

    mentions: int
    found: float
    kept_without_evidence: float
    flipped: float
    chance: float


def evidence_use(engine: Engine, sentences: Sequence[Sentence], *, operator: str = "mask") -> EvidenceUse:
    """The three shares over every mention whose evidence is known; needs at least one that is found."""
    cases = [(sentence, place) for sentence in sentences for place in range(len(sentence.evidence))]
    found = _right(engine, [(sentence, sentence.evidence[place], ()) for sentence, place in cases], operator)
    known = [case for case, right in zip(cases, found, strict=True) if right]
    masked = [(one, one.evidence[place], one.evidence[place].words) for one, place in known]
    swapped = [(other, other.evidence[place], ()) for other, place in map(_swapped, known)]
    return EvidenceUse(
        mentions=len(cases),
        found=float(np.mean(found)),
        kept_without_evidence=float(np.mean(_right(engine, masked, operator))) if known else float("nan"),
        flipped=float(np.mean(_right(engine, swapped, operator))) if known else float("nan"),
        chance=1 / len(TYPES),
    )


def _swapped(case: tuple[Sentence, int]) -> tuple[Sentence, int]:
    """The sentence with the evidence of the next type in place of the mention's own."""
    sentence, place = case
    own = sentence.tags[sentence.evidence[place].start][2:]
    return swap(sentence, place, TYPES[(TYPES.index(own) + 1) % len(TYPES)]), place


def _right(engine: Engine, cases: Sequence[tuple[Sentence, Evidence, tuple[int, ...]]], operator: str) -> list[bool]:
    """Whether the predicted tags of each mention are its gold tags, with the given words masked."""
    requests = []
    for sentence, evidence, masked in cases:
        mask = ~np.isin(np.arange(len(sentence.words)), masked)[None]
        read = np.arange(evidence.start, evidence.end)
        requests.append(Request(engine.recogniser.encode(sentence.words), mask, operator, read))
    labels = engine.recogniser.labels
    return [
        tuple(labels[label] for label in answer[0].argmax(axis=1)) == sentence.tags[evidence.start : evidence.end]
        for (sentence, evidence, _), answer in zip(cases, engine.probabilities(requests), strict=True)
    ]
