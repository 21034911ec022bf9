"""Sentences -> the JSON lines that LIAP reads (see `liap.corpora.jsonl`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from liap.records import Sentence


def json_lines(sentences: Sequence[Sentence]) -> str:
    """A line per sentence, and one per document where a document has several sentences."""
    documents = [sentence.document for sentence in sentences]
    marked = len(set(documents)) < len(documents)
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in _objects(sentences, marked))


def _objects(sentences: Sequence[Sentence], marked: bool) -> Iterator[dict[str, object]]:
    before = None
    for sentence in sentences:
        if marked and sentence.document != before:
            yield {"words": ["-DOCSTART-"], "tags": ["O"]}
            before = sentence.document
        value: dict[str, object] = {"words": sentence.words}
        if sentence.tags is not None:
            value["tags"] = sentence.tags
        if sentence.parse is not None:
            parse = sentence.parse
            value |= {"heads": parse.heads, "deprels": parse.relations, "upos": parse.parts_of_speech}
        if sentence.frames is not None:
            value["frames"] = [{"predicate": frame.predicate, "tags": frame.tags} for frame in sentence.frames]
        yield value
