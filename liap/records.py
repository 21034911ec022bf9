"""The records that pass between the rooms of the project.

Everything here is indexed by *word* (a token of the corpus), spans are half-open, and every record checks itself once,
when it is made. No record holds a tensor of the model; nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float

from liap.errors import InputError, quoted

ENTITY_OUTCOMES = ("correct", "wrong_type", "wrong_boundary", "spurious", "no_gold")
DEPENDENCY_SCHEMES = ("ud", "clear", "unknown")
TRIGGER = "trigger"  # the family of evidence that people marked
SENTIMENT = "sentiment"  # that of words whose own sentiment is known
CLASS_WORD = "[CLS]"  # the pseudo-word before a text that carries its class


@dataclass(frozen=True, slots=True)
class Frame:
    """A predicate and its roles: one BIO tag a word, `V` the predicate's own (PropBank, Palmer et al. 2005)."""

    predicate: int
    tags: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.predicate < len(self.tags):
            raise InputError(f"frame: predicate must be a word index in [0, {len(self.tags)}), got {self.predicate}")
        bad = [tag for tag in self.tags if tag != "O" and tag[:2] not in ("B-", "I-")]
        if bad:
            raise InputError(f"frame: tags must be O, B-<role> or I-<role>, got {quoted(bad[0])}")

    @property
    def roles(self) -> tuple[tuple[str, int, int], ...]:
        """(role, start, end) in order of the sentence; an I- tag that continues nothing opens a role of its own."""
        return tag_spans(self.tags)


@dataclass(frozen=True, slots=True)
class Parse:
    """A dependency tree over a sentence's words; `heads[i]` is a word index, or -1 for a root."""

    heads: tuple[int, ...]
    relations: tuple[str, ...]
    parts_of_speech: tuple[str, ...]  # universal tags
    scheme: str = "unknown"  # "ud": prepositions depend on their noun; "clear": prepositions are heads

    def __post_init__(self) -> None:
        words = len(self.heads)
        if not len(self.relations) == len(self.parts_of_speech) == words:
            raise InputError(
                f"parse: {words} heads, {len(self.relations)} relations and {len(self.parts_of_speech)} parts of speech; expected one of each a word"
            )
        bad = [(word, head) for word, head in enumerate(self.heads) if not -1 <= head < words or head == word]
        if bad:
            raise InputError(
                f"parse: the head of word {bad[0][0]} is {bad[0][1]}; expected another word's index, or -1 for a root"
            )
        if (word := _in_cycle(self.heads)) is not None:
            raise InputError(f"parse: word {word} is above itself; expected a tree, whose heads lead to a root (-1)")
        if self.scheme not in DEPENDENCY_SCHEMES:
            raise InputError(f"parse: scheme must be one of {', '.join(DEPENDENCY_SCHEMES)}, got {self.scheme!r}")


def _in_cycle(heads: tuple[int, ...]) -> int | None:
    """A word whose heads lead back to it; None in a tree."""
    seen_from = [-1] * len(heads)
    for word in range(len(heads)):
        above = word
        while above >= 0 and seen_from[above] < 0:
            seen_from[above] = word
            above = heads[above]
        if above >= 0 and seen_from[above] == word:
            return above
    return None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that decide a mention's type, where a corpus knows them, and how they hang together."""

    start: int
    end: int
    words: tuple[int, ...]
    family: str


