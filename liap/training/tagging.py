"""A tag for each word, in single precision: what fine-tuning is judged by.

In: a token classifier and encoded sentences. Out: the most probable label at each word's first piece; `O` where a word
has no piece. Sentences are sorted by length and cut into batches by a budget of pieces; several processes share the
batches out, and all of them have all tags.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int

from liap import processes
from liap.batches import by_length
from liap.taggers.alignment import NO_PIECE, Encoding

PIECES_PER_BATCH = 4096


def predict_tags(
    model: torch.nn.Module, encodings: Sequence[Encoding], *, labels: tuple[str, ...], pad_id: int
) -> list[tuple[str, ...]]:
    """One tag a word, sentence by sentence in the order given; the model's mode is left as it was."""
    device = next(model.parameters()).device
    own: dict[int, tuple[str, ...]] = {}
    trained = model.training
    model.eval()
    for batch in processes.share(list(by_length([encoding.pieces for encoding in encodings], PIECES_PER_BATCH))):
        ids, attended = pad([encodings[index].piece_ids for index in batch], pad_id)
        with torch.inference_mode():
            logits = model(input_ids=ids.to(device), attention_mask=attended.to(device)).logits
        best = logits.argmax(dim=-1).cpu().numpy()
        for row, index in enumerate(batch):
            own[index] = _at_words(best[row], encodings[index], labels)
    model.train(trained)
    tags = {index: words for part in processes.gather(own) for index, words in part.items()}
    return [tags[index] for index in range(len(encodings))]


def pad(
    rows: Sequence[Int[np.ndarray, " _"]], filler: int
) -> tuple[Int[torch.Tensor, "batch pieces"], Int[torch.Tensor, "batch pieces"]]:
    """The rows in one rectangle, and 1 where it holds a row's own values."""
    length = max(len(row) for row in rows)
    values = torch.full((len(rows), length), filler, dtype=torch.long)
    own = torch.zeros((len(rows), length), dtype=torch.long)
    for place, row in enumerate(rows):
        values[place, : len(row)] = torch.from_numpy(row)
        own[place, : len(row)] = 1
    return values, own


def _at_words(best: Int[np.ndarray, " pieces"], encoding: Encoding, labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("O" if piece == NO_PIECE else labels[best[piece]] for piece in encoding.first_piece)
