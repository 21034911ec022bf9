"""Word attention: the recogniser's attention from chosen words, to every word, in every layer and head.

1. The rows asked for (the mentions' pieces) are gathered from each layer's queries while the model runs its fast attention
   kernel; softmax(q k^T) is computed for those rows alone, never for a whole batch of layers x heads x pieces x pieces.
2. Attention *to* a word is the sum over its pieces, attention *from* a word the mean over its pieces; special tokens are
   dropped (Clark et al. 2019, section 4.1). A word without a piece gives and gets 0.

Models that do not go through transformers' attention interface are run with its eager attention, and their rows are read from the
full matrices. Tests hold the two ways against each other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from liap.batches import by_length
from liap.taggers.alignment import Encoding
from liap.taggers.transformer import Recogniser

RECORDING = "liap_recording"
PIECES_PER_BATCH = 4096


@dataclass(slots=True)
class _Recorder:
    """The rows wanted of the batch at hand, and what each layer answered."""

    rows: torch.Tensor | None = None  # [batch, rows], padded with 0
    layers: list[torch.Tensor] = field(default_factory=list)


_recorder = _Recorder()


def _recording_attention(module, query, key, value, attention_mask, scaling=None, **options):
    output, _ = sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **options)
    if _recorder.rows is not None:
        _recorder.layers.append(_rows_of(query, key, attention_mask, scaling or query.shape[-1] ** -0.5))
    return output, None


def _rows_of(query, key, attention_mask, scaling: float) -> Float[torch.Tensor, "batch heads rows pieces"]:
    index = _recorder.rows[:, None, :, None].expand(-1, query.shape[1], -1, query.shape[3])
    scores = torch.gather(query, 2, index).float() @ key.float().transpose(2, 3) * scaling
    if attention_mask is not None:
        mask = attention_mask[:, :, :1, : key.shape[2]]  # the same for every row: it hides pads alone
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    return torch.softmax(scores, dim=-1)


AttentionInterface.register(RECORDING, _recording_attention)
AttentionMaskInterface.register(RECORDING, sdpa_mask)


def piece_attention(
    recogniser: Recogniser, encodings: Sequence[Encoding], rows: Sequence[Int[np.ndarray, " _rows"]]
) -> list[Float[np.ndarray, "layers heads _rows _pieces"]]:
    """Attention from the pieces in `rows` to every piece, special tokens with it; each row sums to 1."""
    answers: list[np.ndarray | None] = [None] * len(encodings)
    with _implementation(recogniser) as recording:
        for batch in by_length([encoding.pieces for encoding in encodings], PIECES_PER_BATCH):
            width = max(1, *(len(rows[index]) for index in batch))
            wanted = torch.zeros((len(batch), width), dtype=torch.long)
            for place, index in enumerate(batch):
                wanted[place, : len(rows[index])] = torch.from_numpy(rows[index])
            found = _forward(recogniser, [encodings[index] for index in batch], wanted, recording)
            for place, index in enumerate(batch):
                pieces = len(encodings[index].piece_ids)
                answers[index] = found[:, place, :, : len(rows[index]), :pieces]
    return answers


def word_attention(
    recogniser: Recogniser, encodings: Sequence[Encoding], words: Sequence[Int[np.ndarray, " _rows"]]
) -> list[Float[np.ndarray, "layers heads _rows _words"]]:
    """Attention from the words in `words` to every word of their sentence; a row sums to 1 less its special tokens' share."""
    rows = [
        np.flatnonzero(np.isin(encoding.word_of_piece, chosen))
        for encoding, chosen in zip(encodings, words, strict=True)
    ]
    pieces = piece_attention(recogniser, encodings, rows)
    return [
        to_words(matrix, encoding, chosen) for matrix, encoding, chosen in zip(pieces, encodings, words, strict=True)
    ]


def to_words(
    matrix: Float[np.ndarray, "layers heads rows pieces"], encoding: Encoding, words: Int[np.ndarray, " chosen"]
) -> Float[np.ndarray, "layers heads chosen words"]:
    """Sum over the pieces of the word attended to, mean over the pieces of the word attended from."""
    row_words = encoding.word_of_piece[np.isin(encoding.word_of_piece, words)]
    to = encoding.word_of_piece[:, None] == np.arange(len(encoding.first_piece))
    of = (words[:, None] == row_words).astype(np.float32)
    of /= np.maximum(of.sum(axis=1, keepdims=True), 1)
    return of @ (matrix @ to.astype(np.float32))


def _forward(
    recogniser: Recogniser, encodings: Sequence[Encoding], rows: torch.Tensor, recording: bool
) -> Float[np.ndarray, "layers batch heads rows pieces"]:
    lengths = torch.tensor([len(encoding.piece_ids) for encoding in encodings])
    ids = torch.full((len(encodings), int(lengths.max())), recogniser.pad_id)
    for place, encoding in enumerate(encodings):
        ids[place, : lengths[place]] = torch.from_numpy(encoding.piece_ids)
    padded = None if int(lengths.min()) == ids.shape[1] else lengths
    if recording:
        _recorder.rows = rows.to(recogniser.device)
        try:
            recogniser.logits(ids, padded)
            layers = list(_recorder.layers)
        finally:
            _recorder.rows, _recorder.layers = None, []
    else:
        full = _eager_attention(recogniser, ids, lengths)
        index = rows.to(recogniser.device)[:, None, :, None]
        layers = [torch.gather(layer, 2, index.expand(-1, layer.shape[1], -1, layer.shape[3])) for layer in full]
    return torch.stack(layers).float().cpu().numpy()


def _eager_attention(recogniser: Recogniser, ids: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, ...]:
    hidden = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
    with torch.inference_mode():
        return recogniser.model(
            input_ids=ids.to(recogniser.device),
            attention_mask=hidden.to(recogniser.device),
            output_attentions=True,
        ).attentions


@contextlib.contextmanager
def _implementation(recogniser: Recogniser) -> Iterator[bool]:
    """The model under the recording kernel (True), or, where it has an attention of its own, under eager attention (False)."""
    model = recogniser.model
    before = model.config._attn_implementation
    recording = bool(getattr(model, "_supports_attention_backend", False)) and before == "sdpa"
    if before != "eager":
        model.set_attn_implementation(RECORDING if recording else "eager")
    try:
        yield recording
    finally:
        if before != "eager":
            model.set_attn_implementation(before)
