"""Words to pieces and back: which pieces of the model's input belong to which word of the corpus.

In: the words of a sentence, and any fast tokenizer. Out: an `Encoding`: the ids of the pieces and special tokens, and the word that
each piece belongs to.

1. The tokenizer receives the corpus's words as they are; nothing is joined and split again.
2. Each word is split into pieces on its own, as if a blank preceded it, which byte-level BPE needs.
3. The tokenizer says which word each piece came from. A word without pieces (an invisible character that the normaliser drops)
   keeps its index, and has no first piece.

A tokenizer whose splits are drawn at random (BPE dropout, Unigram sampling) is made deterministic by `prepare_for_words`.
A word that looks like a special token (`[SEP]`, `<s>`) gets that token's id but still belongs to its word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from tokenizers import normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from liap.errors import InputError, first_line, quoted

NO_WORD = -1  # in `word_of_piece`: a special token
NO_PIECE = -1  # in `first_piece`: a word without pieces


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """A sentence as the model reads it, and the mapping from its pieces to its words."""

    piece_ids: Int[np.ndarray, " pieces"]  # with special tokens
    word_of_piece: Int[np.ndarray, " pieces"]  # -1 for special tokens
    first_piece: Int[np.ndarray, " words"]  # -1 for a word without pieces
    text: tuple[str, ...] = ()  # the words; () for pieces that were not made from words

    @property
    def words(self) -> int:
        return len(self.first_piece)

    @property
    def pieces(self) -> int:
        return len(self.piece_ids)


def encode(tokenizer: PreTrainedTokenizerFast, words: Sequence[str]) -> Encoding:
    """The words' pieces, never cut to the model's limit; lone surrogates, which are not valid text, are read as `?`."""
    backend = tokenizer.backend_tokenizer
    if backend.truncation is not None:
        backend.no_truncation()
    if backend.padding is not None:
        backend.no_padding()
    try:
        encoded = backend.encode([_as_text(word) for word in words], is_pretokenized=True, add_special_tokens=True)
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        start = quoted(" ".join(words[:8]))
        raise InputError(f"the model's tokenizer fails on the sentence {start} ({first_line(error)})") from error
    word_of_piece = np.array([NO_WORD if word is None else word for word in encoded.word_ids], dtype=np.int64)
    first_piece = np.full(len(words), NO_PIECE, dtype=np.int64)
    inside = np.flatnonzero(word_of_piece != NO_WORD)
    first_piece[word_of_piece[inside[::-1]]] = inside[::-1]  # backwards: the first piece overwrites later ones
    return Encoding(np.array(encoded.ids, dtype=np.int64), word_of_piece, first_piece, tuple(words))


def prepare_for_words(tokenizer: PreTrainedTokenizerFast) -> None:
    """Make the tokenizer deterministic, and a byte-level BPE see a blank before every word, as in running text."""
    backend = tokenizer.backend_tokenizer
    for setting in ("dropout", "alpha", "nbest_size"):  # of BPE; of Unigram, in versions that sample
        if getattr(backend.model, setting, None) is not None:
            setattr(backend.model, setting, None)
    splitter = backend.pre_tokenizer
    if isinstance(splitter, pre_tokenizers.ByteLevel):
        splitter.add_prefix_space = True
    elif isinstance(splitter, pre_tokenizers.Sequence) and _lacks_blank(splitter, backend.normalizer):
        # such a tokenizer splits a word further before it reads bytes: adding the blank there would put one before every part
        blank = normalizers.Prepend(" ")
        backend.normalizer = normalizers.Sequence([backend.normalizer, blank]) if backend.normalizer else blank


def _lacks_blank(splitter: pre_tokenizers.Sequence, normalizer: normalizers.Normalizer | None) -> bool:
    byte_levels = [step for step in splitter if isinstance(step, pre_tokenizers.ByteLevel)]
    if not byte_levels or any(step.add_prefix_space for step in byte_levels):
        return False
    return normalizer is None or not normalizer.normalize_str("a").startswith(" ")


def special_id(tokenizer: PreTrainedTokenizerFast, token: str | None) -> int | None:
    """The id of a special token; None for one that is missing, empty or not in the vocabulary."""
    return tokenizer.backend_tokenizer.token_to_id(token) if token else None


def is_panic(error: BaseException) -> bool:
    """Whether the error is a panic of a library in Rust: pyo3 derives them from BaseException and exports no name."""
    return type(error).__name__ == "PanicException"


def _as_text(word: str) -> str:
    return word.encode("utf-8", errors="replace").decode("utf-8")
