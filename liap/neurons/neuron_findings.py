"""The findings of the published studies, each as a line: what was said, what these taggers say, and what chance would say.

Ours is a mean over seeds with a 95% interval by Student's t. A published sign agrees if the interval lies on its side. A published
number comes from one model, so it agrees if it lies where one more seed is expected (a 95% prediction interval). Chance is what remains
when the neurons of every label are permuted, or are removed in random order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from liap.neurons.neuron_measures import MOST, RANDOM, Curve, Measured
from liap.neurons.neuron_overlap import expected_overlap, overlaps_of, pairing_p
from liap.neurons.sensitivity import correlations, cosines

NAN = float("nan")
PUBLISHED_OVERLAP = {"PER": 6, "LOC": 6, "ORG": 5, "MISC": 4}  # of ten, between B-x and I-x
PUBLISHED_DROP = {"B-ORG": 0.64}  # of recall, when about 25 of its neurons are removed
TRIPLE = ("LOC", "ORG", "MISC")
POSITIVE, NEGATIVE, NONE = "above 0", "below 0", "-"
Statistic = Callable[[Float[np.ndarray, "labels labels"]], float]


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A line of `findings.csv`."""

    finding: str
    measure: str
    published: str
    mean: float
    low: float
    high: float
    one_low: float
    one_high: float
    seeds: int
    chance: float
    chance_low: float
    chance_high: float
    agrees: str
    beyond_chance: str


def over_seeds(values: Sequence[float]) -> tuple[float, float, float, float, float]:
    """Mean, its 95% interval, and where 95% of further seeds are expected; NaN ends for one seed."""
    array = np.asarray(values, dtype=float)
    array = array[~np.isnan(array)]
    if len(array) < 2:
        return (float(array.mean()) if len(array) else NAN, NAN, NAN, NAN, NAN)
    mean, spread = float(array.mean()), float(array.std(ddof=1) * stats.t.ppf(0.975, len(array) - 1))
    own, one = spread / math.sqrt(len(array)), spread * math.sqrt(1 + 1 / len(array))
    return mean, mean - own, mean + own, mean - one, mean + one


def finding(
    said: str, measure: str, published: str | float, values: Sequence[float], chance: tuple[float, float, float]
) -> FindingRow:
    """One line, judged."""
    mean, low, high, one_low, one_high = over_seeds(values)
    middle, chance_low, chance_high = chance
    if isinstance(published, float):
        agrees = "unclear" if math.isnan(one_low) else "yes" if one_low <= published <= one_high else "no"
    elif published == NONE or math.isnan(low):
        agrees = NONE if published == NONE else "unclear"
    else:
        side = 1 if published == POSITIVE else -1
        agrees = "yes" if min(side * low, side * high) > 0 else "no" if max(side * low, side * high) < 0 else "unclear"
    beyond = (
        NONE if math.isnan(chance_low) or math.isnan(mean) else "no" if chance_low <= mean <= chance_high else "yes"
    )
    shown = f"{published:g}" if isinstance(published, float) else published
    return FindingRow(
        said,
        measure,
        shown,
        mean,
        low,
        high,
        one_low,
        one_high,
        int(np.isfinite(values).sum()),
        middle,
        chance_low,
        chance_high,
        agrees,
        beyond,
    )


def findings_of(
    models: Sequence[Measured], *, top: int, removed: int, permutations: int, generator: np.random.Generator
) -> list[FindingRow]:
    """Every finding that the labels of these taggers allow."""
    labels = models[0].readout.labels
    return [
        *_correlation_findings(models, labels, permutations, generator),
        *_similarity_findings(models, labels, permutations, generator),
        *_overlap_findings(models, labels, top, permutations, generator),
        *_ablation_findings(models, labels, removed),
    ]


def types_of(labels: Sequence[str]) -> list[str]:
    """Types with a B- and an I- label."""
    return [label[2:] for label in labels if label.startswith("B-") and f"I-{label[2:]}" in labels]


def mean_of(pairs: Sequence[tuple[str, str]], labels: Sequence[str]) -> Statistic:
    """The mean over pairs of labels of a table's entries."""
    places = tuple(np.array([[labels.index(one) for one in pair] for pair in pairs]).T)
    return lambda table: mean_of_known(table[places])


