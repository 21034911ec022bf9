"""What a peer says of a case, in one form: units of the sentence with a score each.

A unit is what the package scores: a piece, a segment, or a word of its own making. Its spans count characters of the sentence without
blanks, because some packages add blanks and none adds anything else. A unit may lie at several places, or, a special token, at none.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """Spans and score of each unit, and what else a route has seen."""

    spans: tuple  # of each unit: ((begin, end), ...), in characters without blanks; () for a special token
    scores: tuple
    notes: dict = field(default_factory=dict)

    def described(self):
        units = [[list(span) for span in spans] for spans in self.spans]
        return {"units": units, "scores": [float(score) for score in self.scores], "notes": self.notes}


def solid(text, begin, end):
    """Characters `begin` to `end` of the text, counted without blanks."""
    before = sum(not letter.isspace() for letter in text[:begin])
    return before, before + sum(not letter.isspace() for letter in text[begin:end])


def of_pieces(case, scores, notes=None, text=None, offsets=None, special=None):
    """A score per piece of the case's text, or of another text's pieces."""
    text, offsets = text or case.text, offsets or case.offsets
    marks = case.special if special is None else special
    spans = tuple(() if mark else (solid(text, *span),) for span, mark in zip(offsets, marks, strict=True))
    return Answer(spans, tuple(scores), notes or {})
