"""Sentences with gold tags -> the mentions that are explained: the published handful, or all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from liap.errors import InputError
from liap.records import Mention, Sentence, tag_spans

SHORTEST, LONGEST = 8, 40  # words


@dataclass(frozen=True, slots=True)
class StudyMention:
    """A mention to explain: its place, its type, and whether it belongs to the published selection."""

    sentence: int
    document: int
    start: int
    end: int
    entity_type: str
    published: bool = False


def gold_mentions(sentences: Sequence[Sentence], per_type: int) -> tuple[StudyMention, ...]:
    """Every gold mention in sentences of 8 to 40 words, in file order; the first `per_type` of each type are marked published.

    A sentence contributes at most one mention to the published selection: its first whose type still wants examples.
    """
    taken: Counter[str] = Counter()
    mentions = []
    for sentence in sentences:
        if sentence.tags is None:
            raise InputError(
                f"sentence {sentence.index} of the corpus has no gold tags, which the published protocol needs; "
                "choose another --corpus"
            )
        if not SHORTEST <= len(sentence.words) <= LONGEST:
            continue
        spans = tag_spans(sentence.tags, strict=True)
        first = next((span for span in spans if taken[span[0]] < per_type), None)
        if first:
            taken[first[0]] += 1
        mentions += [
            StudyMention(sentence.index, sentence.document, start, end, kind, (kind, start, end) == first)
            for kind, start, end in spans
        ]
    return tuple(mentions)


def predicted_mentions(mentions: Sequence[Mention]) -> tuple[StudyMention, ...]:
    """Every mention that the recogniser finds, in sentences of any length."""
    return tuple(
        StudyMention(mention.sentence, mention.document, mention.start, mention.end, mention.predicted_type)
        for mention in mentions
    )
