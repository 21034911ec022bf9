"""BRAT stand-off annotation -> texts with entities.

A document is a pair of files, `NAME.txt` and `NAME.ann`. A line of the latter whose ID starts with T is an entity: ID, tab, type and offsets,
tab, the text covered (https://brat.nlplab.org/standoff.html). Lines with other IDs (relations, events, attributes, notes) are not entities.

Entities in several pieces (`0 5;16 23`) are *discontinuous*: they have no span, and are left out. The covered text must be what the
annotation says, or one line names file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from liap.corpora.conversion.char_spans import CharSpan, SpanText, Unmapped
from liap.corpora.split_files import lines_of
from liap.errors import InputError, quoted
from liap.files import read_text

ENTITY = re.compile(r"(T\S+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)")


def read_brat(folder: Path, report: Unmapped) -> tuple[SpanText, ...]:
    """The folder's documents, by name. Raises InputError with file and line."""
    annotations = sorted(folder.glob("*.ann"))
    if not annotations:
        raise InputError(f"{folder}: no .ann file; expected pairs of NAME.txt and NAME.ann")
    return tuple(_document(path, report) for path in annotations)


def _document(path: Path, report: Unmapped) -> SpanText:
    beside = path.with_suffix(".txt")
    if not beside.is_file():
        raise InputError(f"{path}: {beside.name} is not beside it; expected the text that the offsets count")
    text = read_text(beside)
    return SpanText(text, tuple(_entities(path, text, report)))


def _entities(path: Path, text: str, report: Unmapped) -> Iterator[CharSpan]:
    for number, line in enumerate(lines_of(path), start=1):
        if not line.startswith("T"):
            continue
        match = ENTITY.fullmatch(line)
        if not match:
            raise InputError(
                f"{path}:{number}: {quoted(line)}; expected T<number>, a tab, the type and two offsets, a tab, the text"
            )
        if ";" in match[3]:
            report.add("discontinuous", f"{match[4][:60]!r} ({match[2]}, {path.name}:{number})")
            continue
        start, end = map(int, match[3].split())
        if end > len(text):
            raise InputError(f"{path}:{number}: the offset {end} lies beyond the text's {len(text)} characters")
        if _flat(text[start:end]) != _flat(match[4]):
            raise InputError(
                f"{path}:{number}: {quoted(match[4])} stands at other offsets than {start} to {end}, where the text has "
                f"{quoted(text[start:end])}; expected offsets in characters"
            )
        yield CharSpan(start, end, match[2], f"{path.name}:{number}")


def _flat(text: str) -> str:
    return " ".join(text.split())