def mean_of_known(values: Sequence[float] | np.ndarray) -> float:
    """The mean without NaN; NaN where there is nothing else."""
    array = np.asarray(values, dtype=float)
    return float(array[~np.isnan(array)].mean()) if not np.isnan(array).all() else NAN


def permuted(
    tables: Sequence[Float[np.ndarray, "labels neurons"]],
    compare: Callable[[np.ndarray], np.ndarray],
    statistics: Sequence[Statistic],
    draws: int,
    generator: np.random.Generator,
) -> list[tuple[float, float, float]]:
    """Mean and middle 95% of each statistic's mean over models, when each label's neurons are permuted on their own."""
    drawn = np.empty((draws, len(statistics)))
    for row in drawn:
        compared = [compare(generator.permuted(table, axis=1)) for table in tables]
        row[:] = [np.mean([statistic(one) for one in compared]) for statistic in statistics]
    ends = np.quantile(drawn, [0.025, 0.975], axis=0)
    return [(float(drawn[:, at].mean()), float(ends[0, at]), float(ends[1, at])) for at in range(len(statistics))]


def _compared(
    tables: Sequence[np.ndarray],
    compare: Callable[[np.ndarray], np.ndarray],
    lines: Sequence[tuple[str, str, str, Statistic]],
    draws: int,
    generator: np.random.Generator,
) -> Iterator[FindingRow]:
    """A line per (finding, measure, published sign, statistic) of tables that compare labels."""
    chances = permuted(tables, compare, [line[3] for line in lines], draws, generator)
    compared = [compare(table) for table in tables]
    for (said, measure, sign, statistic), chance in zip(lines, chances, strict=True):
        yield finding(said, measure, sign, [statistic(one) for one in compared], chance)


def _correlation_findings(
    models: Sequence[Measured], labels: Sequence[str], draws: int, generator: np.random.Generator
) -> Iterator[FindingRow]:
    types = types_of(labels)
    own = [(f"B-{kind}", f"I-{kind}") for kind in types]
    triple = [kind for kind in TRIPLE if kind in types]
    measure = "mean r of sensitivities"
    wanted = [
        ("B-x and I-x correlate", POSITIVE, own),
        *((f"B-{kind} and I-{kind} correlate", POSITIVE, [pair]) for kind, pair in zip(types, own, strict=True)),
        (f"{', '.join(f'I-{kind}' for kind in triple)} correlate", POSITIVE,
         [(f"I-{one}", f"I-{other}") for at, one in enumerate(triple) for other in triple[:at]]),
        ("B-x and I-y of another type correlate negatively", NEGATIVE,
         [(f"B-{one}", f"I-{other}") for one in types for other in types if one != other]),
        ("O and I-x correlate negatively", NEGATIVE, [("O", f"I-{kind}") for kind in types if "O" in labels]),
    ]  # fmt: skip
    lines = [(said, measure, sign, mean_of(pairs, labels)) for said, sign, pairs in wanted if pairs]
    yield from _compared([one.scores["sensitivity"] for one in models], correlations, lines, draws, generator)


def _similarity_findings(
    models: Sequence[Measured], labels: Sequence[str], draws: int, generator: np.random.Generator
) -> Iterator[FindingRow]:
    types = types_of(labels)
    if len(types) < 2:
        return
    own = mean_of([(f"B-{kind}", f"I-{kind}") for kind in types], labels)
    begins = mean_of([(f"B-{one}", f"B-{other}") for one in types for other in types if one != other], labels)
    lines = [
        ("weights of B-x are less like I-x than like B-y", "cosine with I-x less that with B-y", NEGATIVE,
         lambda table: own(table) - begins(table)),
    ]  # fmt: skip
    triple = [kind for kind in TRIPLE if kind in types]
    pairs = [(f"I-{one}", f"I-{other}") for at, one in enumerate(triple) for other in triple[:at]]
    if pairs:
        said = f"weights of {', '.join(f'I-{kind}' for kind in triple)} are alike"
        lines.append((said, "mean cosine", POSITIVE, mean_of(pairs, labels)))
    yield from _compared([one.readout.weight for one in models], cosines, lines, draws, generator)


