"""Words to pieces and back: which pieces of the model's input belong to which word of the corpus.

In: the words of a sentence, and any fast tokenizer. Out: an `Encoding`, piece ids with the model's special tokens, and
for every piece the word it belongs to.

1. The tokenizer is given the corpus's words as they are; nothing is joined and split again.
2. Each word is cut into pieces by itself, as it would be after a blank: byte-level BPE sees a blank before each word.
3. The tokenizer says for each piece which word it came from; a word that yields no piece (an invisible character that
   the normaliser drops) keeps its place and its index, and has no first piece.

A word that reads like a special token (`[SEP]`, `<s>`) becomes that token's id but still belongs to its word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from tokenizers import normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

NO_WORD = -1  # in `word_of_piece`: a special token
NO_PIECE = -1  # in `first_piece`: a word without pieces


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """A sentence as the model reads it, and how its pieces map to words."""

    piece_ids: Int[np.ndarray, " pieces"]  # with special tokens
    word_of_piece: Int[np.ndarray, " pieces"]  # -1 for special tokens
    first_piece: Int[np.ndarray, " words"]  # -1 where a word yields no piece

    @property
    def words(self) -> int:
        return len(self.first_piece)

    @property
    def pieces(self) -> int:
        return len(self.piece_ids)


def encode(tokenizer: PreTrainedTokenizerFast, words: Sequence[str]) -> Encoding:
    """The words' pieces, never cut to the model's limit; lone surrogates, which are no text, are read as `?`."""
    backend = tokenizer.backend_tokenizer
    if backend.truncation is not None:
        backend.no_truncation()
    if backend.padding is not None:
        backend.no_padding()
    encoded = backend.encode([_as_text(word) for word in words], is_pretokenized=True, add_special_tokens=True)
    word_of_piece = np.array([NO_WORD if word is None else word for word in encoded.word_ids], dtype=np.int64)
    first_piece = np.full(len(words), NO_PIECE, dtype=np.int64)
    inside = np.flatnonzero(word_of_piece != NO_WORD)
    first_piece[word_of_piece[inside[::-1]]] = inside[::-1]  # backwards, so that the first piece is written last
    return Encoding(np.array(encoded.ids, dtype=np.int64), word_of_piece, first_piece)


def prepare_for_words(tokenizer: PreTrainedTokenizerFast) -> None:
    """Let a byte-level BPE see a blank before every word, as in running text; other tokenizers stay as they are."""
    backend = tokenizer.backend_tokenizer
    splitter = backend.pre_tokenizer
    if isinstance(splitter, pre_tokenizers.ByteLevel):
        splitter.add_prefix_space = True
    elif isinstance(splitter, pre_tokenizers.Sequence) and _lacks_blank(splitter, backend.normalizer):
        # such a tokenizer splits a word further before it reads bytes: a blank there would stand before every part
        blank = normalizers.Prepend(" ")
        backend.normalizer = normalizers.Sequence([backend.normalizer, blank]) if backend.normalizer else blank


def _lacks_blank(splitter: pre_tokenizers.Sequence, normalizer: normalizers.Normalizer | None) -> bool:
    byte_levels = [step for step in splitter if isinstance(step, pre_tokenizers.ByteLevel)]
    if not byte_levels or any(step.add_prefix_space for step in byte_levels):
        return False
    return normalizer is None or not normalizer.normalize_str("a").startswith(" ")


def _as_text(word: str) -> str:
    return word.encode("utf-8", errors="replace").decode("utf-8")
