"""The network of a recurrent tagger: a character layer, a word layer, and a linear map to labels (Yang & Zhang 2018).

1. A word's vector is its row in a table, joined with what the character layer makes of its spelling.
2. The word layer reads the sentence: an LSTM or a GRU in one or two directions, or convolutions. Its outputs are the *neurons*.
3. A label's score at a word is `weight[label] @ neurons + bias[label]`. A softmax over the scores, or a conditional random field, decides.

No value depends on how sentences are batched: recurrent layers read packed sequences, convolutions see zeros behind a sentence's end.
Unlike the published code, convolutions over words are followed by a layer norm and not by a batch norm, for that reason; and each adds to what
goes into it, because four of them in a row learn slowly otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from liap.errors import InputError
from liap.settings import among, check_number
from liap.taggers.recurrent_crf import ConditionalRandomField
from liap.taggers.recurrent_vocabulary import FIRST, PAD, WordBatch

CHARACTERS = ("none", "lstm", "gru", "cnn")
WORDS = ("lstm", "gru", "cnn")
INFERENCES = ("softmax", "crf")
CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}
KERNEL = 3  # words, or letters, that a convolution sees


@dataclass(frozen=True, slots=True)
class RecurrentShape:
    """What a network is made of; the defaults are the published ones. Widths count both directions together."""

    characters: str = "none"  # the character layer
    words: str = "lstm"  # the word layer
    inference: str = "softmax"
    directions: int = 2  # of recurrent layers over words
    dimensions: int = 50  # of word vectors
    hidden: int = 50  # neurons
    character_dimensions: int = 30
    character_hidden: int = 50
    word_layers: int = 4  # of convolutions over words
    dropout: float = 0.5

    def __post_init__(self) -> None:
        among("--characters", (self.characters,), CHARACTERS)
        among("--words", (self.words,), WORDS)
        among("--inference", (self.inference,), INFERENCES)
        check_number("--directions", self.directions, 1, 2)
        for flag, value in (
            ("--dimensions", self.dimensions), ("--hidden", self.hidden), ("--word-layers", self.word_layers),
            ("--character-dimensions", self.character_dimensions), ("--character-hidden", self.character_hidden),
        ):  # fmt: skip
            check_number(flag, value, 1, 10_000)
        for flag, value in (
            ("--hidden", self.hidden * (3 - self.directions)),
            ("--character-hidden", self.character_hidden),
        ):
            if value % 2:
                raise InputError(f"{flag} is shared by two directions; expected an even number, got {value}")
        check_number("--dropout", self.dropout, 0, 0.95)

    @property
    def name(self) -> str:
        """`nochar-wordlstm-softmax`."""
        characters = "nochar" if self.characters == "none" else f"char{self.characters}"
        return f"{characters}-word{self.words}-{self.inference}"


def run_packed(cell: nn.LSTM | nn.GRU, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs `[batch, steps, width]`, and the last states of all directions `[batch, width]`."""
    packed = pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
    outputs, states = cell(packed)
    last = states[0] if isinstance(states, tuple) else states
    padded, _ = pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])
    return padded, last.transpose(0, 1).flatten(1)


def along_sequence(convolution: nn.Conv1d, values: Tensor, inside: Tensor) -> Tensor:
    """The convolution over steps, which sees zeros where `inside` is False."""
    return convolution(values.masked_fill(~inside[:, :, None], 0).transpose(1, 2)).transpose(1, 2)


