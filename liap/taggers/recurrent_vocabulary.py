"""The words and letters that a recurrent tagger knows, and sentences as batches of their numbers.

Digits are read as 0 (Yang & Zhang 2018), so `1996` and `2003` are one word. A word is looked up as it is written, else in lower case,
else it is unknown. A word that is hidden is unknown, and so is its only letter.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from liap.errors import InputError

PAD, UNKNOWN = 0, 1  # numbers that no word and no letter has
FIRST = 2  # the number of the first word, and of the first letter
LONGEST_WORD = 40  # letters; what follows is not read


@functools.lru_cache(maxsize=2**18)
def normalised(word: str) -> str:
    """The word with every digit as 0."""
    return "".join("0" if letter.isdigit() else letter for letter in word)


@dataclass(frozen=True, slots=True, eq=False)
class WordBatch:
    """Sentences as numbers; each different spelling has one row of letters."""

    words: Int[Tensor, "batch words"]
    spellings: Int[Tensor, "batch words"]  # rows of `letters`
    letters: Int[Tensor, "spellings letters"]
    lengths: Int[Tensor, " batch"]  # words of each sentence

    @property
    def inside(self) -> Tensor:
        """True where there is a word, and no pad."""
        return torch.arange(self.words.shape[1]) < self.lengths[:, None]


@dataclass(frozen=True)
class RecurrentVocabulary:
    """Known words and letters, in the order of their numbers."""

    words: tuple[str, ...]
    letters: tuple[str, ...]

    @classmethod
    def of(cls, training: Iterable[Sequence[str]], further: Iterable[str] = ()) -> RecurrentVocabulary:
        """The words of the training sentences, then further words; the letters are those of the training words."""
        known: dict[str, None] = {}
        for words in training:
            known.update(dict.fromkeys(map(normalised, words)))
        letters = tuple(sorted({letter for word in known for letter in word}))
        known.update(dict.fromkeys(map(normalised, further)))
        return cls(tuple(known), letters)

    @classmethod
    def from_json(cls, content: dict, where: str) -> RecurrentVocabulary:
        """What `to_json` made; InputError for anything else."""
        lists = [content.get(name) for name in ("words", "letters")]
        for name, entries in zip(("words", "letters"), lists, strict=True):
            if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
                raise InputError(f"{where}: {name} is no list of texts; train the tagger again")
            if len(set(entries)) < len(entries):
                raise InputError(f"{where}: {name} holds an entry twice; train the tagger again")
        return cls(tuple(lists[0]), tuple(lists[1]))

    def to_json(self) -> str:
        """The words and letters as JSON."""
        return json.dumps({"words": self.words, "letters": self.letters}, ensure_ascii=False)

    @cached_property
    def word_numbers(self) -> dict[str, int]:
        """Each word's number."""
        return {word: number for number, word in enumerate(self.words, FIRST)}

    @cached_property
    def letter_numbers(self) -> dict[str, int]:
        """Each letter's number."""
        return {letter: number for number, letter in enumerate(self.letters, FIRST)}

    def number_of(self, word: str) -> int:
        """The word's number; UNKNOWN if neither it nor its lower case is known."""
        spelled = normalised(word)
        return self.word_numbers.get(spelled) or self.word_numbers.get(spelled.lower(), UNKNOWN)

    def spelled(self, word: str) -> list[int]:
        """The numbers of the word's letters, at least one."""
        numbers = [self.letter_numbers.get(letter, UNKNOWN) for letter in normalised(word)[:LONGEST_WORD]]
        return numbers or [UNKNOWN]


class Spellings:
    """A table of spellings that grows as words are met; row 0 is that of a hidden word."""

    def __init__(self, vocabulary: RecurrentVocabulary) -> None:
        self.vocabulary = vocabulary
        self.rows: list[list[int]] = [[UNKNOWN]]
        self.places: dict[str, int] = {}

    def number(self, words: Sequence[str]) -> tuple[Int[np.ndarray, " words"], Int[np.ndarray, " words"]]:
        """The words' numbers, and their rows in this table."""
        for word in words:
            if word not in self.places:
                self.places[word] = len(self.rows)
                self.rows.append(self.vocabulary.spelled(word))
        numbers = np.array([self.vocabulary.number_of(word) for word in words], dtype=np.int64)
        return numbers, np.array([self.places[word] for word in words], dtype=np.int64)

    def batch(self, words: Sequence[np.ndarray], spellings: Sequence[np.ndarray]) -> WordBatch:
        """Rows of word numbers, and of places in this table, as a batch; only the spellings that occur are in it."""
        lengths = [len(row) for row in words]
        table, places = (np.zeros((len(words), max(lengths)), dtype=np.int64) for _ in range(2))
        for row, (numbers, spelled) in enumerate(zip(words, spellings, strict=True)):
            table[row, : lengths[row]], places[row, : lengths[row]] = numbers, spelled
        used, inverse = np.unique(places, return_inverse=True)
        rows = [self.rows[place] for place in used]
        letters = np.full((len(rows), max(map(len, rows))), PAD, dtype=np.int64)
        for place, row in enumerate(rows):
            letters[place, : len(row)] = row
        return WordBatch(
            torch.from_numpy(table),
            torch.from_numpy(inverse.reshape(places.shape)),
            torch.from_numpy(letters),
            torch.tensor(lengths),
        )
