"""How good a recogniser is, how its attention follows the tree, and how faithful its explanations are.

1. F1 over entities (strict IOB2), with counts by document for the bootstrap: a resample draws documents, and F1 is computed from the
   sums of their counts.
2. *Head share*: the mean, over the words that have a syntactic head, of the attention from the word to its head; by layer and head.
   Special tokens keep their share, so that all shares of a word sum to 1.
3. *Ratio*: observed over expected share of a mention's syntactic heads (see `liap.diagnostics.attention_structure`), from the caller,
   because it allows for distance: a head that attends by position alone has ratio 1.
4. *Plausibility*: the average precision of attention on words that people marked (see `attention_plausibility`), for models that are trained.
5. *Faithfulness*: LFS of `attention`, of `liap/syntactic` and of its `matched_window`, over the model's own mentions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int

from liap.evaluation import evaluate
from liap.guidance.attention_plausibility import Plausibility
from liap.guidance.patterns import Annotated
from liap.linguistics.annotation import Item
from liap.records import Frame, Mention, Parse, tag_spans
from liap.reports.statistics import document_weights, estimate
from liap.settings import MethodSettings
from liap.taggers.prediction import Predictions, predict
from liap.taggers.transformer import TransformerTagger

METHODS = MethodSettings(explainers=("attention", "liap", "matched_window"), variants=("syntactic",))
SENTENCES_AT_ONCE = 64
RESAMPLES = 2000  # of the interval of a faithfulness difference
NAN = float("nan")
Counts = Int[np.ndarray, "documents 3"]


class RatioSums(Protocol):
    """What is seen of mentions one by one, and the ratios at the end."""

    def add(
        self,
        attention: Float[np.ndarray, "layers heads span words"],
        mention: Mention,
        parse: Parse,
        frames: tuple[Frame, ...],
    ) -> None:
        """Count a mention with the attention from its words to every word."""

    def ratios(self) -> Float[np.ndarray, "layers heads"]:
        """Observed over expected share of the mentions' syntactic heads; NaN where unknown."""


Ratios = Callable[[int, int], RatioSums]  # layers, heads -> sums of nothing yet


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Means over mentions; `low` and `high` bound the difference at 95%, documents resampled."""

    mentions: int = 0
    lfs_attention: float = NAN
    lfs_syntactic: float = NAN
    lfs_window: float = NAN
    lfs_difference: float = NAN  # syntactic less window, over mentions where both are defined
    lfs_low: float = NAN
    lfs_high: float = NAN
    evidence_found: float = NAN  # by attention, where the corpus knows the evidence


def entity_counts(annotated: Sequence[Annotated], predictions: Predictions) -> Counts:
    """Entities that are right, predicted, and in gold, by document in order of their first sentence; unread sentences left out."""
    documents: dict[int, list[int]] = {}
    for one, tags in zip(annotated, predictions.tags, strict=True):
        counts = documents.setdefault(one.sentence.document, [0, 0, 0])
        if tags is not None:
            gold, predicted = (set(tag_spans(tuple(some), strict=True)) for some in (one.sentence.tags, tags))
            for place, number in enumerate((len(gold & predicted), len(predicted), len(gold))):
                counts[place] += number
    return np.array(list(documents.values()), dtype=np.int64).reshape(-1, 3)


def f1(counts: Float[np.ndarray, "... 3"]) -> Float[np.ndarray, ...]:
    """2 right / (predicted + gold), in [0, 1]; 0 without entities."""
    both = counts[..., 1] + counts[..., 2]
    return np.divide(2 * counts[..., 0], both, out=np.zeros(both.shape), where=both > 0)


def f1_difference(counts: Counts, others: Counts, *, resamples: int, seed: int = 0) -> tuple[float, float, float]:
    """F1 less the other's, and its 95% interval over resampled documents; NaN bounds below two documents."""
    difference = float(f1(counts.sum(axis=0).astype(float)) - f1(others.sum(axis=0).astype(float)))
    if len(counts) < 2:
        return difference, NAN, NAN
    weights = document_weights(len(counts), resamples, np.random.default_rng(seed)).astype(float)
    low, high = np.quantile(f1(weights @ counts) - f1(weights @ others), [0.025, 0.975])
    return difference, float(low), float(high)


