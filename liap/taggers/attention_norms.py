"""Value-weighted attention: how long the vector is that attention carries from one piece to another (Kobayashi et al. 2020).

The output of a layer's attention at piece i is a sum over pieces j (their equation 3): `sum_h alpha^h_ij f^h(x_j)`, with
`f^h(x) = (x W_V^h + b_V^h) W_O^h`. The norm of the summand of j says what j adds, where the weight alpha alone does not: a piece may get
much attention and have a short vector. The vectors of all heads are summed before the norm is taken, as the paper does for a layer.

1. The values `x W_V + b_V` and the weights are recorded in the attention kernel, for the rows asked for alone (see `word_attention`).
2. `W_O` is the linear map that takes what the kernel hands on, all heads side by side, to the layer's output. It is found by trying: a
   pass whose kernel outputs are looked for among the inputs of the model's linear maps, layer by layer. The vectors must then add
   up to the map's own output, less its bias; otherwise the model does not give value attention.
3. Pieces become words as for attention: the sum over the pieces of the word attended to, the mean over those of the word attended from.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from liap.taggers import word_attention
from liap.taggers.alignment import Encoding
from liap.taggers.hidden import inside

if TYPE_CHECKING:
    from liap.taggers.transformer import TransformerTagger

PIECES_PER_BATCH = 1024  # a vector per head and piece is held
SAME = {"fp32": 1e-4}  # of the standard deviation of a layer's output
SAME_BF16 = 0.1


def word_norms(
    tagger: TransformerTagger,
    encodings: Sequence[Encoding],
    words: Sequence[Int[np.ndarray, " _rows"]],
    heads: Sequence[int] = (),
) -> list[Float[np.ndarray, "layers 1 _rows _words"]]:
    """The norms from the words in `words` to every word of their sentence, from 0; of the sum over `heads`, or over all."""

    def between_pieces(encodings: Sequence[Encoding], rows: Sequence[np.ndarray]) -> list[np.ndarray]:
        return piece_norms(tagger, encodings, rows, heads)

    return word_attention.between_words(between_pieces, encodings, words)


def piece_norms(
    tagger: TransformerTagger,
    encodings: Sequence[Encoding],
    rows: Sequence[Int[np.ndarray, " _rows"]],
    heads: Sequence[int] = (),
) -> list[Float[np.ndarray, "layers 1 _rows _pieces"]]:
    """The norms from the pieces in `rows` to every piece, special tokens included."""
    projections = tagger.architecture.projections

    def keep(layer: int, shares: Tensor, values: Tensor, _output: Tensor) -> Tensor:
        return vectors(shares, values, projections[layer], heads).norm(dim=-1)[:, None]

    def layers_of(batch: Sequence[Encoding], wanted: Tensor) -> np.ndarray:
        return torch.stack(word_attention.recorded_sentences(tagger, batch, wanted, keep)).float().cpu().numpy()

    with word_attention.under(tagger.model, word_attention.RECORDING):
        return word_attention.in_batches(encodings, rows, tagger.budget(PIECES_PER_BATCH), layers_of)


def vectors(
    shares: Float[Tensor, "batch heads rows pieces"],
    values: Float[Tensor, "batch key_heads pieces size"],
    projection: nn.Linear,
    heads: Sequence[int] = (),
) -> Float[Tensor, "batch rows pieces width"]:
    """`sum_h alpha^h_ij f^h(x_j)` for each row i and piece j, in single precision; several query heads may share a value."""
    count, size = shares.shape[1], values.shape[-1]
    values = values.repeat_interleave(count // values.shape[1], dim=1).float()
    maps = projection.weight.float().T.reshape(count, size, -1)
    if heads:
        chosen = list(heads)
        shares, values, maps = shares[:, chosen], values[:, chosen], maps[chosen]
    projected = torch.einsum("bhjd,hdw->bhjw", values, maps)
    return torch.einsum("bhij,bhjw->bijw", shares.float(), projected)


def find_projections(
    tagger: TransformerTagger, ids: Int[Tensor, "batch pieces"], lengths: Int[Tensor, " batch"], layers: int
) -> tuple[nn.Linear, ...]:
    """The linear map after each layer's attention; none unless every layer has one whose output the vectors add up to."""
    calls: list[tuple[nn.Linear, Tensor, Tensor]] = []
    kept: list[tuple[Tensor, Tensor, Tensor]] = []

    def keep(_layer: int, shares: Tensor, values: Tensor, output: Tensor) -> Tensor:
        kept.append((shares, values, output.flatten(2)))
        return shares

    everything = torch.arange(ids.shape[1]).repeat(len(ids), 1)
    with ExitStack() as stack:
        stack.enter_context(word_attention.under(tagger.model, word_attention.RECORDING))
        for module in tagger.model.modules():
            if isinstance(module, nn.Linear):
                hook = module.register_forward_hook(lambda one, inputs, output: calls.append((one, inputs[0], output)))
                stack.callback(hook.remove)
        word_attention.recorded_rows(tagger, ids, lengths, everything, keep)
    found = [_projection(tagger, calls, *layer, real=inside(ids, lengths)) for layer in kept]
    return tuple(found) if len(found) == layers and None not in found else ()


def _projection(
    tagger: TransformerTagger,
    calls: Sequence[tuple[nn.Linear, Tensor, Tensor]],
    shares: Tensor,
    values: Tensor,
    output: Tensor,
    *,
    real: Tensor,
) -> nn.Linear | None:
    """The map that read this layer's output, if the vectors add up to what it made of it."""
    for linear, read, made in calls:
        if read.shape == output.shape and torch.equal(read, output.to(read.dtype)):
            total = vectors(shares, values, linear).sum(dim=2)
            expected = made.float() if linear.bias is None else made.float() - linear.bias.float()
            limit = SAME.get(tagger.precision, SAME_BF16) * float(expected[real].std())
            return linear if float((total - expected)[real].abs().max()) <= limit else None
    return None