def _overlap_findings(
    models: Sequence[Measured], labels: Sequence[str], top: int, draws: int, generator: np.random.Generator
) -> Iterator[FindingRow]:
    types, neurons = types_of(labels), models[0].readout.weight.shape[1]
    tables = [overlaps_of(one.scores["sensitivity"], top) for one in models]
    drawn = generator.hypergeometric(top, neurons - top, top, size=(draws, len(models))).mean(axis=1)
    ends = [float(end) for end in np.quantile(drawn, [0.025, 0.975])]
    for kind in types:
        places = labels.index(f"B-{kind}"), labels.index(f"I-{kind}")
        published = float(PUBLISHED_OVERLAP[kind]) if kind in PUBLISHED_OVERLAP and top == 10 else NONE
        yield finding(
            f"B-{kind} and I-{kind} share top neurons", f"shared of the top {top}", published,
            [float(table[places]) for table in tables], (expected_overlap(neurons, top), ends[0], ends[1]),
        )  # fmt: skip
    places = [(labels.index(f"B-{kind}"), labels.index(f"I-{kind}")) for kind in types]
    known = [place for place in places if all(np.isfinite(table[place]) for table in tables)]
    if len(known) > 1:
        begins, insides = zip(*known, strict=True)
        squares = np.stack([table[np.ix_(begins, insides)] for table in tables]).astype(float)
        diagonal = np.eye(len(known), dtype=bool)
        _, p = pairing_p(squares, draws, generator)
        yield finding(
            f"B-x and I-x share more than B-x and I-y (permutation of types: p = {p:.2g})", f"shared of the top {top}, difference",
            NONE, [float(one[diagonal].mean() - one[~diagonal].mean()) for one in squares], (0.0, NAN, NAN),
        )  # fmt: skip


def _ablation_findings(models: Sequence[Measured], labels: Sequence[str], removed: int) -> Iterator[FindingRow]:
    for fill in dict.fromkeys(curve.fill for curve in models[0].curves):
        for name in [label for label in labels if label.startswith("B-")]:
            label = labels.index(name)
            own = [one.curve(fill, "sensitivity", MOST, label) for one in models]
            by_chance = [one.curve(fill, RANDOM, RANDOM, -1) for one in models]
            chance = (
                float(
                    np.mean([_drop(one, curve, label, removed) for one, curve in zip(models, by_chance, strict=True)])
                ),
                *_drawn_ends(models, by_chance, label, removed),
            )
            published = PUBLISHED_DROP.get(name, NONE) if fill == "zero" and removed == 25 else NONE
            drops = [_drop(one, curve, label, removed) for one, curve in zip(models, own, strict=True)]
            said = f"{removed} top neurons of {name} take it away ({fill})"
            yield finding(said, "drop of its recall; chance: random neurons", published, drops, chance)
            rest = [other for other in range(len(labels)) if other != label]
            others = [[one.curve(fill, "sensitivity", MOST, other) for other in rest] for one in models]
            by_others = [
                mean_of_known([_drop(one, curve, label, removed) for curve in curves])
                for one, curves in zip(models, others, strict=True)
            ]
            spread = over_seeds(by_others)
            said = f"{removed} top neurons of {name} take it away more than other labels' ({fill})"
            difference = [mine - other for mine, other in zip(drops, by_others, strict=True)]
            yield finding(
                said, f"difference of drops of recall; others' drop {spread[0]:.2f}", NONE, difference, (0.0, NAN, NAN)
            )


def _step(one: Measured, removed: int) -> int:
    """The step with at most so many neurons removed."""
    return int(np.flatnonzero(np.array(one.steps) <= removed)[-1])


def _drop(one: Measured, curve: Curve, label: int, removed: int) -> float:
    recall = curve.scores.recall[:, label]
    return float(recall[0] - recall[_step(one, removed)])


def _drawn_ends(models: Sequence[Measured], curves: Sequence[Curve], label: int, removed: int) -> tuple[float, float]:
    """The ends of the random draws' drops, a mean over models."""
    ends = []
    for one, curve in zip(models, curves, strict=True):
        assert curve.low is not None and curve.high is not None
        full, step = curve.scores.recall[0, label], _step(one, removed)
        ends.append((full - curve.high.recall[step, label], full - curve.low.recall[step, label]))
    low, high = np.mean(ends, axis=0).tolist()
    return low, high
