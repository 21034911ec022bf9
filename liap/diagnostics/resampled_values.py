"""A number that a property gives an explainer: its value in each model, their mean, and the same under resamples of the documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata

from liap.reports.statistics import document_weights

NAN = float("nan")
CONSTANT = "constant"  # why a correlation is undefined: one side does not vary
NOTHING = "nothing to measure"
TAILS = (0.025, 0.975)


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A mean over models (or pairs of models), and how it varies."""

    each: tuple[float, ...]  # in each model or pair
    resampled: Float[np.ndarray, " resamples"]  # the mean over models in each resample
    n: int  # instances, or pairs of instances, in a model
    reason: str = ""  # why it is undefined

    @property
    def mean(self) -> float:
        return float(np.mean(self.each)) if self.each else NAN

    @property
    def sd(self) -> float:
        """Between models; NaN below two."""
        return float(np.std(self.each, ddof=1)) if len(self.each) > 1 else NAN

    @property
    def interval(self) -> tuple[float, float]:
        """The middle 95% of the resamples."""
        return (NAN, NAN) if np.isnan(self.mean) else bounds(self.resampled)

    def minus(self, other: Value) -> Value:
        """The difference, paired by model and by resample."""
        each = tuple(one - two for one, two in zip(self.each, other.each, strict=True))
        return Value(each, self.resampled - other.resampled, min(self.n, other.n), self.reason or other.reason)


def bounds(resampled: Float[np.ndarray, " resamples"]) -> tuple[float, float]:
    """The middle 95% of the resamples that are known; NaN without any."""
    known = resampled[~np.isnan(resampled)]
    low, high = np.quantile(known, TAILS).tolist() if len(known) else (NAN, NAN)
    return low, high


UNDEFINED = Value((), np.empty(0), 0, NOTHING)


@dataclass(frozen=True, slots=True, eq=False)
class Resamples:
    """How often each instance counts in each resample of the documents."""

    weights: Float[np.ndarray, "resamples instances"]
    documents: Int[np.ndarray, " instances"] = field(repr=False)

    @classmethod
    def of(cls, documents: Sequence[int], resamples: int, seed: int) -> Resamples:
        known, document = np.unique(np.asarray(documents, dtype=int), return_inverse=True)
        weights = document_weights(len(known), resamples, np.random.default_rng(seed))
        return cls(weights.astype(float)[:, document], document)


def over_models(parts: Sequence[Value]) -> Value:
    """The mean over models of one number in each; undefined where it is in any of them."""
    if not parts:
        return UNDEFINED
    reason = next((part.reason for part in parts if part.reason), "")
    each = tuple(value for part in parts for value in part.each)
    if reason:
        return Value((), np.full_like(parts[0].resampled, NAN), parts[0].n, reason)
    return Value(each, np.mean([part.resampled for part in parts], axis=0), parts[0].n)


def mean_value(values: Float[np.ndarray, " instances"], weights: Float[np.ndarray, "resamples instances"]) -> Value:
    """The mean over the instances where the number is known."""
    known = ~np.isnan(values)
    if not known.any():
        return Value((), np.full(len(weights), NAN), 0, NOTHING)
    total = weights[:, known].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        resampled = weights[:, known] @ values[known] / total
    return Value((float(values[known].mean()),), resampled, int(known.sum()))


def spearman_value(
    first: Float[np.ndarray, " pairs"],
    second: Float[np.ndarray, " pairs"],
    weights: Float[np.ndarray, "resamples pairs"] | Callable[[Float[np.ndarray, "pairs sums"]], np.ndarray],
) -> Value:
    """Spearman's correlation, ties at their mean rank; in resamples the ranks are held fixed.

    `weights` may be a function that gives the weighted sums of columns `[resamples, sums]`. Undefined where one side is constant.
    """
    known = ~(np.isnan(first) | np.isnan(second))
    summed = weights if callable(weights) else (lambda columns: weights @ columns)
    count = int(known.sum())
    if count < 3 or np.ptp(first[known]) == 0 or np.ptp(second[known]) == 0:
        empty = np.full(len(summed(np.zeros((len(first), 1)))), NAN)
        return Value((), empty, count, CONSTANT if count >= 3 else NOTHING)
    ranks = np.stack([rankdata(side[known]) for side in (first, second)], axis=1)
    columns = np.zeros((len(first), 6))
    columns[known] = np.column_stack([np.ones(count), ranks, ranks**2, ranks.prod(axis=1)])
    total, one, two, one_squared, two_squared, product = summed(columns).T
    with np.errstate(invalid="ignore", divide="ignore"):
        spread_one, spread_two = total * one_squared - one**2, total * two_squared - two**2
        resampled = (total * product - one * two) / np.sqrt(spread_one * spread_two)
    return Value((float(np.corrcoef(ranks.T)[0, 1]),), resampled, count)
