"""Neurons of every layer of a transformer ranked for every entity type, by passes that serve all layers at once.

| ranker        | score of a neuron for type x                                                                                          |
|---------------|------------------------------------------------------------------------------------------------------------------------|
| `attribution` | activation x gradient, summed over the sentence's pieces, of the sum of the scores of x's labels: its mean over words of type x, less that over the other words |
| `probeless`   | absolute difference of the activation's means over the first pieces of words of type x and over the others              |

At the last hidden layer the gradient is the weight of the label, so `attribution` is the sensitivity of Xin, Lin & Yu 2019, summed over
x's labels. Below it is the same quantity to first order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from liap.neurons.encoder_words import NO_TYPE, EncodedBatch, Site, kept_in, logits_of, types_of_tagger
from liap.taggers.hidden import inside
from liap.taggers.transformer import TransformerTagger

ATTRIBUTION, PROBELESS = "attribution", "probeless"
ENCODER_RANKERS = (ATTRIBUTION, PROBELESS)


@dataclass(slots=True, eq=False)
class SiteSums:
    """What is added up at one site over batches."""

    attributions: Float[np.ndarray, "types sides width"]  # sides: words of the type, other words
    activations: Float[np.ndarray, "kinds width"]  # by type of the word; the last row is that of words without one
    pieces: Float[np.ndarray, "sets width"]  # sets: the words' pieces, all pieces
    counts: Float[np.ndarray, " sets"]


@dataclass(frozen=True, slots=True, eq=False)
class SiteScores:
    """What is known of one site's neurons."""

    scores: Mapping[str, Float[np.ndarray, "types width"]]  # by ranker
    mean: Float[np.ndarray, " width"]  # over the words' pieces, without special tokens, at which a few neurons are huge
    mean_of_all_pieces: Float[np.ndarray, " width"]  # with them


def rank_sites(
    tagger: TransformerTagger, batches: Sequence[EncodedBatch], sites: Sequence[Site]
) -> dict[Site, SiteScores]:
    """Both rankers' scores at every site; a pass forwards and two backwards per type serve all sites."""
    types, type_of_label = types_of_tagger(tagger)
    sums: dict[Site, SiteSums] = {}
    counts = np.zeros(len(types) + 1)
    for batch in tqdm(batches, desc="ranking neurons", unit="batch"):
        seen: dict[Site, list[Tensor]] = {site: [] for site in sites}
        embeddings = tagger.model.get_input_embeddings()(batch.ids.to(tagger.device)).detach().requires_grad_()
        with torch.enable_grad(), tagger.edited([site.edit(kept_in(seen[site])) for site in sites]):
            logits = logits_of(tagger, batch, inputs_embeds=embeddings)
        activations = [seen[site][0] for site in sites]
        _add_activations(sums, sites, activations, batch, len(types))
        counts += np.bincount(np.where(batch.gold == NO_TYPE, len(types), batch.gold), minlength=len(types) + 1)
        for kind in range(len(types)):
            score = logits[:, np.flatnonzero(type_of_label == kind)].sum(dim=1)
            for side, own in enumerate((batch.gold == kind, batch.gold != kind)):
                if own.any():
                    total = score[torch.from_numpy(own)].sum()
                    gradients = torch.autograd.grad(total, activations, retain_graph=True)
                    for site, values, gradient in zip(sites, activations, gradients, strict=True):
                        product = (values.float() * gradient.float()).detach().sum(dim=(0, 1)).double().cpu().numpy()
                        sums[site].attributions[kind, side] += product
    return {site: _scores(sums[site], counts) for site in sites}


def _add_activations(
    sums: dict[Site, SiteSums],
    sites: Sequence[Site],
    activations: Sequence[Tensor],
    batch: EncodedBatch,
    types: int,
) -> None:
    kinds = np.where(batch.gold == NO_TYPE, types, batch.gold)
    sets = batch.of_words, inside(batch.ids, batch.lengths)
    for site, values in zip(sites, activations, strict=True):
        table = values.detach().float().cpu()
        if site not in sums:
            width = table.shape[2]
            sums[site] = SiteSums(
                np.zeros((types, 2, width)), np.zeros((types + 1, width)), np.zeros((2, width)), np.zeros(2)
            )
        own = sums[site]
        first = table[batch.rows, batch.places].double().numpy()
        for kind in range(types + 1):
            own.activations[kind] += first[kinds == kind].sum(axis=0)
        for place, chosen in enumerate(sets):
            own.pieces[place] += table[chosen].double().sum(dim=0).numpy()
            own.counts[place] += int(chosen.sum())


def _scores(sums: SiteSums, counts: Float[np.ndarray, " kinds"]) -> SiteScores:
    own, others = counts[:-1, None], counts.sum() - counts[:-1, None]
    rest = sums.activations.sum(axis=0) - sums.activations[:-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        attribution = sums.attributions[:, 0] / own - sums.attributions[:, 1] / others
        probeless = np.abs(sums.activations[:-1] / own - rest / others)
    return SiteScores({ATTRIBUTION: attribution, PROBELESS: probeless}, *(sums.pieces / sums.counts[:, None]))
