"""The compressor of VAT: a variational information bottleneck on what attention makes of a text (Zhou et al. 2021; Alemi et al. 2017).

1. Two small networks read R, the attention-weighted mean of the states, and give mu and log sigma.
2. z = mu + sigma eps, with eps from N(0, I).
3. A linear map of z gives q(y | z). Loss: -log q(y | z) + beta KL(N(mu, sigma) || N(0, I)), nats, mean over texts.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

WIDEST = 4.0  # of log sigma, either way


@dataclass(frozen=True, slots=True, eq=False)
class BottleneckLoss:
    """Of one batch; `total` is differentiable."""

    total: Float[Tensor, ""]
    surprise: Float[Tensor, ""]  # -log q(y | z), mean, nats
    apart: Float[Tensor, ""]  # KL from N(0, I), mean over texts, nats


class Bottleneck(nn.Module):
    """mu, log sigma and q(y | z)."""

    def __init__(self, width: int, classes: int, latent: int) -> None:
        super().__init__()
        self.mean = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, latent))
        self.log_spread = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, latent))
        self.latent = latent
        self.output = nn.Linear(latent, classes)

    def loss(
        self,
        pooled: Float[Tensor, "batch width"],
        gold: Int[Tensor, " batch"],
        noise: Float[Tensor, "batch latent"],
        beta: float,
    ) -> BottleneckLoss:
        """The loss under this noise."""
        mean, log_spread = self.mean(pooled), self.log_spread(pooled).clamp(-WIDEST, WIDEST)
        code = mean + torch.exp(log_spread) * noise
        surprise = nn.functional.cross_entropy(self.output(code), gold)
        apart = from_standard(mean, log_spread).mean()
        return BottleneckLoss(surprise + beta * apart, surprise, apart)


def from_standard(
    mean: Float[Tensor, "batch latent"], log_spread: Float[Tensor, "batch latent"]
) -> Float[Tensor, " batch"]:
    """KL(N(mean, exp(log_spread)) || N(0, I)) of each row, nats."""
    return 0.5 * (torch.exp(2 * log_spread) + mean.square() - 1 - 2 * log_spread).sum(dim=-1)
