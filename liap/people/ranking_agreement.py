"""Rankings against the words that people marked (`people_rankings.csv`), and against the recogniser as well (`people_and_model.csv`).

Both are made from the rows of `scores.csv`: the columns of the metrics `plausibility` and `lfs`.

- `people_rankings.csv`: each measure of each explainer, with and without punctuation. `chance` is the mean share of marked words, which is what
  a random ranking expects of token F1 alone; for the other measures see the line of `random`. `minus_random` is the difference from
  the explainer `random` on the same targets.
- `people_and_model.csv`: average precision (no punctuation) and LFS of each explainer on the targets where both are defined, and
  Spearman's correlation of the two over sensitive targets (I + U >= 0.01), with ranks held fixed in the bootstrap. The line
  `within a target` has the mean, over targets, of the correlation of the two over explainers that neither are controls nor a ceiling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped
from scipy.stats import rankdata

from liap.explainers import Declaration
from liap.faithfulness.plausibility import MEASURES, WORDS
from liap.reports.statistics import SEED, document_weights, estimate

PEOPLE, MODEL = f"average_precision{WORDS}", "lfs"
WITHIN = "within a target"
KEYS = ["sentence", "start", "end"]
METHOD = ["explainer", "variant"]
FEWEST = 3  # explainers between which a correlation is taken
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class RankingRow:
    """A line of `people_rankings.csv`."""

    explainer: str
    variant: str
    measure: str
    punctuation: str  # kept, dropped
    n: int
    documents: int
    mean: float
    low: float
    high: float
    chance: float
    minus_random: float
    minus_random_low: float
    minus_random_high: float


@dataclass(frozen=True, slots=True)
class BothRow:
    """A line of `people_and_model.csv`; `sensitive` counts the targets of the correlation."""

    explainer: str
    variant: str
    n: int
    documents: int
    average_precision: float
    average_precision_low: float
    average_precision_high: float
    lfs: float
    lfs_low: float
    lfs_high: float
    sensitive: int
    correlation: float
    correlation_low: float
    correlation_high: float


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The rows as a matrix for each column: `[targets, methods]`, NaN where a method is undefined."""

    methods: tuple[tuple[str, str], ...]
    documents: np.ndarray  # number of each target's document
    columns: dict[str, Float[np.ndarray, "targets methods"]]
    weights: np.ndarray  # of documents, in each resample

    def of(self, column: str, method: tuple[str, str]) -> Float[np.ndarray, " targets"]:
        return self.columns[column][:, self.methods.index(method)]


def spread(rows: pd.DataFrame, resamples: int) -> Scores:
    """The columns that these tables read, by target and method."""
    names = [f"{name}{ending}" for name in MEASURES for ending in ("", WORDS)]
    names += ["evidence_share", f"evidence_share{WORDS}", MODEL, "insensitive"]
    methods = tuple(rows[METHOD].astype(str).drop_duplicates().itertuples(index=False, name=None))
    target = rows.groupby(KEYS, sort=True).ngroup().to_numpy()
    method = rows.groupby(METHOD, sort=False, observed=True).ngroup().to_numpy()
    columns = {}
    for name in names:
        columns[name] = np.full((target.max() + 1, len(methods)), NAN)
        columns[name][target, method] = rows[name].to_numpy(dtype=float)
    documents = np.zeros(target.max() + 1, dtype=int)
    documents[target] = rows["document"].to_numpy()
    known, documents = np.unique(documents, return_inverse=True)
    weights = document_weights(len(known), resamples, np.random.default_rng(SEED))
    return Scores(methods, documents, columns, weights)


