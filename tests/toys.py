"""Toys with exact answers that several rooms' tests use: a tagger that is a table, and a view of one mention that is a few arrays."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path

import numpy as np

from liap.explainers import EXPLAINERS, Case
from liap.explainers.fitted import FARTHEST, Fitted
from liap.linguistics.annotation import Item
from liap.perturbation.view import Reading
from liap.records import Frame, Mention, Parse, Sentence
from liap.settings import MARGINAL, MethodSettings
from liap.taggers.tagger import InputGradient, Meter, PieceAttention, Request, Target
from liap.taggers.targets import exact_tags

LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


@dataclass
class ToyTagger:
    """No transformer: p of a word's tag is a sum of weights over the words that are kept, by operator.

    `tags` says what each word is read as; p of that tag at any word is `base + sum(weights of the kept words)`, and what is left
    goes to the other labels in equal shares.
    """

    tags: Mapping[str, str]
    weights: Mapping[str, float]
    base: float = 0.3
    scale: Mapping[str, float] = field(default_factory=dict)  # of the weights, by operator; 1 where it is not named
    curve: Callable[[np.ndarray], np.ndarray] | None = None  # of p, where p is not to be linear
    capabilities: frozenset[str] = frozenset()
    layers_and_heads: tuple[int, int] = (0, 0)
    labels: tuple[str, ...] = LABELS
    longest: int = 50  # words
    meter: Meter = field(default_factory=Meter)
    calls: list[int] = field(default_factory=list)  # masks in each call
    requests: list[Request] = field(default_factory=list)

    def fits(self, words: Sequence[str]) -> bool:
        return len(words) <= self.longest

    def check_operator(self, operator: str) -> None:
        pass

    def p(self, words: Sequence[str], masks: np.ndarray, operator: str) -> np.ndarray:
        """p of any word's tag under each mask."""
        scale = self.scale.get(operator, 1.0)
        values = np.array([self.weights.get(word, 0.0) for word in words])
        p = self.base + values.sum() - scale * (~masks @ values)
        return p if self.curve is None else self.curve(p)

    def probabilities(self, requests: Sequence[Request]) -> list[np.ndarray]:
        self.calls.append(sum(len(request.masks) for request in requests))
        self.requests.extend(requests)
        self.meter.passes += self.calls[-1]
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> np.ndarray:
        p = self.p(request.words, request.masks, request.operator)
        places = [self.labels.index(self.tags.get(request.words[word], "O")) for word in request.read]
        answer = np.repeat((1 - p)[:, None, None] / (len(self.labels) - 1), len(places), axis=1)
        answer = np.repeat(answer, len(self.labels), axis=2)
        answer[:, np.arange(len(places)), places] = p[:, None]
        return answer


@dataclass
class ToyView:
    """What a mention's view gives, as arrays; `seen` keeps the masks that were asked for."""

    attention_rows: np.ndarray | None = None
    drops_by_operator: Mapping[str, np.ndarray] = field(default_factory=dict)
    p: Callable[[np.ndarray, str], np.ndarray] | None = None
    pieces: PieceAttention | None = None
    input_gradient: InputGradient | None = None
    seen: list[np.ndarray] = field(default_factory=list)

    def attention(self) -> np.ndarray:
        return self.attention_rows

    def drops(self, operator: str) -> np.ndarray:
        return self.drops_by_operator[operator]

    def probability(self, masks: np.ndarray, operator: str) -> np.ndarray:
        self.seen.append(masks)
        return self.p(masks, operator)

    def piece_attention(self) -> PieceAttention:
        return self.pieces

    def gradient(self) -> InputGradient:
        return self.input_gradient


def mention(start: int, end: int, *, sentence: int = 7, p: float = 0.9, kind: str = "LOC", **changes) -> Mention:
    """A mention that the recogniser found."""
    tags = (f"B-{kind}", *[f"I-{kind}"] * (end - start - 1))
    options = {"predicted_type": kind, "gold_type": kind, "outcome": "correct", "probability": p}
    return Mention(sentence, 0, start, end, tags, **(options | changes))


def toy_case(
    words: Sequence[str],
    found: Mention,
    view: object,
    *,
    masks: Mapping[str, np.ndarray | str] | None = None,
    parse: Parse | None = None,
    frames: tuple[Frame, ...] = (),
    **settings,
) -> Case:
    """A case on a toy view; `masks` stand in for those that a parse would give."""
    sentence = Sentence(found.sentence, found.document, tuple(words))
    case = unchecked_case(sentence, found, view, MethodSettings(**settings), parse, frames)
    if masks is not None:
        vars(case)["masks"] = masks  # where the cached property keeps its value
    return case


def unchecked_case(*parts) -> Case:
    """A case whose view need not be a `View`."""
    case = object.__new__(Case)
    names = ("sentence", "mention", "view", "settings", "parse", "frames")
    for name, value in zip(names, parts, strict=True):
        object.__setattr__(case, name, value)
    return case


def chain(words: int, scheme: str = "ud") -> Parse:
    """Each word hangs on the one before it."""
    return Parse((-1, *range(words - 1)), ("dep",) * words, ("X",) * words, scheme)


def items_of(tagger: ToyTagger, *sentences: str) -> list[Item]:
    """Sentences with the mentions that the tagger finds in them, and a chain for a parse."""
    from liap.taggers.prediction import predict

    read = [Sentence(index, index, tuple(text.split())) for index, text in enumerate(sentences)]
    found = predict(tagger, read).mentions
    return [
        Item(sentence, mentions, chain(len(sentence.words)), ())
        for sentence, mentions in zip(read, found, strict=True)
        if mentions
    ]


@cache
def files_wanted(name: str) -> list[str]:
    """The settings of an explainer that name a file made for it: of a trained network, or a masked language model."""
    one = EXPLAINERS[name]
    own = fields(one.settings) if one.settings else ()
    return [part.name for part in own if "file" in part.metadata] + ["language_model"] * (one.drops == MARGINAL)


def fitted_file() -> str:
    """A file of what is fitted on held-out mentions; near words count more, and three heads are chosen."""
    profile = tuple(0.0 if step == 0 else 0.1 / abs(step) for step in range(-FARTHEST, FARTHEST + 1))
    record = Fitted(profile, ((0, 0), (0, 1), (1, 0)), model_digest="", target="type", operator="unk", mentions=10)
    path = Path(tempfile.mkdtemp()) / "fitted.json"
    path.write_text(record.to_json())
    return str(path)


def reading_of(tagger: object, items: Sequence[Item], target: str = "tag") -> Reading:
    """The items as a chunk."""
    return Reading(tagger, [item.sentence.words for item in items], [item.mentions for item in items], target)


def tag_target(words: Sequence[str], span: np.ndarray, tags: np.ndarray) -> Target:
    """The target of a mention whose words have these tags, by index among `LABELS`."""
    return exact_tags(words, span, tags, len(LABELS))


def cases_of(reading: Reading, items: Sequence[Item], **settings) -> list[Case]:
    """A case for each mention of a reading."""
    chosen = MethodSettings(**settings)
    return [
        Case(items[view.sentence].sentence, view.mention, view, chosen, items[view.sentence].parse, ())
        for view in reading.views
    ]
