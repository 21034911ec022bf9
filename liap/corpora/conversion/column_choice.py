"""Column files in any order and with any separator -> sentences.

`word=1,tag=-1` says which columns hold what, counted from 1, or from the end as -1, -2, ...; `sentence` and `document` may name a column whose new
value starts one. A blank line starts a sentence, a `-DOCSTART-` word a document.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from liap.corpora.conversion.char_spans import Unmapped
from liap.corpora.split_files import document_numbers, lines_of
from liap.corpora.tags import detect_scheme, parse_tag, to_iob2
from liap.errors import InputError, quoted
from liap.records import Sentence

SEPARATORS = {"space": "", "tab": "\t", "comma": ",", "semicolon": ";"}
NAMES = ("word", "tag", "sentence", "document")
DOCUMENT_START = "-DOCSTART-"


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Columns from 1, or from the end below 0; 0: there is none."""

    word: int
    tag: int
    sentence: int = 0
    document: int = 0


def read_choice(text: str) -> ColumnChoice:
    """`word=1,tag=-1` as numbers; InputError for anything else."""
    found: dict[str, int] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\w+)\s*=\s*(-?[1-9]\d{0,3})\s*", part)
        if not match or match[1] not in NAMES or match[1] in found:
            raise InputError(
                f"--columns {text!r}: {quoted(part)}; expected such as word=1,tag=-1, with {', '.join(NAMES)}, each once"
            )
        found[match[1]] = int(match[2])
    if not {"word", "tag"} <= set(found):
        raise InputError(f"--columns {text!r}: expected both word and tag")
    return ColumnChoice(**found)


def read_columns(path: Path, choice: ColumnChoice, separator: str, report: Unmapped) -> tuple[Sentence, ...]:
    """The file's sentences, with tags of any scheme. Raises InputError with file and line."""
    blocks = list(_blocks(path, choice, SEPARATORS[separator]))
    if not blocks:
        raise InputError(f"{path}: no sentence in this file; expected a word a line")
    scheme = detect_scheme([tag for _, tag in lines] for _, lines in blocks)
    sentences = [(tuple(word for word, _ in lines), to_iob2([tag for _, tag in lines], scheme)) for _, lines in blocks]
    report.kept += sum(tag.startswith("B-") for _, tags in sentences for tag in tags)
    documents = document_numbers([starts for starts, _ in blocks])
    return tuple(Sentence(index, documents[index], words, tags) for index, (words, tags) in enumerate(sentences))


def _blocks(path: Path, choice: ColumnChoice, separator: str) -> Iterator[tuple[bool, list[tuple[str, str]]]]:
    """(starts a document, words with tags) of each sentence."""
    lines: list[tuple[str, str]] = []
    starts = starts_next = False
    before = {"sentence": "", "document": ""}
    for number, text in enumerate(lines_of(path), start=1):
        cells = _cells(text, separator)
        if not any(cells):
            ends = True
        else:
            found = {name: _cell(path, number, cells, getattr(choice, name)) for name in NAMES if getattr(choice, name)}
            new = {name for name in before if found.get(name) and found[name] != before[name]}
            before |= {name: found[name] for name in new}
            is_mark = found["word"] == DOCUMENT_START
            starts_next |= is_mark or "document" in new
            ends = is_mark or bool(new)
        if ends and lines:
            yield starts, lines
            lines = []
        if any(cells) and not is_mark:
            if not lines:
                starts, starts_next = starts_next, False
            lines.append(_line(path, number, found))
    if lines:
        yield starts, lines


def _cells(text: str, separator: str) -> list[str]:
    if not separator:
        return text.split()
    row = next(csv.reader([text], delimiter=separator), []) if separator != "\t" else text.split("\t")
    return [cell.strip() for cell in row]


def _cell(path: Path, number: int, cells: list[str], column: int) -> str:
    if abs(column) > len(cells):
        raise InputError(
            f"{path}:{number}: {len(cells)} columns, --columns names column {column}; choose another --columns or --separator"
        )
    return cells[column - 1 if column > 0 else column]


def _line(path: Path, number: int, found: dict[str, str]) -> tuple[str, str]:
    if not found["word"]:
        raise InputError(f"{path}:{number}: an empty word; expected one in the column that --columns names")
    try:
        parse_tag(found["tag"])
    except InputError as error:
        raise InputError(
            f"{path}:{number}: {error}; is it the column that --columns names? A header line must go"
        ) from None
    return found["word"], found["tag"]
