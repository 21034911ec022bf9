"""One tagger: its sensitivities, rankings, ablation curves and probes.

In: a tagger and sentences to rank and to ablate on. Out: arrays, from which tables, plots and findings are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from liap.neurons.neuron_ablation import WordScores, remove_in_order, scores_from, steps_for
from liap.neurons.neuron_settings import NeuronSettings
from liap.neurons.neuron_words import NeuronWords, Readout, read_neurons, readout_of
from liap.neurons.rankers import RANKERS, RankedWords, control_labels, fit_probe
from liap.neurons.sensitivity import is_ranked, order_of
from liap.records import Sentence
from liap.taggers.recurrent import RecurrentTagger

MOST, LEAST, RANDOM = "most", "least", "random"
SAMPLED = ("probe", "gaussian")  # rankers that fit something see a sample of the words


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What a tagger says as neurons go, by number of removed neurons: scores of every label."""

    fill: str
    ranker: str  # `random` for random orders
    order: str  # most important first, least important first, or random
    label: int  # whose neurons go; -1 for random orders
    scores: WordScores  # [steps, labels]; a mean over draws for random orders
    low: WordScores | None = None  # of random orders: the 2.5% and the 97.5% quantile of the draws
    high: WordScores | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ProbeAccuracy:
    """A probe on some neurons, on the labels and on the control task; shares of test words, 0..1."""

    neurons: str  # `all`, or the ranker whose top neurons they are
    count: int
    accuracy: float
    control: float
    majority: float  # the share of the most frequent label

    @property
    def selectivity(self) -> float:
        """Hewitt & Liang 2019."""
        return self.accuracy - self.control


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All that is known of one tagger."""

    name: str
    seed: int
    readout: Readout
    ranking: NeuronWords  # words on which neurons were ranked
    test: NeuronWords
    scores: Mapping[str, Float[np.ndarray, "labels neurons"]]  # by ranker
    orders: Mapping[str, Int[np.ndarray, "labels neurons"]]
    steps: tuple[int, ...]
    curves: tuple[Curve, ...]
    probes: tuple[ProbeAccuracy, ...]

    def curve(self, fill: str, ranker: str, order: str, label: int) -> Curve:
        """The one curve with these properties."""
        return next(
            one for one in self.curves if (one.fill, one.ranker, one.order, one.label) == (fill, ranker, order, label)
        )


def measure_tagger(
    tagger: RecurrentTagger,
    ranking: Sequence[Sentence],
    test: Sequence[Sentence],
    settings: NeuronSettings,
    *,
    name: str,
    seed: int,
) -> Measured:
    """Everything but comparisons between taggers; random numbers derive from `settings.seed` and the tagger's."""
    generator = np.random.default_rng((settings.seed, seed))
    readout = readout_of(tagger)
    ranked, tested = read_neurons(tagger, ranking), read_neurons(tagger, test)
    sample = ranked.sample(settings.probe_words, generator)
    scores = {
        ranker: RANKERS[ranker](RankedWords(readout, sample if ranker in SAMPLED else ranked))
        for ranker in settings.rankers
    }
    orders = {ranker: order_of(table) for ranker, table in scores.items()}
    points = settings.steps if readout.field is None else min(settings.steps, 12)  # best paths take their time
    steps = tuple(steps_for(readout.weight.shape[1], points, settings.removed))
    fills = {"zero": np.zeros(readout.weight.shape[1]), "mean": ranked.neurons.mean(axis=0, dtype=np.float64)}
    curves = [
        curve
        for fill in settings.fills
        for curve in _curves(readout, tested, scores, (fill, fills[fill]), steps, settings.draws, generator)
    ]
    probes = tuple(probe_accuracies(sample, tested, scores, len(readout.labels), settings.top, generator))
    return Measured(name, seed, readout, ranked, tested, scores, orders, steps, tuple(curves), probes)


def _curves(
    readout: Readout,
    tested: NeuronWords,
    scores: Mapping[str, np.ndarray],
    filled: tuple[str, np.ndarray],
    steps: Sequence[int],
    draws: int,
    generator: np.random.Generator,
) -> Iterator[Curve]:
    fill, values = filled
    nothing = WordScores(*(np.full((len(steps), len(readout.labels)), np.nan) for _ in range(3)))
    for ranker, table in scores.items():
        for label, (row, known) in enumerate(zip(order_of(table), is_ranked(table), strict=True)):
            for way, chosen in ((MOST, row), (LEAST, row[::-1])):
                tables = remove_in_order(readout, tested, chosen, values, steps) if known else None
                yield Curve(fill, ranker, way, label, nothing if tables is None else scores_from(tables))
    random_orders = [generator.permutation(len(values)) for _ in range(draws)]
    tables = np.stack([remove_in_order(readout, tested, order, values, steps) for order in random_orders])
    drawn = scores_from(tables)
    parts = [getattr(drawn, part) for part in ("precision", "recall", "f1")]
    low, high = (WordScores(*(np.quantile(part, tail, axis=0) for part in parts)) for tail in (0.025, 0.975))
    yield Curve(fill, RANDOM, RANDOM, -1, WordScores(*(part.mean(axis=0) for part in parts)), low, high)


def probe_accuracies(
    sample: NeuronWords,
    tested: NeuronWords,
    scores: Mapping[str, np.ndarray],
    labels: int,
    top: int,
    generator: np.random.Generator,
) -> Iterator[ProbeAccuracy]:
    """Probes on all neurons, on the top neurons of each ranker, and on as many random ones."""
    drawn, drawn_test = control_labels(sample, tested, labels, generator)
    majority = float(np.bincount(tested.gold).max() / len(tested.gold))
    width = sample.neurons.shape[1]
    chosen = {"all": np.arange(width)}
    chosen |= {ranker: top_of_all(table, top) for ranker, table in scores.items()}
    chosen["random"] = generator.permutation(width)[:top]
    for name, columns in chosen.items():
        few, few_test = sample.neurons[:, columns], tested.neurons[:, columns]
        accuracy = fit_probe(few, sample.gold, labels).accuracy(few_test, tested.gold)
        control = fit_probe(few, drawn, labels).accuracy(few_test, drawn_test)
        yield ProbeAccuracy(name, len(columns), accuracy, control, majority)


def top_of_all(scores: Float[np.ndarray, "labels neurons"], top: int) -> Int[np.ndarray, " top"]:
    """The neurons with the best mean place over the rankings of the labels that have one."""
    order = order_of(scores[is_ranked(scores)])
    places = np.argsort(order, axis=1).mean(axis=0)
    return np.argsort(places, kind="stable")[:top]
