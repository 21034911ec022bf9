"""A folder of {train,dev,test}.jsonl with parses and frames -> sentences.

One sentence a line, an object of lists with one element a word: `words`, and where known `tags` (entities, any scheme),
`upos`, `heads` (a word's index, -1 for a root) and `deprels` (all three or none), and `frames`, each with `predicate`
(a word's index) and `tags` (BIO). Other keys are ignored. A key that a line lacks is None in its Sentence.

The dependency scheme is told from the relations of the whole file: "ud" where all are Universal Dependencies (de Marneffe
et al. 2021; subtypes after a colon are free), "clear" where prepositions are heads (`prep`, `pobj`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from liap.corpora.columns import find_file, read_text
from liap.corpora.tags import detect_scheme, to_iob2
from liap.errors import InputError
from liap.records import Frame, Parse, Sentence

EXTENSION = ".jsonl"
UNIVERSAL_RELATIONS = re.compile(
    "acl|advcl|advmod|amod|appos|aux|case|cc|ccomp|clf|compound|conj|cop|csubj|dep|det|discourse|dislocated|expl|fixed|"
    "flat|goeswith|iobj|list|mark|nmod|nsubj|nummod|obj|obl|orphan|parataxis|punct|reparandum|root|vocative|xcomp"
)
CLEAR_RELATIONS = frozenset(("prep", "pobj"))


def read_jsonl(folder: Path, split: str) -> tuple[Sentence, ...]:
    """Every sentence of a split: "train", "validation" or "test". Raises InputError."""
    path = find_file(folder, split, (EXTENSION,))
    sentences = list(_sentences(path))
    if not sentences:
        raise InputError(f"{path}: no sentence in this file; expected one JSON object a line")
    parse_scheme = relation_scheme({relation for s in sentences if s.parse for relation in s.parse.relations})
    tag_scheme = detect_scheme([sentence.tags for sentence in sentences if sentence.tags])
    return tuple(
        replace(
            sentence,
            tags=to_iob2(sentence.tags, tag_scheme) if sentence.tags else sentence.tags,
            parse=replace(sentence.parse, scheme=parse_scheme) if sentence.parse else None,
        )
        for sentence in sentences
    )


def relation_scheme(relations: set[str]) -> str:
    """The scheme that has all these relations: "ud", "clear" or "unknown"."""
    bare = {relation.split(":")[0].lower() for relation in relations}
    if all(map(UNIVERSAL_RELATIONS.fullmatch, bare)):
        return "ud"
    return "clear" if bare & CLEAR_RELATIONS else "unknown"


def _sentences(path: Path) -> Iterator[Sentence]:
    """The file's sentences, with tags and parses as they stand."""
    index = 0
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            sentence = _sentence(index, json.loads(line))
        except RecursionError:
            raise InputError(f"{path}:{number}: nested too deeply; expected one flat JSON object a line") from None
        except InputError as error:
            raise InputError(f"{path}:{number}: {error}") from None
        except ValueError as error:  # a number of too many digits is no JSONDecodeError
            raise InputError(f"{path}:{number}: not JSON ({error}); expected one object a line") from None
        yield sentence
        index += 1


def _sentence(index: int, fields: object) -> Sentence:
    if not isinstance(fields, dict):
        raise InputError(f"expected an object with the key 'words', got {type(fields).__name__}")
    words = _strings(fields, "words")
    if not words:
        raise InputError("'words' must be a list of at least one word")
    parse = None
    if "heads" in fields:
        parse = Parse(_numbers(fields["heads"]), _strings(fields, "deprels"), _strings(fields, "upos"))
    frames = None
    if "frames" in fields:
        if not isinstance(fields["frames"], list):
            raise InputError("'frames' must be a list of objects with the keys 'predicate' and 'tags'")
        frames = tuple(_frame(frame) for frame in fields["frames"])
    tags = _strings(fields, "tags") if "tags" in fields else None
    if tags:
        detect_scheme([tags])  # so that an unknown tag is told with its line
    return Sentence(index=index, document=index, words=words, tags=tags, parse=parse, frames=frames)


def _frame(fields: object) -> Frame:
    if not isinstance(fields, dict) or type(fields.get("predicate")) is not int:
        raise InputError("a frame must be an object with 'predicate' (a word's index) and 'tags'")
    return Frame(predicate=fields["predicate"], tags=_strings(fields, "tags"))


def _strings(fields: dict[str, object], key: str) -> tuple[str, ...]:
    values = fields.get(key)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(f"{key!r} must be a list of strings, one a word")
    return tuple(values)


def _numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise InputError("'heads' must be a list of word indices, -1 for a root")
    return tuple(values)
