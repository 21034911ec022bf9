"""VAT: attention that is fine-tuned and compressed in turn (Zhou, Wu, Chen, Huang & He 2021, Findings of ACL).

1. The learner: attention stays as it is; encoder and classifier are trained by cross-entropy.
2. The compressor: the encoder stays as it is, without dropout; attention is trained through a variational information bottleneck (see `bottleneck`).
3. A first learner phase, then cycles of compressor and learner, so that the classifier knows the attention that it is used with. beta rises from 0 to its
   value over the first part of the compressor's steps. The cycle with the best accuracy on dev is kept, the latest of equals.

Beside it: `beta0` is beta = 0; `no_bottleneck` trains attention by the cross-entropy of the learner's own classifier; `one_cycle` has one
cycle, and each of its phases, the first one too, as many epochs as the cycles of the others together.
The paper published neither code nor beta, learning rates and the number of cycles: all are settings here, and in the record.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from torch import nn

from liap.errors import InputError
from liap.rationales.bottleneck import Bottleneck
from liap.records import LabelledText
from liap.settings import check_number
from liap.taggers.pooling import ATTENTION
from liap.taggers.text_classifier import TextClassifier
from liap.training.classifier_batches import TextBatch, TextBatches, descend_epoch
from liap.training.classifier_trainer import ClassifierSettings, cross_entropy, finished, new_classifier

VARIANTS = ("vat", "beta0", "no_bottleneck", "one_cycle")


@dataclass(frozen=True, kw_only=True)
class VatSettings:
    """How attention is compressed."""

    variant: str = "vat"
    cycles: int = 4
    learner_epochs: int = 1  # in a cycle
    compressor_epochs: int = 1
    compressor_rate: float = 2e-3
    beta: float = 1e-2
    warm_up: float = 0.5  # of the compressor's steps, over which beta rises from 0
    latent: int = 32

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise InputError(f"variant {self.variant!r}: expected one of {', '.join(VARIANTS)}")
        for flag, value in (
            ("--cycles", self.cycles), ("--learner-epochs", self.learner_epochs), ("--compressor-epochs", self.compressor_epochs),
            ("--latent", self.latent),
        ):  # fmt: skip
            check_number(flag, value, 1, 10_000)
        check_number("--beta", self.beta, 0, 1000)
        check_number("--warm-up", self.warm_up, 0, 1)
        check_number("--compressor-rate", self.compressor_rate, 0, 10)

    @property
    def in_use(self) -> VatSettings:
        """With what the variant changes."""
        if self.variant == "one_cycle":
            epochs = (self.cycles * self.learner_epochs, self.cycles * self.compressor_epochs)
            return replace(self, cycles=1, learner_epochs=epochs[0], compressor_epochs=epochs[1])
        return replace(self, beta=0.0) if self.variant == "beta0" else self


@dataclass(frozen=True, slots=True)
class Cycle:
    """One compressor phase and the learner phase behind it; number 0 is the first learner phase alone."""

    number: int
    learner_loss: float  # nats per text
    compressor_loss: float
    apart: float  # KL from N(0, I), nats per text, at the end of the phase
    beta: float  # at the end of the phase
    dev_accuracy: float
    seconds: float  # of processor time


@dataclass(frozen=True, slots=True, eq=False)
class TrainedVat:
    """The classifier of the cycle that is kept, and how it came about."""

    classifier: TextClassifier
    cycles: tuple[Cycle, ...]
    kept: int  # the number of its cycle
    seconds: float  # of processor time
    bottleneck: Bottleneck


class Vat:
    """A classifier between its two trainers."""

    def __init__(self, train: Sequence[LabelledText], how: ClassifierSettings, vat: VatSettings, device: str) -> None:
        self.how, self.vat = replace(how, pooling=ATTENTION), vat.in_use
        self.classifier = new_classifier(train, self.how, device)
        self.model = self.classifier.model
        self.batches = TextBatches(self.classifier, train, batch=how.batch)
        self.generator = np.random.default_rng(how.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(how.seed)
            width = self.model.config.hidden_size
            self.bottleneck = Bottleneck(width, len(self.classifier.classes), self.vat.latent).to(
                self.classifier.device
            )
        self.learner = self._optimizer(
            [*self.model.encoder.parameters(), *self.model.head.output.parameters()], how.rate
        )
        attention = [*self.model.head.attention.parameters()]
        compressed = [] if self.vat.variant == "no_bottleneck" else [*self.bottleneck.parameters()]
        self.compressor = self._optimizer([*attention, *compressed], self.vat.compressor_rate)
        self.step, self.steps = 0, max(1, len(self.batches) * self.vat.cycles * self.vat.compressor_epochs)
        self.apart = 0.0

    def _optimizer(self, weights: list[nn.Parameter], rate: float) -> torch.optim.Optimizer:
        return torch.optim.AdamW(weights, lr=rate, weight_decay=0.01, fused=True)

    @property
    def beta(self) -> float:
        """At this step of the compressor."""
        rise = self.vat.warm_up * self.steps
        return self.vat.beta * min(1.0, self.step / rise if rise else 1.0)

    def learn(self) -> float:
        """The learner's phase; its last epoch's loss."""
        self.model.train().requires_grad_(True)
        self.model.encoder.requires_grad_(not self.how.frozen)
        self.model.head.attention.requires_grad_(False)
        loss = 0.0
        for _ in range(self.vat.learner_epochs):
            loss = descend_epoch(
                self.batches, self.learner, lambda batch: cross_entropy(self.classifier, batch), self.generator
            )
        return loss

    def compress(self) -> float:
        """The compressor's phase; its last epoch's loss."""
        self.model.eval().requires_grad_(False)
        self.model.head.attention.requires_grad_(True)
        loss = 0.0
        for _ in range(self.vat.compressor_epochs):
            loss = descend_epoch(
                self.batches, self.compressor, self.compression, self.generator, after_step=self._count
            )
        return loss

    def _count(self) -> None:
        self.step += 1

    def compression(self, batch: TextBatch) -> torch.Tensor:
        """The compressor's loss of a batch; torch's global generator draws the noise."""
        with torch.no_grad(), self.classifier.autocast():
            states, inside = self.model.states(**batch.inputs)
        pooled = self.model.head.pooled(states.float(), inside)
        if self.vat.variant == "no_bottleneck":
            return nn.functional.cross_entropy(self.model.head.output(pooled), batch.gold)
        noise = torch.randn(len(pooled), self.bottleneck.latent).to(pooled.device)
        loss = self.bottleneck.loss(pooled, batch.gold, noise, self.beta)
        self.apart = float(loss.apart.detach())
        return loss.total


def train_vat(
    train: Sequence[LabelledText],
    dev: Sequence[LabelledText],
    how: ClassifierSettings,
    vat: VatSettings,
    *,
    device: str = "auto",
    report: Callable[[Cycle, TextClassifier], None] = lambda cycle, classifier: None,
) -> TrainedVat:
    """The classifier of the best cycle on dev. InputError where training diverges."""
    began = time.process_time()
    training = Vat(train, how, vat, device)
    cycles: list[Cycle] = []
    best: dict[str, torch.Tensor] = {}
    for number in range(training.vat.cycles + 1):
        started = time.process_time()
        compressed = training.compress() if number else float("nan")
        learned = training.learn()
        accuracy = finished(training.classifier).accuracy(dev)
        seconds = time.process_time() - started
        cycle = Cycle(number, learned, compressed, training.apart, training.beta, accuracy, seconds)
        report(cycle, training.classifier)
        if number and accuracy >= max((other.dev_accuracy for other in cycles[1:]), default=-1.0):
            best = {name: tensor.detach().clone() for name, tensor in training.model.state_dict().items()}
        cycles.append(cycle)
    training.model.load_state_dict(best)
    kept = max(cycles[1:], key=lambda cycle: (cycle.dev_accuracy, cycle.number)).number
    seconds = time.process_time() - began
    return TrainedVat(finished(training.classifier), tuple(cycles), kept, seconds, training.bottleneck)


def record_of(trained: TrainedVat, how: ClassifierSettings, vat: VatSettings) -> dict[str, object]:
    """What the run's record says of a training: every setting, and every cycle."""
    return {
        "training": asdict(how) | asdict(vat.in_use),
        "cycles": [asdict(cycle) for cycle in trained.cycles],
        "kept": trained.kept,
        "seconds": trained.seconds,
    }
