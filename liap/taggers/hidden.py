"""Hidden states: a vector per layer and word, read at the word's first piece, as the labels are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool, Float

from liap.batches import by_length
from liap.taggers.alignment import NO_PIECE, Encoding
from liap.taggers.restriction import reading

if TYPE_CHECKING:
    from liap.taggers.transformer import TransformerTagger


def hidden_states(
    tagger: TransformerTagger, encodings: Sequence[Encoding]
) -> list[Float[np.ndarray, "layers _words width"]]:
    """After the embeddings and after each layer; NaN for a word without a piece."""
    answers: list[np.ndarray | None] = [None] * len(encodings)
    for batch in by_length([encoding.pieces for encoding in encodings], tagger.budget(tagger.pieces_per_batch)):
        ids, lengths = padded([encodings[index] for index in batch], tagger.pad_id)
        read = [(encodings[index].text, encodings[index].word_of_piece) for index in batch]
        with torch.inference_mode(), tagger.autocast(), reading(tagger, read, ids.shape[1]):
            output = tagger.model(
                input_ids=ids.to(tagger.device), **tagger.attended(ids, lengths), output_hidden_states=True
            )
        states = torch.stack([layer.float() for layer in output.hidden_states]).cpu().numpy()
        for row, index in enumerate(batch):
            first = encodings[index].first_piece
            answers[index] = np.where((first == NO_PIECE)[:, None], np.nan, states[:, row, np.maximum(first, 0)])
    return answers


def padded(encodings: Sequence[Encoding], pad_id: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Piece ids `[batch, pieces]`, and their lengths; None where no row is padded."""
    lengths = torch.tensor([encoding.pieces for encoding in encodings])
    ids = torch.full((len(encodings), int(lengths.max())), pad_id)
    for row, encoding in enumerate(encodings):
        ids[row, : encoding.pieces] = torch.from_numpy(encoding.piece_ids)
    return ids, None if int(lengths.min()) == ids.shape[1] else lengths


def inside(ids: torch.Tensor, lengths: torch.Tensor | None) -> Bool[torch.Tensor, "batch pieces"]:
    """False for the pads of what `padded` gives."""
    return torch.ones_like(ids, dtype=torch.bool) if lengths is None else torch.arange(ids.shape[1]) < lengths[:, None]
