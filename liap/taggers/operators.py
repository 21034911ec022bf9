"""Operators: how a word is hidden from the model. Piece ids are edited in place; no text is ever tokenised again.

`mask`    every piece of the word becomes the mask token: the length stays;
`unk`     every piece becomes the unknown token: the length stays;
`delete`  the word's pieces are removed, and later pieces move up.

A fourth, `marginal`, puts likely words in the word's place: whole sentences of other words, which every tagger reads (see `liap.perturbation.marginal`).

Hiding a word without a piece changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Int

from liap.errors import InputError
from liap.settings import OPERATORS
from liap.taggers.alignment import NO_WORD, Encoding

if TYPE_CHECKING:
    from liap.taggers.transformer import TransformerTagger


def token_id(tagger: TransformerTagger, operator: str) -> int:
    """The piece that stands for a masked word; -1 for `delete`."""
    if operator not in OPERATORS:
        raise InputError(f"operator must be one of {', '.join(OPERATORS)}, got {operator!r}: mend --operator")
    token = {"mask": tagger.mask_id, "unk": tagger.unk_id, "delete": -1}[operator]
    if token is None:
        raise InputError(
            f"the model's tokenizer has no {operator} token; expected one for the operator {operator!r}: "
            "choose another --operator, for instance delete"
        )
    return token


def kept_pieces(encoding: Encoding, masks: Bool[np.ndarray, "masks words"]) -> Bool[np.ndarray, "masks pieces"]:
    """The masks over words, as masks over pieces; special tokens are always kept."""
    with_special = np.concatenate([masks, np.ones((len(masks), 1), dtype=bool)], axis=1)
    return with_special[:, encoding.word_of_piece]


def edited_words(
    encoding: Encoding, masks: Bool[np.ndarray, "masks words"], token: int
) -> Int[np.ndarray, "masks pieces"]:
    """The word of each piece that `edit` leaves, in its order; -1 for special tokens and behind the last piece."""
    if token >= 0:
        return np.broadcast_to(encoding.word_of_piece, (len(masks), encoding.pieces))
    kept = kept_pieces(encoding, masks)
    order = np.argsort(~kept, axis=1, kind="stable")
    return np.where(np.arange(encoding.pieces) < kept.sum(axis=1)[:, None], encoding.word_of_piece[order], NO_WORD)


def edit(
    encoding: Encoding, masks: Bool[np.ndarray, "masks words"], token: int
) -> tuple[Int[np.ndarray, "masks pieces"], Int[np.ndarray, " masks"], Int[np.ndarray, "masks words"]]:
    """The edited piece ids (right-padded with -1), their lengths, and where each word's first piece now stands.

    The place is -1 for a word that has no piece or was deleted.
    """
    kept = kept_pieces(encoding, masks)
    first = np.broadcast_to(encoding.first_piece, masks.shape)
    if token >= 0 or masks.all():
        lengths = np.full(len(masks), len(encoding.piece_ids))
        return np.where(kept, encoding.piece_ids, token), lengths, first
    order = np.argsort(~kept, axis=1, kind="stable")
    lengths = kept.sum(axis=1)
    ids = np.where(np.arange(kept.shape[1]) < lengths[:, None], encoding.piece_ids[order], -1)
    places = np.cumsum(kept, axis=1)[:, encoding.first_piece] - 1
    return ids, lengths, np.where((first >= 0) & masks, places, -1)
