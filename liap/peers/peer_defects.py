"""What is wrong in a peer's explanation of a mention, counted on what it returned and on the rows that it gave to the model.

Two are of the units that carry scores, as characters of the sentence without blanks:

| defect             | counted where                                                                                               |
|--------------------|-------------------------------------------------------------------------------------------------------------|
| `word_cut`         | a word of the sentence lies in several units, and nothing says how they make a score of the word            |
| `word_unscored`    | a word of the sentence, or a part of it, lies in no unit                                                    |
| `words_joined`     | a unit holds several words of the sentence, or one unit stands for equal words at several places            |
| `special_scored`   | a special token has a score other than 0                                                                    |

Four are of the rows of piece ids that reached the model, beside the sentence's own row:

| defect             | counted where                                                                                               |
|--------------------|-------------------------------------------------------------------------------------------------------------|
| `retokenised`      | a row of a perturbed text has pieces that neither stand in the sentence nor are the mask or the filler      |
| `special_perturbed`| a row begins or ends with another piece than the sentence's row                                             |
| `place_moved`      | the place that is read holds neither the word's first piece nor the mask or the filler, or is none          |
| `word_hidden`      | the place that is read holds the mask or the filler: p of a word that the model does not see                 |

And one of looking up a token by its string: `other_occurrence`, where the string finds another place than the word's.
`word_hidden` is a choice that LIAP does not make, and no error. A mention counts as affected if it happens in one row or unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAN = float("nan")
OF_UNITS = ("word_cut", "word_unscored", "words_joined", "special_scored")
OF_ROWS = ("retokenised", "special_perturbed", "place_moved", "word_hidden")
OF_STRINGS = ("other_occurrence",)
FAILED = "failed"
NOISE = 1e-6  # of a score that is 0 but for rounding

Span = Sequence[int]  # begin and end


@dataclass(frozen=True, slots=True)
class Found:
    """Whether a defect is in an explanation, and the share of its rows that have it (NaN for those of units)."""

    defect: str
    affected: bool
    rows: float = NAN


def word_spans(words: Sequence[str]) -> list[tuple[int, int]]:
    """Each word's characters in the sentence without blanks, half-open."""
    spans, begin = [], 0
    for word in words:
        length = sum(not letter.isspace() for letter in word)
        spans.append((begin, begin + length))
        begin += length
    return spans


def of_units(words: Sequence[str], units: Sequence[Sequence[Span]], scores: Sequence[float]) -> list[Found]:
    """The defects of what carries the scores."""
    spans = word_spans(words)
    parts = [[sum(_overlap(span, part) for part in unit) for span in spans] for unit in units]  # [units words]
    per_word = list(zip(*parts, strict=True)) if parts else [() for _ in spans]
    cut = any(sum(count > 0 for count in column) > 1 for column in per_word)
    unscored = any(sum(column) < end - begin for column, (begin, end) in zip(per_word, spans, strict=True))
    joined = any(sum(count > 0 for count in row) > 1 for row in parts)
    special = any(not unit and abs(score) > NOISE for unit, score in zip(units, scores, strict=True))
    return [Found(name, value) for name, value in zip(OF_UNITS, (cut, unscored, joined, special), strict=True)]


def of_rows(rows: Sequence[Sequence[int]], pieces: Sequence[int], place: int, fillers: frozenset[int]) -> list[Found]:
    """The defects of the rows that reached the model; `fillers` are the pieces of what hides a word."""
    perturbed = [row for row in rows if list(row) != list(pieces)]
    if not perturbed:
        return []
    known = set(pieces) | fillers
    counts = {
        "retokenised": [not known.issuperset(row) for row in perturbed],
        "special_perturbed": [not row or row[0] != pieces[0] or row[-1] != pieces[-1] for row in perturbed],
        "place_moved": [not _reads(row, place, fillers | {pieces[place]}) for row in perturbed],
        "word_hidden": [_reads(row, place, fillers) for row in perturbed],
    }
    return [Found(name, any(counts[name]), sum(counts[name]) / len(perturbed)) for name in OF_ROWS]


def of_strings(notes: Mapping[str, Any], place: int) -> list[Found]:
    """Whether the token's string finds another place; nothing where the peer is not asked by string."""
    if "found_by_string" not in notes:
        return []
    return [Found("other_occurrence", notes["found_by_string"] != place)]


def of_answer(words: Sequence[str], answer: Mapping[str, Any], fillers: frozenset[int]) -> list[Found]:
    """All defects that one answer of the peers' process shows."""
    found = of_strings(answer["notes"], answer["place"])
    if answer["units"]:
        found += of_units(words, answer["units"], answer["scores"])
    return found + of_rows(answer["rows"], answer["pieces"], answer["place"], fillers)


def to_words(words: Sequence[str], units: Sequence[Sequence[Span]], scores: Sequence[float]) -> list[float]:
    """A unit's score spread over its words by characters, summed; what a careful user of the peer would do."""
    spans = word_spans(words)
    totals = [0.0] * len(spans)
    for unit, score in zip(units, scores, strict=True):
        shares = [sum(_overlap(span, part) for part in unit) for span in spans]
        for word, share in enumerate(shares):
            totals[word] += score * share / max(sum(shares), 1)
    return totals


def _overlap(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _reads(row: Sequence[int], place: int, wanted: frozenset[int] | set[int]) -> bool:
    return place < len(row) and row[place] in wanted
