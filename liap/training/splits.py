"""A split of the corpus in the model's pieces: batches to train on, and the model's tags and scores for it.

In: sentences with gold tags, and a tokenizer. Out: padded batches of pieces and labels; after training, a tag per word and entity F1.

1. A sentence longer than the model's limit is skipped and counted, never cut.
2. A word's label stands at its first piece; other pieces and special tokens have none (Devlin et al. 2019, section 5.3).
3. To tag a split, its sentences are sorted by length and batched up to a budget of pieces. A word's tag is the most probable label at
   its first piece, `O` for a word without pieces. Several processes divide the batches among them; all receive all tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from transformers import PreTrainedTokenizerFast

from liap import processes
from liap.batches import by_length
from liap.records import Sentence
from liap.taggers.alignment import NO_PIECE, Encoding, encode
from liap.taggers.entity_f1 import EntityScore, entity_f1

PIECES_PER_BATCH = 4096
NO_LABEL = -100  # PyTorch's cross entropy ignores it


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The sentences of a split that fit the model, and their pieces."""

    sentences: tuple[Sentence, ...]
    encodings: tuple[Encoding, ...]
    skipped: int  # longer than the model's limit


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A sentence to train on: its pieces, and the label of each word at its first piece."""

    piece_ids: np.ndarray
    targets: np.ndarray  # NO_LABEL at other pieces


def fit(sentences: Sequence[Sentence], tokenizer: PreTrainedTokenizerFast, limit: int) -> Split:
    """The sentences of at most `limit` pieces, special tokens included."""
    encoded = [(sentence, encode(tokenizer, sentence.words)) for sentence in sentences]
    fitting = [(sentence, encoding) for sentence, encoding in encoded if encoding.pieces <= limit]
    return Split(
        tuple(sentence for sentence, _ in fitting),
        tuple(encoding for _, encoding in fitting),
        len(encoded) - len(fitting),
    )


def examples(split: Split, labels: tuple[str, ...]) -> list[Example]:
    """Each word's label at its first piece, NO_LABEL elsewhere."""
    number = {label: index for index, label in enumerate(labels)}
    rows = []
    for sentence, encoding in zip(split.sentences, split.encodings, strict=True):
        targets = np.full(encoding.pieces, NO_LABEL, dtype=np.int64)
        for tag, piece in zip(sentence.tags, encoding.first_piece, strict=True):
            if piece != NO_PIECE:
                targets[piece] = number[tag]
        rows.append(Example(encoding.piece_ids, targets))
    return rows


def collate(batch: Sequence[dict[str, np.ndarray]], pad_id: int) -> dict[str, torch.Tensor]:
    """The batch, padded to its longest row; an empty share becomes one unlabelled piece, because every process takes every step."""
    batch = batch or [{"input_ids": np.array([pad_id]), "labels": np.array([NO_LABEL])}]
    ids, attended = pad([row["input_ids"] for row in batch], pad_id)
    targets, _ = pad([row["labels"] for row in batch], NO_LABEL)
    return {"input_ids": ids, "attention_mask": attended, "labels": targets}


def pad(
    rows: Sequence[Int[np.ndarray, " _"]], filler: int
) -> tuple[Int[torch.Tensor, "batch pieces"], Int[torch.Tensor, "batch pieces"]]:
    """The rows as one rectangle, and a mask that is 1 at their own values."""
    length = max(len(row) for row in rows)
    values = torch.full((len(rows), length), filler, dtype=torch.long)
    own = torch.zeros((len(rows), length), dtype=torch.long)
    for index, row in enumerate(rows):
        values[index, : len(row)] = torch.from_numpy(row)
        own[index, : len(row)] = 1
    return values, own


def score(model: torch.nn.Module, split: Split, *, labels: tuple[str, ...], pad_id: int) -> tuple[EntityScore, ...]:
    """The model's entity F1 on a split: by type, and overall as the last."""
    predicted = predict_tags(model, split.encodings, labels=labels, pad_id=pad_id)
    return entity_f1([sentence.tags for sentence in split.sentences], predicted)


def predict_tags(
    model: torch.nn.Module, encodings: Sequence[Encoding], *, labels: tuple[str, ...], pad_id: int
) -> list[tuple[str, ...]]:
    """The tags of each sentence, in the order given; the model returns to the mode it was in."""
    device = next(model.parameters()).device
    own: dict[int, tuple[str, ...]] = {}
    was_training = model.training
    model.eval()
    for batch in processes.share(list(by_length([encoding.pieces for encoding in encodings], PIECES_PER_BATCH))):
        ids, attended = pad([encodings[index].piece_ids for index in batch], pad_id)
        with torch.inference_mode():
            logits = model(input_ids=ids.to(device), attention_mask=attended.to(device)).logits
        best = logits.argmax(dim=-1).cpu().numpy()
        for row, index in enumerate(batch):
            own[index] = _at_words(best[row], encodings[index], labels)
    model.train(was_training)
    tags = {index: words for part in processes.gather(own) for index, words in part.items()}
    return [tags[index] for index in range(len(encodings))]


def _at_words(best: Int[np.ndarray, " pieces"], encoding: Encoding, labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("O" if piece == NO_PIECE else labels[best[piece]] for piece in encoding.first_piece)
