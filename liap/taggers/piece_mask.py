"""A mask behind the embedding layer of a text classifier, trained together with it (VMASK; Chen & Ji 2020, section 3).

In: the input embeddings of pieces. Out: a gate for each piece, by which its embedding is multiplied.

1. A piece is kept with the probability p = softmax(W2 tanh(W1 e + b)). Of two classes that is a sigmoid of one logit.
2. In training a gate is 0 or 1, drawn by the Gumbel-softmax of two classes; its gradient is that of the soft value. In evaluation the gate is p.
3. Special tokens and pads have the gate 1.

Draws come from a generator of their own, seeded by torch's seed of the step. So dropout draws what it draws without a mask.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

SOFTNESS = 1.0  # temperature of the Gumbel-softmax
EDGE = 1e-6  # uniform numbers are kept within


class PieceMask(nn.Module):
    """The network of the gates."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, inner)
        self.output = nn.Linear(inner, 1)

    def logits(self, embeddings: Float[Tensor, "batch pieces width"]) -> Float[Tensor, "batch pieces"]:
        """Of each piece's being kept."""
        return self.output(torch.tanh(self.inner(embeddings))).squeeze(-1)

    def gates(
        self, embeddings: Float[Tensor, "batch pieces width"], inside: Bool[Tensor, "batch pieces"]
    ) -> Float[Tensor, "batch pieces"]:
        """0 or 1 in training, p in evaluation; 1 for pieces that are not inside."""
        logits = self.logits(embeddings).float()
        if self.training:
            generator = torch.Generator().manual_seed(torch.initial_seed() + 1)
            kept = hard_draw(logits, torch.rand(logits.shape, generator=generator).to(logits))
        else:
            kept = torch.sigmoid(logits)
        return torch.where(inside, kept, 1.0)


def hard_draw(logits: Float[Tensor, "*shape"], uniform: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """1 with probability sigmoid(logit), else 0; the gradient is that of the soft value."""
    uniform = uniform.clamp(EDGE, 1 - EDGE)
    soft = torch.sigmoid((logits + torch.log(uniform) - torch.log1p(-uniform)) / SOFTNESS)
    return (soft > 0.5).to(soft.dtype) + soft - soft.detach()
