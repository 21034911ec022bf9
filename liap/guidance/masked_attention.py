"""Masks inside the forward pass: what a recogniser loses when its words may attend to structure alone, or to controls of equal size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liap.guidance.alignment_measures import Measured, Ratios, measure
from liap.guidance.alignment_settings import AlignmentSettings
from liap.guidance.patterns import Annotated, allowed, masks, words_as_spans
from liap.settings import numbers
from liap.taggers.prediction import predict
from liap.taggers.tagger import Restriction, Words
from liap.taggers.transformer import TransformerTagger


@dataclass(frozen=True, slots=True)
class MaskPlan:
    """One restriction: its pattern, whose rows it restricts, in which layers, and how much."""

    restriction: str  # "" for the untouched model
    rows: str  # mentions, or all
    layers: str
    weight: float


UNTOUCHED = MaskPlan("", "", "", 0.0)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of the attention a restriction leaves: means over the restricted spans."""

    spans: int = 0
    uncovered: int = 0  # spans that stay unrestricted, because no frame covers them
    kept: float = float("nan")  # words outside the span that it may attend to


def mask_plans(settings: AlignmentSettings) -> list[MaskPlan]:
    """The untouched model, then every restriction."""
    return [
        UNTOUCHED,
        *(
            MaskPlan(name, rows, layers, weight)
            for rows in settings.rows
            for layers in settings.layers
            for weight in settings.mask_weights
            for name in settings.restrictions
        ),
    ]


class MaskedModel:
    """A recogniser and the sentences on which its attention is restricted; its own mentions are found once, unrestricted."""

    def __init__(self, tagger: TransformerTagger, annotated: Sequence[Annotated], settings: AlignmentSettings) -> None:
        self.tagger = tagger
        self.annotated = annotated
        self.settings = settings
        found = predict(tagger, [one.sentence for one in annotated]).mentions
        self.mentions = [[(mention.start, mention.end) for mention in inside] for inside in found]

    def measure(self, plan: MaskPlan, ratios: Ratios) -> tuple[Measured, Extent]:
        """The restricted model on the sentences, and how much the restriction leaves."""
        if plan == UNTOUCHED:
            return self._measured(ratios), Extent()
        matrices, extent = self.matrices(plan)
        every = range(self.tagger.layers_and_heads[0])
        restriction = Restriction(
            layers=tuple(numbers("--layers", plan.layers) or every),
            weight=plan.weight,
            allowed=lambda words: matrices[tuple(words)],
            special_tokens=self.settings.special_tokens,
        )
        with self.tagger.edited([restriction]):
            return self._measured(ratios), extent

    def _measured(self, ratios: Ratios) -> Measured:
        return measure(self.tagger, self.annotated, explain=self.settings.masked_explain, ratios=ratios)

    def matrices(self, plan: MaskPlan) -> tuple[dict[Words, np.ndarray], Extent]:
        """The words that each word may attend to, by sentence."""
        options = {"hops": self.settings.hops, "seed": self.settings.seeds[0]}
        matrices, sizes = {}, []
        for one, mentions in zip(self.annotated, self.mentions, strict=True):
            words = one.sentence.words
            spans = mentions if plan.rows == "mentions" else words_as_spans(len(words))
            matrices[tuple(words)] = allowed(plan.restriction, one, spans, **options)
            sizes += [
                None if mask is None else int(mask.sum()) for mask in masks(plan.restriction, one, spans, **options)
            ]
        kept = [size for size in sizes if size is not None]
        return matrices, Extent(len(sizes), len(sizes) - len(kept), float(np.mean(kept)) if kept else float("nan"))
