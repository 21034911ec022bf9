"""Training VMASK: a mask that keeps the answer and stays near a prior (Chen & Ji 2020, equations 6 to 10).

1. Each context word is kept with the probability that the network gives. A draw is hard, by the Gumbel-softmax of two classes (a logistic variable), and its gradient
   is that of the soft value.
2. Loss: KL(p || p under the draw), which is the cross-entropy with the recogniser's own answer less a constant, plus beta times the mean, over context
   words, of KL(Bernoulli(kept) || Bernoulli(prior)).
3. beta rises from 0 to its value over the first half of the steps.

Pads, special tokens and the mention's own words are no context words: they are never masked, and count nowhere. The published code counts pads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from liap.errors import InputError
from liap.explainers.gate_network import WordMask
from liap.rationales.gate_training import GateBatch, Training, descend, finish_step
from liap.settings import check_number
from liap.taggers.piece_mask import hard_draw


@dataclass(frozen=True, kw_only=True)
class WordMaskSettings:
    """How the mask is trained."""

    steps: int = 800
    batch: int = 24
    prior: float = 0.2
    beta: float = 1.0
    learning_rate: float = 3e-3
    inner: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.prior < 1:
            raise InputError(f"--prior must lie between 0 and 1, got {self.prior}")
        check_number("--beta", self.beta, 0, 1000)


@dataclass(frozen=True, slots=True, eq=False)
class MaskLoss:
    """Of one batch; `total` is differentiable in the network."""

    total: Float[Tensor, ""]
    kept: Float[Tensor, ""]  # mean probability of a context word's being kept
    divergence: Float[Tensor, ""]  # of the answer, mean, nats
    apart: Float[Tensor, ""]  # KL from the prior, mean over context words, nats


def begin(width: int, embedding_width: int, settings: WordMaskSettings) -> Training:
    """A network that keeps every word with probability one half, before the first step."""
    network = WordMask(width, embedding_width, settings.inner, settings.seed)
    return Training(network, torch.optim.Adam(network.parameters(), settings.learning_rate), 0.0)


def from_prior(logits: Float[Tensor, "*shape"], prior: float) -> Float[Tensor, "*shape"]:
    """KL(Bernoulli(sigmoid(logit)) || Bernoulli(prior)), nats."""
    kept = torch.sigmoid(logits)
    of_kept = torch.nn.functional.logsigmoid(logits) - math.log(prior)
    of_gone = torch.nn.functional.logsigmoid(-logits) - math.log1p(-prior)
    return kept * of_kept + (1 - kept) * of_gone


def bottleneck(
    network: WordMask, batch: GateBatch, uniform: Float[Tensor, "batch words"], *, beta: float, prior: float
) -> MaskLoss:
    """The loss under draws from these uniform numbers."""
    logits = network(batch.states, batch.mention)
    gates = torch.where(batch.maskable, hard_draw(logits, uniform), 1.0)
    count = batch.maskable.sum().clamp(min=1)
    moved = batch.divergence(gates, network.baseline).mean()
    apart = (from_prior(logits, prior) * batch.maskable).sum() / count
    kept = (torch.sigmoid(logits) * batch.maskable).sum() / count
    return MaskLoss(moved + beta * apart, kept, moved, apart)


def advance(training: Training, batch: GateBatch, settings: WordMaskSettings, generator: np.random.Generator) -> None:
    """One step."""
    uniform = torch.from_numpy(generator.random(tuple(batch.maskable.shape), dtype=np.float32))
    training.multiplier = settings.beta * min(1.0, 2 * training.step / settings.steps)
    with torch.enable_grad():
        loss = bottleneck(training.network, batch, uniform, beta=training.multiplier, prior=settings.prior)
    moved = descend(training, loss.total, loss.divergence)
    kept, apart = float(loss.kept.detach()), float(loss.apart.detach())
    finish_step(training, {"share_open": kept, "divergence": moved, "apart": apart})
