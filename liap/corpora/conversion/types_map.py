"""Entity types renamed, or dropped, by a small table: `PERSON=PER`, `DATE=`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from liap.corpora.conversion.char_spans import Unmapped
from liap.errors import InputError, quoted
from liap.records import Sentence, tag_spans


def read_types(entries: Sequence[str]) -> dict[str, str]:
    """The table; InputError for an entry without an equals sign, a type without a name, or one that is given twice."""
    table: dict[str, str] = {}
    for entry in entries:
        name, equals, new = (part.strip() for part in entry.partition("="))
        if not equals or not name or any(map(str.isspace, name + new)):
            raise InputError(f"--types {quoted(entry)}: expected OLD=NEW, such as PERSON=PER, or OLD= to drop a type")
        if name in table:
            raise InputError(f"--types: {name} is given twice")
        table[name] = new
    return table


def renamed(sentences: Sequence[Sentence], table: Mapping[str, str], report: Unmapped) -> tuple[Sentence, ...]:
    """The sentences with other types; entities of dropped types are counted."""
    return tuple(_renamed(sentence, table, report) for sentence in sentences)


def _renamed(sentence: Sentence, table: Mapping[str, str], report: Unmapped) -> Sentence:
    if sentence.tags is None:
        return sentence
    tags = ["O"] * len(sentence.words)
    for name, start, end in tag_spans(sentence.tags):
        new = table.get(name, name)
        if not new:
            report.kept -= 1
            report.add(f"of the dropped type {name}", repr(" ".join(sentence.words[start:end])[:60]))
            continue
        tags[start:end] = [f"B-{new}", *[f"I-{new}"] * (end - start - 1)]
    return replace(sentence, tags=tuple(tags))
