"""JSON lines, or a JSON list, with tags, parses and frames -> sentences.

Each line of a `.jsonl` file is a JSON object that holds one sentence. A `.json` file is a list of such objects, or JSON lines as
well. An object's values are lists with one element per word:
- `words`, or `tokens`;
- optionally `tags`, or `ner_tags`: entities in any scheme, as strings, or as numbers that a file beside it names (see `tag_names`);
- optionally `heads` (a word's index, -1 for a root), `deprels` and `upos`: all three or none;
- optionally `frames`: objects with `predicate` (a word's index) and `tags` (BIO).

If an object has both `tags` and `ner_tags`, `ner_tags` goes with `tokens`, `tags` with `words`. Other keys are ignored. What an object
lacks is None in its Sentence. An object whose only word is `-DOCSTART-` starts a document and is no sentence; in a file without
such an object each sentence is a document. The dependency scheme is detected from the relations of the whole file (see
`relation_scheme`).
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from liap.corpora.split_files import document_numbers, find_file, lines_of
from liap.corpora.tag_names import SIDE_FILES, tag_names
from liap.corpora.tags import detect_scheme, to_iob2
from liap.errors import InputError, quoted
from liap.records import Frame, Parse, Sentence

EXTENSION = ".jsonl"
LIST_EXTENSION = ".json"
DOCUMENT_START = ("-DOCSTART-",)
BLANKS = re.compile(r"[ \t\r\n]*")
UNIVERSAL_RELATIONS = re.compile(
    "acl|advcl|advmod|amod|appos|aux|case|cc|ccomp|clf|compound|conj|cop|csubj|dep|det|discourse|dislocated|expl|fixed|"
    "flat|goeswith|iobj|list|mark|nmod|nsubj|nummod|obj|obl|orphan|parataxis|punct|reparandum|root|vocative|xcomp"
)
CLEAR_RELATIONS = {"prep", "pobj"}


def read_jsonl(folder: Path, split: str) -> tuple[Sentence, ...]:
    """Every sentence of a split: "train", "validation" or "test". Raises InputError."""
    return read_file(find_file(folder, split, (EXTENSION,)))


def read_file(path: Path) -> tuple[Sentence, ...]:
    """The sentences of one file. Raises InputError with file and line."""
    sentences, starts = _sentences(path)
    if not sentences:
        raise InputError(f"{path}: no sentence in this file; expected {_expected(path)}")
    parse_scheme = relation_scheme({relation for s in sentences if s.parse for relation in s.parse.relations})
    tag_scheme = detect_scheme([sentence.tags for sentence in sentences if sentence.tags])
    return tuple(
        replace(
            sentence,
            document=document,
            tags=to_iob2(sentence.tags, tag_scheme) if sentence.tags else sentence.tags,
            parse=replace(sentence.parse, scheme=parse_scheme) if sentence.parse else None,
        )
        for sentence, document in zip(sentences, document_numbers(starts), strict=True)
    )


def relation_scheme(relations: Iterable[str], *, inventory: bool = False) -> str:
    """The scheme of dependency relations: "clear", "ud" or "unknown". Subtypes after a colon do not count.

    "clear" makes prepositions heads (`prep`, `pobj`). "ud" is Universal Dependencies (de Marneffe et al. 2021): all relations of
    a file must belong to it. A parser's `inventory` may list other labels too, so there it is enough that prepositions depend
    on their noun (`case` with `obl` or `nmod`).
    """
    bare = {relation.partition(":")[0].lower() for relation in relations}
    if bare & CLEAR_RELATIONS:
        return "clear"
    universal = (
        "case" in bare and bare & {"obl", "nmod"} if inventory else all(map(UNIVERSAL_RELATIONS.fullmatch, bare))
    )
    return "ud" if universal else "unknown"


def _sentences(path: Path) -> tuple[list[Sentence], list[bool]]:
    """The file's sentences, with tags and parses as written, and whether each starts a document."""
    names = functools.cache(lambda: tag_names(path.parent))
    sentences: list[Sentence] = []
    starts: list[bool] = []
    starts_document = False
    for number, fields in _objects(path):
        try:
            sentence = _sentence(len(sentences), fields, names)
        except InputError as error:
            raise InputError(f"{path}:{number}: {error}") from None
        if sentence.words == DOCUMENT_START:
            starts_document = True
            continue
        sentences.append(sentence)
        starts.append(starts_document)
        starts_document = False
    return sentences, starts