class CharacterLayer(nn.Module):
    """Spellings to vectors: the last states of a recurrent layer in two directions, or the maximum of a convolution."""

    def __init__(self, shape: RecurrentShape, letters: int) -> None:
        super().__init__()
        width = shape.character_dimensions
        self.embedding = nn.Embedding(letters + FIRST, width, padding_idx=PAD)
        self.dropout = nn.Dropout(shape.dropout)
        self.layer: nn.Module
        if shape.characters == "cnn":
            self.layer = nn.Conv1d(width, shape.character_hidden, KERNEL, padding=KERNEL // 2)
        else:
            self.layer = CELLS[shape.characters](
                width, shape.character_hidden // 2, batch_first=True, bidirectional=True
            )

    def forward(self, letters: Int[Tensor, "spellings letters"]) -> Float[Tensor, "spellings width"]:
        inside = letters != PAD
        embedded = self.dropout(self.embedding(letters))
        if isinstance(self.layer, nn.Conv1d):
            values = along_sequence(self.layer, embedded, inside)
            return values.masked_fill(~inside[:, :, None], float("-inf")).amax(dim=1)
        return run_packed(self.layer, embedded, inside.sum(dim=1))[1]


class ConvolutionsOverWords(nn.Module):
    """A linear map and a tanh, then convolutions, each with a layer norm, a ReLU and dropout, and added to its input."""

    def __init__(self, shape: RecurrentShape, width: int) -> None:
        super().__init__()
        self.into = nn.Linear(width, shape.hidden)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(shape.hidden, shape.hidden, KERNEL, padding=KERNEL // 2) for _ in range(shape.word_layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(shape.hidden) for _ in range(shape.word_layers))
        self.dropout = nn.Dropout(shape.dropout)

    def forward(
        self, inputs: Float[Tensor, "batch words width"], inside: Bool[Tensor, "batch words"]
    ) -> Float[Tensor, "batch words neurons"]:
        values = torch.tanh(self.into(inputs))
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            values = values + self.dropout(torch.relu(norm(along_sequence(convolution, values, inside))))
        return values


class RecurrentNetwork(nn.Module):
    """Batches of words to neurons, and neurons to label scores."""

    def __init__(self, shape: RecurrentShape, labels: int, words: int, letters: int) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(words + FIRST, shape.dimensions, padding_idx=PAD)
        self.characters = None if shape.characters == "none" else CharacterLayer(shape, letters)
        width = shape.dimensions + (0 if self.characters is None else shape.character_hidden)
        self.words: nn.Module
        if shape.words == "cnn":
            self.words = ConvolutionsOverWords(shape, width)
        else:
            self.words = CELLS[shape.words](
                width, shape.hidden // shape.directions, batch_first=True, bidirectional=shape.directions == 2
            )
        self.output = nn.Linear(shape.hidden, labels)
        self.field = ConditionalRandomField(labels) if shape.inference == "crf" else None
        self.dropout = nn.Dropout(shape.dropout)

    def neurons(self, batch: WordBatch) -> Float[Tensor, "batch words neurons"]:
        """The outputs of the word layer, on which the labels' scores are linear."""
        inputs = self.embedding(batch.words)
        if self.characters is not None:
            inputs = torch.cat([inputs, self.characters(batch.letters)[batch.spellings]], dim=2)
        inputs = self.dropout(inputs)
        if isinstance(self.words, ConvolutionsOverWords):
            return self.words(inputs, batch.inside)
        return run_packed(self.words, inputs, batch.lengths)[0]

    def of_all_but_words(self) -> list[nn.Parameter]:
        """Every weight that is not in the table of word vectors."""
        return [weight for weight in self.parameters() if weight is not self.embedding.weight]

    def forward(self, batch: WordBatch) -> Float[Tensor, "batch words labels"]:
        """Label scores at every word."""
        return self.output(self.dropout(self.neurons(batch)))

    def loss(self, batch: WordBatch, gold: Int[Tensor, "batch words"]) -> Float[Tensor, ""]:
        """The negative log probability of the gold labels, summed over the batch, in nats."""
        scores = self(batch)
        if self.field is not None:
            total = self.field.log_partition(scores, batch.lengths) - self.field.score(scores, batch.lengths, gold)
            return total.sum()
        inside = batch.inside
        return nn.functional.cross_entropy(scores[inside], gold[inside], reduction="sum")

    def probabilities(
        self, scores: Float[Tensor, "batch words labels"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch words labels"]:
        """The softmax of the scores, or the field's probability of each label at each word."""
        return torch.softmax(scores, dim=2) if self.field is None else self.field.marginals(scores, lengths)

    def best_labels(
        self, scores: Float[Tensor, "batch words labels"], lengths: Int[Tensor, " batch"]
    ) -> Int[Tensor, "batch words"]:
        """The label of the highest score at each word, or the field's best path."""
        return scores.argmax(dim=2) if self.field is None else self.field.best_path(scores, lengths)
