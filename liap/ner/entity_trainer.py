"""The Hugging Face Trainer for word labels, judged by entity F1.

In: labelled pieces to train on, and a function that scores the model. Out: the model of the epoch that scored best. The
differences from the Trainer as it comes: its evaluation is ours, in single precision even where training is mixed; its
progress is one bar over all sentences.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from liap.ner.entity_f1 import EntityScore
from liap.ner.tagging import pad

NO_LABEL = -100  # what PyTorch's cross entropy passes over


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A sentence to train on: its pieces, and the label of each first piece."""

    piece_ids: np.ndarray
    targets: np.ndarray  # NO_LABEL at other pieces


@dataclass(frozen=True, slots=True)
class Schedule:
    """The settings that the optimiser reads."""

    epochs: int
    learning_rate: float  # at its peak, after the warm-up
    batch: int  # sentences a step
    weight_decay: float
    warmup_steps: int
    seed: int
    precision: str  # fp32, bf16 or fp16


@dataclass(frozen=True, slots=True)
class Epoch:
    """A pass over the training split: its mean loss (nats a labelled word) and what the dev split says after it."""

    number: int
    loss: float
    dev: EntityScore


class EntityTrainer(Trainer):
    """The Trainer; `score` answers with the dev split's score of the model as it stands."""

    def __init__(
        self,
        model: PreTrainedModel,
        examples: Sequence[Example],
        score: Callable[[PreTrainedModel], EntityScore],
        *,
        schedule: Schedule,
        scratch: str,
        pad_id: int,
    ) -> None:
        rows = [{"input_ids": example.piece_ids, "labels": example.targets} for example in examples]
        self.progress = Progress(len(examples))
        super().__init__(
            model=model,
            args=_arguments(schedule, scratch, model.device),
            train_dataset=rows,
            eval_dataset=rows[:1],  # asked for by the Trainer, never read
            data_collator=lambda batch: collate(batch, pad_id),
            callbacks=[self.progress],
        )
        self.remove_callback(PrinterCallback)
        self.score = score
        self.scoring_seconds = 0.0
        self.dev_scores: list[EntityScore] = []

    def fit(self) -> None:
        """Train; whatever ends it, the bar's line ends too."""
        try:
            self.train()
        finally:
            self.progress.close()

    def evaluate(
        self, eval_dataset: object = None, ignore_keys: object = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """The dev split's F1 under the name by which the Trainer picks its best epoch."""
        started = time.perf_counter()
        with single_precision(self.model):
            self.dev_scores.append(self.score(self.model))
        self.scoring_seconds += time.perf_counter() - started
        metrics = {f"{metric_key_prefix}_f1": self.dev_scores[-1].f1}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def epochs(self) -> tuple[Epoch, ...]:
        losses = [entry["loss"] for entry in self.state.log_history if "loss" in entry]
        pairs = zip(losses, self.dev_scores, strict=True)
        return tuple(Epoch(number, loss, dev) for number, (loss, dev) in enumerate(pairs, start=1))


def _arguments(schedule: Schedule, scratch: str, device: torch.device) -> TrainingArguments:
    return TrainingArguments(
        output_dir=scratch,
        num_train_epochs=schedule.epochs,
        per_device_train_batch_size=schedule.batch,
        learning_rate=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        warmup_steps=schedule.warmup_steps,
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length",
        bf16=schedule.precision == "bf16",
        fp16=schedule.precision == "fp16",
        eval_strategy="epoch",
        save_strategy="best",
        save_total_limit=1,
        save_only_model=True,
        load_best_model_at_end=True,
        metric_for_best_model="f1",
        greater_is_better=True,
        logging_strategy="epoch",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        use_cpu=device.type == "cpu",
        seed=schedule.seed,
        data_seed=schedule.seed,
    )


@contextmanager
def single_precision(model: PreTrainedModel) -> Iterator[None]:
    """The model's own forward pass, without the mixed precision that the Trainer wraps around it."""
    wrapped = model.__dict__.pop("forward", None)
    try:
        yield
    finally:
        if wrapped is not None:
            model.forward = wrapped


def unwrap(model: PreTrainedModel) -> None:
    """Take off for good what the Trainer put around the forward pass."""
    for name in ("forward", "_original_forward"):
        model.__dict__.pop(name, None)


def collate(batch: Sequence[dict[str, np.ndarray]], pad_id: int) -> dict[str, torch.Tensor]:
    """The batch padded to its longest row."""
    ids, attended = pad([row["input_ids"] for row in batch], pad_id)
    targets, _ = pad([row["labels"] for row in batch], NO_LABEL)
    return {"input_ids": ids, "attention_mask": attended, "labels": targets}


class Progress(TrainerCallback):
    """One bar over the sentences of all epochs, with the rate and the last dev F1."""

    def __init__(self, sentences: int) -> None:
        self.sentences = sentences
        self.bar: tqdm | None = None

    def on_train_begin(self, args, state, control, **_) -> None:
        total = self.sentences * int(args.num_train_epochs)
        self.bar = tqdm(total=total, desc="fine-tuning", unit=" sentences", mininterval=0.5, dynamic_ncols=True)

    def on_step_end(self, args, state, control, **_) -> None:
        full_epochs, steps = divmod(state.global_step, -(-self.sentences // args.train_batch_size))
        done = full_epochs * self.sentences + steps * args.train_batch_size
        self.bar.update(done - self.bar.n)

    def on_evaluate(self, args, state, control, metrics, **_) -> None:
        self.bar.set_postfix_str(f"dev F1 {metrics['eval_f1']:.4f}")

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
