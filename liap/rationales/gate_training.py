"""Training DiffMask's gates: as few open gates as the model's answer allows (De Cao et al. 2020, section 3.3).

1. A batch gives, for each of its mentions, the states of all words, and how far the answer moves (KL divergence, in nats) under gates and a baseline.
2. A layer l is drawn. Gates of layers 0..l are sampled and multiplied.
3. Loss: expected share of open gates + multiplier * (divergence - margin). Network and baseline go down its gradient, the multiplier goes up: it
   rises while the answer moves more than the margin allows, and falls to 0 otherwise.

Batches, layers and noise of a step depend on the seed and the step alone, so training goes on after an interruption as if there had been none.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from liap.errors import InputError
from liap.explainers.gate_network import GateNetwork, WordMask
from liap.explainers.hard_concrete import open_probability, sample
from liap.files import write_whole
from liap.settings import check_number

LARGEST_MULTIPLIER = 200.0
LARGEST_GRADIENT = 1.0
SAVED_EVERY = 100  # steps
HISTORY_EVERY = 20  # steps


@dataclass(frozen=True, slots=True, eq=False)
class GateBatch:
    """Mentions as the gates see them, and what the model answers under gates."""

    states: Float[Tensor, "layers batch words width"]
    mention: Float[Tensor, "layers batch width"]
    maskable: Bool[Tensor, "batch words"]  # context words with a piece; never pads or the mention's own
    divergence: Callable[
        [Tensor, Tensor], Tensor
    ]  # gates [batch words], baseline [width] -> KL(p || p under gates) [batch], nats


@dataclass(frozen=True, kw_only=True)
class GateSettings:
    """How gates are trained."""

    steps: int = 800
    batch: int = 24
    margin: float = 0.1  # nats
    learning_rate: float = 3e-3
    multiplier_rate: float = 0.1
    start: float = 10.0  # of the multiplier
    inner: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "inner"):
            check_number(f"--{name}", getattr(self, name), 1)
        for name in ("margin", "learning_rate", "multiplier_rate", "start"):
            check_number(f"--{name.replace('_', '-')}", getattr(self, name), 0, 1000)


@dataclass(slots=True)
class Training:
    """Where training stands."""

    network: GateNetwork | WordMask
    optimiser: torch.optim.Adam
    multiplier: float
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """Of one batch; `total` is differentiable in the network."""

    total: Float[Tensor, ""]
    open: Float[Tensor, ""]  # expected share of the maskable words whose gates are open
    divergence: Float[Tensor, ""]  # mean, nats


def lagrangian(
    network: GateNetwork,
    batch: GateBatch,
    uniform: Float[Tensor, "layers batch words"],
    *,
    multiplier: float,
    margin: float,
) -> Loss:
    """The loss with gates of as many layers as there are uniform numbers; words that are not maskable stay and do not count."""
    layers = len(uniform)
    logits = network(batch.states, batch.mention)[:layers]
    gates = torch.where(batch.maskable, sample(logits, uniform).prod(dim=0), 1.0)
    stays = open_probability(logits).prod(dim=0) * batch.maskable
    share = (stays.sum(dim=1) / batch.maskable.sum(dim=1).clamp(min=1)).mean()
    moved = batch.divergence(gates, network.baseline).mean()
    return Loss(share + multiplier * (moved - margin), share, moved)


def begin(layers: int, width: int, embedding_width: int, settings: GateSettings) -> Training:
    """A network whose gates are open, before the first step."""
    network = GateNetwork(layers, width, embedding_width, settings.inner, settings.seed)
    return Training(network, torch.optim.Adam(network.parameters(), settings.learning_rate), settings.start)


def train(
    training: Training,
    batch_of: Callable[[np.random.Generator], GateBatch],
    settings: Any,
    checkpoint: Path | None = None,
    progress: Callable[[int], object] = lambda step: None,
    step: Callable[..., None] | None = None,
) -> Training:
    """Train up to the last step, going on from the checkpoint if there is one; `step` is `advance`, or that of another method."""
    if checkpoint is not None and checkpoint.exists():
        restore(training, checkpoint)
    while training.step < settings.steps:
        generator = np.random.default_rng([settings.seed, training.step])
        (step or advance)(training, batch_of(generator), settings, generator)
        progress(training.step)
        if checkpoint is not None and training.step % SAVED_EVERY == 0:
            keep(training, checkpoint)
    return training


def advance(training: Training, batch: GateBatch, settings: GateSettings, generator: np.random.Generator) -> None:
    """One step down for the network, one up for the multiplier."""
    layers, mentions, words = batch.states.shape[:3]
    uniform = generator.random((int(generator.integers(1, layers + 1)), mentions, words), dtype=np.float32)
    with torch.enable_grad():
        loss = lagrangian(
            training.network, batch, torch.from_numpy(uniform), multiplier=training.multiplier, margin=settings.margin
        )
    moved = descend(training, loss.total, loss.divergence)
    raised = training.multiplier + settings.multiplier_rate * (moved - settings.margin) / max(settings.margin, 1e-3)
    training.multiplier = float(np.clip(raised, 0.0, LARGEST_MULTIPLIER))
    finish_step(training, {"layers": len(uniform), "share_open": float(loss.open.detach()), "divergence": moved})


def descend(training: Training, total: Float[Tensor, ""], divergence: Float[Tensor, ""]) -> float:
    """Take the network down the gradient of `total`; the divergence as a number. InputError where it is none any more."""
    training.optimiser.zero_grad()
    total.backward()
    torch.nn.utils.clip_grad_norm_(training.network.parameters(), LARGEST_GRADIENT)
    training.optimiser.step()
    moved = float(divergence.detach())
    if not np.isfinite(moved):
        raise InputError(f"training diverged at step {training.step}; choose a smaller --learning-rate")
    return moved


def finish_step(training: Training, facts: dict[str, float]) -> None:
    """Count the step, and put what is known of it into the history if it is its turn."""
    training.step += 1
    if training.step % HISTORY_EVERY == 0 or training.step == 1:
        training.history.append({"step": training.step, **facts, "multiplier": training.multiplier})


def keep(training: Training, path: Path) -> None:
    """Write everything that the next step needs."""
    state = {"network": training.network.state_dict(), "optimiser": training.optimiser.state_dict()}
    file = io.BytesIO()
    torch.save(state | {"multiplier": training.multiplier, "step": training.step, "history": training.history}, file)
    write_whole(path, file.getvalue())


def restore(training: Training, path: Path) -> None:
    """Go on where `keep` stood; InputError where the file is none."""
    try:
        state = torch.load(path, weights_only=True)
        training.network.load_state_dict(state["network"])
        training.optimiser.load_state_dict(state["optimiser"])
        training.multiplier, training.step = float(state["multiplier"]), int(state["step"])
        training.history = list(state["history"])
    except Exception as error:
        raise InputError(f"{path}: cannot go on from it ({type(error).__name__}); delete it to begin again") from None
