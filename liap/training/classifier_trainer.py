"""Train a text classifier: labelled texts in, a `TextClassifier` out.

1. The encoder is a transformer of a folder or the hub, fine-tuned or kept as it is (`frozen`), or a new LSTM over words (`encoder="lstm"`).
2. AdamW on the cross-entropy of the class; the learning rate rises over the first tenth of the steps and falls to 0 at the last, unless it is `steady`.
3. The epoch with the best accuracy on dev is kept, the earliest of equals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from liap.corpora.texts import classes_of
from liap.errors import InputError
from liap.records import LabelledText
from liap.settings import LARGEST_SEED, among, check_number
from liap.taggers import checkpoints
from liap.taggers.alignment import encode
from liap.taggers.lstm_encoder import LstmConfig, LstmEncoder, word_tokenizer
from liap.taggers.pooling import POOLINGS, RANDOM
from liap.taggers.text_classifier import ClassifierShape, PooledClassifier, TextClassifier
from liap.training.classifier_batches import TextBatch, TextBatches, descend_epoch

LSTM = "lstm"
LEARNING_RATES = {LSTM: 2e-3, "transformer": 5e-5, "frozen": 1e-3}
WARM_UP = 0.1  # of the steps
PRECISIONS = ("fp32", "bf16")


@dataclass(frozen=True, kw_only=True)
class ClassifierSettings:
    """What is trained, and how."""

    encoder: str = LSTM  # lstm, or a transformer's folder or name on the hub
    pooling: str = "first"  # first, mean, attention or random
    frozen: bool = False  # the encoder stays as it is
    epochs: int = 4
    batch: int = 32
    learning_rate: float = 0.0  # 0: as LEARNING_RATES has it
    dropout: float = 0.2
    inner: int = 64  # of the attention
    embedding: int = 128  # of an LSTM's words
    hidden: int = 128  # of an LSTM, both directions together
    least: int = 2  # how often training texts must have a word that an LSTM knows; others are unknown
    steady: bool = False  # the learning rate stays as it is
    precision: str = "fp32"  # of training and of answers: fp32, bf16 (autocast)
    mask: int = 0  # width of a mask behind the embeddings; 0: there is none
    seed: int = 0

    def __post_init__(self) -> None:
        for flag, value in (
            ("--epochs", self.epochs), ("--batch", self.batch), ("--inner", self.inner), ("--embedding", self.embedding),
            ("--hidden", self.hidden), ("--least", self.least),
        ):  # fmt: skip
            check_number(flag, value, 1, 100_000)
        check_number("mask", self.mask, 0, 100_000)
        check_number("--learning-rate", self.learning_rate, 0, 10)
        check_number("--dropout", self.dropout, 0, 0.95)
        check_number("--seed", self.seed, 0, LARGEST_SEED)
        among("--precision", (self.precision,), PRECISIONS)
        among("--pooling", (self.pooling,), POOLINGS)
        if self.frozen and self.encoder == LSTM:
            raise InputError(
                "--frozen: a new LSTM has learned nothing yet; leave --frozen out, or give --encoder a transformer"
            )

    @property
    def rate(self) -> float:
        """The learning rate in use."""
        kind = LSTM if self.encoder == LSTM else "frozen" if self.frozen else "transformer"
        return self.learning_rate or LEARNING_RATES[kind]


@dataclass(frozen=True, slots=True)
class ClassifierEpoch:
    """One pass over the training texts."""

    number: int  # from 1
    loss: float  # nats per text
    dev_accuracy: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class TrainedClassifier:
    """The classifier of the epoch that is kept, and how it came about."""

    classifier: TextClassifier
    epochs: tuple[ClassifierEpoch, ...]
    seconds: float
    skipped: int  # training texts longer than the model's limit
    best_epoch: int = field(default=0)


def new_classifier(texts: Sequence[LabelledText], settings: ClassifierSettings, device: str = "auto") -> TextClassifier:
    """An untrained classifier of the classes of these texts; a transformer's encoder has its weights."""
    classes = classes_of(tuple(texts))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        if settings.encoder == LSTM:
            tokenizer = word_tokenizer([text.words for text in texts], settings.least)
            encoder: nn.Module = LstmEncoder(
                LstmConfig(vocab_size=len(tokenizer), embedding_size=settings.embedding, hidden_size=settings.hidden)
            )
        else:
            folder = checkpoints.local_folder(settings.encoder, flag="--encoder")
            config = checkpoints.read_config(folder)
            tokenizer = checkpoints.read_tokenizer(folder)
            encoder = checkpoints.read_classifier(folder, config, new_head=True).base_model
        special = encode(tokenizer, ("a",)).word_of_piece < 0
        before, behind = int(np.argmin(special)), int(np.argmin(special[::-1]))
        shape = ClassifierShape(
            classes, settings.pooling, settings.inner, settings.dropout, before, behind, settings.mask
        )
        return TextClassifier(PooledClassifier(encoder, shape), tokenizer, device=device, precision=settings.precision)