def _objects(path: Path) -> Iterator[tuple[int, object]]:
    """(line, value) of each sentence's JSON value."""
    lines = lines_of(path)
    if path.suffix.lower() == ".json" and next((line for line in lines if line.strip()), "").lstrip().startswith("["):
        yield from _members(path, "\n".join(lines))
        return
    for number, line in enumerate(lines, start=1):
        if line.strip():
            with _errors_at(path, number):
                value = json.loads(line)
            yield number, value


def _members(path: Path, text: str) -> Iterator[tuple[int, object]]:
    """(line, value) of each member of a JSON list."""
    decoder = json.JSONDecoder()
    number, counted = 1, 0
    position = BLANKS.match(text, text.index("[") + 1).end()
    while text[position : position + 1] != "]":
        number, counted = number + text.count("\n", counted, position), position
        with _errors_at(path, number):
            value, position = decoder.raw_decode(text, position)
            position = BLANKS.match(text, position).end()
            comma = text[position : position + 1] == ","
            if not comma and text[position : position + 1] != "]":
                raise json.JSONDecodeError("Expecting ',' or ']'", text, position)
            if comma:
                position = BLANKS.match(text, position + 1).end()
                if text[position : position + 1] == "]":
                    raise json.JSONDecodeError("Expecting value after ','", text, position)
        yield number, value
    number += text.count("\n", counted, position)
    with _errors_at(path, number):
        if text[position + 1 :].strip():
            raise json.JSONDecodeError("Extra data after ']'", text, position + 1)


@contextlib.contextmanager
def _errors_at(path: Path, number: int) -> Iterator[None]:
    """Turn an error of the JSON library into an InputError. `number` is the line where the value starts."""
    try:
        yield
    except RecursionError:
        raise InputError(f"{path}:{number}: nested too deeply; expected {_expected(path)}") from None
    except ValueError as error:  # a number with too many digits raises a plain ValueError
        line = error.lineno if path.suffix.lower() == ".json" and isinstance(error, json.JSONDecodeError) else 1
        raise InputError(f"{path}:{max(number, line)}: not JSON ({error}); expected {_expected(path)}") from None


def _expected(path: Path) -> str:
    return "a list of objects, or one object per line" if path.suffix.lower() == ".json" else "one JSON object per line"


def _sentence(index: int, fields: object, names: Callable[[], tuple[str, ...]]) -> Sentence:
    if not isinstance(fields, dict):
        raise InputError(f"expected an object with the key 'words' or 'tokens', got {type(fields).__name__}")
    word_key = "tokens" if "tokens" in fields and "words" not in fields else "words"
    words = _strings(fields, word_key)
    if not words:
        raise InputError(f"{word_key!r} must be a list of at least one word")
    parse = None
    if "heads" in fields:
        parse = Parse(_numbers(fields["heads"]), _strings(fields, "deprels"), _strings(fields, "upos"))
    frames = None
    if "frames" in fields:
        if not isinstance(fields["frames"], list):
            raise InputError("'frames' must be a list of objects with the keys 'predicate' and 'tags'")
        frames = tuple(_frame(frame) for frame in fields["frames"])
    tag_keys = ("tags", "ner_tags") if word_key == "words" else ("ner_tags", "tags")
    tag_key = next((key for key in tag_keys if key in fields), None)
    tags = _tags(fields, tag_key, names) if tag_key else None
    return Sentence(index=index, document=index, words=words, tags=tags, parse=parse, frames=frames)


def _tags(fields: dict[str, object], key: str, names: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """The tags as strings, each of them checked."""
    values = fields[key]
    if isinstance(values, list) and any(type(value) is int for value in values):
        unnamed = [value for value in values if type(value) is not int or not 0 <= value < len(names())]
        if unnamed:
            raise InputError(
                f"{key!r}: the tag {quoted(unnamed[0])} has no name; expected strings, or numbers whose names stand beside the file, "
                f'in {SIDE_FILES[0]}: {{"{key}": ["O", "B-PER", ...]}}'
            )
        values = [names()[value] for value in values]
    tags = _strings({key: values}, key)
    detect_scheme([tags])  # reports an unknown tag with its line
    return tags


def _frame(fields: object) -> Frame:
    if not isinstance(fields, dict) or type(fields.get("predicate")) is not int:
        raise InputError("a frame must be an object with 'predicate' (a word's index) and 'tags'")
    return Frame(predicate=fields["predicate"], tags=_strings(fields, "tags"))


def _strings(fields: dict[str, object], key: str) -> tuple[str, ...]:
    values = fields.get(key)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(f"{key!r} must be a list of strings, one per word")
    return tuple(values)


def _numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise InputError("'heads' must be a list of word indices, -1 for a root")
    return tuple(values)
