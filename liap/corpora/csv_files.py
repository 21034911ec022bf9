"""A CSV or TSV table with a word per row -> sentences.

1. The header names the columns, in any case: the word in WORDS, its tag in TAGS (the first name that occurs counts), and, if there
   are such columns, the sentence's and the document's name or number. Other columns are ignored.
2. Without a header the first column is the word and the last its tag. Such a TSV is a column file (see `column_files`).
3. A new value in the sentence column starts a sentence; an empty cell there goes on with the one before. A blank line, or a row of
   empty cells, ends a sentence as well.
4. A new value in the document column starts a document, as does a `-DOCSTART-` row. If there is neither, each sentence is a document.
5. CSV is quoted as in RFC 4180: a word with a comma stands in quotation marks, and a quotation mark is doubled inside them. TSV has
   no quotation: every character but the tab is the word's. No cell may hold a line break.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from liap.corpora import column_files
from liap.corpora.split_files import document_numbers, lines_of
from liap.corpora.tags import detect_scheme, parse_tag, to_iob2
from liap.errors import InputError, quoted
from liap.records import Sentence

EXTENSION = ".csv"
WORDS = ("word", "token", "form", "text", "words", "tokens")
TAGS = ("ner_tag", "ner", "entity", "label", "tag", "ner_tags", "labels", "tags")
SENTENCES = ("sentence", "sentence_id", "sent_id", "sentence #", "sentence_idx", "sent")
DOCUMENTS = ("document", "document_id", "doc_id", "doc")
DOCUMENT_START = "-DOCSTART-"

Row = tuple[int, list[str]]  # line, cells


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column is what; -1: there is none."""

    count: int
    word: int
    tag: int
    sentence: int = -1
    document: int = -1


def read_file(path: Path) -> tuple[Sentence, ...]:
    """The sentences of one table. Raises InputError with file and line."""
    tabs = path.suffix.lower() == ".tsv"
    rows = _tab_rows(path) if tabs else _comma_rows(path)
    first = next(((number, cells) for number, cells in rows if any(cells)), None)
    if first is None:
        raise InputError(f"{path}: no sentence in this file; expected a row for each word, with the word and its tag")
    columns = _header(first[1])
    if columns is None and tabs:
        return column_files.read_file(path)
    if columns is None:
        columns = _Columns(len(first[1]), 0, len(first[1]) - 1)
    else:
        rows = [row for row in rows if row[0] > first[0]]
    blocks = list(_blocks(path, rows, columns))
    if not blocks:
        raise InputError(f"{path}: no sentence in this file; expected rows below the header")
    scheme = detect_scheme([tags for _, _, tags in blocks])
    documents = document_numbers([starts for starts, _, _ in blocks])
    return tuple(
        Sentence(index=index, document=documents[index], words=tuple(words), tags=to_iob2(tags, scheme))
        for index, (_, words, tags) in enumerate(blocks)
    )


def _tab_rows(path: Path) -> list[Row]:
    return [
        (number, [cell.strip(" ") for cell in line.split("\t")]) for number, line in enumerate(lines_of(path), start=1)
    ]


def _comma_rows(path: Path) -> list[Row]:
    reader = csv.reader((line + "\n" for line in lines_of(path)), strict=True)
    rows: list[Row] = []
    number = 1
    try:
        for cells in reader:
            rows.append((number, [cell.strip(" ") for cell in cells]))
            number = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}:{number}: not a row of comma-separated values ({error}); expected a quotation mark in a word as "
            'two, in quotation marks: """"'
        ) from None
    return rows


def _header(cells: Sequence[str]) -> _Columns | None:
    """The columns that a header names; None if the row is not a header."""
    names = [cell.lower() for cell in cells]
    word, tag, sentence, document = (
        next((names.index(name) for name in known if name in names), -1)
        for known in (WORDS, TAGS, SENTENCES, DOCUMENTS)
    )
    return None if word < 0 or tag < 0 else _Columns(len(cells), word, tag, sentence, document)


def _blocks(path: Path, rows: Sequence[Row], columns: _Columns) -> Iterator[tuple[bool, list[str], list[str]]]:
    """(whether it starts a document, words, tags) of each sentence."""
    words: list[str] = []
    tags: list[str] = []
    starts = starts_next = False
    sentence = document = ""
    for number, cells in rows:
        blank = not any(cells)
        if not blank:
            _check(path, number, cells, columns)
        new_sentence, new_document = _named(cells, columns.sentence), _named(cells, columns.document)
        changed = (new_sentence or sentence, new_document or document) != (sentence, document)
        is_mark = not blank and cells[columns.word] == DOCUMENT_START
        if words and (blank or changed or is_mark):
            yield starts, words, tags
            words, tags = [], []
        starts_next |= is_mark or bool(new_document and new_document != document)
        sentence, document = new_sentence or sentence, new_document or document
        if blank or is_mark:
            continue
        if not words:
            starts, starts_next = starts_next, False
        words.append(cells[columns.word])
        tags.append(cells[columns.tag])
    if words:
        yield starts, words, tags


def _named(cells: Sequence[str], column: int) -> str:
    return cells[column] if 0 <= column < len(cells) else ""


def _check(path: Path, number: int, cells: Sequence[str], columns: _Columns) -> None:
    """InputError unless the row holds a word and a tag."""
    where = f"{path}:{number}"
    if columns.word == columns.tag:
        raise InputError(f"{where}: one column; expected a word and its tag, or a header such as word,tag")
    if len(cells) != columns.count:
        raise InputError(f"{where}: {len(cells)} cells; expected {columns.count}, as in the first row")
    word, tag = cells[columns.word], cells[columns.tag]
    if not word.strip():
        raise InputError(f"{where}: a row without a word; expected one, or an empty row between sentences")
    broken = next((cell for cell in cells if "\n" in cell), "")
    if broken:  # a stray quotation mark would swallow rows
        raise InputError(f'{where}: {quoted(broken)} goes on over a line\'s end; expected a quotation mark as """"')
    if word == DOCUMENT_START:
        return
    try:
        parse_tag(tag)
    except InputError as error:
        raise InputError(
            f"{where}: {error}; a header names the columns, such as {WORDS[0]} or {WORDS[1]}, and {TAGS[1]}, {TAGS[3]} or {TAGS[4]}"
        ) from None
