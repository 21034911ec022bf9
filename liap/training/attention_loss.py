"""An attention loss: some heads of a layer learn to attend where a target says, while the recogniser is trained.

For a word i with target words T(i) (not empty), a head h of the layer, and a piece r of word i, let `q(w) = sum over the pieces c of
word w of A[h, r, c]`, where A is the head's attention after the softmax and before dropout. The loss of the row is

    KL(u || q) = -1/|T(i)| * sum over w in T(i) of log q(w)  -  log |T(i)|,

with u uniform over T(i): the cross entropy less its least value, so 0 where all attention lies on the target words in equal shares. Rows
are averaged over the pieces of a word, words over the batch, and heads; the trainer adds `weight` times this mean to its own loss.
Words without target, special tokens and pads have no row; a target word without a piece is left out of T(i). The special tokens' share of q counts, as attention that misses.

The syntactic head as a target is from Strubell et al. 2018 (LISA), here without their labels and bilinear scores; fixed
patterns as targets are Deshpande & Narasimhan 2020, who take the squared distance in place of this divergence.

The model keeps its fast attention kernel and its dropout draws, because the layer's attention is computed once more beside it. So
weight 0 trains the same model, bit for bit, as training without this loss.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from liap import processes
from liap.errors import InputError
from liap.files import digest_of
from liap.records import Sentence
from liap.taggers.alignment import NO_WORD, Encoding
from liap.taggers.word_attention import explicit_mask, under

GUIDED = "liap_guided"
LEAST = 1e-30  # attention below this counts as this much, so that the logarithm stays finite
TargetRows = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """Which heads are to attend where, and how much that counts beside the recogniser's own loss."""

    name: str  # of the target
    layer: int  # from 0
    heads: tuple[int, ...]
    weight: float  # 0 or more; the loss is in nats
    target: Callable[[Sentence], Bool[np.ndarray, "words words"]]  # row: the word that attends; no True: no target

    def rows(self, sentences: Sequence[Sentence], encodings: Sequence[Encoding]) -> list[TargetRows]:
        """What a batch needs of each sentence."""
        targets = [np.asarray(self.target(sentence)) for sentence in sentences]
        for sentence, target in zip(sentences, targets, strict=True):
            words = len(sentence.words)
            if target.shape != (words, words) or target.dtype != bool:
                raise InputError(
                    f"the attention target of sentence {sentence.index} must be boolean of shape {(words, words)}, "
                    f"got {target.dtype} of shape {target.shape}"
                )
        return [
            {"word_of_piece": encoding.word_of_piece, "target": target}
            for encoding, target in zip(encodings, targets, strict=True)
        ]

    def digest(self, rows: Sequence[TargetRows]) -> str:
        """Of everything by which the loss changes the trained weights."""
        what = f"{self.layer} {self.heads} {self.weight!r}"
        return digest_of([what, *(part for row in rows for part in (str(len(row["target"])), row["target"].tobytes()))])


@dataclass(slots=True)
class _Recorder:
    """The layer wanted, and its attention in the pass at hand."""

    layer: int = -1  # -1: none
    calls: int = 0
    attention: Tensor | None = field(default=None)


_recorder = _Recorder()


def _guided_attention(module, query, key, value, attention_mask, **options):
    output, _ = sdpa_attention_forward(module, query, key, value, attention_mask, **options)
    if _recorder.calls == _recorder.layer:
        _recorder.attention = _shares(module, query, key, value, attention_mask, options)
    _recorder.calls += 1
    return output, None


def _shares(module, query, key, value, mask, options: dict) -> Float[Tensor, "batch heads pieces pieces"]:
    """The model's own eager attention without dropout, in single precision or better."""
    eager = sys.modules[type(module).__module__].eager_attention_forward
    exact = torch.promote_types(query.dtype, torch.float32)
    if mask is not None:
        mask = mask[..., : key.shape[2]]
        if mask.dtype == torch.bool:
            mask = torch.zeros(mask.shape, dtype=exact, device=mask.device).masked_fill(~mask, torch.finfo(exact).min)
    with torch.autocast(query.device.type, enabled=False):
        parts = query.to(exact), key.to(exact), value[..., :1].to(exact)
        return eager(module, *parts, mask, **(options | {"dropout": 0.0}))[1]


