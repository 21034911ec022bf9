"""Do explanations depend on what the recogniser has learned? Cascading randomisation of its layers (Adebayo et al. 2018, section 3.1).

In: a recogniser, and mentions that it finds. Out: for each explainer, how alike its explanations of the recogniser, and of one whose upper
layers hold random weights, are. An explanation that stays the same explains the sentence, not the recogniser.

1. The weights form parts, from the top down: the classifier (all that stands above the encoder), each layer of the encoder, and the embeddings
   (the rest of it). Step by step, one more part gets new weights: those of a new model of the same configuration, from the model's own
   initialiser, under a seed. A copy is changed; the recogniser itself is not.
2. At each depth every explainer explains the same mentions, with the same target (the type that the *original* recogniser gave them) and
   the same randomness.
3. Each explanation is compared with that of the original over the context words: Spearman's rank correlation of the scores, and the share
   of the top words (3, or half of a context below 6) that both name; a mean over draws. Both are NaN where all scores are equal on
   either side. Depth 0 compares the copy with the original before anything is changed.

Explainers that do not read the recogniser (`random`, `nearest_words`, `frequency`) must stay at 1. What is pruned by a mask keeps that mask at
every depth, so its words outside keep a score of 0: part of LIAP's similarity is the mask's. Differences from the paper: words in
place of pixels, and the probability of one prediction in place of a logit.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

from liap.columns import NO_VARIANT
from liap.diagnostics.instability import rank_correlation, top_overlap
from liap.evaluation import explain_items
from liap.explainers import explainers_of
from liap.explainers.frequency import count_forms
from liap.linguistics.annotation import Item
from liap.records import Explanation, Sentence
from liap.reports.statistics import document_weights, estimate
from liap.settings import MethodSettings
from liap.taggers.checkpoints import quiet
from liap.taggers.transformer import TransformerTagger

NOTHING, CLASSIFIER, EMBEDDINGS = "nothing", "classifier", "embeddings"
MEASURES = ("rank_correlation", "top_overlap")
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Method:
    """An explainer and its variant, and whether it asks the recogniser anything."""

    explainer: str
    variant: str
    reads_model: bool


@dataclass(frozen=True, slots=True)
class RandomisedRow:
    """An explainer at a depth: a line of `layer_randomisation.csv`; intervals are NaN below two documents."""

    explainer: str
    variant: str
    reads_model: bool
    depth: int
    randomised: str
    mentions: int
    probability: float
    rank_correlation_n: int
    rank_correlation: float
    rank_correlation_low: float
    rank_correlation_high: float
    top_overlap_n: int
    top_overlap: float
    top_overlap_low: float
    top_overlap_high: float


@dataclass(frozen=True, slots=True, eq=False)
class Depth:
    """What was compared at one depth: `[mentions, methods]`, NaN where a mention cannot be compared; and the mean p of the mentions."""

    randomised: str
    similarity: dict[str, Float[np.ndarray, "mentions methods"]]
    probability: float


def parts(tagger: TransformerTagger) -> list[tuple[str, tuple[str, ...]]]:
    """(name, its parameters) of each part, from the classifier down to the embeddings; every parameter stands in one part."""
    tagger.architecture.check("edits")  # which knows the layers
    names = {id(module): name for name, module in tagger.model.named_modules()}
    prefixes = [f"{names[id(layer)]}." for layer in tagger.architecture.layers]
    encoder = f"{tagger.model.base_model_prefix}."
    found: dict[str, list[str]] = {CLASSIFIER: []}
    found |= {f"layer {number}": [] for number in range(len(prefixes), 0, -1)} | {EMBEDDINGS: []}
    for name, _ in tagger.model.named_parameters():
        layer = next((number for number, prefix in enumerate(prefixes, start=1) if name.startswith(prefix)), 0)
        part = f"layer {layer}" if layer else EMBEDDINGS if name.startswith(encoder) else CLASSIFIER
        found[part].append(name)
    return [(part, tuple(members)) for part, members in found.items()]


def copied(tagger: TransformerTagger) -> TransformerTagger:
    """The same recogniser with weights of its own."""
    return TransformerTagger(
        copy.deepcopy(tagger.model),
        tagger.tokenizer,
        precision=tagger.precision,
        device=str(tagger.device),
        pieces_per_batch=tagger.pieces_per_batch,
    )


def new_weights(tagger: TransformerTagger, seed: int) -> dict[str, torch.Tensor]:
    """The parameters of a new model of the same configuration, as its own initialiser draws them under the seed."""
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(seed)
        return dict(type(tagger.model)(copy.deepcopy(tagger.model.config)).named_parameters())


def cascade(tagger: TransformerTagger, seed: int) -> Iterator[tuple[str, TransformerTagger]]:
    """(what was randomised last, a copy with that and everything above it randomised), at first an unchanged copy.

    It is one copy that changes: each must be used before the next is asked for.
    """
    changed, weights = copied(tagger), new_weights(tagger, seed)
    yield NOTHING, changed
    parameters = dict(changed.model.named_parameters())
    for part, names in parts(changed):
        with torch.no_grad():
            for name in names:
                parameters[name].copy_(weights[name])
        yield part, changed


def similarity(
    first: Float[np.ndarray, "draws words"],
    second: Float[np.ndarray, "draws words"],
    context: Bool[np.ndarray, " words"],
) -> tuple[float, float]:
    """(rank correlation in [-1, 1], top overlap in [0, 1]) over the context words, means over draws in turn."""
    found = []
    for one, other in zip(first[:, context], second[:, context], strict=True):
        correlation = rank_correlation(one, other)
        found.append((correlation, NAN if np.isnan(correlation) else top_overlap(one, other)))
    known = [pair for pair in found if not np.isnan(pair[0])]
    return tuple(np.mean(known, axis=0).tolist()) if known else (NAN, NAN)


def randomise(
    tagger: TransformerTagger, items: Sequence[Item], settings: MethodSettings, sentences: Sequence[Sentence]
) -> tuple[list[Method], Iterator[Depth]]:
    """The methods, and each depth in turn; `sentences` are all that were read, whose words `frequency` counts."""
    counts = count_forms(sentences)

    def explained(one: TransformerTagger) -> tuple[list, list[list[Explanation]]]:
        found = explain_items(one, items, settings, explainers_of(settings), counts=counts)
        return found.cases, found.explanations

    cases, original = explained(tagger)
    asking = {part.explainer for explanations in original for part in explanations if part.passes}
    methods = [Method(part.explainer, part.variant or NO_VARIANT, part.explainer in asking) for part in original[0]]

    def depths() -> Iterator[Depth]:
        for randomised, changed in cascade(tagger, settings.seed):
            again, explanations = explained(changed)
            table = np.full((len(MEASURES), len(cases), len(methods)), NAN)
            for row, (case, before, after) in enumerate(zip(cases, original, explanations, strict=True)):
                for column, (one, other) in enumerate(zip(before, after, strict=True)):
                    if one.scores is not None and other.scores is not None:
                        table[:, row, column] = similarity(one.scores, other.scores, case.context)
            intact = [float(case.probability(np.ones((1, len(case.words)), dtype=bool))[0]) for case in again]
            yield Depth(randomised, dict(zip(MEASURES, table, strict=True)), float(np.mean(intact)))

    return methods, depths()


def summarise(
    methods: Sequence[Method], depths: Sequence[Depth], documents: Sequence[int], *, seed: int, resamples: int
) -> list[RandomisedRow]:
    """A row per method and depth, with intervals over documents."""
    known, document = np.unique(list(documents), return_inverse=True)
    weights = document_weights(len(known), resamples, np.random.default_rng(seed))
    rows = []
    for depth, one in enumerate(depths):
        means = {name: estimate(one.similarity[name], document, weights) for name in MEASURES}
        for column, method in enumerate(methods):
            numbers = {
                f"{name}{ending}": kind(getattr(means[name], field)[column])
                for name in MEASURES
                for ending, field, kind in (
                    ("_n", "n", int), ("", "mean", float), ("_low", "low", float), ("_high", "high", float)
                )
            }  # fmt: skip
            rows.append(
                RandomisedRow(
                    explainer=method.explainer,
                    variant=method.variant,
                    reads_model=method.reads_model,
                    depth=depth,
                    randomised=one.randomised,
                    mentions=len(documents),
                    probability=one.probability,
                    **numbers,
                )
            )
    return rows
