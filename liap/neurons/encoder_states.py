"""Activations of a transformer's sites at the words of some sentences, and the rankings that are learned from them.

| ranker     | score of a neuron for type x                                                                   | source                       |
|------------|--------------------------------------------------------------------------------------------------|------------------------------|
| `probe`    | absolute weight of x in a logistic probe of types with L1 and L2 penalties, neurons standardised | Dalvi et al. 2019            |
| `gaussian` | its turn in a greedy choice by the log-likelihood of Gaussians of x's words and of the others    | Torroba Hennigen et al. 2020 |

Both read the activation at a word's first piece. They are computed as for recurrent taggers (`rankers`), with entity types in place of labels; words outside
entities are a class of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from liap.neurons.encoder_words import NO_TYPE, EncodedBatch, Site, kept_in, logits_of, types_of_tagger
from liap.neurons.neuron_words import NeuronWords
from liap.neurons.rankers import fit_probe, greedy_gaussian, without_absent
from liap.taggers.transformer import TransformerTagger

PROBE, GAUSSIAN = "probe", "gaussian"
LEARNED_RANKERS = (PROBE, GAUSSIAN)
MOST_NUMBERS = 2**27  # activations that one pass keeps: half a gibibyte


def states_of_words(
    tagger: TransformerTagger, batches: Sequence[EncodedBatch], widths: Mapping[Site, int], most: int = MOST_NUMBERS
) -> Iterator[tuple[Site, NeuronWords]]:
    """Each site with its neurons at every word. Labels are types; the last one marks words outside entities.

    One pass serves as many sites as have at most `most` numbers together (always one).
    """
    types, type_of_label = types_of_tagger(tagger)
    words = sum(len(batch.gold) for batch in batches)
    sites = list(widths)
    for places in by_sizes([widths[site] * words for site in sites], most):
        chosen = [sites[place] for place in places]
        parts: dict[Site, list[np.ndarray]] = {site: [] for site in chosen}
        predicted = []
        for batch in batches:
            seen: dict[Site, list[Tensor]] = {site: [] for site in chosen}
            with tagger.edited([site.edit(kept_in(seen[site])) for site in chosen]), torch.no_grad():
                said = logits_of(tagger, batch).argmax(dim=1).cpu().numpy()
            predicted.append(type_of_label[said])
            for site in chosen:
                parts[site].append(seen[site][0][batch.rows, batch.places].float().cpu().numpy())
        for site in chosen:
            yield site, _joined(batches, np.concatenate(parts.pop(site)), np.concatenate(predicted), len(types))


def by_sizes(sizes: Sequence[int], most: int) -> Iterator[list[int]]:
    """Places of neighbours whose sizes are at most `most` together (always one)."""
    group: list[int] = []
    total = 0
    for place, size in enumerate(sizes):
        if group and total + size > most:
            yield group
            group, total = [], 0
        group, total = [*group, place], total + size
    if group:
        yield group


def _joined(
    batches: Sequence[EncodedBatch],
    neurons: Float[np.ndarray, "words neurons"],
    predicted: Int[np.ndarray, " words"],
    types: int,
) -> NeuronWords:
    gold = np.concatenate([batch.gold for batch in batches])
    return NeuronWords(
        words=tuple(word for batch in batches for word in batch.words),
        neurons=neurons,
        gold=np.where(gold == NO_TYPE, types, gold),
        predicted=np.where(predicted == NO_TYPE, types, predicted),
        document=np.concatenate([batch.document for batch in batches]),
        lengths=np.array([len(gold)]),
    )


def learned_scores(
    words: NeuronWords, types: int, rankers: Sequence[str], *, gaussian_most: int
) -> Mapping[str, Float[np.ndarray, "types width"]]:
    """The scores of those of both that are among `rankers`; the Gaussian model chooses `gaussian_most` neurons one after the other, and the rest by what each adds alone."""
    scores = {}
    if PROBE in rankers:
        scores[PROBE] = without_absent(
            np.abs(fit_probe(words.neurons, words.gold, types + 1).weight[:types]), words.gold
        )
    if GAUSSIAN in rankers:
        turns = [greedy_gaussian(words.neurons, words.gold == kind, gaussian_most) for kind in range(types)]
        scores[GAUSSIAN] = without_absent(-np.argsort(np.stack(turns), axis=1).astype(float), words.gold)
    return scores
