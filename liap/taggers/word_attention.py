"""Word attention: the model's attention from chosen words to every word, in every layer and head.

1. The rows asked for (the mentions' pieces) are gathered from each layer's queries while the model runs its fast attention kernel.
   The model's own eager attention is computed for those rows alone, with their rows of the mask and of the position bias that the
   layer was called with. So causal and sliding masks, sinks, soft caps and shared key heads are the model's, and a whole batch of
   layers x heads x pieces x pieces is never held.
2. Attention *to* a word is the sum over its pieces, attention *from* a word the mean over its pieces; special tokens are
   dropped (Clark et al. 2019, section 4.1). A word without a piece gives and gets 0.

The same kernel serves passes with restricted attention (see `restriction`).

A model whose rows cannot be computed this way (`architectures` decides by trying) runs with eager attention, and its rows are read
from the full matrices. Tests hold both ways against eager attention for every architecture.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Int
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedConfig
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask
from transformers.utils import ModelOutput

from liap.batches import by_length
from liap.errors import InputError
from liap.taggers import restriction
from liap.taggers.alignment import Encoding
from liap.taggers.hidden import padded
from liap.taggers.tagger import Restriction

if TYPE_CHECKING:
    from liap.taggers.transformer import TransformerTagger

RECORDING = "liap_recording"
PIECES_PER_BATCH = 4096
# The layer's number, its rows, its values and what it hands on -> what is kept of it.
Keep = Callable[[int, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(slots=True)
class _Recorder:
    """The rows wanted of the batch at hand, and what each layer answered."""

    rows: torch.Tensor | None = None  # [batch, rows], padded with 0
    layers: list[torch.Tensor] = field(default_factory=list)
    keep: Keep | None = None  # of a layer; without it, the rows


_recorder = _Recorder()


def _recording_attention(module, query, key, value, attention_mask, **options):
    attention_mask = restriction.restricted_mask(module, query, attention_mask)
    output, _ = sdpa_attention_forward(module, query, key, value, attention_mask, **options)
    if _recorder.rows is not None:
        rows = _rows_of(module, query, key, value, attention_mask, options)
        kept = rows if _recorder.keep is None else _recorder.keep(len(_recorder.layers), rows, value, output)
        _recorder.layers.append(kept)
    return output, None


def _rows_of(module, query, key, value, mask, options: dict) -> Float[torch.Tensor, "batch heads rows pieces"]:
    """The model's own eager attention for the rows wanted, in single precision."""
    eager = sys.modules[type(module).__module__].eager_attention_forward
    whole = (query.shape[2], key.shape[2])
    options = {
        name: _gathered(option) if isinstance(option, torch.Tensor) and option.shape[2:] == whole else option
        for name, option in options.items()
    }
    if mask is not None:
        mask = mask[..., : key.shape[2]]
        mask = _gathered(mask) if mask.shape[2] > 1 else mask
        if mask.dtype == torch.bool:  # the fast kernel's form; eager attention adds its mask
            mask = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, torch.finfo(torch.float32).min)
    # The values do not matter here, so one column of them is enough.
    return eager(module, _gathered(query).float(), key.float(), value[..., :1].float(), mask, **options)[1]


def _gathered(full: torch.Tensor) -> torch.Tensor:
    """The rows wanted of `[batch, heads, pieces, columns]`."""
    index = _recorder.rows[:, None, :, None].expand(-1, full.shape[1], -1, full.shape[3])
    return torch.gather(full.expand(len(index), -1, -1, -1), 2, index)


def explicit_mask(**arguments):
    """The fast kernel's mask, except that causal masks are never left to the kernel: the rows need theirs."""
    return sdpa_mask(**{**arguments, "allow_is_causal_skip": False})


AttentionInterface.register(RECORDING, _recording_attention)
AttentionMaskInterface.register(RECORDING, explicit_mask)


def piece_attention(
    tagger: TransformerTagger, encodings: Sequence[Encoding], rows: Sequence[Int[np.ndarray, " _rows"]]
) -> list[Float[np.ndarray, "layers heads _rows _pieces"]]:
    """Attention from the pieces in `rows` to every piece, special tokens included; each row sums to 1."""
    recording = tagger.architecture.records_rows

    def layers_of(batch: Sequence[Encoding], wanted: torch.Tensor) -> np.ndarray:
        return _forward(tagger, batch, wanted, recording)

    with under(tagger.model, RECORDING if recording else "eager"):
        return in_batches(encodings, rows, tagger.budget(PIECES_PER_BATCH), layers_of)


def in_batches(
    encodings: Sequence[Encoding],
    rows: Sequence[Int[np.ndarray, " _rows"]],
    pieces: int,
    layers_of: Callable[
        [Sequence[Encoding], Int[torch.Tensor, "batch rows"]], Float[np.ndarray, "layers batch heads rows pieces"]
    ],
) -> list[Float[np.ndarray, "layers heads _rows _pieces"]]:
    """What `layers_of` gives for batches of similar length and at most so many pieces, cut to each sentence's own."""
    answers: list[np.ndarray | None] = [None] * len(encodings)
    for batch in by_length([encoding.pieces for encoding in encodings], pieces):
        width = max(1, *(len(rows[index]) for index in batch))
        wanted = torch.zeros((len(batch), width), dtype=torch.long)
        for place, index in enumerate(batch):
            wanted[place, : len(rows[index])] = torch.from_numpy(rows[index])
        layers = layers_of([encodings[index] for index in batch], wanted)
        for place, index in enumerate(batch):
            answers[index] = layers[:, place, :, : len(rows[index]), : encodings[index].pieces]
    return answers


