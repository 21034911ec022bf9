"""Sentences with gold tags -> the mentions that are explained: the published handful, or all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from liap.errors import InputError
from liap.records import Mention, Sentence, tag_spans

SHORTEST, LONGEST = 8, 40  # words


@dataclass(frozen=True, slots=True)
class Target:
    """A mention to explain: its place, its type, and whether the published selection holds it."""

    sentence: int
    document: int
    start: int
    end: int
    entity_type: str
    published: bool = False


def gold_targets(sentences: Sequence[Sentence], per_type: int) -> tuple[Target, ...]:
    """Every gold mention of the sentences of 8 to 40 words, in file order; the first `per_type` a type are marked published.

    A sentence gives the published selection one mention at most: its first whose type is still wanted.
    """
    if per_type < 1:
        raise InputError(f"--examples-per-type must be at least 1 here, got {per_type}")
    taken: Counter[str] = Counter()
    found = []
    for sentence in sentences:
        if sentence.tags is None:
            raise InputError(
                f"sentence {sentence.index} of the corpus has no gold tags, which the published protocol needs"
            )
        if not SHORTEST <= len(sentence.words) <= LONGEST:
            continue
        spans = tag_spans(sentence.tags, strict=True)
        first = next((span for span in spans if taken[span[0]] < per_type), None)
        if first:
            taken[first[0]] += 1
        found += [
            Target(sentence.index, sentence.document, start, end, kind, (kind, start, end) == first)
            for kind, start, end in spans
        ]
    return tuple(found)


def predicted_targets(mentions: Sequence[Mention]) -> tuple[Target, ...]:
    """Every mention the recogniser finds, in sentences of any length."""
    return tuple(Target(one.sentence, one.document, one.start, one.end, one.predicted_type) for one in mentions)
