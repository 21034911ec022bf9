"""The entity words that two languages' corpora share.

O(A, B, c) = sum, over the word types that are marked with category c in both A and B, of their count in A.

A word type is a word as it is written; case counts. Its count is the number of its tokens that a tag marks with the category, over all
splits. `overall` is the sum over categories: a word type must be shared *within* a category. O(A, A) is the number of A's entity
tokens. The *coverage* O(A, B) / O(A, A) is the share of A's entity tokens whose word type B has too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from liap import corpora, tables
from liap.errors import InputError
from liap.records import Sentence
from liap.taggers.entity_f1 import OVERALL

ALL_SPLITS = ("train", "validation", "test")

WordCounts = Mapping[str, Counter[str]]  # category -> word type -> tokens
Corpora = Mapping[str, Mapping[str, tuple[Sentence, ...]]]  # language -> split -> sentences


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """How many tokens of the row's language are of a word type that the column's language shares, in a category."""

    category: str
    languages: tuple[str, ...]
    tokens: Int[np.ndarray, "counted_in shared_with"]

    @property
    def coverage(self) -> Float[np.ndarray, "counted_in shared_with"]:
        """The same as a share of the row's entity tokens, 0..1; NaN for a language without any."""
        own = np.diag(self.tokens).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.tokens / own[:, None]

    def of(self, languages: Sequence[str]) -> Overlap:
        """The same for some of the languages, in their order."""
        chosen = [self.languages.index(language) for language in languages]
        return Overlap(self.category, tuple(languages), self.tokens[np.ix_(chosen, chosen)])


def word_counts(sentences: Sequence[Sentence]) -> WordCounts:
    """The tokens of every word type by category."""
    counts: dict[str, Counter[str]] = {}
    for sentence in sentences:
        for word, tag in zip(sentence.words, sentence.tags or (), strict=True):
            if tag != "O":
                counts.setdefault(tag[2:], Counter())[word] += 1
    return counts


def shared_tokens(counted_in: WordCounts, shared_with: WordCounts, category: str) -> int:
    """O(A, B, c): tokens of A whose word type is marked with the category in B too."""
    chosen = sorted(counted_in) if category == OVERALL else [category]
    none: Counter[str] = Counter()
    return sum(
        count
        for kind in chosen
        for word, count in counted_in.get(kind, none).items()
        if word in shared_with.get(kind, none)
    )


def overlap_of(counts: Mapping[str, WordCounts], category: str) -> Overlap:
    """The table of a category over all languages, in the order given."""
    cells = [[shared_tokens(first, second, category) for second in counts.values()] for first in counts.values()]
    return Overlap(category, tuple(counts), np.array(cells, dtype=int).reshape(len(counts), len(counts)))


def overlaps(counts: Mapping[str, WordCounts]) -> dict[str, Overlap]:
    """`overall`, then every category that a language has."""
    kinds = sorted({kind for of_language in counts.values() for kind in of_language})
    return {category: overlap_of(counts, category) for category in (OVERALL, *kinds)}


def read_corpora(folder: Path, languages: Sequence[str] = ()) -> Corpora:
    """Every split of each language; without names, of every folder in alphabetical order. Raises InputError."""
    if not folder.is_dir():
        raise InputError(f"--corpora {folder}: no such folder; expected a folder for each language, with its splits")
    languages = languages or sorted(path.name for path in folder.iterdir() if path.is_dir())
    if not languages:
        raise InputError(f"--corpora {folder}: no folder of a language in it; expected one for each, with its splits")
    for language in languages:
        if not (folder / language).is_dir():
            raise InputError(
                f"--corpora {folder}: no folder {language}; expected one for each language, with its splits"
            )
    return {
        language: {split: corpora.load(str(folder / language), split) for split in ALL_SPLITS} for language in languages
    }


def counts_of(sentences: Corpora) -> dict[str, WordCounts]:
    """The counts of each language over all its splits."""
    return {
        language: word_counts([sentence for split in splits.values() for sentence in split])
        for language, splits in sentences.items()
    }


def entities_of(sentences: Corpora) -> dict[tuple[str, str, str], int]:
    """(language, split, category) -> gold entities."""
    return dict(
        Counter(
            (language, split, tag[2:])
            for language, splits in sentences.items()
            for split, of_split in splits.items()
            for sentence in of_split
            for tag in sentence.tags or ()
            if tag.startswith("B-")
        )
    )


def overlap_csv(overlap: Overlap) -> str:
    """The table as the published `data_*.csv` have it: a column is the language whose tokens are counted."""
    lines = [
        {"shared_with": language}
        | {name: int(overlap.tokens[column, row]) for column, name in enumerate(overlap.languages)}
        for row, language in enumerate(overlap.languages)
    ]
    columns = ["shared_with", *overlap.languages]
    return tables.header(columns) + tables.lines(lines, columns)
