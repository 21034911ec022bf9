"""Names made of syllables: a split -> its pool of name words.

1. A name word has two or three syllables, each an onset and a vowel, and a final consonant that few English words end in.
2. A digest of the word decides its split, so no word is ever in two splits.
3. A name has one or two words. It is drawn without regard to the type, so neither the name nor its form (ending, length,
   number of words) reveals the type.
"""

from __future__ import annotations

import hashlib

import numpy as np

ONSETS = tuple("b br d dr f g k kr l m n p r s st t tr v z th".split())
VOWELS = tuple("a e i o u ai".split())
CODAS = tuple("k m v sk lm lk nk zh".split())
REAL = frozenset(  # existing words and names, which are excluded
    """barak demand denim derek forum gotham gustav karim latham madam malik marek novak salem salim serum stalk taluk tatum
    venom vikram""".split()
)
SHARES = {"train": range(6), "validation": range(6, 8), "test": range(8, 10)}  # of the ten values of a word's digest
POOLS = {"train": 1500, "validation": 300, "test": 500}  # name words
THREE_SYLLABLES = 0.25  # share of name words with three syllables; the others have two
TWO_WORDS = 0.3  # share of names with two words


def split_of(word: str) -> str:
    """The only split that may use a name word."""
    digit = hashlib.sha256(word.encode()).digest()[0] % 10
    return next(split for split, digits in SHARES.items() if digit in digits)


def pool(split: str, generator: np.random.Generator) -> tuple[str, ...]:
    """The name words of a split, all different."""
    words: dict[str, None] = {}
    while len(words) < POOLS[split]:
        word = _word(generator)
        if word not in REAL and split_of(word) == split:
            words[word] = None
    return tuple(word.capitalize() for word in words)


def name(words: tuple[str, ...], generator: np.random.Generator) -> tuple[str, ...]:
    """One or two different words of a pool."""
    first, second = generator.integers(len(words), size=2)
    return (words[first], words[second]) if generator.random() < TWO_WORDS and first != second else (words[first],)


def _word(generator: np.random.Generator) -> str:
    count = 3 if generator.random() < THREE_SYLLABLES else 2
    onsets = generator.integers(len(ONSETS), size=count)
    vowels = generator.integers(len(VOWELS), size=count)
    syllables = (ONSETS[onset] + VOWELS[vowel] for onset, vowel in zip(onsets, vowels, strict=True))
    return "".join(syllables) + CODAS[generator.integers(len(CODAS))]
