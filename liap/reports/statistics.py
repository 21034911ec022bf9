"""Means over mentions, with intervals that allow for mentions of one document being alike.

In: values `[mentions, columns]`, NaN where a column does not apply to a mention, and the document of each mention. Out: per
column n, mean, and a 95% percentile interval of the cluster bootstrap (Davison & Hinkley 1997, section 3.8):

1. draw as many documents as there are, with replacement: a weight per document and resample;
2. a resample's mean is (weights @ sums) / (weights @ counts), with sums and counts by document: all mentions of a drawn
   document count, and the unit of the mean is the mention, not the document;
3. the interval spans the middle 95% of the resamples' means.

All columns share the same resamples, so differences are paired and many columns can be bounded at once: `simultaneous` gives
intervals that *all* hold with 95% (the largest |mean* - mean| / standard error over the columns; Romano & Wolf 2005). `p_values` are those of a
mean of 0 (normal, the resamples' standard deviation as standard error), and `holm` adjusts them for their number (Holm 1979).
With few documents (below about 20) percentile intervals are somewhat too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8

RESAMPLES = 2000
LEVEL = 0.95
SEED = 13
_CHUNK = 250  # resamples multiplied at once, which bounds memory


@dataclass(frozen=True, slots=True)
class Estimates:
    """Means of several columns with their intervals; `reason` says why an interval is NaN."""

    n: Int[np.ndarray, " columns"]
    documents: Int[np.ndarray, " columns"]
    mean: Float[np.ndarray, " columns"]
    low: Float[np.ndarray, " columns"]
    high: Float[np.ndarray, " columns"]
    reason: tuple[str, ...]
    resampled: Float[np.ndarray, "resamples columns"]


def document_weights(
    documents: int, resamples: int, generator: np.random.Generator
) -> UInt8[np.ndarray, "resamples documents"]:
    """How often each document is drawn in each resample; a row sums to the number of documents."""
    weights = np.empty((resamples, documents), dtype=np.uint8)  # counts above 255 do not happen
    for row in weights:
        row[:] = np.bincount(generator.integers(documents, size=documents), minlength=documents)
    return weights


def estimate(
    values: Float[np.ndarray, "mentions columns"],
    document: Int[np.ndarray, " mentions"],
    weights: UInt8[np.ndarray, "resamples documents"],
) -> Estimates:
    """Mean and interval of each column over the mentions where it is not NaN."""
    sums, counts = _by_document(values, document, weights.shape[1])
    n, held = counts.sum(axis=0), (counts > 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.sum(axis=0) / n
        resampled = np.concatenate(
            [_resampled(weights[start : start + _CHUNK], sums, counts) for start in range(0, len(weights), _CHUNK)]
        )
    low, high = _quantiles(resampled, held >= 2)
    reason = tuple(
        "no mention" if not count else "one document" if documents < 2 else ""
        for count, documents in zip(n, held, strict=True)
    )
    return Estimates(n.astype(int), held, mean, low, high, reason, resampled)


def simultaneous(estimates: Estimates, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) per column, wide enough for all columns' intervals to hold at once with this level."""
    low, high = np.full_like(estimates.mean, np.nan), np.full_like(estimates.mean, np.nan)
    usable = np.array([reason == "" for reason in estimates.reason], dtype=bool)
    if usable.any():
        deviation = estimates.resampled[:, usable] - estimates.mean[usable]
        error = np.nanstd(deviation, axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            largest = np.nan_to_num(np.abs(deviation) / error, nan=0.0, posinf=0.0).max(axis=1)
        width = np.quantile(largest, level) * error
        low[usable], high[usable] = estimates.mean[usable] - width, estimates.mean[usable] + width
    return low, high


def p_values(estimates: Estimates) -> Float[np.ndarray, " columns"]:
    """Two-sided p of each column's mean against 0, in [0, 1]; 1 where all resamples' means are 0, NaN without an interval."""
    usable = np.array([reason == "" for reason in estimates.reason], dtype=bool)
    p = np.full(len(usable), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.abs(estimates.mean[usable]) / np.nanstd(estimates.resampled[:, usable], axis=0)
    p[usable] = [math.erfc(one / math.sqrt(2)) for one in np.nan_to_num(size, nan=0.0)]
    return p


def holm(p: Sequence[float] | Float[np.ndarray, " tests"]) -> Float[np.ndarray, " tests"]:
    """Holm's adjusted p, in the order given: the i-th smallest of m times m - i + 1, never below a smaller one's, at most 1. NaN stays and does not count."""
    values = np.asarray(p, dtype=float)
    adjusted = np.full(len(values), np.nan)
    order = np.argsort(values, kind="stable")[: int((~np.isnan(values)).sum())]  # NaN last
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(order), 0, -1)), 1.0)
    return adjusted


def median(values: Float[np.ndarray, "mentions columns"]) -> Float[np.ndarray, " columns"]:
    """Median of each column without its NaN; NaN for an empty column."""
    ordered = np.sort(values, axis=0)  # NaN last
    n = (~np.isnan(values)).sum(axis=0)
    columns = np.arange(values.shape[1])
    middle = (ordered[np.maximum(n - 1, 0) // 2, columns] + ordered[n // 2, columns]) / 2
    return np.where(n > 0, middle, np.nan)


def deviation(values: Float[np.ndarray, "mentions columns"]) -> Float[np.ndarray, " columns"]:
    """Sample standard deviation (n - 1) of each column without its NaN; NaN below two values."""
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=0) / n
        squares = (np.where(known, values - mean, 0.0) ** 2).sum(axis=0)
        return np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan)


def _by_document(
    values: Float[np.ndarray, "mentions columns"], document: Int[np.ndarray, " mentions"], documents: int
) -> tuple[Float[np.ndarray, "documents columns"], Float[np.ndarray, "documents columns"]]:
    """Sums and counts of each document's known values."""
    order = np.argsort(document, kind="stable")
    present, starts = np.unique(document[order], return_index=True)
    known = ~np.isnan(values[order])
    sums, counts = np.zeros((documents, values.shape[1])), np.zeros((documents, values.shape[1]))
    sums[present] = np.add.reduceat(np.where(known, values[order], 0.0), starts, axis=0)
    counts[present] = np.add.reduceat(known.astype(float), starts, axis=0)
    return sums, counts


def _resampled(
    weights: UInt8[np.ndarray, "chunk documents"],
    sums: Float[np.ndarray, "documents columns"],
    counts: Float[np.ndarray, "documents columns"],
) -> Float[np.ndarray, "chunk columns"]:
    drawn = weights.astype(float)
    return (drawn @ sums) / (drawn @ counts)


def _quantiles(
    resampled: Float[np.ndarray, "resamples columns"], usable: np.ndarray, level: float = LEVEL
) -> tuple[np.ndarray, np.ndarray]:
    """The middle `level` of each usable column; a resample that drew none of the column's documents is left out."""
    bounds = np.full((2, resampled.shape[1]), np.nan)
    tails = [(1 - level) / 2, (1 + level) / 2]
    holed = np.isnan(resampled).any(axis=0)
    for columns, quantile in ((usable & ~holed, np.quantile), (usable & holed, np.nanquantile)):
        if columns.any():
            bounds[:, columns] = quantile(resampled[:, columns], tails, axis=0)
    return bounds[0], bounds[1]
