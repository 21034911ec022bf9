"""The words that people marked against structure: `people_structure.csv`.

For each target and relation (the pruning variants, and `nearest`: as many nearest words as are marked, those at the last distance in part):

1. `observed`: the share of the marked words that have the relation.
2. `random`: the share of all context words that have it, which a random word can expect.
3. `same_distance`: the mean, over marked words, of the share of context words *of all targets* at the same signed distance, in contexts of similar
   length, that have the relation (see `liap.pruning.distance_bins`): what a word at this place can expect.

A target without a word of the relation does not count for it. Intervals hold the distance profile fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from liap.people.marked_words import MarkedMention
from liap.people.mask_agreement import PUNCTUATION
from liap.pruning import distances
from liap.pruning.distance_bins import BINS, distance_bins
from liap.pruning.matched import nearest
from liap.reports.statistics import SEED, document_weights, estimate

NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class StructureShare:
    """A line of `people_structure.csv`; shares are in [0, 1], differences are observed less what is expected."""

    relation: str
    punctuation: str  # kept, dropped
    n: int
    documents: int
    observed: float
    low: float
    high: float
    random: float
    minus_random: float
    minus_random_low: float
    minus_random_high: float
    same_distance: float
    minus_distance: float
    minus_distance_low: float
    minus_distance_high: float


def structure_rows(
    mentions: Sequence[MarkedMention], variants: Sequence[str], *, resamples: int
) -> list[StructureShare]:
    """A row for each relation, with and without punctuation."""
    names, documents = np.unique([one.document for one in mentions], return_inverse=True)
    weights = document_weights(len(names), resamples, np.random.default_rng(SEED))
    rows = []
    for punctuation, dropped in PUNCTUATION.items():
        seen = [one.without_punctuation() if dropped else one for one in mentions]
        relations = {name: [one.masks[place].astype(float) for one in seen] for place, name in enumerate(variants)}
        relations[NEAREST] = [nearest(_steps(one), int(one.marked.sum())) for one in seen]
        for relation, related in relations.items():
            values = shares(seen, related)
            columns = np.column_stack([values, values[:, :1] - values[:, 1:]])
            rows.append(_row(relation, punctuation, columns, documents, weights))
    return rows


def _row(
    relation: str, punctuation: str, columns: np.ndarray, documents: np.ndarray, weights: np.ndarray
) -> StructureShare:
    means = estimate(columns, documents, weights)
    observed, minus_random, minus_distance = (
        [float(getattr(means, name)[column]) for name in ("mean", "low", "high")] for column in (0, 3, 4)
    )
    return StructureShare(
        relation,
        punctuation,
        int(means.n[0]),
        int(means.documents[0]),
        *observed,
        float(means.mean[1]),
        *minus_random,
        float(means.mean[2]),
        *minus_distance,
    )


def shares(
    mentions: Sequence[MarkedMention], related: Sequence[Float[np.ndarray, " _"]]
) -> Float[np.ndarray, "mentions three"]:
    """observed, random, same_distance of each target; `related` is, per context word, how far it has the relation (0 to 1)."""
    bins = [distance_bins(one.places, *one.span) for one in mentions]
    counted = [bool(part.any() and one.marked.any()) for one, part in zip(mentions, related, strict=True)]
    profile, words = np.zeros(BINS), np.zeros(BINS)
    for place, part in enumerate(related):
        if counted[place]:
            np.add.at(profile, bins[place], part)
            np.add.at(words, bins[place], 1)
    profile /= np.maximum(words, 1)
    values = np.full((len(mentions), 3), np.nan)
    for place, (one, part) in enumerate(zip(mentions, related, strict=True)):
        if counted[place]:
            values[place] = part[one.marked].mean(), part.mean(), profile[bins[place][one.marked]].mean()
    return values


def _steps(mention: MarkedMention) -> Int[np.ndarray, " context"]:
    return distances(mention.words, *mention.span)[mention.places]