@dataclass(frozen=True, slots=True)
class TriggeredMention:
    """A mention that people explained: each trigger is a set of words outside it that tells them its type."""

    start: int
    end: int
    entity_type: str
    triggers: tuple[tuple[int, ...], ...]  # word indices, ascending; none is empty, and none is a word of the span

    @property
    def evidence(self) -> Evidence:
        """The union of its triggers."""
        words = sorted({word for trigger in self.triggers for word in trigger})
        return Evidence(self.start, self.end, tuple(words), TRIGGER)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words as the corpus has them, with what the corpus knows of them."""

    index: int  # position in its split, from 0; identifies the sentence
    document: int  # position of its document; each sentence is a document of its own where the corpus has none
    words: tuple[str, ...]
    tags: tuple[str, ...] | None = None  # gold, IOB2
    parse: Parse | None = None  # gold
    frames: tuple[Frame, ...] | None = None  # gold
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        for name, values in (("tags", self.tags), ("parse", self.parse and self.parse.heads)):
            if values is not None and len(values) != len(self.words):
                raise InputError(
                    f"sentence {self.index}: {len(self.words)} words but {len(values)} {name}; expected one a word"
                )
        for frame in self.frames or ():
            if len(frame.tags) != len(self.words):
                raise InputError(
                    f"sentence {self.index}: {len(self.words)} words but a frame of {len(frame.tags)} tags"
                )


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text of a classification corpus: its words, its class, and where a corpus knows them the polarity of each word."""

    index: int  # position in its split, from 0
    words: tuple[str, ...]
    label: str
    polarities: tuple[str, ...] | None = None  # of each word: negative, neutral or positive

    def __post_init__(self) -> None:
        if not self.words:
            raise InputError(f"text {self.index}: no words; expected at least one")
        if self.polarities is not None and len(self.polarities) != len(self.words):
            raise InputError(
                f"text {self.index}: {len(self.words)} words but {len(self.polarities)} polarities; expected one a word"
            )

    @property
    def polar_words(self) -> tuple[int, ...]:
        """Indices of the words whose polarity is that of the text's class (`very_positive` is positive)."""
        polarity = self.label.removeprefix("very_")
        return tuple(index for index, own in enumerate(self.polarities or ()) if own == polarity != "neutral")

    @property
    def sentence(self) -> Sentence:
        """The text as a sentence whose only mention is the pseudo-word before it, of the class as its type; polar words are its evidence."""
        polar = tuple(word + 1 for word in self.polar_words)
        return Sentence(
            self.index,
            self.index,
            (CLASS_WORD, *self.words),
            (f"B-{self.label}", *("O",) * len(self.words)),
            evidence=(Evidence(0, 1, polar, SENTIMENT),) if polar else (),
        )


@dataclass(frozen=True, slots=True)
class Mention:
    """A span the recogniser marked in a sentence, with its own tags for it; what is explained is this prediction."""

    sentence: int
    document: int
    start: int
    end: int
    tags: tuple[str, ...]  # the recogniser's, one for each word of the span
    predicted_type: str
    gold_type: str | None  # of the gold mention it overlaps most; None where there is none
    outcome: str
    probability: float  # geometric mean over the span's words of the predicted tag's probability

    def __post_init__(self) -> None:
        assert 0 <= self.start < self.end and len(self.tags) == self.end - self.start
        assert self.outcome in ENTITY_OUTCOMES

    def context(self, words: int) -> Bool[np.ndarray, " words"]:
        """True for the words outside the span."""
        outside = np.ones(words, dtype=bool)
        outside[self.start : self.end] = False
        return outside


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What one explainer says of one mention: a score for each word, in one or more random draws.

    Scores of the mention's own words are never read. `kept` is the size of the mask where attention was pruned.
    """

    scores: (
        Float[np.ndarray, ...] | None
    )  # [draws, words]; None where the explainer has nothing to say: `reason` tells why
    variant: str = ""
    kept: int | None = None
    freedom: float | None = (
        None  # of a control's draws: the share of the kept words that one replaces, a mean over draws
    )
    reason: str = ""
    operator: str = ""  # with which the explainer perturbs; "" where it does not
    passes: int = 0  # forward passes this explainer would need alone
    seconds: float = 0.0
    columns: Mapping[str, float] = field(default_factory=dict)  # further columns that its explainer declares
    explainer: str = ""  # set by the explainer's declaration

    def __post_init__(self) -> None:
        assert (self.scores is None) == bool(self.reason)

    def named(self, explainer: str, scores: np.ndarray | None = None) -> Explanation:
        """The same under its explainer's name; `scores` as `[draws, words]`."""
        return replace(self, explainer=explainer, scores=self.scores if scores is None else scores)

    @property
    def method(self) -> str:
        """`explainer`, or `explainer/variant`."""
        return f"{self.explainer}/{self.variant}" if self.variant else self.explainer


def tag_spans(tags: tuple[str, ...], strict: bool = False) -> tuple[tuple[str, int, int], ...]:
    """(type, start, end) of each run of BIO tags; with `strict`, only runs that a B- opens (strict IOB2)."""
    spans: list[tuple[str, int, int]] = []
    opened: tuple[str, int] | None = None
    for position, tag in enumerate((*tags, "O")):
        kind = tag[2:]
        if opened and not (tag[:2] == "I-" and kind == opened[0]):
            spans.append((*opened, position))
            opened = None
        if tag[:2] == "B-" or (tag[:2] == "I-" and opened is None and not strict):
            opened = (kind, position)
    return tuple(spans)
