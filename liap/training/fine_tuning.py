"""Fine-tuning: an encoder and the three splits of a corpus in, the recogniser of the best epoch and its scores out.

1. The labels are O, and a B- and an I- for every type of the training split.
2. The Hugging Face Trainer runs fused AdamW with a linear schedule; batches are drawn from groups of similar length and padded to
   their longest sentence. Training uses mixed precision where the hardware supports it.
3. After each epoch the dev split is tagged in single precision. The epoch with the best entity F1 is kept, the earliest of equals; or
   the last epoch, where the settings say so.
4. That epoch's model tags the test split, once.

An interrupted run goes on after its last finished epoch (see `resumption`). Several processes (torchrun) divide each step's batch and
each split that is scored.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from liap import processes
from liap.errors import InputError
from liap.files import digest_of
from liap.records import Sentence
from liap.taggers import checkpoints
from liap.taggers.alignment import prepare_for_words
from liap.taggers.devices import choose_device
from liap.taggers.entity_f1 import EntityScore
from liap.taggers.sizes import max_pieces_of
from liap.training import resumption
from liap.training.attention_loss import Guide
from liap.training.entity_trainer import EntityTrainer, unwrap
from liap.training.fine_tuning_settings import TINY_MODEL, FineTuningSettings
from liap.training.resumption import Epoch
from liap.training.splits import Split, examples, fit, score


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Everything that training starts from."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    labels: tuple[str, ...]
    settings: FineTuningSettings  # with the precision in use
    train: Split
    dev: Split
    tested: Split

    @property
    def pad_id(self) -> int:
        return self.tokenizer.pad_token_id or 0

    def score(self, split: Split) -> tuple[EntityScore, ...]:
        """The scores of the model as it is now."""
        return score(self.model, split, labels=self.labels, pad_id=self.pad_id)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The recogniser of the epoch that is kept and how it was made."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    labels: tuple[str, ...]
    precision: str  # of training; scores are always computed in fp32
    processes: int  # how many trained it together
    epochs: tuple[Epoch, ...]
    best_epoch: int  # the one that is kept, from 1
    test: tuple[EntityScore, ...]
    train: Split
    dev: Split
    tested: Split
    training_seconds: float  # over all starts of an interrupted run
    scoring_seconds: float


def fine_tune(
    train: Sequence[Sentence],
    dev: Sequence[Sentence],
    test: Sequence[Sentence],
    *,
    settings: FineTuningSettings,
    checkpoint: Path | None = None,
    guide: Guide | None = None,
) -> Trained:
    """The recogniser; InputError if the corpus, the model or a setting cannot be used.

    `checkpoint` is the folder from which an interrupted run goes on; the caller removes it once the result is safe. `guide` adds an
    attention loss to training. Each of several processes calls this, and all receive the same result.
    """
    processes.join()
    splits = (train, dev, test)
    start = processes.agree(lambda: prepare(splits, settings))
    trainer = _train(start, splits, checkpoint, guide)
    started = time.perf_counter()
    unwrap(start.model)
    scores = start.score(start.tested)
    return Trained(
        model=start.model.eval(),
        tokenizer=start.tokenizer,
        labels=start.labels,
        precision=start.settings.precision,
        processes=processes.count(),
        epochs=trainer.epochs,
        best_epoch=kept_epoch(trainer.epochs, settings.keep_epoch),
        test=scores,
        train=start.train,
        dev=start.dev,
        tested=start.tested,
        training_seconds=trainer.training_seconds,
        scoring_seconds=trainer.scoring_seconds + time.perf_counter() - started,
    )


def kept_epoch(epochs: Sequence[Epoch], keep: str) -> int:
    """The number of the last epoch, or of the earliest with the best dev F1."""
    return len(epochs) if keep == "last" else max(epochs, key=lambda epoch: (epoch.dev.f1, -epoch.number)).number


def prepare(splits: Sequence[Sequence[Sentence]], settings: FineTuningSettings) -> Start:
    """The untrained classifier, and the three splits in its pieces."""
    for name, sentences in zip(("training", "dev", "test"), splits, strict=True):
        _check_tags(name, sentences)
    labels = label_set(splits[0])
    device = choose_device(settings.device)
    settings = replace(settings, precision=choose_precision(settings.precision, device))
    set_seed(settings.seed)
    model, tokenizer = load_encoder(settings.model, splits[0], labels)
    limit = min(max_pieces_of(model, tokenizer), settings.max_pieces or sys.maxsize)
    train, dev, tested = (fit(sentences, tokenizer, limit) for sentences in splits)
    if not train.sentences:
        raise InputError(f"--model {settings.model}: no training sentence fits its {limit} pieces")
    return Start(model.to(device), tokenizer, labels, settings, train=train, dev=dev, tested=tested)


def _train(
    start: Start, splits: Sequence[Sequence[Sentence]], checkpoint: Path | None, guide: Guide | None
) -> EntityTrainer:
    """The trainer once it has finished: the model has the weights of the epoch that is kept."""
    earlier, keep = None, None
    guide_rows = guide.rows(start.train.sentences, start.train.encodings) if guide else []
    if checkpoint and processes.count() > 1:
        if (checkpoint / resumption.FILE).exists():
            print("several processes cannot go on from a checkpoint: training starts from the first epoch")
    elif checkpoint:
        identity = resumption.identify(start.settings, splits, start.model, start.tokenizer)
        if guide:
            identity = replace(identity, settings=digest_of([identity.settings, guide.digest(guide_rows)]))
        earlier, line = resumption.load(checkpoint, identity)
        print(line, end="\n" if line else "")
        keep = partial(resumption.save, checkpoint, identity)
    trainer = EntityTrainer(
        start.model,
        examples(start.train, start.labels),
        lambda _: start.score(start.dev)[-1],
        settings=start.settings,
        pad_id=start.pad_id,
        earlier=earlier,
        keep=keep,
        guide=guide,
        guide_rows=guide_rows,
    )
    with checkpoints.quiet():
        trainer.train()
    return trainer


def label_set(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    """O, then B- and I- of each type in the sentences' tags, types in alphabetical order."""
    types = sorted({tag[2:] for sentence in sentences for tag in sentence.tags if tag != "O"})
    if not types:
        raise InputError("--corpus: the training split marks no entity; expected IOB2 tags such as B-PER")
    return ("O", *(prefix + kind for kind in types for prefix in ("B-", "I-")))


def load_encoder(
    model: str, sentences: Sequence[Sentence], labels: tuple[str, ...]
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The classifier before training: an encoder with a new last layer, or the tiny model."""
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


def choose_precision(precision: str, device: torch.device) -> str:
    """`auto` is bfloat16 where the hardware multiplies it natively, else float16 on a GPU, else single precision."""
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
