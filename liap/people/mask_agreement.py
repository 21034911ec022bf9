"""Pruning masks and their matched controls against the words that people marked: `people_masks.csv`.

For each target, variant and kind of mask (the variant's own, `liap`, or a control's), with M marked and D = sum of max(drop, 0):

- `precision` = kept and marked / kept; `recall` = kept and marked / M; `f1`, their harmonic mean, 0 where nothing kept is marked;
- `drop_share` = the sum of max(drop, 0) over the kept words / D: what the mask keeps of the *recogniser's* words. NaN where D < 0.01.

A control's numbers are means over its draws. Without punctuation, variants and controls are those of a sentence that has no punctuation outside
the mention, so a control draws among words alone. A target counts where the variant keeps a word and people marked one. Differences are
`liap` less the control on the same targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from liap.explainers.case import generator
from liap.faithfulness.lfs import INSENSITIVE_BELOW
from liap.people.marked_words import MarkedMention
from liap.pruning.matched import CONTROLS, draw
from liap.reports.statistics import SEED, document_weights, estimate

OWN = "liap"
KINDS = (OWN, *CONTROLS)
MEASURES = ("precision", "recall", "f1", "drop_share")
PUNCTUATION = {"kept": False, "dropped": True}  # in tables: whether it is left out
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class MaskRow:
    """A line of `people_masks.csv`; `minus` is the variant's own mask less this control, on the same targets."""

    variant: str
    masks: str  # liap or a control
    punctuation: str  # kept, dropped
    measure: str
    n: int
    documents: int
    mean: float
    low: float
    high: float
    minus: float
    minus_low: float
    minus_high: float


def mask_rows(
    mentions: Sequence[MarkedMention], variants: Sequence[str], *, seed: int, draws: int, resamples: int
) -> list[MaskRow]:
    """Every variant, kind of mask and measure, with and without punctuation."""
    names, documents = np.unique([one.document for one in mentions], return_inverse=True)
    weights = document_weights(len(names), resamples, np.random.default_rng(SEED))
    rows = []
    for punctuation, dropped in PUNCTUATION.items():
        seen = [one.without_punctuation() if dropped else one for one in mentions]
        values = np.stack([agreement_of_masks(one, variants, seed=seed, draws=draws) for one in seen])
        for place, variant in enumerate(variants):
            rows += _rows(values[:, place], documents, weights, variant, punctuation)
    return rows


def _rows(
    values: Float[np.ndarray, "mentions kinds measures"],
    documents: np.ndarray,
    weights: np.ndarray,
    variant: str,
    punctuation: str,
) -> list[MaskRow]:
    flat = values.reshape(len(values), -1)
    own = np.tile(values[:, 0], (1, len(KINDS)))
    means, differences = estimate(flat, documents, weights), estimate(own - flat, documents, weights)
    rows = []
    for column in range(flat.shape[1]):
        kind, measure = divmod(column, len(MEASURES))
        minus = [float(getattr(differences, name)[column]) for name in ("mean", "low", "high")]
        rows.append(
            MaskRow(
                variant,
                KINDS[kind],
                punctuation,
                MEASURES[measure],
                int(means.n[column]),
                int(means.documents[column]),
                *(float(getattr(means, name)[column]) for name in ("mean", "low", "high")),
                *(minus if kind else (NAN, NAN, NAN)),
            )
        )
    return rows


def agreement_of_masks(
    mention: MarkedMention, variants: Sequence[str], *, seed: int, draws: int
) -> Float[np.ndarray, "variants kinds measures"]:
    """The four measures of each variant's mask and of its controls; NaN where the variant keeps nothing or nothing is marked."""
    values = np.full((len(variants), len(KINDS), len(MEASURES)), NAN)
    if mention.marked.any():
        for place, (variant, mask) in enumerate(zip(variants, mention.masks, strict=True)):
            if mask.any():
                for kind, name in enumerate(KINDS):
                    kept = drawn(mention, mask, name, variant, seed=seed, draws=draws)
                    values[place, kind] = measures(mention, kept).mean(axis=0)
    return values


def drawn(
    mention: MarkedMention, mask: Bool[np.ndarray, " context"], kind: str, variant: str, *, seed: int, draws: int
) -> Bool[np.ndarray, "draws context"]:
    """The mask itself, or a control's draws that match it, over the context words."""
    if kind == OWN:
        return mask[None]
    whole = np.zeros(mention.words, dtype=bool)
    whole[mention.places] = mask
    randomness = generator(seed, mention.mention, f"people {kind}", variant)
    return draw(kind, whole, *mention.span, draws=draws, generator=randomness)[:, mention.places]


def measures(mention: MarkedMention, kept: Bool[np.ndarray, "draws context"]) -> Float[np.ndarray, "draws measures"]:
    """The four measures of each mask; every mask keeps a word, and a word is marked."""
    both, size, marked = (kept & mention.marked).sum(axis=1), kept.sum(axis=1), mention.marked.sum()
    positive = np.maximum(mention.drops, 0)
    total = positive.sum()
    share = kept @ positive / total if total >= INSENSITIVE_BELOW else np.full(len(kept), NAN)
    return np.stack([both / size, both / marked, 2 * both / (size + marked), share], axis=1)
