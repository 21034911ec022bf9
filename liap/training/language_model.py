"""Masked language modelling (Devlin et al. 2019): sentences -> an encoder, from scratch or adapted to a language or a domain.

1. From scratch, word pieces are learned from the sentences and a BERT of the given size starts at random. Otherwise an encoder's own pieces and weights
   are the start; a head that it lacks is new.
2. transformers' own Trainer and collator mask a share of the pieces (of these 80% become the mask token, 10% a random piece, 10% stay), anew in each epoch.
3. The head is computed at the masked pieces alone, which leaves loss and gradients as they are: over a vocabulary, it costs more than a small encoder.
4. Every `HELD_OUT`-th sentence is held out. Its perplexity, exp(mean loss over masked pieces), is measured before and after, on one draw of masks.

Sentences with the same words are read once. Longer ones than `max_pieces` are cut: nothing is labelled, so nothing is lost but their ends.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from transformers import (
    BertConfig,
    BertForMaskedLM,
    DataCollatorForLanguageModeling,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.utils import ModelOutput

from liap.errors import InputError
from liap.records import Sentence
from liap.settings import Settings, among, check_number
from liap.taggers.devices import choose_device
from liap.taggers.masked_model import load_masked_model
from liap.training.entity_trainer import unwrap
from liap.training.tiny import POSITIONS, train_word_pieces

HELD_OUT = 20
FEWEST = 2 * HELD_OUT  # sentences
Start = tuple[PreTrainedModel, PreTrainedTokenizerFast]


@dataclass(frozen=True, kw_only=True)
class LanguageModelSettings(Settings):
    """What is trained on what, and how."""

    encoder: str = ""  # a folder or a name on the hub whose training goes on; none: from scratch
    corpora: tuple[str, ...] = ()
    splits: tuple[str, ...] = ("train",)
    output: str = "encoder"
    vocabulary: int = 8000  # word pieces at most, from scratch
    layers: int = 4
    width: int = 192
    heads: int = 6
    epochs: int = 10
    learning_rate: float = 5e-4
    batch: int = 32
    warmup_steps: int = 200
    mask_share: float = 0.15
    max_pieces: int = 128
    seed: int = 0
    device: str = "auto"
    precision: str = "fp32"

    def check(self) -> None:
        if not self.corpora:
            raise InputError("--corpora is empty; expected at least one corpus whose sentences are read")
        for name, least, most in (
            ("vocabulary", 100, 1_000_000), ("layers", 1, 100), ("width", 2, 100_000), ("heads", 1, 1000), ("epochs", 1, 10_000),
            ("batch", 1, 100_000), ("warmup_steps", 0, 10**9), ("max_pieces", 8, 100_000), ("seed", 0, 2**32 - 1),
        ):  # fmt: skip
            check_number(f"--{name.replace('_', '-')}", getattr(self, name), least, most)
        for name in ("learning_rate", "mask_share"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"--{name.replace('_', '-')} must lie between 0 and 1, got {getattr(self, name)}")
        among("--precision", (self.precision,), ("fp32", "bf16"))
        if self.width % self.heads:
            raise InputError(f"--width {self.width} must be a multiple of --heads {self.heads}")


@dataclass(frozen=True, slots=True, eq=False)
class LanguageModel:
    """A trained model, and how well it predicts masked pieces of held-out sentences."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    sentences: int  # trained on
    held_out: int
    perplexity_before: float
    perplexity: float
    seconds: float


def open_encoder(settings: LanguageModelSettings) -> Start | None:
    """The encoder that `--encoder` names and its tokenizer, a head that it lacks drawn by the seed; None from scratch. Raises InputError."""
    if not settings.encoder:
        return None
    set_seed(settings.seed)
    return load_masked_model(settings.encoder, flag="--encoder")