def train_classifier(
    train: Sequence[LabelledText],
    dev: Sequence[LabelledText],
    settings: ClassifierSettings,
    *,
    device: str = "auto",
    report: Callable[[ClassifierEpoch], None] = lambda epoch: None,
    loss: Callable[[TextClassifier, TextBatch, float], torch.Tensor] | None = None,
) -> TrainedClassifier:
    """The classifier of the epoch with the best accuracy on dev. InputError where training diverges.

    `loss` of a batch is given the share of all steps that is done; it is the cross-entropy unless it is named.
    """
    began = time.perf_counter()
    classifier = new_classifier(train, settings, device)
    model = classifier.model
    batches = TextBatches(classifier, train, batch=settings.batch)
    optimizer = torch.optim.AdamW(trainable(model, settings), lr=settings.rate, weight_decay=0.01, fused=True)
    steps = settings.epochs * len(batches)
    rate = (lambda _step: 1.0) if settings.steady else rising_and_falling(steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    generator = np.random.default_rng(settings.seed)

    def loss_of(batch: TextBatch) -> torch.Tensor:
        return loss(classifier, batch, schedule.last_epoch / steps) if loss else cross_entropy(classifier, batch)

    epochs: list[ClassifierEpoch] = []
    best: dict[str, torch.Tensor] = {}
    for number in range(1, settings.epochs + 1):
        started = time.perf_counter()
        trainable(model.train(), settings)
        mean = descend_epoch(batches, optimizer, loss_of, generator, after_step=schedule.step)
        accuracy = finished(classifier).accuracy(dev)
        epochs.append(ClassifierEpoch(number, mean, accuracy, time.perf_counter() - started))
        report(epochs[-1])
        if accuracy > max((epoch.dev_accuracy for epoch in epochs[:-1]), default=-1.0):
            best = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(best)
    kept = max(epochs, key=lambda epoch: (epoch.dev_accuracy, -epoch.number)).number
    return TrainedClassifier(finished(classifier), tuple(epochs), time.perf_counter() - began, batches.skipped, kept)


def trainable(model: PooledClassifier, settings: ClassifierSettings) -> list[nn.Parameter]:
    """The weights that training changes: never those of random attention, nor of a frozen encoder."""
    model.requires_grad_(True)
    model.encoder.requires_grad_(not settings.frozen)
    if settings.pooling == RANDOM:
        model.head.attention.requires_grad_(False)
    return [weight for weight in model.parameters() if weight.requires_grad]


def finished(classifier: TextClassifier) -> TextClassifier:
    """The classifier in evaluation mode, which keeps no gradient of its weights."""
    classifier.model.eval().requires_grad_(False)
    return classifier


def cross_entropy(classifier: TextClassifier, batch: TextBatch) -> torch.Tensor:
    """Of the class, mean over the batch, nats; the forward pass has the classifier's precision."""
    with classifier.autocast():
        states, inside = classifier.model.states(**batch.inputs)
        logits = classifier.model.head(states, inside)
    return nn.functional.cross_entropy(logits.float(), batch.gold)


def rising_and_falling(steps: int) -> Callable[[int], float]:
    """The share of the learning rate at a step: it rises linearly, then falls linearly to 0."""
    rise = max(1, int(WARM_UP * steps))
    return lambda step: min((step + 1) / rise, max(0.0, (steps - step) / max(1, steps - rise)))
