"""Patterns: which words each word of a sentence attends to, as a matrix word x word (row: the word that attends).

A pattern's name is a structure, alone or with a control: `head`, `head/window`, `head/random`.

    head         the syntactic heads of a span
    neighbours   the words within `hops` steps of the span in the tree
    frame        the words that share a predicate-argument frame with the span; none: the span is uncovered
    evidence     the words that are known to decide a mention's type (a planted corpus, or people's triggers); else uncovered
    previous     the word before the span (Deshpande & Narasimhan 2020)

    /window      for each span, as many words as the structure has, the nearest ones
    /random      for each span, as many words as the structure has, drawn at random

A span is one word, or a mention, whose words share a row. `allowed` is the mask of a restriction inside the forward pass: a span may
attend to its pattern and to itself, and words of no span, or of an uncovered one, to everything. `target` is what an attention loss
aims at: words whose pattern is empty (the root has no head) aim at themselves, as in Strubell et al. 2018, also in the controls, and
uncovered words have no target. Draws depend on the seed and the sentence's words alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from liap.errors import InputError
from liap.pruning import matched, semantic, syntactic
from liap.records import Evidence, Frame, Parse, Sentence

STRUCTURES = ("head", "neighbours", "frame", "evidence", "previous")
CONTROLS = ("window", "random")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """A sentence with its tree and frames."""

    sentence: Sentence
    parse: Parse
    frames: tuple[Frame, ...] = ()


def check(flag: str, name: str) -> None:
    """InputError that names the flag where the pattern is unknown."""
    structure, slash, control = name.partition("/")
    if structure not in STRUCTURES or (slash and control not in CONTROLS):
        raise InputError(
            f"{flag}: unknown pattern {name!r}; expected one of {', '.join(STRUCTURES)}, alone or followed by "
            f"{' or '.join('/' + control for control in CONTROLS)}"
        )


def with_evidence(sentences: Sequence[Sentence], explained: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """The sentences with the evidence that others of the same words have besides; InputError where there is none at all."""
    known: dict[tuple[str, ...], tuple[Evidence, ...]] = {}
    for sentence in explained:
        known[sentence.words] = (*known.get(sentence.words, ()), *sentence.evidence)
    found = tuple(
        replace(sentence, evidence=(*sentence.evidence, *known.get(sentence.words, ()))) for sentence in sentences
    )
    if not any(sentence.evidence for sentence in found):
        raise InputError(
            "no training sentence has evidence; expected --evidence to name a corpus of some of their words"
        )
    return found


def words_as_spans(words: int) -> list[Span]:
    """Each word as a span of its own."""
    return [(word, word + 1) for word in range(words)]


def masks(
    name: str, annotated: Annotated, spans: Sequence[Span], *, hops: int = 1, seed: int = 0
) -> list[Bool[np.ndarray, " words"] | None]:
    """The pattern of each span, without the span's own words; None where it is uncovered."""
    structure, _, control = name.partition("/")
    found = [_structure(structure, annotated, span, hops) for span in spans]
    if not control:
        return found
    generator = generator_of(seed, name, annotated.sentence.words)
    return [
        mask if mask is None or not mask.any() else _control(control, mask, span, generator)
        for mask, span in zip(found, spans, strict=True)
    ]


def allowed(
    name: str, annotated: Annotated, spans: Sequence[Span], *, hops: int = 1, seed: int = 0
) -> Bool[np.ndarray, "words words"]:
    """The words that each word may attend to."""
    words = len(annotated.sentence.words)
    matrix = np.ones((words, words), dtype=bool)
    for (start, end), mask in zip(spans, masks(name, annotated, spans, hops=hops, seed=seed), strict=True):
        if mask is not None:
            matrix[start:end] = mask
            matrix[start:end, start:end] = True
    return matrix


def target(name: str, annotated: Annotated, *, hops: int = 1, seed: int = 0) -> Bool[np.ndarray, "words words"]:
    """The words that each word aims at; a row without True has no target."""
    words = len(annotated.sentence.words)
    spans = words_as_spans(words)
    if name.partition("/")[0] == "evidence":
        spans = [(evidence.start, evidence.end) for evidence in annotated.sentence.evidence]
    matrix = np.zeros((words, words), dtype=bool)
    for (start, end), mask in zip(spans, masks(name, annotated, spans, hops=hops, seed=seed), strict=True):
        if mask is not None:
            matrix[start:end] = mask
            if not mask.any():
                matrix[range(start, end), range(start, end)] = True
    return matrix


def generator_of(seed: int, name: str, words: Sequence[str]) -> np.random.Generator:
    """Randomness for one pattern of one sentence, the same wherever the sentence stands."""
    digest = hashlib.blake2b("\0".join([str(seed), name, *words]).encode("utf-8", "surrogatepass"), digest_size=8)
    return np.random.default_rng(int.from_bytes(digest.digest(), "big"))


def _structure(structure: str, annotated: Annotated, span: Span, hops: int) -> Bool[np.ndarray, " words"] | None:
    start, end = span
    mask = np.zeros(len(annotated.sentence.words), dtype=bool)
    if structure == "neighbours":
        return syntactic(annotated.parse, start, end, hops=hops)
    if structure == "frame":
        return semantic(annotated.frames, start, end)
    if structure == "evidence":
        known = [one for one in annotated.sentence.evidence if (one.start, one.end) == span]
        if not known:
            return None
        mask[[word for one in known for word in one.words]] = True
    elif structure == "head":
        heads = np.asarray(annotated.parse.heads)[start:end]
        mask[heads[heads >= 0]] = True
    elif start > 0:
        mask[start - 1] = True
    mask[start:end] = False
    return mask


def _control(control: str, mask: np.ndarray, span: Span, generator: np.random.Generator) -> Bool[np.ndarray, " words"]:
    return matched.draw(f"matched_{control}", mask, *span, draws=1, generator=generator)[0]
