"""What is explained: a tagger. Words and masks over them go in, label probabilities come out; everything is indexed by word.

A tagger must have what `Tagger` lists. What it can give besides are its *capabilities*: it names them in `capabilities`, and has
for each the method that `Capabilities` lists.

    attention      word attention by layer and head
    value_attention    norms of value-weighted attention by layer
    embeddings     p as a function of the input embeddings (`InputBatch`)
    gradients      gradients of p with respect to the input embeddings
    hidden_states  a vector per layer and word
    edits          changes of activations inside the forward pass, and restrictions of attention
    pooling        of a text classifier: the share of each word in what is classified

An explainer names the capabilities that it needs; a tagger that lacks one is refused before any work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

if TYPE_CHECKING:
    from torch import Tensor

    from liap.taggers.gradients import InputBatch

Words = Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """Masks over one sentence (True = kept), the operator that hides words, and the words whose probabilities are wanted."""

    words: Words
    masks: Bool[np.ndarray, "masks words"]
    operator: str
    read: Int[np.ndarray, " read"]


@dataclass(slots=True)
class Meter:
    """The work that a tagger has done: passes (sentences through the model; one backwards counts too), pieces without pads, and seconds in the model."""

    passes: int = 0
    pieces: int = 0
    seconds: float = 0.0

    def add(self, passes: int, pieces: int) -> None:
        self.passes += passes
        self.pieces += pieces


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A mention whose probability p is asked for, and what p is the probability of (see `targets`)."""

    words: Words  # of its sentence
    span: Int[np.ndarray, " span"]  # its own
    read: Int[np.ndarray, " read"]  # those whose labels decide p
    allowed: Bool[np.ndarray, "read labels"]  # the labels with which the mention stays what it is, at each of them
    joint: bool  # whether p is the product over `read`, or the geometric mean


@dataclass(frozen=True, slots=True, eq=False)
class PieceAttention:
    """Attention from every piece to every piece, special tokens included; a row sums to 1."""

    matrix: Float[np.ndarray, "layers heads pieces pieces"]
    word_of_piece: Int[np.ndarray, " pieces"]  # -1: a special token

    def to_words(self, matrix: Float[np.ndarray, "pieces pieces"], words: int) -> Float[np.ndarray, "words words"]:
        """Sum over the pieces of the word attended to, mean over the pieces of the word attended from."""
        belongs = (self.word_of_piece[:, None] == np.arange(words)).astype(np.float64)
        return (belongs / np.maximum(belongs.sum(axis=0), 1)).T @ matrix @ belongs


@dataclass(frozen=True, slots=True, eq=False)
class InputGradient:
    """The input embeddings of one sentence, and the gradient of the mention's p with respect to them."""

    embeddings: Float[np.ndarray, "pieces width"]
    gradient: Float[np.ndarray, "pieces width"]
    word_of_piece: Int[np.ndarray, " pieces"]  # -1: a special token
    words: int

    def to_words(self, values: Float[np.ndarray, " pieces"]) -> Float[np.ndarray, " words"]:
        """The sum over each word's pieces; 0 for a word without a piece."""
        return sum_over_words(values, self.word_of_piece, self.words)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change inside the forward pass: `change` takes and returns the activations `[batch, pieces, width]` at a site of a layer.

    Sites: `hidden` (what the layer hands on), `feed_forward` (the neurons between its two feed-forward maps).
    """

    layer: int
    site: str
    change: Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Restriction:
    """A change of attention inside the forward pass: in some layers, words attend less to words outside a mask, or not at all.

    With scores s, a piece of word i attends to a piece of word j in proportion to `exp(s_ij)` where `allowed[i, j]`, and to
    `(1 - weight) exp(s_ij)` elsewhere; the softmax is taken over the rest. So weight 0 changes nothing, and weight 1 makes attention
    outside the mask impossible. Every head of the layer is changed alike. Three rules keep it well defined:

    - a word always attends to its own pieces, whatever the mask says;
    - special tokens attend to everything;
    - words attend to special tokens as before, unless `special_tokens` is False, when these count as outside every mask.
    """

    layers: tuple[int, ...]  # from 0
    weight: float  # 0..1
    allowed: Callable[[Words], Bool[np.ndarray, "words words"]]  # row: the word that attends
    special_tokens: bool = True  # whether they may be attended to


def sum_over_words(
    values: Float[np.ndarray, " pieces"], word_of_piece: Int[np.ndarray, " pieces"], words: int
) -> Float[np.ndarray, " words"]:
    """The sum of each word's pieces; special tokens are dropped."""
    inside = word_of_piece >= 0
    return np.bincount(word_of_piece[inside], weights=values[inside], minlength=words)


@runtime_checkable
class Tagger(Protocol):
    """A recogniser, whatever its architecture: what every tagger must have."""

    labels: tuple[str, ...]  # by label index, in any scheme of `label_schemes`
    capabilities: frozenset[str]
    layers_and_heads: tuple[int, int]  # of its attention; (0, 0) without
    meter: Meter

    def fits(self, words: Words) -> bool:
        """Whether the sentence is within the model's limit; longer sentences are skipped, never cut."""

    def check_operator(self, operator: str) -> None:
        """InputError if this tagger cannot hide words with the operator."""

    def probabilities(self, requests: Sequence[Request]) -> list[Float[np.ndarray, "_masks _read labels"]]:
        """Label probabilities at the words asked for, one array per request; NaN where such a word has no piece."""


class Capabilities(Protocol):
    """What a tagger may give besides; it must have the methods of the capabilities that it names."""

    def attention(
        self, sentences: Sequence[Words], rows: Sequence[Int[np.ndarray, " _rows"]]
    ) -> list[Float[np.ndarray, "layers heads _rows _words"]]:
        """Attention from the words in `rows` to every word of their sentence."""

    def value_attention(
        self, sentences: Sequence[Words], rows: Sequence[Int[np.ndarray, " _rows"]], heads: Sequence[int] = ()
    ) -> list[Float[np.ndarray, "layers 1 _rows _words"]]:
        """The norm of what attention carries from every word to the words in `rows`, summed over heads (all, or those named)."""

    def piece_attention(self, words: Words) -> PieceAttention:
        """Attention between all pieces of one sentence."""

    def input_batches(self, targets: Sequence[Target], rows: int = 1) -> Iterator[tuple[list[int], InputBatch]]:
        """Places among the targets, and p of each as a differentiable function of the input embeddings."""

    def gradients(self, targets: Sequence[Target]) -> list[InputGradient]:
        """The gradient of each target's p."""

    def hidden_states(self, sentences: Sequence[Words]) -> list[Float[np.ndarray, "layers _words width"]]:
        """The vector of each word's first piece after the embeddings and after each layer; NaN for a word without a piece."""

    def pooling(self, sentences: Sequence[Words]) -> list[Float[np.ndarray, " _words"]]:
        """The share of each word in what is classified."""

    def edited(self, edits: Sequence[Edit | Restriction]) -> AbstractContextManager[Any]:
        """Inside the context, every forward pass is changed by the edits."""
