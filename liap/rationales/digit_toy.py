"""The toy task of De Cao et al. (2020, section 4), with exact answers: does a sequence hold digit n more often than digit m?

The model is exact by construction: with embeddings that are one-hot, its logit is `SHARPNESS` times (count of n - count of m + 1/2), where counts are sums over what is
left of the embeddings. So n and m are the digits that matter, at every place, and no other digit does; a correct mask opens these gates alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import kl_div, logsigmoid, one_hot

from liap.rationales.gate_training import GateBatch, GateSettings, begin, train

DIGITS = 10
SHARPNESS = 2.0
WIDTH = DIGITS + 2  # of the states
LENGTH = 10  # digits in a sequence at most; half as many at least
TRAINED = GateSettings(steps=400, margin=0.02, learning_rate=0.02, multiplier_rate=0.02, start=2.0, inner=16)


@dataclass(frozen=True, slots=True)
class ToyRow:
    """Gates that never were trained on, against the ground truth."""

    digits: int
    needed: float  # share of the digits that matter
    right: float  # share of the digits whose gate is open, with probability over one half, if and only if they matter


def answer(embeddings: Float[Tensor, "batch length digits"], query: Int[Tensor, "batch 2"]) -> Float[Tensor, "batch 2"]:
    """Log-probabilities of no and yes."""
    counts = torch.gather(embeddings.sum(dim=1), 1, query)
    logit = SHARPNESS * (counts[:, 0] - counts[:, 1] + 0.5)
    return torch.stack([logsigmoid(-logit), logsigmoid(logit)], dim=1)


def needed(digits: Int[Tensor, "batch length"], query: Int[Tensor, "batch 2"]) -> Bool[Tensor, "batch length"]:
    """The ground truth: the places of n and of m."""
    return (digits[:, :, None] == query[:, None]).any(dim=2)


def toy_batch(
    digits: Int[Tensor, "batch length"], query: Int[Tensor, "batch 2"], lengths: Int[Tensor, " batch"]
) -> GateBatch:
    """Sequences, padded behind their lengths. States are a digit beside whether it is n, or m: what the first layer of a trained model would know."""
    inside = torch.arange(digits.shape[1]) < lengths[:, None]
    embeddings = one_hot(digits, DIGITS).float() * inside[:, :, None]
    marks = (digits[:, :, None] == query[:, None]).float()
    states = torch.cat([embeddings, marks * inside[:, :, None]], dim=2)[None]
    mention = torch.cat([one_hot(query, DIGITS).sum(dim=1), torch.ones(len(query), 2)], dim=1)[None].float()
    intact = answer(embeddings, query)

    def divergence(gates: Tensor, baseline: Tensor) -> Tensor:
        left = gates[:, :, None] * embeddings + (1 - gates)[:, :, None] * baseline * inside[:, :, None]
        return kl_div(answer(left, query), intact, reduction="none", log_target=True).sum(dim=1)

    return GateBatch(states, mention, inside, divergence)


def draw(
    generator: np.random.Generator, size: int, length: int
) -> tuple[Int[Tensor, "batch length"], Int[Tensor, "batch 2"], Int[Tensor, " batch"]]:
    """Sequences of different lengths, and two different digits that are asked for."""
    digits = torch.from_numpy(generator.integers(0, DIGITS, (size, length)))
    query = torch.from_numpy(np.stack([generator.choice(DIGITS, 2, replace=False) for _ in range(size)]))
    return digits, query, torch.from_numpy(generator.integers(length // 2, length + 1, size))


def find(settings: GateSettings = TRAINED, sequences: int = 500) -> ToyRow:
    """Train gates on the task, and compare them with the ground truth on other sequences."""

    def batch_of(generator: np.random.Generator) -> GateBatch:
        return toy_batch(*draw(generator, 64, LENGTH))

    network = train(begin(1, WIDTH, DIGITS, settings), batch_of, settings).network
    digits, query, lengths = draw(np.random.default_rng([settings.seed, settings.steps, 1]), sequences, LENGTH)
    batch = toy_batch(digits, query, lengths)
    with torch.no_grad():
        stays = network.stays(batch.states, batch.mention)[-1][batch.maskable]
    truth = needed(digits, query)[batch.maskable]
    return ToyRow(len(truth), float(truth.float().mean()), float(((stays > 0.5) == truth).float().mean()))
