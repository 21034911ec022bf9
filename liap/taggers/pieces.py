"""Rows of piece ids -> label probabilities at chosen pieces, in batches of similar length.

In: groups of rows, each row with the pieces to read. Out: an array per group.

1. The rows of all groups are sorted by length and cut into batches by the tagger's budget of pieces, so that hardly any padding
   is computed.
2. There is one forward pass per batch. Only the pieces asked for are read, and softmax is taken over them alone.

`piece_probabilities` and `attention_between` take piece ids as they are, for protocols that tokenise a text in their own way.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Int

from liap.batches import by_length
from liap.taggers import restriction, word_attention
from liap.taggers.alignment import Encoding

if TYPE_CHECKING:
    from liap.taggers.transformer import TransformerTagger


@dataclass(frozen=True, slots=True, eq=False)
class PieceRows:
    """Rows of piece ids, right-padded with -1, and the pieces to read in each."""

    ids: Int[np.ndarray, "rows pieces"]
    lengths: Int[np.ndarray, " rows"]
    places: Int[np.ndarray, "rows read"]  # -1: nothing to read
    text: tuple[str, ...] = ()  # the sentence's words, and the word of each piece: where attention is restricted
    word_of_piece: Int[np.ndarray, "rows pieces"] | None = None


def probabilities_at(
    tagger: TransformerTagger, groups: Sequence[PieceRows]
) -> list[Float[np.ndarray, "_rows _read labels"]]:
    """Label probabilities at the places of each group; NaN where there is nothing to read."""
    answers = [np.full((*rows.places.shape, tagger.scored), np.nan, dtype=np.float32) for rows in groups]
    if groups:
        group = np.concatenate([np.full(len(rows.lengths), index) for index, rows in enumerate(groups)])
        row = np.concatenate([np.arange(len(rows.lengths)) for rows in groups])
        lengths = np.concatenate([rows.lengths for rows in groups])
        for batch in by_length(lengths.tolist(), tagger.budget(tagger.pieces_per_batch)):
            _forward(tagger, group[batch], row[batch], lengths[batch], groups, answers)
    return answers


def piece_probabilities(
    tagger: TransformerTagger, rows: Sequence[Int[np.ndarray, " _pieces"]]
) -> list[Float[np.ndarray, "_pieces labels"]]:
    """Label probabilities at every piece of every row; the rows are taken as they are."""
    groups = [PieceRows(ids[None], np.array([len(ids)]), np.arange(len(ids))[None]) for ids in rows]
    return [answer[0] for answer in probabilities_at(tagger, groups)]


def attention_between(
    tagger: TransformerTagger, piece_ids: Int[np.ndarray, " pieces"]
) -> Float[np.ndarray, "layers heads pieces pieces"]:
    """Attention from every piece to every piece of one row; each row of the matrix sums to 1."""
    every = np.arange(len(piece_ids))
    return word_attention.piece_attention(tagger, [Encoding(piece_ids, every, every)], [every])[0]


def _forward(
    tagger: TransformerTagger,
    group: Int[np.ndarray, " batch"],
    row: Int[np.ndarray, " batch"],
    lengths: Int[np.ndarray, " batch"],
    groups: Sequence[PieceRows],
    answers: list[np.ndarray],
) -> None:
    """Run one batch, the longest row first, and put its probabilities into the answers."""
    longest = int(lengths[0])
    ids = np.full((len(group), longest), tagger.pad_id)
    runs = _runs(group)
    for begin, end in runs:
        part = groups[group[begin]].ids[row[begin:end], :longest]
        ids[begin:end, : part.shape[1]] = np.where(part < 0, tagger.pad_id, part)
    padded = None if lengths[-1] == longest else torch.from_numpy(lengths)
    places = [groups[group[begin]].places[row[begin:end]] for begin, end in runs]
    batch_row = np.repeat(np.arange(len(group)), [part.shape[1] for part in places for _ in range(len(part))])
    flat = np.concatenate([part.ravel() for part in places])
    read = _rows_read(groups, group, row) if tagger.restriction else []
    with tagger.timed(), restriction.reading(tagger, read, longest):
        logits = tagger.logits(torch.from_numpy(ids), padded)
        chosen = logits[torch.from_numpy(batch_row), torch.from_numpy(np.maximum(flat, 0))]
        values = torch.softmax(chosen.float(), dim=-1).cpu().numpy()
    tagger.meter.add(len(group), int(lengths.sum()))
    values[flat < 0] = np.nan
    taken = 0
    for (begin, end), part in zip(runs, places, strict=True):
        answers[group[begin]][row[begin:end]] = values[taken : taken + part.size].reshape(*part.shape, -1)
        taken += part.size


def _rows_read(
    groups: Sequence[PieceRows], group: Int[np.ndarray, " batch"], row: Int[np.ndarray, " batch"]
) -> list[restriction.RowRead]:
    """The words of each row's sentence, and the word of each of its pieces."""
    chosen = [groups[place] for place in group]
    return [
        (rows.text, None if rows.word_of_piece is None else rows.word_of_piece[number])
        for rows, number in zip(chosen, row, strict=True)
    ]


def _runs(values: np.ndarray) -> list[tuple[int, int]]:
    """Half-open runs of equal values."""
    cuts = np.flatnonzero(np.diff(values)) + 1
    return list(itertools.pairwise([0, *cuts.tolist(), len(values)]))