def structure(
    tagger: TransformerTagger,
    annotated: Sequence[Annotated],
    mentions: Sequence[tuple[Mention, ...]],
    ratios: Ratios,
) -> tuple[Float[np.ndarray, "layers heads"], Float[np.ndarray, "layers heads"]]:
    """Head shares over all words, NaN where no word has a head, and ratios over the mentions; from one pass over each sentence."""
    total, words, sums = np.zeros(tagger.layers_and_heads), 0, ratios(*tagger.layers_and_heads)
    fitting = [pair for pair in zip(annotated, mentions, strict=True) if tagger.fits(pair[0].sentence.words)]
    for begin in range(0, len(fitting), SENTENCES_AT_ONCE):
        chunk = fitting[begin : begin + SENTENCES_AT_ONCE]
        sentences = [one.sentence.words for one, _ in chunk]
        matrices = tagger.attention(sentences, [np.arange(len(sentence)) for sentence in sentences])
        for (one, found), matrix in zip(chunk, matrices, strict=True):
            heads = np.asarray(one.parse.heads)
            below = np.flatnonzero((heads >= 0) & (tagger.encode(one.sentence.words).first_piece >= 0))
            total += matrix[:, :, below, heads[below]].sum(axis=-1)
            words += len(below)
            for mention in found:
                sums.add(matrix[:, :, mention.start : mention.end], mention, one.parse, one.frames)
    return total / words if words else np.full(total.shape, NAN), sums.ratios()


def items_of(annotated: Sequence[Annotated], mentions: Sequence[tuple[Mention, ...]]) -> list[Item]:
    """The sentences in which the model finds a mention."""
    return [
        Item(one.sentence, found, one.parse, one.frames)
        for one, found in zip(annotated, mentions, strict=True)
        if found
    ]


def faithfulness(tagger: TransformerTagger, items: Sequence[Item], *, seed: int = 0) -> Faithfulness:
    """LFS of the model's mentions in these sentences."""
    rows = []
    for begin in range(0, len(items), SENTENCES_AT_ONCE):
        rows += evaluate(tagger, items[begin : begin + SENTENCES_AT_ONCE], METHODS).rows
    if not rows:
        return Faithfulness()
    by_method = {
        name: np.array([float(row["lfs"]) for row in rows if row["explainer"] == name]) for name in METHODS.explainers
    }
    document = np.array([row["document"] for row in rows if row["explainer"] == "attention"])
    found = [float(row.get("evidence_found", NAN)) for row in rows if row["explainer"] == "attention"]
    columns = np.stack(
        [by_method["attention"], by_method["liap"], by_method["matched_window"],
         by_method["liap"] - by_method["matched_window"], np.array(found)], axis=1,
    )  # fmt: skip
    numbers = np.unique(document, return_inverse=True)[1]
    weights = document_weights(int(numbers.max()) + 1, RESAMPLES, np.random.default_rng(seed))
    with np.errstate(invalid="ignore"):
        means = estimate(columns, numbers, weights)
    values = [float(value) for value in means.mean]
    return Faithfulness(len(document), *values[:4], float(means.low[3]), float(means.high[3]), values[4])


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What is known of one model, or of one model under one restriction."""

    counts: Counts
    head_shares: Float[np.ndarray, "layers heads"]
    ratios: Float[np.ndarray, "layers heads"]
    faithfulness: Faithfulness
    plausibility: Plausibility = field(default_factory=Plausibility)


def measure(tagger: TransformerTagger, annotated: Sequence[Annotated], *, explain: int, ratios: Ratios) -> Measured:
    """The model as it is now; faithfulness on the first `explain` sentences alone (0: none)."""
    predictions = predict(tagger, [one.sentence for one in annotated])
    first = items_of(annotated[:explain], predictions.mentions[:explain])
    shares, own_ratios = structure(tagger, annotated, predictions.mentions, ratios)
    return Measured(entity_counts(annotated, predictions), shares, own_ratios, faithfulness(tagger, first))
