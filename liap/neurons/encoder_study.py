"""The study on a transformer: which layers' neurons does which entity type need?

For each site and type, the neurons that a ranker puts first are removed. The drop of the type's recall stands beside that of as many
random neurons, of the least important ones, and of the neurons of other types.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from tqdm import tqdm

from liap import corpora
from liap.corpora import digest_of_sentences
from liap.errors import InputError
from liap.neurons.encoder_neuron_settings import ALL_PIECES, EncoderNeuronSettings
from liap.neurons.encoder_rankers import ATTRIBUTION, SiteScores, rank_sites
from liap.neurons.encoder_removal import EncoderRemoval, recalls
from liap.neurons.encoder_rows import EncoderFacts, EncoderImportanceRow, EncoderProbeRow, LayerRow
from liap.neurons.encoder_states import learned_scores, states_of_words
from liap.neurons.encoder_words import EncodedBatch, Site, encoded_batches, sites_of, types_of_tagger
from liap.neurons.neuron_measures import probe_accuracies
from liap.neurons.sensitivity import is_ranked, order_of
from liap.provenance import digest_of_weights, identity_of_software
from liap.records import Sentence
from liap.reports.layout import aligned, bounds, with_interval
from liap.reports.statistics import document_weights, estimate
from liap.runs import Run
from liap.tables import header, to_csv
from liap.taggers.checkpoints import local_folder
from liap.taggers.transformer import TransformerTagger

LAYERS, IMPORTANCE, PROBES = "encoder_layers.csv", "encoder_importance.csv", "encoder_probes.csv"
PLACES = 50  # of each ranking that are listed
TIMED = 3  # removals that are made by whole passes too
NAN = float("nan")


def spread(sentences: Sequence[Sentence], count: int) -> list[Sentence]:
    """So many sentences, evenly over the split, so that many documents are among them; 0: all."""
    if not count or count >= len(sentences):
        return list(sentences)
    return [sentences[int(place)] for place in np.linspace(0, len(sentences) - 1, count)]


def run_encoder_study(run: Run, settings: EncoderNeuronSettings) -> list[LayerRow] | None:
    """Everything but pictures; None if the folder already holds this run."""
    tagger = TransformerTagger.load(settings.model, precision=settings.precision, device=settings.device)
    tagger.architecture.check("edits")
    splits = {
        "ranking": spread(corpora.load(settings.corpus, settings.ranking_split), settings.ranking_sentences),
        "test": spread(corpora.load(settings.corpus, "test"), settings.test_sentences),
    }
    identity = {
        **settings.deciding_rows(),
        **{f"{name}_digest": digest_of_sentences(split) for name, split in splits.items()},
        "model_digest": digest_of_weights(local_folder(settings.model)),
        **identity_of_software(settings.precision, 0),
    }
    if not run.begin(identity, overwrite=settings.overwrite):
        return None
    with run.unchanged_if_refused():
        ranking, test = (encoded_batches(tagger, split) for split in splits.values())
    types, _ = types_of_tagger(tagger)
    ranked = rank_sites(tagger, ranking, sites_of(tagger, settings.sites))
    probes = list(_learned(tagger, ranking, test, ranked, settings))
    removal = EncoderRemoval(tagger, test)
    rows = [
        row
        for site in tqdm(ranked, desc="removing", unit="site")
        for row in site_rows(removal, site, ranked[site], types, settings)
    ]
    run.facts = _facts(removal, ranked)
    run.write(LAYERS, header(LayerRow) + to_csv(rows))
    listed = [row for site, scores in ranked.items() for row in importance_rows(site, scores, types)]
    run.write(IMPORTANCE, header(EncoderImportanceRow) + to_csv(listed))
    run.write(PROBES, header(EncoderProbeRow) + to_csv(probes))
    return rows


def _learned(
    tagger: TransformerTagger,
    ranking: Sequence[EncodedBatch],
    test: Sequence[EncodedBatch],
    ranked: dict[Site, SiteScores],
    settings: EncoderNeuronSettings,
) -> Iterator[EncoderProbeRow]:
    """Put the scores of the learned rankers into `ranked`, and give the probes of each site."""
    types, _ = types_of_tagger(tagger)
    widths = {site: len(scores.mean) for site, scores in ranked.items()}
    both = zip(*(states_of_words(tagger, batches, widths) for batches in (ranking, test)), strict=True)
    for (site, learned), (_, tested) in tqdm(both, total=len(ranked), desc="probing", unit="site"):
        generator = np.random.default_rng((settings.seed, site.layer, len(site.kind)))
        sample = learned.sample(settings.probe_words, generator)
        new = learned_scores(sample, len(types), settings.rankers, gaussian_most=settings.gaussian_most)
        scores = {**ranked[site].scores, **new}
        ranked[site] = replace(ranked[site], scores={name: scores[name] for name in settings.rankers})
        own = {name: scores[name] for name in settings.rankers}
        for one in probe_accuracies(sample, tested, own, len(types) + 1, settings.top, generator):
            yield EncoderProbeRow(
                site.kind, site.layer, one.neurons, one.count, one.accuracy, one.control, one.selectivity, one.majority
            )


def _facts(removal: EncoderRemoval, ranked: dict[Site, SiteScores]) -> EncoderFacts:
    """The same removals both ways, at the lowest, a middle and the last layer; InputError if they differ."""
    sites = list(ranked)
    chosen = [sites[int(place)] for place in np.linspace(0, len(sites) - 1, TIMED)]
    passes, computed, naively = removal.passes, removal.layers_computed, removal.layers_naively
    seconds = []
    answers = []
    for way in (removal.said, removal.said_naively):
        began = time.process_time()
        answers.append([way(site, np.arange(8), np.zeros(len(ranked[site].mean))) for site in chosen])
        seconds.append(time.process_time() - began)
    if not all(np.array_equal(first, second) for first, second in zip(*answers, strict=True)):
        raise InputError("--model: its layers cannot be skipped without changing its answers; expected a plain encoder")
    return EncoderFacts(passes, computed, naively, *(round(value, 3) for value in seconds))


def importance_rows(site: Site, scores: SiteScores, types: Sequence[str]) -> Iterator[EncoderImportanceRow]:
    """The first places of each ranking."""
    for ranker, table in scores.scores.items():
        for kind, order in zip(types, order_of(table)[:, :PLACES].tolist(), strict=True):
            own = table[types.index(kind)]
            for place, neuron in enumerate(order, 1):
                yield EncoderImportanceRow(site.kind, site.layer, kind, ranker, place, neuron, float(own[neuron]))


def site_rows(
    removal: EncoderRemoval, site: Site, scores: SiteScores, types: Sequence[str], settings: EncoderNeuronSettings
) -> Iterator[LayerRow]:
    """The lines of one site; every fill removes the same random neurons."""
    before = removal.said(site, np.arange(0), scores.mean)
    fills = {"mean": scores.mean, "zero": np.zeros(len(scores.mean)), ALL_PIECES: scores.mean_of_all_pieces}
    for fill in settings.fills:
        yield from _filled_rows(removal, site, scores, types, (before, fill, fills[fill]), settings)


def _filled_rows(
    removal: EncoderRemoval,
    site: Site,
    scores: SiteScores,
    types: Sequence[str],
    filled: tuple[np.ndarray, str, Float[np.ndarray, " width"]],
    settings: EncoderNeuronSettings,
) -> Iterator[LayerRow]:
    """Random neurons are drawn anew for each share of removed neurons."""
    before, fill, values = filled
    width = len(values)
    generator = np.random.default_rng((settings.seed, site.layer, len(site.kind)))
    for share in settings.shares:
        removed = max(1, round(share * width))
        drawn = [
            recalls(removal.gold, removal.said(site, generator.permutation(width)[:removed], values), len(types))
            for _ in range(settings.draws)
        ]
        chance = recalls(removal.gold, before, len(types)) - np.stack(drawn)
        for ranker, scored in scores.scores.items():
            order, known = order_of(scored), is_ranked(scored)
            ways = (("most", order), ("least", order[:, ::-1])) if ranker == ATTRIBUTION else (("most", order),)
            for way, chosen in ways:
                said = [removal.said(site, row[:removed], values) if own else None
                        for row, own in zip(chosen, known, strict=True)]  # fmt: skip
                answers = before, said
                about = ranker, way, fill, share, removed, width
                yield from _rows(removal, site, types, answers, chance, about, settings.resamples)


def _rows(
    removal: EncoderRemoval,
    site: Site,
    types: Sequence[str],
    answers: tuple[np.ndarray, Sequence[np.ndarray | None]],  # None: of a type without a ranking
    chance: Float[np.ndarray, "draws types"],
    about: tuple[str, str, str, float, int, int],
    resamples: int,
) -> Iterator[LayerRow]:
    before, said = answers
    *about_row, width = about
    gold = removal.gold
    document = np.unique(removal.document, return_inverse=True)[1]
    weights = document_weights(int(document.max()) + 1, resamples, np.random.default_rng(13))
    unknown = np.full(len(types), NAN)
    table = np.stack([unknown if one is None else recalls(gold, one, len(types)) for one in said])  # removed for, of
    first = recalls(gold, before, len(types))
    for kind, name in enumerate(types):
        after = said[kind]
        right = before == kind if after is None else after == kind
        low, high, documents = _interval(gold == kind, before == kind, right, document, weights)
        low, high = (NAN, NAN) if after is None else (low, high)
        rest = [other for other in range(len(types)) if other != kind and said[other] is not None]
        others = first[kind] - float(table[rest, kind].mean()) if rest else NAN
        ends = np.quantile(chance[:, kind], [0.025, 0.975]).tolist()
        yield LayerRow(
            site.kind, site.layer, width, name, *about_row, float(table[kind, kind]),
            float(first[kind] - table[kind, kind]), low, high, float(chance[:, kind].mean()), *ends, float(others), documents,
            int((gold == kind).sum()),
        )  # fmt: skip


def _interval(
    own: np.ndarray, before: np.ndarray, after: np.ndarray, document: Int[np.ndarray, " words"], weights: np.ndarray
) -> tuple[float, float, int]:
    """The 95% interval of the drop of recall over documents, and the number of documents with a word of the type."""
    drops = np.where(own, before.astype(float) - after.astype(float), np.nan)
    means = estimate(drops[:, None], document, weights)
    return float(means.low[0]), float(means.high[0]), int(means.documents[0])


def shown_layers(rows: Sequence[LayerRow]) -> str:
    """The largest share of removed neurons by attribution, as an aligned table."""
    most = max(row.share for row in rows)
    lines = [
        [
            row.site, str(row.layer), row.type, row.fill, f"{row.removed}/{row.width}", with_interval(row.drop, row.low, row.high, digits=2),
            f"{row.chance:.2f} {bounds(row.chance_low, row.chance_high, digits=2)}", f"{row.others:.2f}",
        ]
        for row in rows
        if row.share == most and row.ranker == ATTRIBUTION and row.order == "most"
    ]  # fmt: skip
    return aligned(
        ["site", "layer", "type", "set to", "removed", "drop of recall [95%]", "random [95%]", "others' neurons"],
        lines,
        4,
    )
