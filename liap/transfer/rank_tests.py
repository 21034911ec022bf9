"""Tests for a handful of seeds: the exact Mann-Whitney test, the same over several languages, Holm's correction, and effect sizes.

1. `distribution_of_u` lists every way to divide the pooled values in two groups, and U for each: the number of pairs in which the first
   group's value is higher, ties counting half (Mann & Whitney 1947). Ties are thereby exact too; nothing is approximated.
2. The two-sided p is the share of divisions whose U lies at least as far from its expectation, n m / 2, as the observed one. With n = m = 5
   no p is below 2 / 252 = .0079, however far apart the groups are.
3. Over several strata (languages) the sum of their U is tested. Its distribution is the convolution of theirs, because groups are
   exchanged only within a stratum (van Elteren 1960, with equal weights). Differences in opposite directions cancel in that sum, so the
   sum of the squared distances of U from their expectations is tested too: it is large where any stratum differs in either direction.
4. These tests take runs for the sample. `sign_flips` takes the strata for it: the p of their mean difference under every choice of signs
   (Fisher's randomisation test; Pitman 1937).
5. Holm (1979) orders a family's p from the smallest, multiplies the i-th of m by m - i + 1, and keeps the order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_STRATA = 22  # whose signs are all gone through: 4 million choices
Distribution = dict[int, int]  # twice U (whole in spite of ties) -> number of divisions


@dataclass(frozen=True, slots=True)
class RankTest:
    """A comparison of two groups, or of two groups in each of several strata."""

    u: float  # pairs in which the first group's value is higher, ties counting half
    pairs: int
    p: float  # exact, two-sided
    p_any: float  # exact, of a difference in any stratum, whichever its direction; `p` where there is only one
    smallest_p: float  # that these values could have given

    @property
    def superiority(self) -> float:
        """The share of pairs in which the first group's value is higher, ties counting half; 0.5: no difference (Vargha & Delaney 2000)."""
        return self.u / self.pairs


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> RankTest:
    """The exact two-sided test of two groups, given their ties. Raises ValueError for an empty group or a NaN."""
    return stratified_mann_whitney([(first, second)])


def stratified_mann_whitney(strata: Sequence[tuple[Sequence[float], Sequence[float]]]) -> RankTest:
    """The exact two-sided test of the sum of the strata's U."""
    doubled_u = pairs = spread = 0
    distribution, spreads = Distribution({0: 1}), Distribution({0: 1})
    for first, second in strata:
        _check(first, second)
        own, expected = _doubled_u(first, second), len(first) * len(second)
        doubled_u, pairs, spread = doubled_u + own, pairs + expected, spread + (own - expected) ** 2
        of_stratum = distribution_of_u(first, second)
        distribution = _convolved(distribution, of_stratum)
        spreads = _convolved(spreads, _squared(of_stratum, expected))
    total = sum(distribution.values())
    far = abs(doubled_u - pairs)  # twice the distance from the expectation, pairs / 2
    farthest = max(abs(value - pairs) for value in distribution)
    p, smallest = (
        sum(count for value, count in distribution.items() if abs(value - pairs) >= least) / total
        for least in (far, farthest)
    )
    p_any = sum(count for value, count in spreads.items() if value >= spread) / total
    return RankTest(doubled_u / 2, pairs, p, p_any, smallest)


def distribution_of_u(first: Sequence[float], second: Sequence[float]) -> Distribution:
    """Twice U for every division of the pooled values in groups of these sizes, and how many divisions give it."""
    values = np.sort(np.concatenate([first, second]))
    # Twice the mid-rank of each value: tied values share the mean of their ranks.
    ranks = [int(np.sum(values < value) * 2 + np.sum(values == value) + 1) for value in values]
    size = len(first)
    sums: list[Distribution] = [{0: 1}, *({} for _ in range(size))]
    for rank in ranks:
        for chosen in range(size, 0, -1):
            for total, count in sums[chosen - 1].items():
                sums[chosen][total + rank] = sums[chosen].get(total + rank, 0) + count
    return {total - size * (size + 1): count for total, count in sums[size].items()}


def _check(first: Sequence[float], second: Sequence[float]) -> None:
    if not len(first) or not len(second):
        raise ValueError("both groups need a value")
    if any(math.isnan(value) for value in (*first, *second)):
        raise ValueError("a value is NaN")


def _doubled_u(first: Sequence[float], second: Sequence[float]) -> int:
    return sum(2 * bool(one > other) + bool(one == other) for one in first for other in second)


def _convolved(first: Distribution, second: Distribution) -> Distribution:
    together: Distribution = {}
    for one, count in first.items():
        for other, times in second.items():
            together[one + other] = together.get(one + other, 0) + count * times
    return together


def _squared(distribution: Distribution, expected: int) -> Distribution:
    """The distribution of the squared distance from the expectation."""
    together: Distribution = {}
    for value, count in distribution.items():
        square = (value - expected) ** 2
        together[square] = together.get(square, 0) + count
    return together


def sign_flips(differences: Sequence[float]) -> float:
    """The exact two-sided p of a mean difference over strata; NaN for a single stratum, and beyond MOST_STRATA."""
    if not 1 < len(differences) <= MOST_STRATA:
        return math.nan
    sums = np.zeros(1)
    for value in differences:
        sums = np.concatenate([sums + value, sums - value])
    far = abs(math.fsum(differences))
    return float(np.mean(np.abs(sums) >= far - 1e-9 * max(far, 1e-300)))


def hedges_g(first: Sequence[float], second: Sequence[float]) -> float:
    """The difference of the means in pooled standard deviations, less the bias of small samples (Hedges 1981); NaN without a deviation."""
    n, m = len(first), len(second)
    if n + m < 3:
        return math.nan
    squares = sum(float(np.sum((np.asarray(group) - np.mean(group)) ** 2)) for group in (first, second))
    pooled = math.sqrt(squares / (n + m - 2))
    correction = 1 - 3 / (4 * (n + m - 2) - 1)
    return correction * float(np.mean(first) - np.mean(second)) / pooled if pooled else math.nan
