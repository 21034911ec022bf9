"""Does a recogniser use the evidence that a corpus planted? Three shares of its mentions, by masking and by swapping.

1. *found*: the share of mentions whose tags are right in the sentence as it is.
2. *kept without evidence*: of those, the share whose tags are still right when the evidence words are masked. Chance is one in the
   number of types.
3. *flipped*: of those found, the share whose tags become another type's when the evidence is swapped for that type's.

For a recogniser that relies on the evidence and on nothing else, the shares are 1, chance, 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liap.corpora.planted import TYPES, swap
from liap.records import Evidence, Sentence
from liap.taggers.tagger import Request, Tagger


@dataclass(frozen=True, slots=True)
class EvidenceUse:
    """Shares in [0, 1]; `chance` is what `kept_without_evidence` would be by guessing."""

    mentions: int
    found: float
    kept_without_evidence: float
    flipped: float
    chance: float


def evidence_use(tagger: Tagger, sentences: Sequence[Sentence], *, operator: str = "mask") -> EvidenceUse:
    """The three shares over every mention whose evidence is known; the last two are NaN if none of them is found."""
    places = [(sentence, place) for sentence in sentences for place in range(len(sentence.evidence))]
    right = _right(tagger, [(sentence, sentence.evidence[place], ()) for sentence, place in places], operator)
    known = [pair for pair, is_right in zip(places, right, strict=True) if is_right]
    masked = [(sentence, sentence.evidence[place], sentence.evidence[place].words) for sentence, place in known]
    swapped = [(sentence, sentence.evidence[place], ()) for sentence, place in map(_swapped, known)]
    return EvidenceUse(
        mentions=len(places),
        found=float(np.mean(right)),
        kept_without_evidence=float(np.mean(_right(tagger, masked, operator))) if known else float("nan"),
        flipped=float(np.mean(_right(tagger, swapped, operator))) if known else float("nan"),
        chance=1 / len(TYPES),
    )


def _swapped(mention: tuple[Sentence, int]) -> tuple[Sentence, int]:
    """The sentence with the next type's evidence in place of the mention's own."""
    sentence, place = mention
    own = sentence.tags[sentence.evidence[place].start][2:]
    return swap(sentence, place, TYPES[(TYPES.index(own) + 1) % len(TYPES)]), place


def _right(tagger: Tagger, mentions: Sequence[tuple[Sentence, Evidence, tuple[int, ...]]], operator: str) -> list[bool]:
    """Whether the predicted tags of each mention are its gold tags, with the given words masked."""
    requests = [
        Request(
            sentence.words,
            ~np.isin(np.arange(len(sentence.words)), masked)[None],
            operator,
            np.arange(evidence.start, evidence.end),
        )
        for sentence, evidence, masked in mentions
    ]
    return [
        tuple(tagger.labels[label] for label in answer[0].argmax(axis=1))
        == sentence.tags[evidence.start : evidence.end]
        for (sentence, evidence, _), answer in zip(mentions, tagger.probabilities(requests), strict=True)
    ]
