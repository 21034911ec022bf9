"""The study on recurrent taggers: folders of taggers and a corpus -> tables and pictures in a results folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from tqdm import tqdm

from liap import corpora
from liap.corpora import digest_of_sentences
from liap.errors import InputError
from liap.neurons import neuron_plots, neuron_rows
from liap.neurons.neuron_findings import FindingRow, findings_of
from liap.neurons.neuron_measures import Measured, measure_tagger
from liap.neurons.neuron_overlap import overlaps_of
from liap.neurons.neuron_settings import NeuronSettings
from liap.neurons.sensitivity import correlations, cosines
from liap.provenance import digest_of_weights, identity_of_software
from liap.reports.layout import aligned, bounds, number, with_interval
from liap.reports.style import drawn_for, save
from liap.runs import Run
from liap.tables import header, to_csv
from liap.taggers.recurrent import RecurrentTagger

FINDINGS = "findings.csv"
TABLES = (
    FINDINGS, "sensitivities.csv", "importance.csv", "ablation.csv", "accuracies.csv", "confusion.csv", "label_pairs.csv",
    "seed_matching.csv", "rankers.csv", "probes.csv",
)  # fmt: skip
CORRELATIONS, SIMILARITY, OVERLAP = (
    "sensitivities_correlation", "Similarity_correlation", "Importance_overlap_top_ten",
)  # fmt: skip


def run_study(run: Run, settings: NeuronSettings) -> list[FindingRow] | None:
    """Everything; None if the folder already holds this run."""
    folders = settings.folders
    splits = {
        "ranking": corpora.load(settings.corpus, settings.ranking_split, limit=settings.ranking_sentences),
        "test": corpora.load(settings.corpus, "test", limit=settings.test_sentences),
    }
    identity = {
        **settings.deciding_rows(),
        **{f"{name}_digest": digest_of_sentences(split) for name, split in splits.items()},
        **{f"{folder.name}_digest": digest_of_weights(folder) for folder in folders},
        **identity_of_software("fp32", 0),
    }
    if not run.begin(identity, overwrite=settings.overwrite):
        return None
    with run.unchanged_if_refused():
        taggers = [RecurrentTagger.load(folder) for folder in folders]
        check_alike(taggers, folders)
    models = [
        measure_tagger(tagger, splits["ranking"], splits["test"], settings, name=_name(tagger), seed=_seed(folder))
        for tagger, folder in tqdm(list(zip(taggers, folders, strict=True)), desc="taking taggers apart", unit="tagger")
    ]
    findings = write_tables(run, models, settings)
    with drawn_for(settings):
        draw(run, models, settings)
    return findings


def _name(tagger: RecurrentTagger) -> str:
    return tagger.network.shape.name


def _seed(folder: Path) -> int:
    digits = folder.name.removeprefix("seed-")
    return int(digits) if digits.isdecimal() else 0


def check_alike(taggers: Sequence[RecurrentTagger], folders: Sequence[Path]) -> None:
    """InputError unless all have the same shape and labels."""
    for tagger, folder in zip(taggers, folders, strict=True):
        if (tagger.network.shape, tagger.labels) != (taggers[0].network.shape, taggers[0].labels):
            raise InputError(
                f"{folder}: its shape or labels differ from those of {folders[0]}; expected seeds of one tagger"
            )


def write_tables(run: Run, models: Sequence[Measured], settings: NeuronSettings) -> list[FindingRow]:
    """Every table; returns the findings."""
    generator = np.random.default_rng(settings.seed)
    findings = findings_of(
        models, top=settings.top, removed=settings.removed, permutations=settings.permutations, generator=generator
    )

    def of_all(rows) -> Iterable[object]:
        return chain.from_iterable(rows(one) for one in models)

    tables: dict[str, tuple[type, Iterable[object]]] = {
        FINDINGS: (FindingRow, findings),
        "sensitivities.csv": (neuron_rows.SensitivityRow, of_all(neuron_rows.sensitivity_rows)),
        "importance.csv": (neuron_rows.ImportanceRow, of_all(neuron_rows.importance_rows)),
        "ablation.csv": (neuron_rows.AblationRow, of_all(neuron_rows.ablation_rows)),
        "accuracies.csv": (neuron_rows.AccuracyRow, of_all(neuron_rows.accuracy_rows)),
        "confusion.csv": (neuron_rows.ConfusionRow, of_all(neuron_rows.confusion_rows)),
        "label_pairs.csv": (
            neuron_rows.LabelPairRow, of_all(lambda one: neuron_rows.label_pair_rows(one, settings.top)),
        ),
        "seed_matching.csv": (
            neuron_rows.MatchingRow, neuron_rows.matching_rows(models, settings.top, generator),
        ),
        "rankers.csv": (neuron_rows.RankerRow, of_all(neuron_rows.ranker_rows)),
        "probes.csv": (neuron_rows.ProbeRow, of_all(neuron_rows.probe_rows)),
    }  # fmt: skip
    for name, (kind, rows) in tables.items():
        run.write(name, header(kind) + to_csv(list(rows)))
    return findings


def draw(run: Run, models: Sequence[Measured], settings: NeuronSettings) -> None:
    """Every picture."""
    for name, axes, caption in _pictures(models, settings):
        save(axes, run.folder, name, caption)
    for fill in settings.fills:
        caption = (
            f"F1 of a label over its full F1, mean over labels and seeds, as the neurons that a ranking puts first are set to {fill} (left), or are all that is kept (right): "
            "a line for each ranking."
        )
        save(neuron_plots.plot_rankers(models, fill), run.folder, f"rankers_{fill}", caption)


def _pictures(models: Sequence[Measured], settings: NeuronSettings) -> Iterator[tuple[str, object, str]]:
    """Name of the file without its ending, axes, caption."""
    labels = models[0].readout.labels
    for one in models:
        yield (
            f"{one.name}-seed-{one.seed}_heatmap",
            neuron_plots.plot_sensitivities(one),
            (f"Sensitivity of every label to every neuron of {one.name}, seed {one.seed}."),
        )
    yield (
        "ImportanceRankings",
        neuron_plots.plot_rankings(models[0]),
        (f"The neurons of {models[0].name}, seed {models[0].seed}, in the order of their importance for each label."),
    )
    for label, name in enumerate(labels):
        yield (
            f"{name}_chart",
            neuron_plots.plot_label(models, label, settings.fills),
            (
                f"Recall of every label, and F1 of {name}, as the neurons of {name} are removed one after another: by each ranking, in random order, those of another label, and the "
                "least important first. Mean over seeds."
            ),
        )
    r = np.stack([correlations(one.scores["sensitivity"]) for one in models])
    yield (
        CORRELATIONS,
        neuron_plots.plot_pairs(r, labels, "Correlation of labels' sensitivities, over neurons", "Pearson's r"),
        "How far two labels are sensitive to the same neurons: Pearson's r over neurons, mean over seeds.",
    )
    alike = np.stack([cosines(one.readout.weight) for one in models])
    yield (
        SIMILARITY,
        neuron_plots.plot_pairs(alike, labels, "Similarity of labels' weights", "cosine"),
        ("Cosine of two labels' weights in the output layer, mean over seeds."),
    )
    shared = np.stack([overlaps_of(one.scores["sensitivity"], settings.top) for one in models])
    neurons = models[0].readout.weight.shape[1]
    yield (
        OVERLAP,
        neuron_plots.plot_overlap(shared, labels, neurons, settings.top),
        (
            f"How many of their {settings.top} most important neurons two labels share, mean over seeds, beside what chance gives."
        ),
    )


def shown(findings: Sequence[FindingRow]) -> str:
    """The findings as an aligned table."""
    lines = [
        [
            row.finding, row.published, with_interval(row.mean, row.low, row.high, digits=2), row.agrees,
            f"{number(row.chance, 2)} {bounds(row.chance_low, row.chance_high, digits=2)}", row.beyond_chance,
        ]
        for row in findings
    ]  # fmt: skip
    return aligned(["finding", "published", "ours [95%]", "agrees", "chance [95%]", "beyond chance"], lines)