def ranking_rows(scores: Scores) -> list[RankingRow]:
    """Every explainer and measure, with and without punctuation."""
    rows = []
    for punctuation, ending in (("kept", ""), ("dropped", WORDS)):
        for measure in MEASURES:
            values = scores.columns[f"{measure}{ending}"]
            share = np.where(np.isnan(values), NAN, scores.columns[f"evidence_share{ending}"])
            chance = estimate(share, scores.documents, scores.weights).mean
            random = ("random", "")
            base = scores.of(f"{measure}{ending}", random)[:, None] if random in scores.methods else NAN
            means = estimate(values, scores.documents, scores.weights)
            gains = estimate(values - base, scores.documents, scores.weights)
            rows += [
                RankingRow(
                    *method,
                    measure,
                    punctuation,
                    int(means.n[place]),
                    int(means.documents[place]),
                    *_three(means, place),
                    float(chance[place]) if measure == "token_f1" else NAN,
                    *_three(gains, place),
                )
                for place, method in enumerate(scores.methods)
            ]
    return rows


def both_rows(scores: Scores, declarations: Sequence[Declaration]) -> list[BothRow]:
    """Agreement with people beside faithfulness, for each explainer, and their correlation within targets."""
    people, model = scores.columns[PEOPLE], scores.columns[MODEL]
    both = ~np.isnan(people) & ~np.isnan(model)
    people, model = np.where(both, people, NAN), np.where(both, model, NAN)
    means = [estimate(values, scores.documents, scores.weights) for values in (people, model)]
    rows = []
    for place, method in enumerate(scores.methods):
        used = both[:, place] & (scores.columns["insensitive"][:, place] == 0)
        correlation = rank_correlation(
            people[used, place], model[used, place], scores.weights[:, scores.documents[used]]
        )
        numbers = [*_three(means[0], place), *_three(means[1], place)]
        rows.append(
            BothRow(
                *method, int(means[0].n[place]), int(means[0].documents[place]), *numbers, int(used.sum()), *correlation
            )
        )
    return [*rows, _within(scores, people, model, declarations)]


def _within(scores: Scores, people: np.ndarray, model: np.ndarray, declarations: Sequence[Declaration]) -> BothRow:
    """The correlation of the two over explainers, target by target."""
    roles = {one.name: one.role for one in declarations}
    chosen = [place for place, (name, _) in enumerate(scores.methods) if roles.get(name) in ("method", "chance")]
    values = np.array([_spearman(*pair) for pair in zip(people[:, chosen], model[:, chosen], strict=True)])
    means = estimate(values[:, None], scores.documents, scores.weights)
    return BothRow(WITHIN, "", int(means.n[0]), int(means.documents[0]), *[NAN] * 6, int(means.n[0]), *_three(means, 0))


def _spearman(first: np.ndarray, second: np.ndarray) -> float:
    used = ~np.isnan(first) & ~np.isnan(second)
    ranks = [rankdata(values[used]) for values in (first, second)]
    if used.sum() < FEWEST or any(np.ptp(values) == 0 for values in ranks):
        return NAN
    return float(np.corrcoef(*ranks)[0, 1])


def rank_correlation(
    first: Float[np.ndarray, " targets"],
    second: Float[np.ndarray, " targets"],
    weights: Shaped[np.ndarray, "resamples targets"],
) -> tuple[float, float, float]:
    """Spearman's correlation with its 95% interval over resamples of documents; NaN where a side is constant."""
    if len(first) < FEWEST or np.ptp(first) == 0 or np.ptp(second) == 0:
        return NAN, NAN, NAN
    ranks = np.stack([rankdata(first), rankdata(second)], axis=1)
    sums = np.column_stack([np.ones(len(ranks)), ranks, ranks**2, ranks.prod(axis=1)])
    total, one, two, one_squared, two_squared, product = (weights.astype(float) @ sums).T
    with np.errstate(invalid="ignore", divide="ignore"):
        spread_one, spread_two = total * one_squared - one**2, total * two_squared - two**2
        resampled = (total * product - one * two) / np.sqrt(spread_one * spread_two)
    low, high = np.nanquantile(resampled, [0.025, 0.975])
    return float(np.corrcoef(ranks.T)[0, 1]), float(low), float(high)


def _three(means, place: int) -> tuple[float, float, float]:
    return float(means.mean[place]), float(means.low[place]), float(means.high[place])
