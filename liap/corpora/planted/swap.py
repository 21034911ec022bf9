"""Exchanging evidence: a sentence and a mention in, the same sentence with another type planted out."""

from __future__ import annotations

from dataclasses import replace

from liap.corpora.planted.evidence import TYPES, exchanged
from liap.errors import InputError
from liap.records import Sentence


def swap(sentence: Sentence, mention_index: int, new_type: str) -> Sentence:
    """The sentence with a mention's evidence words exchanged for those of `new_type`, and its gold tags with them.

    `mention_index` counts `sentence.evidence`, from 0. The words take the same slots, so parse, frames and the evidence's
    places stay as they are; swapping back to the old type restores the sentence.
    """
    if new_type not in TYPES:
        raise InputError(f"swap: type {new_type!r}; expected one of {', '.join(TYPES)}")
    if not 0 <= mention_index < len(sentence.evidence) or sentence.tags is None:
        raise InputError(
            f"swap: mention {mention_index} of sentence {sentence.index}; expected an index below the "
            f"{len(sentence.evidence)} mentions whose evidence is known, in a sentence with gold tags"
        )
    mention = sentence.evidence[mention_index]
    words, tags = list(sentence.words), list(sentence.tags)
    for position in mention.words:
        words[position] = exchanged(words[position], new_type)
    for position in range(mention.start, mention.end):
        tags[position] = f"{tags[position][:2]}{new_type}"
    return replace(sentence, words=tuple(words), tags=tuple(tags))
