"""Labelled texts -> shuffled batches of piece ids, and one epoch of descent over them: what every training of a text classifier shares.

1. Texts are shuffled anew for each epoch, cut into pools of `POOL` batches, and sorted by length inside a pool, so that hardly any padding is computed;
   then the batches are shuffled.
2. Draws of dropout are seeded anew for each step from the generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from liap.errors import InputError
from liap.records import CLASS_WORD, LabelledText
from liap.taggers.text_classifier import TextClassifier

POOL = 50  # batches
CLIP = 1.0  # of the gradient's norm


@dataclass(frozen=True, slots=True, eq=False)
class TextBatch:
    """Texts padded to the longest of them."""

    ids: Int[Tensor, "batch pieces"]
    lengths: Int[Tensor, " batch"]
    gold: Int[Tensor, " batch"]

    @property
    def inputs(self) -> dict[str, Tensor]:
        """The arguments of a model."""
        positions = torch.arange(self.ids.shape[1], device=self.ids.device)
        return {"input_ids": self.ids, "attention_mask": (positions < self.lengths[:, None]).long()}


class TextBatches:
    """Texts as piece ids and numbers of classes. Texts longer than the model's limit are left out and counted as `skipped`."""

    def __init__(self, tagger: TextClassifier, texts: Sequence[LabelledText], *, batch: int) -> None:
        number = {label: place for place, label in enumerate(tagger.classes)}
        strange = sorted({text.label for text in texts} - set(number))
        if strange:
            raise InputError(f"--corpus: the class {strange[0]!r} is none of the training texts': {', '.join(number)}")
        fitting = [text for text in texts if tagger.fits((CLASS_WORD, *text.words))]
        self.skipped = len(texts) - len(fitting)
        if not fitting:
            raise InputError("--corpus: no text that fits the model; expected some")
        self.rows = [tagger.encode((CLASS_WORD, *text.words)).piece_ids for text in fitting]
        self.gold = np.array([number[text.label] for text in fitting])
        self.pad_id, self.device, self.size = tagger.pad_id, tagger.device, batch

    def epoch(self, generator: np.random.Generator) -> Iterator[TextBatch]:
        """Every text once."""
        order = generator.permutation(len(self.rows))
        batches = []
        for begin in range(0, len(order), POOL * self.size):
            pool = sorted(order[begin : begin + POOL * self.size].tolist(), key=lambda place: len(self.rows[place]))
            batches += [pool[at : at + self.size] for at in range(0, len(pool), self.size)]
        for place in generator.permutation(len(batches)):
            yield self.batch(batches[place])

    def __len__(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.rows) // self.size)

    def batch(self, places: Sequence[int]) -> TextBatch:
        """These texts."""
        lengths = [len(self.rows[place]) for place in places]
        ids = np.full((len(places), max(lengths)), self.pad_id)
        for row, place in enumerate(places):
            ids[row, : lengths[row]] = self.rows[place]
        return TextBatch(
            torch.from_numpy(ids).to(self.device),
            torch.tensor(lengths, device=self.device),
            torch.from_numpy(self.gold[list(places)]).to(self.device),
        )


def descend_epoch(
    batches: TextBatches,
    optimizer: torch.optim.Optimizer,
    loss_of: Callable[[TextBatch], Tensor],
    generator: np.random.Generator,
    *,
    after_step: Callable[[], None] = lambda: None,
) -> float:
    """One epoch; the mean loss over texts. InputError where it is not finite. `after_step` is for schedules."""
    total, texts = 0.0, 0
    parameters = [weight for group in optimizer.param_groups for weight in group["params"]]
    for batch in batches.epoch(generator):
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(int(generator.integers(2**31)))
            loss = loss_of(batch)
        if not torch.isfinite(loss):
            raise InputError("training diverged; expected a finite loss: lower --learning-rate")
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
        after_step()
        total, texts = total + float(loss.detach()) * len(batch.gold), texts + len(batch.gold)
    return total / texts
