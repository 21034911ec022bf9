"""The planted corpus: a split and a seed -> sentences with known evidence.

1. Each template declares the families of its mentions' evidence.
2. For each sentence, choose the family with the fewest mentions so far, one of the least used templates with that family, and
   random phrases, names and evidence words.
3. Deal the type of each mention from its family's shuffled deck, which holds all types equally often. The type depends on
   nothing else in the sentence, so nothing but the evidence reveals it. Distractors get types in the same way, from a deck of
   their own, so a quarter of them has the mention's own type: a distractor says nothing about the type that it is not for.
4. Drop repeated sentences and those shorter or longer than newswire. Evidence words of all types are one word long, so this
   favours no type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from liap.corpora.planted import linearise
from liap.corpora.planted.names import name, pool
from liap.corpora.planted.notation import FAMILIES, STRAY, Phrase, drawn, tree
from liap.corpora.planted.phrases import PHRASES
from liap.corpora.planted.templates import TEMPLATES
from liap.corpora.planted.wordlists import EVIDENCE_WORDS, TYPES
from liap.errors import InputError
from liap.records import Sentence

SIZES = {"train": 12000, "validation": 400, "test": 600}  # sentences
SHORTEST, LONGEST = 6, 40  # words
DECK = 64  # copies of each type in a deck; many, so that one mention's type reveals next to nothing about another's


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sentence and its template."""

    sentence: Sentence
    template: str


def sentences(split: str, seed: int = 0) -> tuple[Sentence, ...]:
    """The split's sentences, determined by the seed. Splits share neither name words nor templates."""
    return tuple(made.sentence for made in drawn_from(split, seed))


def drawn_from(split: str, seed: int = 0, size: int | None = None) -> tuple[Drawn, ...]:
    """The split's first `size` sentences (default: all) with their templates. Raises InputError."""
    if split not in SIZES:
        raise InputError(f"planted corpus: split {split!r}; expected one of {', '.join(SIZES)}")
    return _drawn_from(split, seed, SIZES[split] if size is None else size)


@lru_cache(maxsize=8)
def _drawn_from(split: str, seed: int, size: int) -> tuple[Drawn, ...]:
    generator = np.random.default_rng([seed, list(SIZES).index(split)])
    words = pool(split, generator)
    choices = {family: [line for line in TEMPLATES[split] if family in families(line).values()] for family in FAMILIES}
    decks = {family: _deck(generator) for family in (*FAMILIES, STRAY)}
    mentions: Counter[str] = Counter(dict.fromkeys(FAMILIES, 0))
    uses: Counter[str] = Counter()
    made: dict[tuple[str, ...], Drawn] = {}
    while len(made) < size:
        template = _any(_least(choices[_any(_least(FAMILIES, mentions), generator)], uses), generator)
        types = {letter: next(decks[family]) for letter, family in families(template).items()}
        phrase = tree(drawn(template, PHRASES, generator))
        strays = [_any(EVIDENCE_WORDS[kind][next(decks[STRAY])], generator) for kind in stray_kinds(phrase)]
        sentence = _sentence(phrase, len(made), types, strays=strays, words=words, generator=generator)
        if sentence.words not in made and SHORTEST <= len(sentence.words) <= LONGEST:
            made[sentence.words] = Drawn(sentence, template)
            uses[template] += 1
            mentions.update(evidence.family for evidence in sentence.evidence)
    return tuple(made.values())


def _sentence(
    phrase: Phrase,
    index: int,
    types: dict[str, str],
    *,
    strays: Sequence[str],
    words: tuple[str, ...],
    generator: np.random.Generator,
) -> Sentence:
    """The tree's sentence, with random names from `words` and a random evidence word of each mention's type."""
    names = {letter: name(words, generator) for letter in types}
    evidence = {letter: _any(EVIDENCE_WORDS[kind][types[letter]], generator) for letter, kind in kinds(phrase).items()}
    return linearise.sentence(phrase, index, names=names, types=types, evidence=evidence, strays=strays)


def kinds(phrase: Phrase) -> dict[str, str]:
    """Mention letter -> kind of its evidence slot."""
    return {word.text: word.kind for word in phrase.words() if word.evidence}


def stray_kinds(phrase: Phrase) -> list[str]:
    """The kinds of the distractors, in order."""
    return [word.kind for word in phrase.words() if word.stray]


@lru_cache(maxsize=1024)
def families(template: str) -> dict[str, str]:
    """Mention letter -> declared family of its evidence, which the choice of phrases does not change."""
    phrase = tree(drawn(template, PHRASES, np.random.default_rng(0)))
    return {word.text: word.family for word in phrase.words() if word.evidence}


def _deck(generator: np.random.Generator) -> Iterator[str]:
    while True:
        yield from generator.permutation(TYPES * DECK).tolist()


def _least(choices: Sequence[str], uses: Counter[str]) -> list[str]:
    """The least used choices."""
    fewest = min(uses[choice] for choice in choices)
    return [choice for choice in choices if uses[choice] == fewest]


def _any(choices: Sequence[str], generator: np.random.Generator) -> str:
    return choices[generator.integers(len(choices))]
