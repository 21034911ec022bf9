"""A folder of column files -> sentences.

One word a line, first column the word, last column the tag, any columns between; a blank line ends a sentence.

- Only a line feed (with or without a carriage return) ends a line, and only spaces and tabs separate columns, so a word
  may hold any other character, a no-break space or a line separator included. There are no comments: `#` is a word.
- A `-DOCSTART-` line opens a document. Documents are numbered from 0; in a file without such lines each sentence is a
  document of its own.
- The tag scheme is told from the whole file (see `tags`) and brought to IOB2.

The format is that of the CoNLL shared tasks (Tjong Kim Sang & De Meulder 2003).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from liap.corpora.tags import detect_scheme, parse_tag, to_iob2
from liap.errors import InputError, quoted
from liap.records import Sentence

FILE_NAMES = {
    "train": ("train",),
    "validation": ("valid", "dev", "testa", "validation"),
    "test": ("test", "testb"),
}
EXTENSIONS = ("", ".txt", ".conll", ".tsv", ".iob")
LANGUAGE = "[a-z][a-z][a-z]."  # the original files are called eng.train, deu.testa, ...
SEPARATOR = re.compile(r"[ \t]+")
DOCUMENT = re.compile(r"-DOCSTART-(?:\(.*\))?")

Line = tuple[str, str]  # word, tag


def read_columns(folder: Path, split: str) -> tuple[Sentence, ...]:
    """Every sentence of a split: "train", "validation" or "test". Raises InputError."""
    return read_file(find_file(folder, split))


def find_file(folder: Path, split: str, extensions: tuple[str, ...] = EXTENSIONS) -> Path:
    """The one file of the folder that holds the split. Raises InputError where there is none, or more than one."""
    found = find_files(folder, split, extensions)
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(f"{folder}: more than one file for the {split} split ({names}); keep one of them")
    if not found:
        names = "|".join(FILE_NAMES[split])
        endings = ", ".join(extension for extension in extensions if extension)
        raise InputError(
            f"{folder}: no file for the {split} split; looked for {names}, with or without {endings}, and for "
            f"eng.{FILE_NAMES[split][0]} and the like; name one of the folder's files so, or give another --corpus"
        )
    return found[0]


def find_files(folder: Path, split: str, extensions: tuple[str, ...] = EXTENSIONS) -> list[Path]:
    """All the files of the folder whose name says that they hold the split."""
    names = [f"{name}{extension}" for name in FILE_NAMES[split] for extension in extensions]
    found = {folder / name for name in names}
    if "" in extensions:
        found |= {path for name in FILE_NAMES[split] for path in folder.glob(LANGUAGE + name)}
    return sorted(path for path in found if path.is_file())


def read_file(path: Path) -> tuple[Sentence, ...]:
    """The sentences of one column file. Raises InputError with file and line."""
    blocks = list(_blocks(path))
    if not blocks:
        raise InputError(f"{path}: no sentence in this file; expected lines of a word and its tag")
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


def read_text(path: Path) -> str:
    """A file's text, without a byte-order mark. Raises InputError with line and byte where it is not UTF-8."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}:{line}: not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}; convert the file, "
            f"for instance with iconv -f <its encoding> -t utf-8"
        ) from None


def _blocks(path: Path) -> Iterator[tuple[int, list[Line]]]:
    """(document, lines) of each sentence; the document is -1 before the first -DOCSTART-."""
    document = -1
    headless = False  # whether sentences come before the first -DOCSTART-: they are document 0
    lines: list[Line] = []
    for number, text in enumerate(read_text(path).split("\n"), start=1):
        columns = SEPARATOR.split(text.removesuffix("\r").strip(" \t"))
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
    """One word and its tag, checked."""
    if len(columns) < 2:
        raise InputError(
            f"{path}:{number}: the word {quoted(columns[0])} has no tag; expected a word, a space or tab, and its tag (O for none)"
        )
    try:
        parse_tag(columns[-1])
    except InputError as error:
        raise InputError(f"{path}:{number}: {error}") from None
    return columns[0], columns[-1]
