"""The Hugging Face Trainer for word labels, judged by entity F1.

In: labelled pieces to train on, and a function that scores the model. Out: the model with the weights of the epoch that scored best, or of the
last.
It differs from the plain Trainer in four ways: scores are ours, computed in single precision even if training is mixed; one progress
bar counts the sentences; training goes on exactly where an earlier process stopped; several processes train the same model as one.

With several processes, each has its share of every batch, and a step's loss is the mean over the labelled words of all shares. (The
plain Trainer would give each process a batch of its own, repeat sentences to fill the last batch, and sum the processes' means.) The
first process draws the order of the sentences. It equals the order of a single process, unless dropout draws from the same generator,
as it does on a CPU.

With a guide, each step's loss is the words' own plus the guide's weight times its attention loss (see `attention_loss`).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Sampler
from tqdm import tqdm
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.utils import ModelOutput

from liap import processes
from liap.taggers.entity_f1 import EntityScore
from liap.training.attention_loss import Guide, TargetRows, collate_targets, guidance_loss, guided, recording
from liap.training.fine_tuning_settings import FineTuningSettings
from liap.training.resumption import Epoch, Progress, Tensors, generator_states, restore_generators
from liap.training.splits import NO_LABEL, Example, collate


class EntityTrainer(Trainer):
    """The Trainer; `score` returns the dev score of the model as it is, and `keep` is called with the progress after each epoch."""

    def __init__(
        self,
        model: PreTrainedModel,
        examples: Sequence[Example],
        score: Callable[[PreTrainedModel], EntityScore],
        *,
        settings: FineTuningSettings,
        pad_id: int,
        earlier: Progress | None = None,
        keep: Callable[[Progress], None] | None = None,
        guide: Guide | None = None,
        guide_rows: Sequence[TargetRows] = (),
    ) -> None:
        rows = [{"input_ids": example.piece_ids, "labels": example.targets} for example in examples]
        for row, more in zip(rows, guide_rows, strict=guide is not None):
            row.update(more)
        super().__init__(
            model=model,
            args=_arguments(settings, model.device, unused=processes.count() > 1 and has_unused(model)),
            train_dataset=rows,
            eval_dataset=rows[:1],  # the Trainer demands one; it is never read
            data_collator=lambda batch: collate(batch, pad_id) | (collate_targets(batch) if guide else {}),
            compute_loss_func=word_loss if processes.count() > 1 else None,
            callbacks=[ProgressBar(len(examples), settings.batch)],
        )
        self.remove_callback(PrinterCallback)
        self.score = score
        self.guide = guide
        self.earlier = earlier
        self.keep = keep
        self.keep_epoch = settings.keep_epoch
        self.epochs = earlier.epochs if earlier else ()
        self.best: Tensors = earlier.best if earlier else {}
        self.scoring_seconds = earlier.scoring_seconds if earlier else 0.0
        self.started = time.perf_counter() - (earlier.training_seconds + self.scoring_seconds if earlier else 0.0)
        self.training_seconds = 0.0  # without the scoring
        if processes.rank():  # each process draws its own dropout masks; the first draws as a single process would
            torch.manual_seed(settings.seed + processes.rank())

    def get_train_dataloader(self) -> DataLoader:
        """Batches of sentences of similar length; with several processes, this process's share of each batch."""
        if processes.count() == 1:
            return super().get_train_dataloader()
        return DataLoader(
            self.train_dataset,
            batch_sampler=Shares(self._get_train_sampler(), self.args.train_batch_size),
            collate_fn=self.data_collator,
            pin_memory=self.args.device.type == "cuda",
        )

    def compute_loss(self, model: PreTrainedModel, inputs: dict[str, torch.Tensor], *others: object, **named: object):
        """The words' loss and, with a guide, the attention loss."""
        if self.guide is None:
            return super().compute_loss(model, inputs, *others, **named)
        word_of_piece, target = inputs.pop("word_of_piece"), inputs.pop("target")
        with recording(self.guide.layer) as recorded:
            loss = super().compute_loss(model, inputs, *others, **named)
            attention = recorded.attention[:, list(self.guide.heads)]
        return loss + self.guide.weight * guidance_loss(attention, word_of_piece, target)

    def train(self) -> None:
        """Train; at the end the model has the weights of the epoch that is kept."""
        with guided(self.model, self.guide):
            super().train()
        self.training_seconds = self._elapsed()
        if self.keep_epoch == "best":
            self.model.load_state_dict(self.best)

    def evaluate(
        self, eval_dataset: object = None, ignore_keys: object = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """Score the epoch that has just ended, and hand on the progress."""
        started = time.perf_counter()
        with single_precision(self.model):
            dev = self.score(self.model)
        self.scoring_seconds += time.perf_counter() - started
        if not self.best or dev.f1 > max(epoch.dev.f1 for epoch in self.epochs):
            self.best = {name: tensor.detach().cpu().clone() for name, tensor in self.model.state_dict().items()}
        self.epochs += (Epoch(len(self.epochs) + 1, self.state.log_history[-1]["loss"], dev),)
        metrics = {f"{metric_key_prefix}_f1": dev.f1}
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        if self.keep:
            self.keep(self._progress())
        return metrics

    def _elapsed(self) -> float:
        return time.perf_counter() - self.started - self.scoring_seconds

    def _progress(self) -> Progress:
        scaler = self.accelerator.scaler
        return Progress(
            epochs=self.epochs,
            best=self.best,
            weights=self.model.state_dict(),
            optimizer=self.optimizer.state_dict(),
            schedule=self.lr_scheduler.state_dict(),
            scaler=scaler.state_dict() if scaler else {},
            generators=generator_states(),
            training_seconds=self._elapsed(),
            scoring_seconds=self.scoring_seconds,
        )

    def _init_training_state(self, max_steps: int, steps_per_epoch: int, *others: object) -> tuple[int, int]:
        """(epochs already finished, 0): overrides the Trainer's own way of going on from a folder of several files."""
        super()._init_training_state(max_steps, steps_per_epoch, *others)
        self.state.global_step = len(self.epochs) * steps_per_epoch
        return len(self.epochs), 0

    def _prepare_for_training(self, *arguments: object) -> tuple[torch.nn.Module, DataLoader]:
        """The last thing before the first epoch: nothing draws a random number in between."""
        prepared = super()._prepare_for_training(*arguments)
        if self.earlier:
            self.model.load_state_dict(self.earlier.weights)
            self.optimizer.load_state_dict(self.earlier.optimizer)
            self.lr_scheduler.load_state_dict(self.earlier.schedule)
            if self.accelerator.scaler:
                self.accelerator.scaler.load_state_dict(self.earlier.scaler)
            restore_generators(self.earlier.generators)
            self.earlier = None  # frees its memory
        return prepared


def _arguments(settings: FineTuningSettings, device: torch.device, *, unused: bool) -> TrainingArguments:
    arguments = TrainingArguments(
        output_dir=tempfile.gettempdir(),  # nothing is written there
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup_steps,
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length",
        bf16=settings.precision == "bf16",
        fp16=settings.precision == "fp16",
        eval_strategy="epoch",
        save_strategy="no",
        logging_strategy="epoch",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        ddp_find_unused_parameters=unused,
        use_cpu=device.type == "cpu",
        seed=settings.seed,
        data_seed=settings.seed,
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)  # else a single process would use every GPU, with a batch on each
    return arguments


class Shares(Sampler[list[int]]):
    """This process's share of each batch; the shares have sentences of similar length, and a share may be empty."""

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
    """This share's part of the mean over the batch's labelled words (`num_items_in_batch`); the parts add up to the mean."""
    total = cross_entropy(outputs.logits.flatten(0, 1), labels.flatten(), ignore_index=NO_LABEL, reduction="sum")
    return total / num_items_in_batch.clamp(min=1)


def has_unused(model: PreTrainedModel) -> bool:
    """Whether some parameters do not affect the logits; DDP would wait for their gradients and hang."""
    was_training = model.training
    logits = model.eval()(input_ids=torch.zeros((1, 1), dtype=torch.long, device=model.device)).logits
    model.train(was_training)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    return any(gradient is None for gradient in torch.autograd.grad(logits.sum(), weights, allow_unused=True))


@contextmanager
def single_precision(model: PreTrainedModel) -> Iterator[None]:
    """Use the model's own forward pass, without the mixed precision that the Trainer wraps around it."""
    wrapped = model.__dict__.pop("forward", None)
    try:
        yield
    finally:
        if wrapped is not None:
            model.forward = wrapped


def unwrap(model: PreTrainedModel) -> None:
    """Remove for good what the Trainer put around the forward pass."""
    for name in ("forward", "_original_forward"):
        model.__dict__.pop(name, None)


class ProgressBar(TrainerCallback):
    """One bar over the sentences of all epochs, with the rate and the last dev F1."""

    def __init__(self, sentences: int, batch: int) -> None:
        self.sentences = sentences
        self.batch = batch
        self.bar: tqdm | None = None

    def on_train_begin(self, args, state, control, **_) -> None:
        self.bar = tqdm(
            total=self.sentences * int(args.num_train_epochs),
            initial=self._done(state.global_step),
            desc="fine-tuning",
            unit=" sentences",
            mininterval=0.5,
            dynamic_ncols=True,
            disable=not processes.is_first(),
        )

    def on_step_end(self, args, state, control, **_) -> None:
        self.bar.update(self._done(state.global_step) - self.bar.n)

    def on_evaluate(self, args, state, control, metrics, **_) -> None:
        self.bar.set_postfix_str(f"dev F1 {metrics['eval_f1']:.4f}")

    def on_train_end(self, args, state, control, **_) -> None:
        self.bar.close()

    def _done(self, step: int) -> int:
        full_epochs, steps = divmod(step, -(-self.sentences // self.batch))
        return full_epochs * self.sentences + steps * self.batch
