"""`explanations.jsonl` -> its lines, checked: a mention each, with the word scores of every method without random draws."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from liap.errors import InputError

EXPLANATIONS = "explanations.jsonl"


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line of the file. `scores` holds a score per word by method: its explainer, and its variant behind a slash."""

    sentence: int
    start: int
    end: int
    entity_type: str
    probability: float
    words: tuple[str, ...]
    scores: Mapping[str, tuple[float, ...]]

    @property
    def key(self) -> tuple[int, int, int]:
        return self.sentence, self.start, self.end


def read_explained(path: Path, only: str = "") -> Iterator[ExplainedLine]:
    """The lines, or with `only` those that have scores of that method, which are then their only scores.

    InputError with file and line where one cannot be used.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the evaluation first, or name its folder with --results")
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                content = json.loads(line.decode("utf-8"))
                scores = content["scores"]
                if only:
                    scores = {name: scores[name] for name in scores if name == only and scores[name] is not None}
                if scores or not only:
                    yield _checked(content, scores)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                raise InputError(
                    f"{path}:{number}: not a line of explanations ({repr(error)[:200]}); run the evaluation again"
                ) from None


def _checked(content: dict, scores: Mapping[str, Sequence[float]]) -> ExplainedLine:
    words, kind = content["words"], content["type"]
    sentence, start, end = (content[name] for name in ("sentence", "start", "end"))
    if not (isinstance(words, list) and all(isinstance(text, str) for text in (kind, *words))):
        raise TypeError("expected a list of words, and a type's name")
    if not all(type(number) is int for number in (sentence, start, end)):
        raise TypeError("expected whole numbers for sentence, start and end")
    if not 0 <= start < end <= len(words):
        raise ValueError(f"{len(words)} words, mention {start} to {end}")
    probability = float(content["probability"])
    if not 0 <= probability <= 1:
        raise ValueError("a probability outside [0, 1]")
    inside = range(start, end)
    checked = {name: _numbers(values, len(words), inside) for name, values in scores.items()}
    return ExplainedLine(sentence, start, end, kind, probability, tuple(words), checked)


def _numbers(values: Sequence[float], words: int, inside: range) -> tuple[float, ...]:
    """A finite number for each word; those of the mention's own words mean nothing, and may be anything."""
    if not isinstance(values, list) or len(values) != words:
        raise ValueError(f"expected a list of {words} scores, one per word")
    numbers = [float(value) for value in values]
    if not all(math.isfinite(number) for place, number in enumerate(numbers) if place not in inside):
        raise ValueError("a score that is not a number")
    return tuple(number if math.isfinite(number) else 0.0 for number in numbers)