def word_attention(
    tagger: TransformerTagger, encodings: Sequence[Encoding], words: Sequence[Int[np.ndarray, " _rows"]]
) -> list[Float[np.ndarray, "layers heads _rows _words"]]:
    """Attention from the words in `words` to every word of their sentence; a row sums to 1 less its special tokens' share."""
    return between_words(functools.partial(piece_attention, tagger), encodings, words)


def between_words(
    between_pieces: Callable[[Sequence[Encoding], Sequence[np.ndarray]], Sequence[np.ndarray]],
    encodings: Sequence[Encoding],
    words: Sequence[Int[np.ndarray, " _rows"]],
) -> list[Float[np.ndarray, "layers heads _rows _words"]]:
    """What the words in `words` give to every word of their sentence, from what their pieces give."""
    rows = [
        np.flatnonzero(np.isin(encoding.word_of_piece, chosen))
        for encoding, chosen in zip(encodings, words, strict=True)
    ]
    pieces = between_pieces(encodings, rows)
    return [
        to_words(matrix, encoding, chosen) for matrix, encoding, chosen in zip(pieces, encodings, words, strict=True)
    ]


def to_words(
    matrix: Float[np.ndarray, "layers heads rows pieces"], encoding: Encoding, words: Int[np.ndarray, " chosen"]
) -> Float[np.ndarray, "layers heads chosen words"]:
    """Sum over the pieces of the word attended to, mean over the pieces of the word attended from."""
    row_words = encoding.word_of_piece[np.isin(encoding.word_of_piece, words)]
    to = encoding.word_of_piece[:, None] == np.arange(encoding.words)
    weights = (words[:, None] == row_words).astype(np.float32)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1)
    return weights @ (matrix @ to.astype(np.float32))


def _forward(
    tagger: TransformerTagger, encodings: Sequence[Encoding], rows: torch.Tensor, recording: bool
) -> Float[np.ndarray, "layers batch heads rows pieces"]:
    if recording:
        layers = recorded_sentences(tagger, encodings, rows)
    else:
        ids, lengths = padded(encodings, tagger.pad_id)
        index = rows.to(tagger.device)[:, None, :, None]
        layers = [
            torch.gather(layer, 2, index.expand(-1, layer.shape[1], -1, layer.shape[3]))
            for layer in with_matrices(tagger, ids, lengths).attentions
        ]
    return torch.stack([layer.float() for layer in layers]).cpu().numpy()


def recorded_sentences(
    tagger: TransformerTagger,
    encodings: Sequence[Encoding],
    rows: Int[torch.Tensor, "batch rows"],
    keep: Keep | None = None,
) -> list[Float[torch.Tensor, "batch heads rows pieces"]]:
    """One pass of a model that runs `under` the recording kernel, over sentences, which it may read restricted."""
    ids, lengths = padded(encodings, tagger.pad_id)
    read = [(encoding.text, encoding.word_of_piece) for encoding in encodings]
    with restriction.reading(tagger, read, ids.shape[1]):
        return recorded_rows(tagger, ids, lengths, rows, keep)


def recorded_rows(
    tagger: TransformerTagger,
    ids: torch.Tensor,
    lengths: torch.Tensor | None,
    rows: Int[torch.Tensor, "batch rows"],
    keep: Keep | None = None,
) -> list[Float[torch.Tensor, "batch heads rows pieces"]]:
    """The rows of each layer in one pass of a model that runs `under` the recording kernel, or what `keep` makes of them."""
    _recorder.rows, _recorder.keep = rows.to(tagger.device), keep
    try:
        tagger.logits(ids, lengths)
        return list(_recorder.layers)
    finally:
        _recorder.rows, _recorder.layers, _recorder.keep = None, [], None


def with_matrices(tagger: TransformerTagger, ids: torch.Tensor, lengths: torch.Tensor | None) -> ModelOutput:
    """One pass of a model that runs `under` eager attention."""
    with torch.inference_mode(), tagger.autocast():
        return tagger.model(input_ids=ids.to(tagger.device), **tagger.attended(ids, lengths), output_attentions=True)


@contextlib.contextmanager
def restricted(tagger: TransformerTagger, restrictions: Sequence[Restriction]) -> Iterator[None]:
    """Inside the context the model's attention is restricted; nothing is touched where every weight is 0."""
    restriction.check(restrictions, len(tagger.architecture.layers))
    if not any(one.weight > 0 for one in restrictions):
        yield
        return
    if not tagger.architecture.records_rows:
        raise InputError(
            f"restriction: the attention of this recogniser ({tagger.model.config.model_type}) does not run through a kernel "
            "that can be restricted; edits of the sites hidden and feed_forward work"
        )
    with under(tagger.model, RECORDING), restriction.restricting(tagger, restrictions):
        yield


@contextlib.contextmanager
def under(model: torch.nn.Module, implementation: str) -> Iterator[None]:
    """Inside the context, the model computes attention with the implementation."""
    before = model.config._attn_implementation
    if before == implementation:
        yield
        return
    # Models that do not use transformers' attention interface read the configuration in each pass.
    switch = model.set_attn_implementation if model._can_set_attn_implementation() else _switch_of(model.config)
    try:
        switch(implementation)
        yield
    finally:
        switch(before)


def _switch_of(config: PreTrainedConfig) -> Callable[[str], None]:
    return functools.partial(setattr, config, "_attn_implementation")
