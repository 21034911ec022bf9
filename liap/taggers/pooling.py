"""From the states of a text to its class: pooling, a linear map, and the attention whose weights are a rationale.

In: a state for each piece. Out: a score (logit) for each class.

1. Pooling makes one vector R of the states: the `first` one (the classifier token of BERT), their `mean`, or their mean weighted by
   `attention`: alpha = softmax(v tanh(W x + b)), R = sum over pieces of alpha x (Zhou et al. 2021, equations 1 and 2). `random` is attention whose
   v and W were drawn once and are never trained.
2. A linear map of R gives the classes' logits; in training, shares of R are dropped.

Means and attention are over the pieces of words: special tokens at either end, which are the same in every text, have no weight.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

FIRST, MEAN, ATTENTION, RANDOM = POOLINGS = ("first", "mean", "attention", "random")
RANDOM_SPREAD = 3.0  # standard deviation of the scores of random attention, about


class WordAttention(nn.Module):
    """The scores v tanh(W x + b) of states."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, inner)
        self.vector = nn.Linear(inner, 1, bias=False)

    def forward(self, states: Float[Tensor, "batch pieces width"]) -> Float[Tensor, "batch pieces"]:
        return self.vector(torch.tanh(self.inner(states))).squeeze(-1)

    def make_random(self) -> None:
        """Weights that are drawn once so that scores differ as trained ones do, and never trained."""
        nn.init.normal_(self.inner.weight, std=1 / math.sqrt(self.inner.in_features))
        nn.init.normal_(self.vector.weight, std=RANDOM_SPREAD / math.sqrt(self.inner.out_features))
        self.requires_grad_(False)


class PooledHead(nn.Module):
    """States in, logits of classes out."""

    def __init__(self, width: int, classes: int, *, pooling: str, inner: int, dropout: float) -> None:
        super().__init__()
        self.pooling = pooling
        self.attention = WordAttention(width, inner) if pooling in (ATTENTION, RANDOM) else None
        if pooling == RANDOM:
            self.attention.make_random()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(width, classes)

    def weights(
        self, states: Float[Tensor, "batch pieces width"], inside: Bool[Tensor, "batch pieces"]
    ) -> Float[Tensor, "batch pieces"]:
        """The share of each piece in R; rows sum to 1, and pieces outside have none. A row without any piece inside weighs its first."""
        anchor = torch.zeros_like(inside)
        anchor[:, 0] = True
        if self.pooling == FIRST:
            return anchor.to(states.dtype)
        inside = torch.where(inside.any(dim=1, keepdim=True), inside, anchor)
        scores = torch.zeros(inside.shape, device=states.device) if self.attention is None else self.attention(states)
        return torch.softmax(scores.float().masked_fill(~inside, float("-inf")), dim=-1).to(states.dtype)

    def pooled(
        self, states: Float[Tensor, "batch pieces width"], inside: Bool[Tensor, "batch pieces"]
    ) -> Float[Tensor, "batch width"]:
        """R."""
        return torch.einsum("bp,bpw->bw", self.weights(states, inside), states)

    def forward(
        self, states: Float[Tensor, "batch pieces width"], inside: Bool[Tensor, "batch pieces"]
    ) -> Float[Tensor, "batch classes"]:
        return self.output(self.dropout(self.pooled(states, inside)))


def inside_of(
    attention_mask: Tensor | None, shape: tuple[int, int], *, before: int, behind: int, device: torch.device
) -> Bool[Tensor, "batch pieces"]:
    """True for pieces of words: no pads, not the first `before` special tokens and not the last `behind`."""
    positions = torch.arange(shape[1], device=device)
    lengths = torch.full((shape[0],), shape[1], device=device) if attention_mask is None else attention_mask.sum(dim=1)
    return (positions >= before) & (positions < (lengths - behind)[:, None])