AttentionInterface.register(GUIDED, _guided_attention)
AttentionMaskInterface.register(GUIDED, explicit_mask)


@contextmanager
def guided(model: PreTrainedModel, guide: Guide | None) -> Iterator[None]:
    """Inside the context the model can be trained with the guide; InputError where it cannot."""
    if guide is None:
        yield
        return
    check(model, guide)
    with under(model, GUIDED):
        yield


def check(model: PreTrainedModel, guide: Guide) -> None:
    """InputError where the model has no such layer or head, or computes attention in a way that cannot be guided."""
    if processes.count() > 1:
        raise InputError("an attention loss trains in a single process; start the script without a launcher")
    if not (math.isfinite(guide.weight) and guide.weight >= 0):
        raise InputError(f"the weight of the attention loss must be 0 or more, got {guide.weight}")
    sizes = model.config.num_hidden_layers, model.config.num_attention_heads
    for what, values, size in zip(("layer", "head"), ((guide.layer,), guide.heads), sizes, strict=True):
        for value in values:
            if not 0 <= value < size:
                raise InputError(f"the attention loss's {what} must lie in 0..{size - 1}, got {value}")
    if not guide.heads:
        raise InputError("the attention loss guides no head; expected one at least")
    if not (model.config._attn_implementation == "sdpa" and model._can_set_attn_implementation()):
        raise InputError(
            f"the attention of this encoder ({model.config.model_type}) cannot be guided; expected BERT's kind"
        )


@contextmanager
def recording(layer: int) -> Iterator[_Recorder]:
    """Inside the context, one forward pass leaves the layer's attention in the recorder."""
    _recorder.layer, _recorder.calls, _recorder.attention = layer, 0, None
    try:
        yield _recorder
    finally:
        _recorder.layer, _recorder.attention = -1, None


def guidance_loss(
    attention: Float[Tensor, "batch heads pieces pieces"],
    word_of_piece: Int[Tensor, "batch pieces"],
    target: Bool[Tensor, "batch words words"],
) -> Float[Tensor, ""]:
    """The mean divergence of the batch in nats, 0 or more; 0 for a batch without a target word. See the module for the formula."""
    words = target.shape[1]
    belongs = word_of_piece[:, :, None] == torch.arange(words, device=target.device)  # [batch, pieces, words]
    target = target & belongs.any(dim=1)[:, None]
    sizes = target.sum(dim=-1)  # [batch, words]
    supervised = belongs.any(dim=1) & (sizes > 0)
    if not supervised.any():
        return attention.sum() * 0.0
    shares = attention @ belongs[:, None].to(attention.dtype)  # [batch, heads, pieces, words]
    of_word = word_of_piece.clamp(min=0)
    wanted = torch.gather(target, 1, of_word[:, :, None].expand(-1, -1, words))
    sizes_of_pieces = torch.gather(sizes, 1, of_word).clamp(min=1)
    logs = shares.clamp(min=LEAST).log().masked_fill(~wanted[:, None], 0.0).sum(dim=-1)
    divergence = -logs / sizes_of_pieces[:, None] - sizes_of_pieces[:, None].to(attention.dtype).log()
    # A word counts once, whatever its number of pieces.
    per_word = belongs.to(attention.dtype) * supervised[:, None].to(attention.dtype)
    per_word = per_word / belongs.sum(dim=1, keepdim=True).clamp(min=1)
    counts = per_word.sum(dim=-1) * (word_of_piece != NO_WORD)
    return (divergence * counts[:, None]).sum() / (supervised.sum() * attention.shape[1])


def collate_targets(batch: Sequence[TargetRows]) -> dict[str, Tensor]:
    """The rows of `Guide.rows` as tensors, padded to the longest sentence."""
    pieces = max(len(row["word_of_piece"]) for row in batch)
    words = max(1, *(len(row["target"]) for row in batch))
    word_of_piece = torch.full((len(batch), pieces), NO_WORD, dtype=torch.long)
    target = torch.zeros((len(batch), words, words), dtype=torch.bool)
    for place, row in enumerate(batch):
        word_of_piece[place, : len(row["word_of_piece"])] = torch.from_numpy(row["word_of_piece"])
        own = len(row["target"])
        target[place, :own, :own] = torch.from_numpy(row["target"])
    return {"word_of_piece": word_of_piece, "target": target}
