"""Fine-tuning: an encoder and a corpus's three splits in, the recogniser of the best epoch and its scores out.

1. Labels are O and a B- and I- for every type of the training split. A word's label stands at its first piece; other pieces
   and special tokens have none (Devlin et al. 2019, section 5.3). A sentence longer than the model's limit is skipped and
   counted, never cut.
2. The Hugging Face Trainer with fused AdamW and a linear schedule; batches are drawn from groups of similar length and
   padded to their longest. Training runs in mixed precision where the hardware has it.
3. After each epoch the dev split is tagged, in single precision; the epoch of best entity F1 is kept, the earliest of equals.
4. That epoch's model tags the test split, once.

Started as several processes (torchrun), they share each step's batch and each split that is scored.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from liap import processes
from liap.errors import InputError
from liap.records import Sentence
from liap.taggers import checkpoints
from liap.taggers.alignment import NO_PIECE, Encoding, encode, prepare_for_words
from liap.taggers.entity_f1 import EntityScore, entity_f1
from liap.taggers.transformer import choose_device, max_pieces_of
from liap.training.entity_trainer import NO_LABEL, EntityTrainer, Epoch, Example, Schedule, share_weights, unwrap
from liap.training.tagging import predict_tags

TINY_MODEL = "tiny"
SEEDS = 2**32  # that the libraries take
PRECISIONS = ("auto", "fp32", "bf16", "fp16")


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a recogniser is trained; the messages name finetune.py's flags."""

    model: str  # a folder, a name on the hub, or "tiny"
    epochs: int
    learning_rate: float
    batch: int
    weight_decay: float
    warmup_steps: int
    seed: int
    precision: str = "auto"
    device: str = "auto"

    def __post_init__(self) -> None:
        for flag, value, least in (
            ("--epochs", self.epochs, 1),
            ("--batch", self.batch, 1),
            ("--weight-decay", self.weight_decay, 0),
            ("--warmup-steps", self.warmup_steps, 0),
            ("--seed", self.seed, 0),
        ):
            if not value >= least:
                raise InputError(f"{flag} must be at least {least}, got {value}")
        if self.seed >= SEEDS:
            raise InputError(f"--seed must be below {SEEDS}, got {self.seed}")
        if not 0 < self.learning_rate < 1:
            raise InputError(f"--learning-rate must lie between 0 and 1, got {self.learning_rate}")
        if self.precision not in PRECISIONS:
            raise InputError(f"--precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The sentences of a split that fit the model, and their pieces."""

    sentences: tuple[Sentence, ...]
    encodings: tuple[Encoding, ...]
    skipped: int  # longer than the model's limit


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """All that training starts from."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    labels: tuple[str, ...]
    precision: str
    train: Split
    dev: Split
    tested: Split

    @property
    def pad_id(self) -> int:
        return self.tokenizer.pad_token_id or 0

    def score(self, split: Split) -> tuple[EntityScore, ...]:
        """The model's scores as it stands."""
        return score(self.model, split, labels=self.labels, pad_id=self.pad_id)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The recogniser of the best epoch and how it came about."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    labels: tuple[str, ...]
    precision: str  # of training; scores are always computed in fp32
    processes: int  # that trained it together
    epochs: tuple[Epoch, ...]
    best_epoch: int  # from 1
    test: tuple[EntityScore, ...]
    train: Split
    dev: Split
    tested: Split
    training_seconds: float
    scoring_seconds: float


def fine_tune(
    train: Sequence[Sentence], dev: Sequence[Sentence], test: Sequence[Sentence], *, settings: TrainingSettings
) -> Trained:
    """The recogniser; InputError where the corpus, the model or a setting does not serve.

    Called by each of several processes, it returns the same to all of them.
    """
    processes.join()
    ready = processes.agree(lambda: prepare((train, dev, test), settings))
    trainer = _train(ready, settings)
    epochs = trainer.epochs()
    started = time.perf_counter()
    unwrap(ready.model)
    tested = ready.score(ready.tested)
    return Trained(
        model=ready.model.eval(),
        tokenizer=ready.tokenizer,
        labels=ready.labels,
        precision=ready.precision,
        processes=processes.count(),
        epochs=epochs,
        best_epoch=max(epochs, key=lambda epoch: (epoch.dev.f1, -epoch.number)).number,
        test=tested,
        train=ready.train,
        dev=ready.dev,
        tested=ready.tested,
        training_seconds=trainer.training_seconds,
        scoring_seconds=trainer.scoring_seconds + time.perf_counter() - started,
    )


def prepare(splits: Sequence[Sequence[Sentence]], settings: TrainingSettings) -> Ready:
    """The classifier as it starts and the three splits in its pieces."""
    for name, sentences in zip(("training", "dev", "test"), splits, strict=True):
        _check_tags(name, sentences)
    labels = label_set(splits[0])
    device = choose_device(settings.device)
    precision = choose_precision(settings.precision, device)
    set_seed(settings.seed)
    model, tokenizer = start(settings.model, splits[0], labels)
    train, dev, tested = (fit(sentences, model.to(device), tokenizer) for sentences in splits)
    if not train.sentences:
        raise InputError(
            f"--model {settings.model}: no training sentence fits its {max_pieces_of(model, tokenizer)} pieces"
        )
    return Ready(model, tokenizer, labels, precision, train=train, dev=dev, tested=tested)


def _train(ready: Ready, settings: TrainingSettings) -> EntityTrainer:
    """The trainer when it is done: the model has the weights of the best epoch."""
    with processes.shared_folder("liap-finetune-") as scratch:
        trainer = EntityTrainer(
            ready.model,
            examples(ready.train, ready.labels),
            lambda _: ready.score(ready.dev)[-1],
            schedule=_schedule(settings, ready.precision),
            scratch=scratch,
            pad_id=ready.pad_id,
        )
        with checkpoints.quiet():
            trainer.train()
    share_weights(ready.model)
    return trainer


def label_set(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    """O, then B- and I- of each type in the sentences' tags, types in order of the alphabet."""
    types = sorted({tag[2:] for sentence in sentences for tag in sentence.tags if tag != "O"})
    if not types:
        raise InputError("--corpus: the training split marks no entity; expected IOB2 tags such as B-PER")
    return ("O", *(prefix + kind for kind in types for prefix in ("B-", "I-")))


def start(
    model: str, sentences: Sequence[Sentence], labels: tuple[str, ...]
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The classifier before training: an encoder with a new last layer, or the tiny one."""
    if model == TINY_MODEL:
        from liap.training.tiny import build_tiny

        return build_tiny(sentences, labels)
    folder = checkpoints.local_folder(model)
    config = checkpoints.read_config(folder)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: index for index, label in enumerate(labels)}
    tokenizer = checkpoints.read_tokenizer(folder)
    classifier = checkpoints.read_classifier(folder, config, new_head=True)
    checkpoints.check_vocabulary(classifier, tokenizer, folder)
    prepare_for_words(tokenizer)
    return classifier, tokenizer


def fit(sentences: Sequence[Sentence], model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Split:
    """The sentences whose pieces the model has positions for."""
    limit = max_pieces_of(model, tokenizer)
    encoded = [(sentence, encode(tokenizer, sentence.words)) for sentence in sentences]
    fitting = [(sentence, encoding) for sentence, encoding in encoded if encoding.pieces <= limit]
    return Split(
        tuple(sentence for sentence, _ in fitting),
        tuple(encoding for _, encoding in fitting),
        len(encoded) - len(fitting),
    )


def examples(split: Split, labels: tuple[str, ...]) -> list[Example]:
    """Each word's label at its first piece, NO_LABEL elsewhere."""
    index = {label: place for place, label in enumerate(labels)}
    made = []
    for sentence, encoding in zip(split.sentences, split.encodings, strict=True):
        targets = np.full(encoding.pieces, NO_LABEL, dtype=np.int64)
        for tag, piece in zip(sentence.tags, encoding.first_piece, strict=True):
            if piece != NO_PIECE:
                targets[piece] = index[tag]
        made.append(Example(encoding.piece_ids, targets))
    return made


def score(model: PreTrainedModel, split: Split, *, labels: tuple[str, ...], pad_id: int) -> tuple[EntityScore, ...]:
    """Entity F1 of the model on a split, by type and last overall."""
    predicted = predict_tags(model, split.encodings, labels=labels, pad_id=pad_id)
    return entity_f1([sentence.tags for sentence in split.sentences], predicted)


def choose_precision(precision: str, device: torch.device) -> str:
    """`auto`: bfloat16 where the hardware multiplies it natively, else float16 on a GPU, else single precision."""
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    native = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return "bf16" if device.type == "cpu" and native else "fp32"


def _check_tags(name: str, sentences: Sequence[Sentence]) -> None:
    untagged = [sentence.index for sentence in sentences if sentence.tags is None]
    if untagged or not sentences:
        what = f"sentence {untagged[0]} of the {name} split has no tags" if untagged else f"the {name} split is empty"
        raise InputError(f"--corpus: {what}; expected sentences with a tag for each word")


def _schedule(settings: TrainingSettings, precision: str) -> Schedule:
    return Schedule(
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        batch=settings.batch,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup_steps,
        seed=settings.seed,
        precision=precision,
    )
