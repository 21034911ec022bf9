"""JSON lines, or a JSON list, of texts with entities by character offsets.

An object has `text`, and its entities under `entities`, `spans`, `labels` or `label`: each is `[start, end, type]`, or an object with `start`
(`start_offset`), `end` (`end_offset`) and `label` (`type`, `entity`). These are the formats of spaCy's examples, Prodigy and doccano.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from liap.corpora.conversion.char_spans import CharSpan, SpanText
from liap.errors import InputError, quoted
from liap.files import read_text

ENTITIES = ("entities", "spans", "labels", "label")
STARTS, ENDS, TYPES = ("start", "start_offset"), ("end", "end_offset"), ("label", "type", "entity")
EXPECTED = 'an object with "text" and "entities", a list of [start, end, type]'


def read_span_json(path: Path) -> tuple[SpanText, ...]:
    """The file's documents. Raises InputError with file and line."""
    documents = tuple(_document(where, value) for where, value in _objects(path))
    if not documents:
        raise InputError(f"{path}: no text in this file; expected a line for each, {EXPECTED}")
    return documents


def _objects(path: Path) -> Iterator[tuple[str, Any]]:
    text = read_text(path)
    if text.lstrip().startswith("["):
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: not JSON ({error}); expected a list of objects") from None
        yield from ((f"{path}, object {place}", value) for place, value in enumerate(values, start=1))
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{path}:{number}: not JSON ({error}); expected {EXPECTED}") from None


def _document(where: str, value: Any) -> SpanText:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise InputError(f"{where}: no text; expected {EXPECTED}")
    key = next((name for name in ENTITIES if name in value), None)
    entities = value[key] if key else []
    if not isinstance(entities, list):
        raise InputError(f"{where}: {key} is no list; expected {EXPECTED}")
    return SpanText(value["text"], tuple(_span(where, entity) for entity in entities))


def _span(where: str, entity: Any) -> CharSpan:
    if isinstance(entity, dict):
        found = [next((entity[name] for name in names if name in entity), None) for names in (STARTS, ENDS, TYPES)]
    else:
        found = list(entity) if isinstance(entity, list) else []
    is_whole = [type(place) is int for place in found[:2]]
    if len(found) != 3 or not all(is_whole) or not isinstance(found[2], str) or not found[2].strip():
        raise InputError(
            f"{where}: the entity {quoted(json.dumps(entity))}; expected [start, end, type], two whole numbers and a name"
        )
    return CharSpan(found[0], found[1], "-".join(found[2].split()), where)
