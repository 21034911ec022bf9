"""Training that gives the same weights each time: batches of similar length, AdamW, a linear schedule.

Everything random comes from one seed. One thread computes, because sums of several threads may differ in their last digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from tqdm import tqdm

from liap.taggers.alignment import NO_PIECE, Encoding
from liap.training.splits import pad

GROUP = 50  # batches whose sentences are sorted by length together
WEIGHT_DECAY = 0.01
LARGEST_GRADIENT = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long, and how fast."""

    epochs: int
    batch: int  # sentences
    learning_rate: float  # at its peak
    warmup: int  # steps
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A batch of sentences as the model reads it."""

    ids: Int[torch.Tensor, "batch pieces"]
    attended: Int[torch.Tensor, "batch pieces"]
    places: Int[torch.Tensor, " words"]  # of each word's first piece, in the flattened batch
    known: Int[torch.Tensor, " words"]  # which words of the batch these are; others have no piece


def pieces_of(encodings: Sequence[Encoding], pad_id: int) -> Pieces:
    """The encodings, padded to the longest."""
    ids, attended = pad([encoding.piece_ids for encoding in encodings], pad_id)
    first = torch.cat([torch.from_numpy(encoding.first_piece) for encoding in encodings])
    rows = torch.repeat_interleave(torch.tensor([encoding.words for encoding in encodings]))
    known = (first != NO_PIECE).nonzero()[:, 0]
    return Pieces(ids, attended, (rows * ids.shape[1] + first)[known], known)


def shuffled(lengths: Sequence[int], size: int, generator: torch.Generator) -> Iterator[list[int]]:
    """Batches of an epoch, in random order; each holds sentences of similar length."""
    order = torch.randperm(len(lengths), generator=generator).tolist()
    batches: list[list[int]] = []
    for start in range(0, len(order), size * GROUP):
        group = sorted(order[start : start + size * GROUP], key=lengths.__getitem__)
        batches += [group[at : at + size] for at in range(0, len(group), size)]
    for number in torch.randperm(len(batches), generator=generator).tolist():
        yield batches[number]


def descend(
    module: torch.nn.Module,
    lengths: Sequence[int],
    loss_of: Callable[[list[int]], Float[torch.Tensor, ""]],
    schedule: Schedule,
    said: str,
) -> None:
    """Train the module's weights that want a gradient on the sentences of these lengths."""
    generator = torch.Generator().manual_seed(schedule.seed)
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=schedule.learning_rate, weight_decay=WEIGHT_DECAY, fused=True)
    steps = schedule.epochs * math.ceil(len(lengths) / schedule.batch)
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share(step + 1, schedule.warmup, steps))
    module.train()
    with tqdm(total=schedule.epochs * len(lengths), desc=said, unit=" sentences", mininterval=1) as bar:
        for _ in range(schedule.epochs):
            for batch in shuffled(lengths, schedule.batch, generator):
                loss_of(batch).backward()
                torch.nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
                optimizer.step()
                optimizer.zero_grad()
                rates.step()
                bar.update(len(batch))
    module.eval()


def _share(step: int, warmup: int, steps: int) -> float:
    """The share of the peak learning rate: it rises over the warm-up and then falls to 0 at the end."""
    return min(step / max(warmup, 1), max(steps - step, 0) / max(steps - warmup, 1))
