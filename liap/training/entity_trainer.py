"""The Hugging Face Trainer for word labels, judged by entity F1.

In: labelled pieces to train on, and a function that scores the model. Out: the model of the epoch that scored best. The
differences from the Trainer as it comes: its evaluation is ours, in single precision even where training is mixed; its
progress is one bar over all sentences; several processes train the model that one would.

Each process has its share of every batch, and a step's loss is the mean over the labelled words of all shares. (The Trainer
would give each process a batch of its own, repeat sentences to fill the last one, and sum the processes' means.) The order of
the sentences is drawn by the first process; it is that of a run of one, unless dropout draws from the same generator, as
it does on a CPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Sampler
from tqdm import tqdm
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.utils import ModelOutput

from liap import processes
from liap.taggers.entity_f1 import EntityScore
from liap.training.tagging import pad

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
    batch: int  # sentences a step, of all processes together
    weight_decay: float
    warmup_steps: int
    seed: int
    precision: str  # fp32, bf16 or fp16


@dataclass(frozen=True, slots=True)
class Epoch:
    """A pass over the training split: its steps' mean loss (nats a labelled word) and what the dev split says after it."""

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
        super().__init__(
            model=model,
            args=_arguments(schedule, scratch, model.device, idle=processes.count() > 1 and has_idle(model)),
            train_dataset=rows,
            eval_dataset=rows[:1],  # asked for by the Trainer, never read
            data_collator=lambda batch: collate(batch, pad_id),
            compute_loss_func=word_loss if processes.count() > 1 else None,
            callbacks=[Progress(len(examples), schedule.batch)],
        )
        self.remove_callback(PrinterCallback)
        self.score = score
        self.training_seconds = 0.0  # without the scoring
        self.scoring_seconds = 0.0
        self.dev_scores: list[EntityScore] = []
        if processes.rank():  # dropout masks of its own; the first process draws as a run of one would
            torch.manual_seed(schedule.seed + processes.rank())

    def get_train_dataloader(self) -> DataLoader:
        """Batches of sentences of similar length; of several processes, each has its share of each batch."""
        if processes.count() == 1:
            return super().get_train_dataloader()
        return DataLoader(
            self.train_dataset,
            batch_sampler=Shares(self._get_train_sampler(), self.args.train_batch_size),
            collate_fn=self.data_collator,
            pin_memory=self.args.device.type == "cuda",
        )

    def train(self) -> None:
        """Train, with the model of the best epoch in the end."""
        started = time.perf_counter()
        super().train()
        self.training_seconds = time.perf_counter() - started - self.scoring_seconds

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


def _arguments(schedule: Schedule, scratch: str, device: torch.device, *, idle: bool) -> TrainingArguments:
    arguments = TrainingArguments(
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
        ddp_find_unused_parameters=idle,
        use_cpu=device.type == "cpu",
        seed=schedule.seed,
        data_seed=schedule.seed,
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)  # else one process would take all GPUs, and a batch on each
    return arguments


class Shares(Sampler[list[int]]):
    """This process's share of each batch; shares have sentences of similar length, and one may be empty."""

    def __init__(self, order: Sampler[int], batch: int) -> None:
        self.order = order
        self.batch = batch

    def __len__(self) -> int:
        return -(-len(self.order) // self.batch)

    def __iter__(self) -> Iterator[list[int]]:
        order = processes.from_first(lambda: list(self.order))
        for start in range(0, len(order), self.batch):
            yield processes.share(order[start : start + self.batch])


def word_loss(
    outputs: ModelOutput, labels: Int[torch.Tensor, "batch pieces"], num_items_in_batch: torch.Tensor
) -> Float[torch.Tensor, ""]:
    """The share's part of the mean over all labelled words of the batch, `num_items_in_batch`; the parts add up to it."""
    total = cross_entropy(outputs.logits.flatten(0, 1), labels.flatten(), ignore_index=NO_LABEL, reduction="sum")
    return total / num_items_in_batch.clamp(min=1)


def has_idle(model: PreTrainedModel) -> bool:
    """Whether some weights do not bear on the logits: processes would wait for their gradients for ever."""
    trained = model.training
    logits = model.eval()(input_ids=torch.zeros((1, 1), dtype=torch.long, device=model.device)).logits
    model.train(trained)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    return any(one is None for one in torch.autograd.grad(logits.sum(), weights, allow_unused=True))


def share_weights(model: PreTrainedModel) -> None:
    """Give all processes the first one's weights: the best epoch's lie on its disk, which others may not reach."""
    if processes.count() > 1:
        for tensor in model.state_dict().values():
            torch.distributed.broadcast(tensor, src=0)


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
    """The batch padded to its longest row; an empty share is one piece without a label, for every process takes every step."""
    batch = batch or [{"input_ids": np.array([pad_id]), "labels": np.array([NO_LABEL])}]
    ids, attended = pad([row["input_ids"] for row in batch], pad_id)
    targets, _ = pad([row["labels"] for row in batch], NO_LABEL)
    return {"input_ids": ids, "attention_mask": attended, "labels": targets}


class Progress(TrainerCallback):
    """One bar over the sentences of all epochs, with the rate and the last dev F1."""

    def __init__(self, sentences: int, batch: int) -> None:
        self.sentences = sentences
        self.batch = batch
        self.bar: tqdm | None = None

    def on_train_begin(self, args, state, control, **_) -> None:
        total = self.sentences * int(args.num_train_epochs)
        self.bar = tqdm(
            total=total,
            desc="fine-tuning",
            unit=" sentences",
            mininterval=0.5,
            dynamic_ncols=True,
            disable=not processes.is_first(),
        )

    def on_step_end(self, args, state, control, **_) -> None:
        full_epochs, steps = divmod(state.global_step, -(-self.sentences // self.batch))
        done = full_epochs * self.sentences + steps * self.batch
        self.bar.update(done - self.bar.n)

    def on_evaluate(self, args, state, control, metrics, **_) -> None:
        self.bar.set_postfix_str(f"dev F1 {metrics['eval_f1']:.4f}")

    def on_train_end(self, args, state, control, **_) -> None:
        self.bar.close()
