"""A cased vocabulary of word pieces for a small model, and where each piece stands in a large uncased encoder's embedding.

In: sentences with parts of speech, the encoder's vocabulary and embedding. Out: pieces, and for each a vector of the encoder and its case.

1. Every character of the sentences, alone and inside a word.
2. Words of the sentences that are frequent enough and that the encoder knows whole, in the letter case in which they stand.
3. Words that the encoder knows and the sentences lack, with a capital, the likeliest names first. How likely a word is a name is the answer
   of a ridge regression from its embedding to the share of proper nouns among its occurrences, fitted on the words of the sentences.
4. The encoder's most frequent pieces inside words (its vocabulary is in order of frequency).

A piece that the encoder lacks has the mean of its characters' vectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int

from liap.records import Sentence

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CASES = ("small", "capitals", "capital", "mixed", "digits", "other")
UNIVERSAL = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip  # universal parts of speech; 0 stands for every other
PROPER = "PROPN"
INSIDE = "##"
SHRINKAGE = 1.0  # of the ridge regression
MOST_WEIGHT = 5  # occurrences of a word that count in it
SHORTEST_NAME = 3  # letters


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """What is taken from the large encoder."""

    numbers: Mapping[str, int]  # piece -> row
    embedding: Float[torch.Tensor, "rows width"]

    def vectors(self, pieces: Sequence[str]) -> Float[torch.Tensor, "pieces width"]:
        """The rows of pieces that it has."""
        return self.embedding[[self.numbers[piece] for piece in pieces]]


def case_of(word: str) -> str:
    """One of `CASES`."""
    if word.isupper() and len(word) > 1:
        return "capitals"
    if word[:1].isupper():
        return "capital"
    if any(letter.isupper() for letter in word):
        return "mixed"
    if any(letter.isdigit() for letter in word):
        return "digits"
    return "small" if any(letter.isalpha() for letter in word) else "other"


def number_of(known: Sequence[str], value: str) -> int:
    """From 1; 0 for an unknown value."""
    return 1 + known.index(value) if value in known else 0


def numbers_of_parts(sentence: Sentence) -> list[int]:
    """Each word's part of speech, from 1; 0 where it is unknown."""
    if sentence.parse is None:
        return [0] * len(sentence.words)
    return [number_of(UNIVERSAL, part) for part in sentence.parse.parts_of_speech]


def choose_pieces(
    sentences: Sequence[Sentence], encoder: Encoder, *, least: int, names: int, inside: int
) -> tuple[str, ...]:
    """The vocabulary: words seen `least` times or more, so many `names`, so many pieces `inside` words."""
    counts = Counter(word for sentence in sentences for word in sentence.words)
    characters = sorted({character for word in counts for character in word})
    seen = sorted(word for word, count in counts.items() if count >= least and word.lower() in encoder.numbers)
    parts = [piece for piece in encoder.numbers if piece.startswith(INSIDE) and _is_plain(piece.removeprefix(INSIDE))]
    parts.sort(key=encoder.numbers.__getitem__)
    capitalised = [name.capitalize() for name in likely_names(sentences, encoder)[:names]]
    inner = [INSIDE + character for character in characters]
    return tuple(dict.fromkeys([*SPECIAL, *characters, *inner, *seen, *capitalised, *parts[:inside]]))


def likely_names(sentences: Sequence[Sentence], encoder: Encoder) -> list[str]:
    """Words that the encoder knows and the sentences lack, the likeliest names first."""
    counts: Counter[str] = Counter()
    proper: Counter[str] = Counter()
    for sentence in sentences:
        for word, part in zip(sentence.words, sentence.parse.parts_of_speech, strict=True):
            counts[word.lower()] += 1
            proper[word.lower()] += part == PROPER
    known = sorted(word for word in counts if word in encoder.numbers and _is_plain(word))
    share = torch.tensor([proper[word] / counts[word] for word in known])
    weight = torch.tensor([float(min(counts[word], MOST_WEIGHT)) for word in known])
    rows = _with_one(encoder.vectors(known))
    matrix = rows.T @ (weight[:, None] * rows) + SHRINKAGE * torch.eye(rows.shape[1])
    answer = torch.linalg.solve(matrix, rows.T @ (weight * share))
    others = sorted(w for w in encoder.numbers if _is_plain(w) and len(w) >= SHORTEST_NAME and w not in counts)
    order = (_with_one(encoder.vectors(others)) @ answer).argsort(descending=True, stable=True)
    return [others[index] for index in order.tolist()]


def places_in(
    encoder: Encoder, pieces: Sequence[str]
) -> tuple[Float[torch.Tensor, "pieces width"], Int[torch.Tensor, " pieces"]]:
    """Each piece's vector in the encoder's embedding, and its case; special tokens have the last case of all."""
    vectors = torch.stack([_vector(encoder, piece) for piece in pieces])
    cases = [
        len(CASES) if piece in SPECIAL else CASES.index(case_of(piece.removeprefix(INSIDE) or piece))
        for piece in pieces
    ]
    return vectors, torch.tensor(cases)


def _vector(encoder: Encoder, piece: str) -> Float[torch.Tensor, " width"]:
    known = piece if piece in SPECIAL else piece.lower()
    if known in encoder.numbers:
        return encoder.embedding[encoder.numbers[known]]
    letters = [letter for letter in known.removeprefix(INSIDE) if letter in encoder.numbers]
    return encoder.vectors(letters or ["[UNK]"]).mean(dim=0)


def _is_plain(word: str) -> bool:
    return word.isascii() and word.isalpha()


def _with_one(rows: Float[torch.Tensor, "rows width"]) -> Float[torch.Tensor, "rows more"]:
    return torch.cat([rows, torch.ones(len(rows), 1)], dim=1)
