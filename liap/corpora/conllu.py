"""A CoNLL-U file with named entities in its last column -> sentences with trees.

A line has ten columns, separated by tabs: ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC. A blank line ends a
sentence (https://universaldependencies.org/format.html).

1. The sentence's words are the syntactic words, over which the tree stands. The line of a multiword token (`3-4`) and of an empty
   node (`8.1`) is no word.
2. HEAD, DEPREL and UPOS are the gold parse. A sentence whose HEADs are all `_` has none; a UPOS of `_` is read as X.
3. A word's entity tag stands in MISC, as `NER=B-PER`. The first of KEYS that occurs in the file is read; a word without it is
   outside. A file in which none occurs has no gold tags. The tags' scheme is detected from the file (see `tags`).
4. `# newdoc` starts a document. In a file without it each sentence is a document. Other comments are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from liap.corpora.jsonl import relation_scheme
from liap.corpora.split_files import document_numbers, lines_of
from liap.corpora.tags import detect_scheme, parse_tag, to_iob2
from liap.errors import InputError, quoted
from liap.records import Parse, Sentence

EXTENSION = ".conllu"
KEYS = ("NER", "NamedEntity", "NE", "Entity", "ner")
NEW_DOCUMENT = re.compile(r"#\s*newdoc\b")
WORD = re.compile(r"[1-9]\d{0,8}", re.ASCII)
OTHER_NODE = re.compile(r"\d+[-.]\d+", re.ASCII)  # a multiword token, or an empty node
UNKNOWN = "X"  # the universal part of speech for other words


@dataclass(slots=True)
class _Block:
    """A sentence's lines."""

    first_line: int
    starts_document: bool
    words: list[str] = field(default_factory=list)
    heads: list[int | None] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)
    parts_of_speech: list[str] = field(default_factory=list)
    entries: list[dict[str, str]] = field(default_factory=list)  # of MISC
    lines: list[int] = field(default_factory=list)


def read_file(path: Path) -> tuple[Sentence, ...]:
    """The sentences of one file. Raises InputError with file and line."""
    blocks = list(_blocks(path))
    if not blocks:
        raise InputError(f"{path}: no sentence in this file; expected CoNLL-U: ten columns, separated by tabs")
    present = {key for block in blocks for entries in block.entries for key in entries}
    key = next((key for key in KEYS if key in present), None)
    tags = [_tags(path, block, key) for block in blocks] if key else [None] * len(blocks)
    tag_scheme = detect_scheme(of_sentence for of_sentence in tags if of_sentence)
    parse_scheme = relation_scheme({relation for block in blocks for relation in block.relations})
    documents = document_numbers([block.starts_document for block in blocks])
    return tuple(
        Sentence(
            index=index,
            document=documents[index],
            words=tuple(block.words),
            tags=to_iob2(of_sentence, tag_scheme) if of_sentence else None,
            parse=_parse(path, block, parse_scheme),
        )
        for index, (block, of_sentence) in enumerate(zip(blocks, tags, strict=True))
    )


def _blocks(path: Path) -> Iterator[_Block]:
    block = None
    starts_document = False
    for number, line in enumerate(lines_of(path), start=1):
        if not line.strip():
            if block:
                yield block
            block = None
        elif line.startswith("#"):
            starts_document |= bool(NEW_DOCUMENT.match(line))
        else:
            try:
                columns = _columns(line)
                if columns:
                    if block is None:
                        block, starts_document = _Block(number, starts_document), False
                    _add_word(block, number, columns)
            except InputError as error:
                raise InputError(f"{path}:{number}: {error}") from None
    if block:
        yield block


def _columns(line: str) -> list[str]:
    """A word's columns; empty for a multiword token or an empty node."""
    columns = line.split("\t")
    if len(columns) != 10:
        raise InputError(f"{len(columns)} columns; expected the ten of CoNLL-U, separated by tabs")
    if OTHER_NODE.fullmatch(columns[0]):
        if any(key in KEYS for key in _entries(columns[9])) and "-" in columns[0]:
            raise InputError(f"an entity tag on the multiword token {columns[0]}; expected it on the token's words")
        return []
    if not WORD.fullmatch(columns[0]):
        raise InputError(f"ID {quoted(columns[0])}; expected a number from 1, a range such as 3-4, or 8.1")
    return columns


def _add_word(block: _Block, number: int, columns: Sequence[str]) -> None:
    if int(columns[0]) != len(block.words) + 1:
        raise InputError(f"ID {columns[0]}; expected {len(block.words) + 1}, or a blank line before a new sentence")
    if not columns[1].strip():
        raise InputError("an empty FORM; expected a word")
    if columns[6] != "_" and not re.fullmatch(r"\d{1,9}", columns[6], re.ASCII):
        raise InputError(f"HEAD {quoted(columns[6])}; expected the ID of a word, 0 for a root, or _")
    block.words.append(columns[1])
    block.heads.append(None if columns[6] == "_" else int(columns[6]) - 1)
    block.relations.append(columns[7])
    block.parts_of_speech.append(UNKNOWN if columns[3] == "_" else columns[3])
    block.entries.append(_entries(columns[9]))
    block.lines.append(number)


def _entries(misc: str) -> dict[str, str]:
    """`NER=B-PER|SpaceAfter=No` -> {"NER": "B-PER", "SpaceAfter": "No"}."""
    pairs = (entry.partition("=") for entry in misc.split("|"))
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


def _tags(path: Path, block: _Block, key: str) -> list[str]:
    tags = [entries.get(key, "O") for entries in block.entries]
    for number, tag in zip(block.lines, tags, strict=True):
        try:
            parse_tag(tag)
        except InputError as error:
            raise InputError(f"{path}:{number}: {key} in MISC: {error}") from None
    return tags


def _parse(path: Path, block: _Block, scheme: str) -> Parse | None:
    heads = [head for head in block.heads if head is not None]
    if not heads:
        return None
    if len(heads) < len(block.heads):
        number = block.lines[block.heads.index(None)]
        raise InputError(
            f"{path}:{number}: a word without HEAD; expected one for each word of the sentence, or for none"
        )
    try:
        return Parse(tuple(heads), tuple(block.relations), tuple(block.parts_of_speech), scheme)
    except InputError as error:
        raise InputError(f"{path}:{block.first_line}: {error} (words and heads counted from 0)") from None
