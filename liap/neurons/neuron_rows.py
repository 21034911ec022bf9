"""The measured taggers -> rows of the study's tables. Every column is explained in docs/definitions.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from liap.neurons.neuron_ablation import confusion, fewest_to_keep, fewest_to_take_away, scores_from
from liap.neurons.neuron_matching import chance_of_matching, match_neurons
from liap.neurons.neuron_measures import LEAST, MOST, RANDOM, Curve, Measured
from liap.neurons.neuron_overlap import expected_overlap, overlap_p, overlaps_of
from liap.neurons.sensitivity import correlations, cosines, sensitivities

NAN = float("nan")
WAYS = (("gold", "sensitivity"), ("predicted", "sensitivity_predicted"))


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    tagger: str
    seed: int
    by: str
    label: str
    neuron: int
    sensitivity: float


@dataclass(frozen=True, slots=True)
class ImportanceRow:
    tagger: str
    seed: int
    ranker: str
    label: str
    place: int
    neuron: int
    score: float


@dataclass(frozen=True, slots=True)
class AblationRow:
    tagger: str
    seed: int
    fill: str
    ranker: str
    order: str
    ablated: str
    removed: int
    label: str
    precision: float
    recall: float
    f1: float
    recall_low: float
    recall_high: float


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    tagger: str
    seed: int
    label: str
    gold_words: int
    predicted_words: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class ConfusionRow:
    tagger: str
    seed: int
    gold: str
    predicted: str
    tokens: int


@dataclass(frozen=True, slots=True)
class LabelPairRow:
    tagger: str
    seed: int
    first: str
    second: str
    sensitivity_correlation: float
    weight_cosine: float
    shared: float
    expected: float
    overlap_p: float


@dataclass(frozen=True, slots=True)
class MatchingRow:
    tagger: str
    seed: int
    other_seed: int
    label: str
    matched: float
    matched_chance: float
    sensitivity_correlation: float
    unmatched: float
    chance_low: float
    chance_high: float
    shared: float
    expected: float


@dataclass(frozen=True, slots=True)
class RankerRow:
    tagger: str
    seed: int
    fill: str
    ranker: str
    label: str
    take_away: float
    keep: float
    area_removed: float
    area_kept: float


@dataclass(frozen=True, slots=True)
class ProbeRow:
    tagger: str
    seed: int
    neurons: str
    count: int
    accuracy: float
    control: float
    selectivity: float
    majority: float


def sensitivity_rows(one: Measured) -> Iterator[SensitivityRow]:
    """By gold and by predicted labels."""
    for by, labelled in (("gold", one.ranking.gold), ("predicted", one.ranking.predicted)):
        table = sensitivities(one.readout.weight, one.ranking.neurons, labelled)
        for label, row in zip(one.readout.labels, table.tolist(), strict=True):
            for neuron, value in enumerate(row):
                yield SensitivityRow(one.name, one.seed, by, label, neuron, value)


def importance_rows(one: Measured) -> Iterator[ImportanceRow]:
    """Each label's neurons by each ranker, from place 1."""
    for ranker, order in one.orders.items():
        for label, row in enumerate(order):
            for place, neuron in enumerate(row.tolist(), 1):
                score = float(one.scores[ranker][label, neuron])
                yield ImportanceRow(one.name, one.seed, ranker, one.readout.labels[label], place, neuron, score)


def ablation_rows(one: Measured) -> Iterator[AblationRow]:
    """Every label's scores for sensitivity and random orders; of other rankings, those of the label whose neurons go."""
    for curve in one.curves:
        everything = curve.order == RANDOM or (curve.ranker == "sensitivity" and curve.order == MOST)
        for label in range(len(one.readout.labels)) if everything else (curve.label,):
            yield from _of_curve(one, curve, label)


def _of_curve(one: Measured, curve: Curve, label: int) -> Iterator[AblationRow]:
    ablated = "-" if curve.label < 0 else one.readout.labels[curve.label]
    for step, removed in enumerate(one.steps):
        values = [float(getattr(curve.scores, part)[step, label]) for part in ("precision", "recall", "f1")]
        bounds = [NAN if end is None else float(end.recall[step, label]) for end in (curve.low, curve.high)]
        yield AblationRow(
            one.name, one.seed, curve.fill, curve.ranker, curve.order, ablated, removed, one.readout.labels[label],
            *values, *bounds,
        )  # fmt: skip


