"""Attention restricted inside the forward pass: a mask word x word, in chosen layers, with a weight (see `tagger.Restriction`).

1. A restriction is asked for the mask of each sentence of a batch. Piece r may attend to piece c where the mask allows the word of
   r to attend to the word of c, where both are of one word, where r is a special token or a pad, and where c is a special token
   (unless the restriction says otherwise). A deleted word has no piece, and a masked word keeps its place.
2. The layer's scores of all other pairs get log(1 - weight) added before the softmax: -inf at weight 1. Several restrictions of one
   layer add up.
3. The bias joins the attention mask that the layer was called with, inside the kernel of `word_attention`. So the attention that is
   read is that of the restricted pass, and so are probabilities and hidden states.

Gradients are refused, and so are passes over pieces that were not made from words, and models whose attention does not run through
that kernel. A restriction of weight 0 leaves the model alone, so that its answers stay equal bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from liap.errors import InputError
from liap.taggers.alignment import NO_WORD
from liap.taggers.tagger import Restriction

if TYPE_CHECKING:
    from liap.taggers.transformer import TransformerTagger

RowRead = tuple[tuple[str, ...], "np.ndarray | None"]  # a sentence's words, and the word of each of its pieces


@dataclass(slots=True, eq=False)
class Restricted:
    """The restrictions of a model by the modules of its layers, and the bias of the batch at hand."""

    restrictions: tuple[Restriction, ...]
    layer_of: dict[torch.nn.Module, int]
    biases: dict[int, Float[Tensor, "batch 1 pieces pieces"]] | None = None  # by layer; None between two batches
    known: dict[tuple[int, tuple[str, ...]], np.ndarray] = field(default_factory=dict)

    def mask(self, number: int, words: tuple[str, ...]) -> Bool[np.ndarray, "words words"]:
        """The words that each word may attend to under one of the restrictions, itself included."""
        if (number, words) not in self.known:
            allowed = np.asarray(self.restrictions[number].allowed(words))
            if allowed.shape != (len(words), len(words)) or allowed.dtype != bool:
                raise InputError(
                    f"restriction: the mask of a sentence must be boolean of shape {(len(words), len(words))}, "
                    f"got {allowed.dtype} of shape {allowed.shape}"
                )
            self.known[number, words] = allowed | np.eye(len(words), dtype=bool)
        return self.known[number, words]


_active: dict[torch.nn.Module, Restricted] = {}  # by modules of restricted layers


@contextmanager
def restricting(tagger: TransformerTagger, restrictions: Sequence[Restriction]) -> Iterator[None]:
    """Inside the context the tagger's attention is restricted; its model must run the kernel of `word_attention`."""
    layers = tagger.architecture.layers
    chosen = tuple(restriction for restriction in restrictions if restriction.weight > 0)
    touched = {layer for restriction in chosen for layer in restriction.layers}
    restricted = Restricted(chosen, {module: layer for layer in touched for module in layers[layer].modules()})
    if tagger.restriction is not None:
        raise InputError("restriction: attention is restricted already; give all restrictions to one call of `edited`")
    tagger.restriction = restricted
    _active.update(dict.fromkeys(restricted.layer_of, restricted))
    try:
        yield
    finally:
        tagger.restriction = None
        for module in restricted.layer_of:
            del _active[module]


def check(restrictions: Sequence[Restriction], layers: int) -> None:
    """InputError for a weight or a layer that cannot be."""
    for restriction in restrictions:
        if not 0 <= restriction.weight <= 1:
            raise InputError(f"restriction: weight must lie between 0 and 1, got {restriction.weight}")
        for layer in restriction.layers:
            if not 0 <= layer < layers:
                raise InputError(f"restriction: layer must lie in 0..{layers - 1}, got {layer}")


def refuse(tagger: TransformerTagger, what: str) -> None:
    """InputError for what a restricted model does not give."""
    if tagger.restriction is not None:
        raise InputError(f"restricted attention gives no {what}; ask outside of `edited`, or choose occlusion and lime")


@contextmanager
def reading(tagger: TransformerTagger, rows: Sequence[RowRead], pieces: int) -> Iterator[None]:
    """Inside the context, the forward pass reads these sentences, padded to `pieces`."""
    restricted = tagger.restriction
    if restricted is None:
        yield
        return
    if any(not words or word_of_piece is None for words, word_of_piece in rows):
        raise InputError("restricted attention needs the words of each sentence; these pieces were not made from words")
    layers = sorted({layer for restriction in restricted.restrictions for layer in restriction.layers})
    totals = {layer: np.zeros((len(rows), 1, pieces, pieces), dtype=np.float32) for layer in layers}
    for number, restriction in enumerate(restricted.restrictions):
        added = -math.inf if restriction.weight == 1 else math.log1p(-restriction.weight)
        for place, (words, word_of_piece) in enumerate(rows):
            cut = word_of_piece[:pieces]
            outside = outside_pieces(restricted.mask(number, words), cut, special_tokens=restriction.special_tokens)
            for layer in set(restriction.layers):
                totals[layer][place, 0, : len(cut), : len(cut)][outside] += added
    restricted.biases = {layer: torch.from_numpy(total).to(tagger.device) for layer, total in totals.items()}
    try:
        yield
    finally:
        restricted.biases = None


def outside_pieces(
    allowed: Bool[np.ndarray, "words words"], word_of_piece: Int[np.ndarray, " pieces"], *, special_tokens: bool
) -> Bool[np.ndarray, "pieces pieces"]:
    """True where a piece (row) is kept from attending to a piece (column); `allowed` includes each word itself."""
    inside = word_of_piece != NO_WORD
    by_word = np.maximum(word_of_piece, 0)
    outside = ~allowed[by_word[:, None], by_word] & inside
    return (outside if special_tokens else outside | ~inside) & inside[:, None]


def restricted_mask(module: torch.nn.Module, query: Tensor, mask: Tensor | None) -> Tensor | None:
    """The attention mask that the module's layer was called with, and the bias of its restriction where it has one."""
    restricted = _active.get(module)
    if restricted is None:
        return mask
    assert restricted.biases is not None, "a restricted pass that does not say which sentences it reads"
    bias = restricted.biases[restricted.layer_of[module]].to(query.dtype)
    if mask is None:
        return bias
    if mask.dtype == torch.bool:
        mask = torch.zeros(mask.shape, dtype=query.dtype, device=mask.device).masked_fill(
            ~mask, torch.finfo(query.dtype).min
        )
    return mask[..., : bias.shape[-1]] + bias
