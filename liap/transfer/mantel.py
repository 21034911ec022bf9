"""Correlation of two tables over pairs of languages, with a p-value that knows that pairs share languages.

In: square tables whose cell (i, j) belongs to the ordered pair of languages i and j; the diagonal plays no part. Out: a correlation
over the n (n - 1) pairs, and its p.

1. The pairs are not independent: each language stands in 2 (n - 1) of them. A test that takes them for independent is too optimistic.
2. A permutation therefore renames the *languages* of one table, its rows and columns at once (Mantel 1967; QAP, Krackhardt 1988). The p
   is the share of names, the actual ones among them, whose correlation is at least as far from 0.
3. With *given* tables, the correlation is partial: of what a least-squares fit on them leaves of both. What it leaves of the first table
   is the table that is renamed, and the fit is made again each time (double semi-partialling; Dekker, Krackhardt & Snijders 2007).
4. Where there are no more than `permutations` names, all n! are gone through and the p is exact; otherwise that many are drawn, and
   the p is (1 + as far) / (1 + drawn), never 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations as all_orders

import numpy as np
from jaxtyping import Bool, Float, Int

PERMUTATIONS = 10_000
_SAME = 1e-12  # correlations closer than this are equal up to rounding

Table = Float[np.ndarray, "languages languages"]


@dataclass(frozen=True, slots=True)
class DyadCorrelation:
    """A correlation over ordered pairs of languages; NaN where one side does not vary."""

    pairs: int
    r: float
    p: float  # two-sided, by renaming languages
    renamed: int  # how many names were tried


def off_diagonal(size: int) -> Bool[np.ndarray, "languages languages"]:
    """True for the pairs of two different languages."""
    return ~np.eye(size, dtype=bool)


def dyad_correlation(
    first: Table,
    second: Table,
    *,
    generator: np.random.Generator,
    given: Sequence[Table] = (),
    permutations: int = PERMUTATIONS,
) -> DyadCorrelation:
    """Pearson's correlation of two tables off their diagonals, given others, with its permutation p."""
    size = len(first)
    if size < 3:
        raise ValueError(f"at least 3 languages are needed, got {size}")
    pairs = off_diagonal(size)
    if not all(np.isfinite(table[pairs]).all() for table in (first, second, *given)):
        raise ValueError("a cell off the diagonal is not a number")
    keep = _what_fits_leave([table[pairs] for table in given], int(pairs.sum()))
    rest = np.zeros((size, size))
    rest[pairs] = keep(first[pairs])
    target = keep(second[pairs])
    orders = _orders(size, permutations, generator)
    if _flat(rest[pairs], first[pairs]) or _flat(target, second[pairs]):
        return DyadCorrelation(int(pairs.sum()), math.nan, math.nan, 0)
    renamed = rest[orders[:, :, None], orders[:, None, :]][:, pairs]
    values = _correlations(keep(renamed), target)
    as_far = int(np.sum(np.abs(values) >= abs(values[0]) - _SAME))
    exact = len(orders) == math.factorial(size)
    return DyadCorrelation(int(pairs.sum()), float(values[0]), as_far / len(orders), len(orders) - (not exact))


def _orders(size: int, permutations: int, generator: np.random.Generator) -> Int[np.ndarray, "orders languages"]:
    """The languages' actual order first, then all others, or as many as are to be drawn."""
    if math.factorial(size) <= permutations:
        return np.array(list(all_orders(range(size))))
    drawn = generator.permuted(np.tile(np.arange(size), (permutations, 1)), axis=1)
    return np.concatenate([np.arange(size)[None], drawn])


def _what_fits_leave(given: Sequence[np.ndarray], pairs: int) -> Callable[[np.ndarray], np.ndarray]:
    """A function: values over pairs, the last axis, -> what a least-squares fit on the given ones and a constant leaves of them."""
    columns = np.stack([np.ones(pairs), *given], axis=1)
    basis, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    basis = basis[:, sizes > sizes[0] * 1e-10]  # given tables may say the same thing twice
    return lambda values: values - (values @ basis) @ basis.T


def _flat(left: Float[np.ndarray, " pairs"], values: Float[np.ndarray, " pairs"]) -> bool:
    """Whether a fit left nothing but rounding."""
    return bool(np.linalg.norm(left) <= 1e-9 * max(np.linalg.norm(values), 1e-300))


def _correlations(
    renamed: Float[np.ndarray, "orders pairs"], target: Float[np.ndarray, " pairs"]
) -> Float[np.ndarray, " orders"]:
    centred = renamed - renamed.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1) * np.linalg.norm(target)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num((centred @ (target - target.mean())) / norms)