def accuracy_rows(one: Measured) -> Iterator[AccuracyRow]:
    """Precision, recall and F1 of each label over test words."""
    table = confusion(one.test.gold, one.test.predicted, len(one.readout.labels))
    scores = scores_from(table)
    for label, name in enumerate(one.readout.labels):
        values = [float(getattr(scores, part)[label]) for part in ("precision", "recall", "f1")]
        yield AccuracyRow(one.name, one.seed, name, int(table[label].sum()), int(table[:, label].sum()), *values)


def confusion_rows(one: Measured) -> Iterator[ConfusionRow]:
    """Test words by gold and predicted label."""
    names = one.readout.labels
    for gold, row in zip(names, confusion(one.test.gold, one.test.predicted, len(names)).tolist(), strict=True):
        for predicted, count in zip(names, row, strict=True):
            yield ConfusionRow(one.name, one.seed, gold, predicted, count)


def label_pair_rows(one: Measured, top: int) -> Iterator[LabelPairRow]:
    """What two labels have in common."""
    names, neurons = one.readout.labels, one.readout.weight.shape[1]
    r, similar = correlations(one.scores["sensitivity"]), cosines(one.readout.weight)
    shared = overlaps_of(one.scores["sensitivity"], top)
    for first, second in combinations(range(len(names)), 2):
        common = float(shared[first, second])
        yield LabelPairRow(
            one.name, one.seed, names[first], names[second], float(r[first, second]), float(similar[first, second]),
            common, expected_overlap(neurons, top), overlap_p(common, neurons, top),
        )  # fmt: skip


def matching_rows(models: Sequence[Measured], top: int, generator: np.random.Generator) -> Iterator[MatchingRow]:
    """Each pair of seeds, whose neurons are matched on the same test words."""
    for first, second in combinations(models, 2):
        partners, matched = match_neurons(first.test.neurons, second.test.neurons)
        chance = chance_of_matching(first.test.neurons, second.test.neurons, generator)
        left, right = first.scores["sensitivity"], second.scores["sensitivity"]
        random_orders = [generator.permutation(len(partners)) for _ in range(500)]
        for label, name in enumerate(first.readout.labels):
            drawn = [_r(left[label], right[label][order]) for order in random_orders]
            pair = np.stack([left[label], right[label][partners]])
            yield MatchingRow(
                first.name, first.seed, second.seed, name, float(matched.mean()), chance, _r(*pair),
                _r(left[label], right[label]), *np.quantile(drawn, [0.025, 0.975]).tolist(),
                float(overlaps_of(pair, top)[0, 1]), expected_overlap(len(partners), top),
            )  # fmt: skip


def _r(first: np.ndarray, second: np.ndarray) -> float:
    return float(correlations(np.stack([first, second]))[0, 1])


def ranker_rows(one: Measured) -> Iterator[RankerRow]:
    """How few neurons each ranking needs to take a label away, and to keep it; a random order stands beside them."""
    fills = dict.fromkeys(curve.fill for curve in one.curves)
    for fill in fills:
        for label in range(len(one.readout.labels)):
            for ranker in one.orders:
                away = one.curve(fill, ranker, MOST, label).scores.f1[:, label]
                kept = one.curve(fill, ranker, LEAST, label).scores.f1[:, label]
                yield _ranker_row(one, fill, ranker, label, away, kept)
            random = one.curve(fill, RANDOM, RANDOM, -1).scores.f1[:, label]
            yield _ranker_row(one, fill, RANDOM, label, random, random)


def _ranker_row(one: Measured, fill: str, ranker: str, label: int, away: np.ndarray, kept: np.ndarray) -> RankerRow:
    full, steps = away[0], np.array(one.steps, dtype=float)
    areas = [float(np.trapezoid(curve, steps) / steps[-1] / full) if full > 0 else NAN for curve in (away, kept)]
    return RankerRow(
        one.name, one.seed, fill, ranker, one.readout.labels[label], fewest_to_take_away(away, one.steps),
        fewest_to_keep(kept, one.steps), *areas,
    )  # fmt: skip


def probe_rows(one: Measured) -> Iterator[ProbeRow]:
    """Probes and their control task."""
    for probe in one.probes:
        yield ProbeRow(
            one.name, one.seed, probe.neurons, probe.count, probe.accuracy, probe.control, probe.selectivity, probe.majority,
        )  # fmt: skip
