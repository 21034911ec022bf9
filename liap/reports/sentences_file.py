"""`sentences.jsonl`: a line per sentence that was explained, with its words, its tree and frames, and the drops of its mentions.

Heads and relations are null in a run without a parser. A frame is its predicate's word index and its roles, each a name with a
half-open span. Drops are `p - p(word taken away alone)` under the metrics' operator, in probability, in [-1, 1], rounded to four
digits; null where no explainer and no metric reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from liap.errors import InputError

if TYPE_CHECKING:
    from liap.evaluation import MentionScores
    from liap.linguistics.annotation import Item

SENTENCES = "sentences.jsonl"
DIGITS = 4  # of a drop
Role = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class StructureLine:
    """A line of the file. `heads` has -1 for a root, and is empty without a parser; `drops` is a number per word, by span."""

    sentence: int
    words: tuple[str, ...]
    heads: tuple[int, ...]
    relations: tuple[str, ...]
    frames: tuple[tuple[int, tuple[Role, ...]], ...]
    drops: Mapping[tuple[int, int], tuple[float, ...] | None]


def structure_lines(items: Sequence[Item], scores: Sequence[MentionScores]) -> str:
    """A chunk's part of the file, in the order of its sentences."""
    mentions: dict[int, list[dict[str, Any]]] = {}
    for one in scores:
        drops = None if one.drops is None else _rounded(one.drops)
        about = {"start": one.mention.start, "end": one.mention.end, "drops": drops}
        mentions.setdefault(one.mention.sentence, []).append(about)
    lines = []
    for item in items:
        content = {
            "sentence": item.sentence.index,
            "words": item.sentence.words,
            "heads": item.parse and item.parse.heads,
            "relations": item.parse and item.parse.relations,
            "frames": [{"predicate": frame.predicate, "roles": frame.roles} for frame in item.frames],
            "mentions": mentions.get(item.sentence.index, []),
        }
        lines.append(json.dumps(content, ensure_ascii=False) + "\n")
    return "".join(lines)


def _rounded(values: np.ndarray) -> list[float | None]:
    """Four digits, without a negative zero; null for a number that is none (a mention without a piece)."""
    return [None if np.isnan(value) else round(float(value), DIGITS) + 0.0 for value in values]


def read_structure_lines(path: Path) -> Iterator[StructureLine]:
    """The lines, checked; none where there is no such file, as in a folder of version 0.2.0.

    InputError with file and line where one cannot be used.
    """
    if not path.is_file():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield _checked(json.loads(line.decode("utf-8")))
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                raise InputError(
                    f"{path}:{number}: not a line of sentences ({repr(error)[:200]}); run the evaluation again"
                ) from None


def _checked(content: dict) -> StructureLine:
    words = _texts(content["words"])
    count, sentence = len(words), _whole(content["sentence"], 0, None)
    heads = tuple(_whole(head, -1, count) for head in content["heads"] or ())
    relations = _texts(content["relations"] or [])
    if len(heads) != len(relations) or len(heads) not in (0, count):
        raise ValueError(f"{count} words, {len(heads)} heads and {len(relations)} relations")
    frames = tuple(
        (_whole(frame["predicate"], 0, count), tuple(_role(role, count) for role in frame["roles"]))
        for frame in content["frames"]
    )
    drops = {}
    for mention in content["mentions"]:
        span = _whole(mention["start"], 0, count), _whole(mention["end"], 1, count + 1)
        if span[0] >= span[1]:
            raise ValueError(f"{count} words, mention {span[0]} to {span[1]}")
        drops[span] = _drops(mention["drops"], count)
    return StructureLine(sentence, words, heads, relations, frames, drops)


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(text, str) for text in values):
        raise TypeError("expected a list of words")
    return tuple(values)


def _whole(number: object, low: int, end: int | None) -> int:
    """A whole number of at least `low`, and below `end`."""
    if type(number) is not int or number < low or (end is not None and number >= end):
        raise ValueError(f"expected a whole number from {low}" + (f" to {end - 1}" if end is not None else ""))
    return number


def _role(role: object, words: int) -> Role:
    name, start, end = role
    if not isinstance(name, str):
        raise TypeError("expected a role's name")
    start, end = _whole(start, 0, words), _whole(end, 1, words + 1)
    if start >= end:
        raise ValueError("a role without a word")
    return name, start, end


def _drops(values: object, words: int) -> tuple[float, ...] | None:
    """A number in [-1, 1] for each word, or NaN; None for null."""
    if values is None:
        return None
    if not isinstance(values, list) or len(values) != words:
        raise ValueError(f"expected a list of {words} drops, one per word")
    numbers = tuple(float("nan") if value is None else float(value) for value in values)
    if any(abs(number) > 1 for number in numbers):
        raise ValueError("a drop outside [-1, 1]")
    return numbers