def train_language_model(
    sentences: Sequence[Sentence], settings: LanguageModelSettings, start: Start | None = None
) -> LanguageModel:
    """The model, on from `start` (see `open_encoder`) or from scratch; InputError where there are too few sentences."""
    different = list({sentence.words: sentence for sentence in sentences}.values())
    if len(different) < FEWEST:
        raise InputError(f"--corpora: {len(different)} different sentences; expected at least {FEWEST}")
    held, read = different[::HELD_OUT], [one for place, one in enumerate(different) if place % HELD_OUT]
    set_seed(settings.seed)
    device = choose_device(settings.device)
    model, tokenizer = start or _from_scratch(read, settings)
    model.to(device)
    limit = min(settings.max_pieces, int(getattr(model.config, "max_position_embeddings", POSITIONS)))
    rows, others = (_pieces(part, tokenizer, limit) for part in (read, held))
    collator = DataCollatorForLanguageModeling(tokenizer, mlm_probability=settings.mask_share)
    began, before = time.perf_counter(), perplexity(model, others, collator, settings)
    trainer = MaskedPiecesTrainer(
        model=model, args=_arguments(settings, device), train_dataset=rows, data_collator=collator
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    unwrap(model)
    after = perplexity(model, others, collator, settings)
    return LanguageModel(model.eval(), tokenizer, len(read), len(held), before, after, time.perf_counter() - began)


def _from_scratch(sentences: Sequence[Sentence], settings: LanguageModelSettings) -> Start:
    tokenizer = train_word_pieces(sentences, settings.vocabulary)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.width,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        intermediate_size=4 * settings.width,
        max_position_embeddings=POSITIONS,
        pad_token_id=tokenizer.pad_token_id,
    )
    return BertForMaskedLM(config), tokenizer


def _pieces(
    sentences: Sequence[Sentence], tokenizer: PreTrainedTokenizerFast, limit: int
) -> list[dict[str, list[int]]]:
    words = [list(sentence.words) for sentence in sentences]
    encoded = tokenizer(words, is_split_into_words=True, truncation=True, max_length=limit)
    return [{"input_ids": ids} for ids in encoded["input_ids"]]


def perplexity(
    model: PreTrainedModel,
    rows: Sequence[dict[str, list[int]]],
    collator: Callable[[list], Mapping[str, torch.Tensor]],
    settings: LanguageModelSettings,
) -> float:
    """exp(mean loss over masked pieces) under masks that the seed draws; infinite where no piece is masked."""
    was_training = model.training
    model.eval()
    total = masked = 0.0
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(settings.seed)
        for begin in range(0, len(rows), settings.batch):
            batch = collator([dict(row) for row in rows[begin : begin + settings.batch]])
            count = int((batch["labels"] != -100).sum())
            if count:
                loss = masked_loss(model, {name: values.to(model.device) for name, values in batch.items()})
                total, masked = total + float(loss) * count, masked + count
    model.train(was_training)
    return math.exp(min(total / masked, 700)) if masked else math.inf


class MaskedPiecesTrainer(Trainer):
    """transformers' Trainer, whose loss asks the head about masked pieces alone."""

    def compute_loss(
        self,
        model: PreTrainedModel,
        inputs: Mapping[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        return masked_loss(model, inputs)


def masked_loss(model: PreTrainedModel, batch: Mapping[str, torch.Tensor]) -> Float[torch.Tensor, ""]:
    """The mean loss over the pieces with a label (nats), the same as the model's own; 0 without any."""
    chosen = batch["labels"] != -100
    if not chosen.any() or model.base_model is model:
        return model(**batch).loss if chosen.any() else model(**batch).logits.sum() * 0.0

    def narrow(_module: torch.nn.Module, _given: tuple, states: ModelOutput) -> ModelOutput:
        states["last_hidden_state"] = states[0][chosen][None]
        return states

    handle = model.base_model.register_forward_hook(narrow)
    try:
        return model(**{**batch, "labels": batch["labels"][chosen][None]}).loss
    finally:
        handle.remove()


def _arguments(settings: LanguageModelSettings, device: torch.device) -> TrainingArguments:
    arguments = TrainingArguments(
        output_dir=tempfile.gettempdir(),  # nothing is written there
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        weight_decay=0.01,
        warmup_steps=settings.warmup_steps,
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length",
        bf16=settings.precision == "bf16" or (device.type == "cuda" and torch.cuda.is_bf16_supported()),
        save_strategy="no",
        logging_strategy="epoch",
        report_to="none",
        remove_unused_columns=False,
        use_cpu=device.type == "cpu",
        seed=settings.seed,
        data_seed=settings.seed,
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments
