"""p of a mention as a function of the input embeddings, and its gradient, for many mentions in one pass.

The embeddings are what the model looks up for its pieces, before positions and layer norm. p is that of a `Target`, as everywhere.
Pads and special tokens belong to no word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from liap.batches import by_length
from liap.errors import InputError
from liap.taggers.alignment import Encoding, special_id
from liap.taggers.hidden import padded
from liap.taggers.tagger import InputGradient, Target, sum_over_words

if TYPE_CHECKING:
    from liap.taggers.transformer import TransformerTagger

NO_TARGET = -1  # in `places`: fills the rows of shorter mentions


@dataclass(frozen=True, slots=True, eq=False)
class InputBatch:
    """Several mentions, each with its sentence's input embeddings."""

    tagger: TransformerTagger
    encodings: tuple[Encoding, ...]
    embeddings: Float[Tensor, "batch pieces width"]
    lengths: Int[Tensor, " batch"]
    places: Int[Tensor, "batch read"]  # pieces at which the words are read that decide p
    allowed: Bool[Tensor, "batch read labels"]  # the labels that keep the mention what it is
    exponents: Float[
        Tensor, " batch"
    ]  # of the product over these words: 1, or one over their number for a geometric mean
    replaced: Float[Tensor, "batch pieces"]  # 1 for pieces of context words

    @property
    def targets(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The other arguments of `probability`; a method that repeats rows of the embeddings repeats these too."""
        return self.lengths, self.places, self.allowed, self.exponents

    @property
    def rows_at_once(self) -> int:
        """How many rows of this batch's width a forward pass should take."""
        return max(1, self.tagger.budget(self.tagger.pieces_per_batch) // self.embeddings.shape[1])

    def probability(
        self,
        embeddings: Float[Tensor, "rows pieces width"],
        lengths: Tensor,
        places: Tensor,
        allowed: Tensor,
        exponents: Tensor,
    ) -> Float[Tensor, " rows"]:
        """p of the mention of each row, in [0, 1]; differentiable."""
        logs = self.log_probabilities(embeddings, lengths, places)
        chosen = logs.masked_fill(~allowed, float("-inf")).logsumexp(dim=2).masked_fill(places == NO_TARGET, 0.0)
        return torch.exp(chosen.sum(dim=1) * exponents)

    def log_probabilities(
        self, embeddings: Float[Tensor, "rows pieces width"], lengths: Tensor, places: Tensor
    ) -> Float[Tensor, "rows read labels"]:
        """The logarithm of every label's probability at the places that decide p, in nats; differentiable."""
        tagger = self.tagger
        with tagger.autocast():
            inputs = embeddings.to(next(tagger.model.parameters()).dtype)
            logits = tagger.model(inputs_embeds=inputs, **tagger.attended(embeddings, lengths)).logits
        self._count(logits, int(lengths.sum()))
        rows = torch.arange(len(embeddings), device=logits.device)[:, None]
        return torch.log_softmax(logits[rows, places.clamp(min=0)].float(), dim=-1)

    def _count(self, logits: Float[Tensor, "rows pieces labels"], pieces: int) -> None:
        """The pass of each row, and its pass backwards where a gradient comes back."""

        def count(_gradient: Tensor | None = None) -> None:
            self.tagger.meter.add(len(logits), pieces)

        count()
        if logits.requires_grad:
            logits.register_hook(count)

    def baseline(self, kind: str) -> Float[Tensor, "batch pieces width"]:
        """The embeddings with each context piece replaced by that of the tokenizer's `mask` or `pad` token, or by `zero`.

        InputError for a token that the tokenizer lacks.
        """
        if kind == "zero":
            return torch.where(self.replaced[:, :, None] > 0, 0.0, self.embeddings)
        tokenizer = self.tagger.tokenizer
        pieces = {"mask": self.tagger.mask_id, "pad": special_id(tokenizer, tokenizer.pad_token)}
        piece = pieces.get(kind)
        if piece is None:
            there = [*(name for name, own in pieces.items() if own is not None), "zero"]
            raise InputError(
                f"the baseline {kind!r} needs a token that this model's tokenizer lacks; "
                f"choose --ig-baseline {' or '.join(there)}"
            )
        blank = self.tagger.model.get_input_embeddings()(torch.tensor(piece, device=self.tagger.device)).float()
        return torch.where(self.replaced[:, :, None] > 0, blank, self.embeddings)

    def to_words(self, values: Float[Tensor, "batch pieces"]) -> list[Float[np.ndarray, " _words"]]:
        """Sums over each word's pieces, for each mention."""
        table = values.detach().double().cpu().numpy()
        return [
            sum_over_words(row[: encoding.pieces], encoding.word_of_piece, encoding.words)
            for row, encoding in zip(table, self.encodings, strict=True)
        ]


def input_batches(
    tagger: TransformerTagger, targets: Sequence[Target], rows: int = 1
) -> Iterator[tuple[list[int], InputBatch]]:
    """Batches of targets whose sentences have similar lengths; `rows` is how many rows a method makes of each, so that pads are not repeated."""
    encodings = [tagger.encode(target.words) for target in targets]
    for places in by_length(
        [encoding.pieces for encoding in encodings], tagger.budget(tagger.pieces_per_batch) // rows
    ):
        yield places, _batch(tagger, [targets[place] for place in places], [encodings[place] for place in places])


def _batch(tagger: TransformerTagger, targets: Sequence[Target], encodings: Sequence[Encoding]) -> InputBatch:
    ids, _ = padded(encodings, tagger.pad_id)
    width = max(len(target.read) for target in targets)
    places = torch.full((len(targets), width), NO_TARGET)
    allowed = torch.ones((len(targets), width, targets[0].allowed.shape[1]), dtype=torch.bool)
    replaced = torch.zeros(ids.shape)
    for row, (target, encoding) in enumerate(zip(targets, encodings, strict=True)):
        places[row, : len(target.read)] = torch.from_numpy(encoding.first_piece[target.read])  # -1 without a piece
        allowed[row, : len(target.read)] = torch.from_numpy(target.allowed)
        of_context = (encoding.word_of_piece >= 0) & ~np.isin(encoding.word_of_piece, target.span)
        replaced[row, : encoding.pieces] = torch.from_numpy(of_context)
    device = tagger.device
    with torch.no_grad():
        embeddings = tagger.model.get_input_embeddings()(ids.to(device)).float()
    lengths = torch.tensor([encoding.pieces for encoding in encodings])
    exponents = torch.tensor([1.0 if target.joint else 1 / len(target.read) for target in targets])
    return InputBatch(
        tagger=tagger,
        encodings=tuple(encodings),
        embeddings=embeddings,
        lengths=lengths.to(device),
        places=places.to(device),
        allowed=allowed.to(device),
        exponents=exponents.to(device),
        replaced=replaced.to(device),
    )


def input_gradients(tagger: TransformerTagger, targets: Sequence[Target]) -> list[InputGradient]:
    """Each mention's own gradient. Rows of a batch are independent, so the gradient of their sum holds them all."""
    answers: list[InputGradient | None] = [None] * len(targets)
    for places, batch in input_batches(tagger, targets):
        embeddings = batch.embeddings.clone().requires_grad_()
        with torch.enable_grad():
            total = batch.probability(embeddings, *batch.targets).sum()
            (gradient,) = torch.autograd.grad(total, embeddings)
        for row, place in enumerate(places):
            encoding = batch.encodings[row]
            answers[place] = InputGradient(
                embeddings=batch.embeddings[row, : encoding.pieces].cpu().numpy(),
                gradient=gradient[row, : encoding.pieces].float().cpu().numpy(),
                word_of_piece=encoding.word_of_piece,
                words=encoding.words,
            )
    return answers
