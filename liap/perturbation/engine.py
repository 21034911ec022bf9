"""The engine: masks over a sentence's words in, the recogniser's label probabilities out.

1. Every request (a sentence, masks, an operator, the words to read) is edited into rows of piece ids.
2. Rows of all requests are sorted by length and cut into batches by a budget of pieces, so that hardly any pad is computed.
3. One forward pass a batch; only the first pieces of the words asked for are read, and softmax is taken over them alone.

Edited ids replace perturbed text: nothing is decoded and tokenised again. In fp32 a row's probabilities do not depend on
what shares its batch (to about 1e-6); reduced precisions promise no such thing.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from liap.errors import InputError
from liap.perturbation.operators import edit, token_id
from liap.taggers.alignment import Encoding
from liap.taggers.transformer import Recogniser

PIECES_PER_BATCH = {"cpu": 1024, "cuda": 65536}  # a CPU wants its caches, a GPU its multiprocessors filled


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """Masks over one sentence (True = kept), the operator, and the words whose label probabilities are wanted."""

    encoding: Encoding
    masks: Bool[np.ndarray, "masks words"]
    operator: str
    read: Int[np.ndarray, " read"]


@dataclass(slots=True)
class Meter:
    """What the engine has done: passes (sentences through the model), pieces without pads, seconds in the model."""

    passes: int = 0
    pieces: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    ids: Int[np.ndarray, "masks pieces"]
    lengths: Int[np.ndarray, " masks"]
    places: Int[np.ndarray, "masks read"]


@dataclass(slots=True)
class Engine:
    """A recogniser behind a budget of pieces a batch."""

    recogniser: Recogniser
    pieces_per_batch: int = 0  # pads counted; 0: what suits the recogniser's device
    meter: Meter = field(default_factory=Meter)

    def __post_init__(self) -> None:
        if self.pieces_per_batch < 0:
            raise InputError(f"--pieces-per-batch must be 0 or more, got {self.pieces_per_batch}")
        self.pieces_per_batch = self.pieces_per_batch or PIECES_PER_BATCH.get(self.recogniser.device.type, 1024)

    def probabilities(self, requests: Sequence[Request]) -> list[Float[np.ndarray, "_masks _read labels"]]:
        """Label probabilities at the words asked for, one array a request; NaN where such a word has no piece."""
        rows = [self._rows(request) for request in requests]
        answers = [np.full((*one.places.shape, len(self.recogniser.labels)), np.nan, dtype=np.float32) for one in rows]
        for batch in self._batches(rows):
            self._forward(batch, rows, answers)
        return answers

    def _rows(self, request: Request) -> _Rows:
        token = token_id(self.recogniser, request.operator)
        ids, lengths, places = edit(request.encoding, request.masks, token)
        return _Rows(ids, lengths, places[:, request.read])

    def _batches(self, rows: Sequence[_Rows]) -> Iterator[Int[np.ndarray, "rows 3"]]:
        """(request, mask, length) of the rows of each batch; the longest first, so that memory peaks at once."""
        if not rows:
            return
        which = np.concatenate([np.full(len(one.lengths), index) for index, one in enumerate(rows)])
        mask = np.concatenate([np.arange(len(one.lengths)) for one in rows])
        length = np.concatenate([one.lengths for one in rows])
        order = np.argsort(-length, kind="stable")
        table = np.stack([which[order], mask[order], length[order]], axis=1)
        begin = 0
        while begin < len(table):
            end = begin + max(1, self.pieces_per_batch // int(table[begin, 2]))
            yield table[begin:end]
            begin = end

    def _forward(self, batch: np.ndarray, rows: Sequence[_Rows], answers: list[np.ndarray]) -> None:
        longest = int(batch[0, 2])
        ids = np.full((len(batch), longest), self.recogniser.pad_id)
        groups = _runs(batch[:, 0])
        for begin, end in groups:
            one = rows[batch[begin, 0]].ids[batch[begin:end, 1], :longest]
            ids[begin:end, : one.shape[1]] = np.where(one < 0, self.recogniser.pad_id, one)
        lengths = None if batch[-1, 2] == longest else torch.from_numpy(batch[:, 2])
        began = time.perf_counter()
        logits = self.recogniser.logits(torch.from_numpy(ids), lengths)
        read = [rows[batch[begin, 0]].places[batch[begin:end, 1]] for begin, end in groups]
        row_of = np.repeat(np.arange(len(batch)), [part.shape[1] for part in read for _ in range(len(part))])
        places = np.concatenate([part.ravel() for part in read])
        chosen = logits[torch.from_numpy(row_of), torch.from_numpy(np.maximum(places, 0))]
        values = torch.softmax(chosen.float(), dim=-1).cpu().numpy()
        self.meter.seconds += time.perf_counter() - began
        self.meter.passes += len(batch)
        self.meter.pieces += int(batch[:, 2].sum())
        values[places < 0] = np.nan
        taken = 0
        for (begin, end), part in zip(groups, read, strict=True):
            answer = values[taken : taken + part.size].reshape(*part.shape, -1)
            answers[batch[begin, 0]][batch[begin:end, 1]] = answer
            taken += part.size


def _runs(values: np.ndarray) -> list[tuple[int, int]]:
    """Half-open runs of equal values."""
    cuts = np.flatnonzero(np.diff(values)) + 1
    edges = [0, *cuts.tolist(), len(values)]
    return list(itertools.pairwise(edges))
