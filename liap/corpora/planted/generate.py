"""The planted corpus: a split and a seed in, sentences whose evidence is known out.

1. Each template's families are found by laying it out once.
2. A sentence: the family that has had the fewest mentions so far; of the templates that hold it, one of the least used; any
   phrases, names and evidence words.
3. The type of each mention is dealt from a shuffled deck that holds all types equally often, one deck a family: it depends on
   nothing else in the sentence, so without its evidence a mention's type cannot be told. No sentence comes twice; those
   shorter or longer than newswire are drawn anew (all types' evidence words are one word long, so this favours none).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from liap.corpora.planted import linearise
from liap.corpora.planted.evidence import TYPES, WORDS
from liap.corpora.planted.linearise import FAMILIES
from liap.corpora.planted.names import name, pool
from liap.corpora.planted.notation import Phrase, drawn, tree
from liap.corpora.planted.phrases import PHRASES
from liap.corpora.planted.templates import TEMPLATES
from liap.errors import InputError
from liap.records import Sentence

SIZES = {"train": 12000, "validation": 400, "test": 600}  # sentences
SHORTEST, LONGEST = 6, 40  # words
DECK = 64  # copies of each type in a deck: large, so that one mention's type tells next to nothing of another's


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sentence and the line it was made from."""

    sentence: Sentence
    template: str


def sentences(split: str, seed: int = 0) -> tuple[Sentence, ...]:
    """The split's sentences; the same for the same seed. Splits share neither name words nor templates."""
    return tuple(made.sentence for made in drawn_from(split, seed))


def drawn_from(split: str, seed: int = 0, size: int | None = None) -> tuple[Drawn, ...]:
    """The split's first `size` sentences (all by default), with the templates they were made from. Raises InputError."""
    if split not in SIZES:
        raise InputError(f"planted corpus: split {split!r}; expected one of {', '.join(SIZES)}")
    return _drawn_from(split, seed, SIZES[split] if size is None else size)


@lru_cache(maxsize=8)
def _drawn_from(split: str, seed: int, size: int) -> tuple[Drawn, ...]:
    generator = np.random.default_rng([seed, list(SIZES).index(split)])
    words = pool(split, generator)
    choices = {family: [line for line in TEMPLATES[split] if family in families(line).values()] for family in FAMILIES}
    decks = {family: _deck(generator) for family in FAMILIES}
    mentions: Counter[str] = Counter(dict.fromkeys(FAMILIES, 0))
    uses: Counter[str] = Counter()
    made: dict[tuple[str, ...], Drawn] = {}
    while len(made) < size:
        template = _any(_least(choices[_any(_least(FAMILIES, mentions), generator)], uses), generator)
        types = {letter: next(decks[family]) for letter, family in families(template).items()}
        sentence = _sentence(drawn(template, PHRASES, generator), len(made), types, words=words, generator=generator)
        if sentence.words not in made and SHORTEST <= len(sentence.words) <= LONGEST:
            made[sentence.words] = Drawn(sentence, template)
            uses[template] += 1
            mentions.update(evidence.family for evidence in sentence.evidence)
    return tuple(made.values())


def _sentence(
    line: str, index: int, types: dict[str, str], *, words: tuple[str, ...], generator: np.random.Generator
) -> Sentence:
    """The line with any names from `words` and, for each mention, any evidence word of its type."""
    phrase = tree(line)
    names = {letter: name(words, generator) for letter in types}
    evidence = {letter: _any(WORDS[kind][types[letter]], generator) for letter, kind in kinds(phrase).items()}
    return linearise.sentence(phrase, index, names=names, types=types, evidence=evidence)


def kinds(phrase: Phrase) -> dict[str, str]:
    """Mention letter -> the kind of its slot for evidence."""
    return {word.text: word.kind for word in phrase.words() if word.kind not in ("", "mention")}


@lru_cache(maxsize=1024)
def families(template: str) -> dict[str, str]:
    """Mention letter -> the family of its evidence; no choice of phrase changes it."""
    phrase = tree(drawn(template, PHRASES, np.random.default_rng(0)))
    evidence = {letter: WORDS[kind][TYPES[0]][0] for letter, kind in kinds(phrase).items()}
    laid = linearise.sentence(
        phrase,
        0,
        names={letter: (letter,) for letter in evidence},
        types=dict.fromkeys(evidence, TYPES[0]),
        evidence=evidence,
    )
    return {laid.words[known.start]: known.family for known in laid.evidence}


def _deck(generator: np.random.Generator) -> Iterator[str]:
    while True:
        yield from generator.permutation(TYPES * DECK).tolist()


def _least(choices: Sequence[str], uses: Counter[str]) -> list[str]:
    """Those that were used least."""
    fewest = min(uses[choice] for choice in choices)
    return [choice for choice in choices if uses[choice] == fewest]


def _any(choices: Sequence[str], generator: np.random.Generator) -> str:
    return choices[generator.integers(len(choices))]
