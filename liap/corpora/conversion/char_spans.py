"""Text with entities by character offsets -> sentences of words with tags.

1. A line's end always ends a sentence. Within a line spaCy's rule-based sentencizer splits, but never inside an entity.
2. spaCy's tokenizer splits a sentence into words. A word that an entity covers in part belongs to it as a whole: the entity is *widened*.
3. Of entities that overlap, the longest counts, and of equally long ones the first; the others are *overlapping*. So it is with entities that cover parts of
   one word: the others are *sharing a word*.
4. An entity over the end of a line is *split over lines*; one in white space alone is *without words*. Both are left out.

Offsets count characters (Unicode code points) from 0; the end is the first character behind the entity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from liap.errors import InputError
from liap.records import Sentence


@dataclass(frozen=True, slots=True, order=True)
class CharSpan:
    """An entity in a text; `where` names it in messages."""

    start: int
    end: int
    entity_type: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class SpanText:
    """A document."""

    text: str
    spans: tuple[CharSpan, ...]


@dataclass(slots=True)
class Unmapped:
    """How many entities were kept, and what happened to the others, with the first example of each kind."""

    kept: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, example: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.examples.setdefault(kind, example)

    @property
    def lines(self) -> list[str]:
        """For the screen."""
        return [f"{kind}: {count}, such as {self.examples[kind]}" for kind, count in self.counts.items()]


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int
    starts_sentence: bool


def sentences_of(documents: Sequence[SpanText], language: str, report: Unmapped) -> tuple[Sentence, ...]:
    """The documents' sentences with IOB2 tags; raises InputError for offsets outside the text."""
    split = _splitter(language)
    sentences: list[Sentence] = []
    for number, document in enumerate(documents):
        for words, tags in _of_document(document, split, report):
            sentences.append(Sentence(len(sentences), number, words, tags))
    return tuple(sentences)


def _of_document(
    document: SpanText, split: Callable[[str], list[_Word]], report: Unmapped
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for span in document.spans:
        if not 0 <= span.start < span.end <= len(document.text):
            raise InputError(
                f"{span.where}: an entity from {span.start} to {span.end} in a text of {len(document.text)} characters; "
                "expected 0 <= start < end <= length"
            )
    spans = _apart(document, report)
    at = 0
    for line in document.text.split("\n"):
        own = [span for span in spans if at <= span.start < at + len(line) + 1]
        whole = [span for span in own if span.end <= at + len(line)]
        for span in (span for span in own if span.end > at + len(line)):
            report.add("split over lines", _shown(document, span))
        yield from _of_line(document, split(line), at, whole, report)
        at += len(line) + 1


def _apart(document: SpanText, report: Unmapped) -> list[CharSpan]:
    """The spans that do not overlap, by place; of those that do, the longest."""
    kept: list[CharSpan] = []
    for span in sorted(document.spans, key=_longest_first):
        if any(span.start < other.end and other.start < span.end for other in kept):
            report.add("overlapping", _shown(document, span))
        else:
            kept.append(span)
    return sorted(kept)


def _longest_first(span: CharSpan) -> tuple[int, int]:
    return span.start - span.end, span.start


def _of_line(
    document: SpanText, words: list[_Word], at: int, spans: list[CharSpan], report: Unmapped
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The line's sentences; their ends move behind entities that they would cut."""
    tags, joined = ["O"] * len(words), set()
    for span in sorted(spans, key=_longest_first):
        covered = [
            place for place, word in enumerate(words) if word.start + at < span.end and span.start < word.end + at
        ]
        taken = any(tags[place] != "O" for place in covered)
        if taken or not covered:
            report.add("sharing a word" if taken else "without words", _shown(document, span))
            continue
        if words[covered[0]].start + at < span.start or words[covered[-1]].end + at > span.end:
            report.add("widened to whole words", _shown(document, span))
        report.kept += 1
        joined |= set(covered[1:])
        for place in covered:
            tags[place] = f"{'B' if place == covered[0] else 'I'}-{span.entity_type}"
    starts = [place for place, word in enumerate(words) if place == 0 or (word.starts_sentence and place not in joined)]
    for start, end in pairwise([*starts, len(words)]):
        yield tuple(word.text for word in words[start:end]), tuple(tags[start:end])


def _shown(document: SpanText, span: CharSpan) -> str:
    text = " ".join(document.text[span.start : span.end].split())[:60]
    return f"{text!r} ({span.entity_type}, {span.where})" if span.where else f"{text!r} ({span.entity_type})"


def _splitter(language: str) -> Callable[[str], list[_Word]]:
    """A line's words by spaCy's rules; no trained pipeline is needed."""
    pipeline = blank(language)
    sentencizer = pipeline.add_pipe("sentencizer")

    def split(line: str) -> list[_Word]:
        starts, found = False, []
        for token in sentencizer(pipeline.tokenizer(line)):
            starts |= bool(token.is_sent_start)
            if not token.is_space:
                found.append(_Word(token.text, token.idx, token.idx + len(token.text), starts))
                starts = False
        return found

    return split


def blank(language: str) -> Any:
    """spaCy's rules for a language; InputError if it has none."""
    import spacy

    try:
        return spacy.blank(language)
    except ImportError:
        raise InputError(f"--language {language}: spaCy has no tokenizer for it; expected a code such as en") from None
