"""A folder of column files -> sentences.

Each line holds one word: the first column is the word, the last is its tag, and any columns between are ignored. A blank line
ends a sentence.

- Only a line feed, with or without a carriage return, ends a line; in a file without line feeds, a carriage return does.
- Only spaces and tabs separate columns. A word may thus hold any other character, even a no-break space or a line separator.
  In a `.tsv` file that has tabs, spaces belong to the word. There are no comments: `#` is a word.
- A `-DOCSTART-` line starts a document. Documents are numbered from 0. In a file without such lines each sentence is a
  document.
- The tag scheme is detected from the whole file (see `tags`), and tags are converted to IOB2.

This is the format of the CoNLL shared tasks (Tjong Kim Sang & De Meulder 2003).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from liap.corpora.split_files import find_file, lines_of
from liap.corpora.tags import detect_scheme, parse_tag, to_iob2
from liap.errors import InputError, quoted
from liap.records import Sentence

EXTENSIONS = ("", ".txt", ".conll", ".tsv", ".iob")
SEPARATOR, TABS = re.compile(r"[ \t]+"), re.compile(r" *\t[ \t]*")
DOCUMENT = re.compile(r"-DOCSTART-(?:\(.*\))?")

Line = tuple[str, str]  # word, tag


def read_columns(folder: Path, split: str) -> tuple[Sentence, ...]:
    """Every sentence of a split: "train", "validation" or "test". Raises InputError."""
    return read_file(find_file(folder, split, EXTENSIONS))


def read_file(path: Path) -> tuple[Sentence, ...]:
    """The sentences of one column file. Raises InputError with file and line."""
    blocks = list(_blocks(path, lines_of(path)))
    if not blocks:
        raise InputError(f"{path}: no sentence in this file; expected lines with a word and its tag")
    scheme = detect_scheme([tag for _, tag in lines] for _, lines in blocks)
    has_documents = blocks[-1][0] >= 0
    return tuple(
        Sentence(
            index=index,
            document=max(document, 0) if has_documents else index,
            words=tuple(word for word, _ in lines),
            tags=to_iob2([tag for _, tag in lines], scheme),
        )
        for index, (document, lines) in enumerate(blocks)
    )


def _blocks(path: Path, texts: Sequence[str]) -> Iterator[tuple[int, list[Line]]]:
    """(document, lines) of each sentence; the document is -1 before the first -DOCSTART-."""
    tabs_only = path.suffix.lower() == ".tsv" and any("\t" in text.strip(" \t") for text in texts)
    separator = TABS if tabs_only else SEPARATOR
    document = -1
    headless = False  # sentences before the first -DOCSTART- are document 0
    lines: list[Line] = []
    for number, text in enumerate(texts, start=1):
        columns = separator.split(text.strip(" \t"))
        starts_document = bool(DOCUMENT.fullmatch(columns[0]))
        if lines and (columns == [""] or starts_document):
            yield document, lines
            lines = []
            headless |= document < 0
        if starts_document:
            document += 2 if document < 0 and headless else 1
        elif columns != [""]:
            lines.append(_line(path, number, columns))
    if lines:
        yield document, lines


def _line(path: Path, number: int, columns: list[str]) -> Line:
    """A word and its tag, checked."""
    if len(columns) < 2:
        raise InputError(
            f"{path}:{number}: the word {quoted(columns[0])} has no tag; expected a word, a space or tab, and its tag (O outside entities)"
        )
    try:
        parse_tag(columns[-1])
    except InputError as error:
        raise InputError(f"{path}:{number}: {error}") from None
    return columns[0], columns[-1]
