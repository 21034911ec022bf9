"""Exact tests against enumeration by hand and SciPy, Holm's correction, and effect sizes."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from liap.transfer.rank_tests import (
    distribution_of_u,
    hedges_g,
    mann_whitney,
    sign_flips,
    stratified_mann_whitney,
)

GROUPS = st.lists(st.integers(0, 4), min_size=1, max_size=4)


def u_of(first, second):
    return sum((one > other) + 0.5 * (one == other) for one in first for other in second)


def by_enumeration(first, second):
    """Every division of the pooled values."""
    pooled, size = [*first, *second], len(first)
    chosen = [set(places) for places in itertools.combinations(range(len(pooled)), size)]
    values = [
        u_of([pooled[i] for i in places], [pooled[i] for i in range(len(pooled)) if i not in places])
        for places in chosen
    ]
    expected = size * len(second) / 2
    far = abs(u_of(first, second) - expected)
    return values, sum(abs(value - expected) >= far for value in values) / len(values)


def test_two_groups_of_two():
    test = mann_whitney([3, 4], [1, 2])
    assert (test.u, test.pairs, test.superiority) == (4, 4, 1)
    assert test.p == pytest.approx(2 / 6)  # of six divisions, this one and its mirror
    assert mann_whitney([1, 1], [1, 1]).p == 1


def test_five_seeds_cannot_give_less_than_two_in_252():
    test = mann_whitney([6, 7, 8, 9, 10], [1, 2, 3, 4, 5])
    assert test.p == test.smallest_p == pytest.approx(2 / math.comb(10, 5))


@given(GROUPS, GROUPS)
def test_ties_are_exact(first, second):
    values, p = by_enumeration(first, second)
    assert mann_whitney(first, second).p == pytest.approx(p)
    counts = distribution_of_u(first, second)
    assert {value / 2: count for value, count in counts.items()} == {one: values.count(one) for one in set(values)}


@given(GROUPS, GROUPS)
def test_swapping_the_groups_mirrors_u_and_keeps_p(first, second):
    one, other = mann_whitney(first, second), mann_whitney(second, first)
    assert one.u + other.u == one.pairs and one.p == pytest.approx(other.p)


def test_scipy_agrees_without_ties():
    draw = np.random.default_rng(0)
    for n, m in ((5, 5), (4, 6), (7, 3)):
        first, second = draw.normal(size=n), draw.normal(0.5, size=m)
        expected = mannwhitneyu(first, second, method="exact")
        test = mann_whitney(list(first), list(second))
        assert test.u == expected.statistic and test.p == pytest.approx(expected.pvalue)


def test_strata_are_exchanged_one_by_one():
    strata = [([3, 4], [1, 2]), ([9], [8, 9])]
    values = [by_enumeration(*pair)[0] for pair in strata]
    sums = [one + other for one in values[0] for other in values[1]]
    observed, expected = u_of(*strata[0]) + u_of(*strata[1]), 3.0
    p = sum(abs(value - expected) >= abs(observed - expected) for value in sums) / len(sums)
    test = stratified_mann_whitney(strata)
    assert test.u == observed and test.pairs == 6 and test.p == pytest.approx(p)
    squares = [(one - 2) ** 2 + (other - 1) ** 2 for one in values[0] for other in values[1]]
    least = (u_of(*strata[0]) - 2) ** 2 + (u_of(*strata[1]) - 1) ** 2
    assert test.p_any == pytest.approx(sum(value >= least for value in squares) / len(squares))


def test_opposite_directions_cancel_in_the_sum_alone():
    up, down = ([4, 5, 6], [1, 2, 3]), ([1, 2, 3], [4, 5, 6])
    test = stratified_mann_whitney([up, down])
    assert test.superiority == 0.5 and test.p == 1
    assert test.p_any == pytest.approx(4 / 400)  # both strata at either end, of 20 x 20 divisions
    assert stratified_mann_whitney([up]).p_any == pytest.approx(stratified_mann_whitney([up]).p)


def test_signs_of_differences():
    assert sign_flips([1, 2, 3]) == pytest.approx(2 / 8)
    assert sign_flips([1, 2, -3]) == 1
    assert sign_flips([4, 1, -1]) == pytest.approx(6 / 8)  # of 6, 4, 4, 2 and their mirrors
    assert math.isnan(sign_flips([1])) and math.isnan(sign_flips([1.0] * 23))


def test_hedges_g_by_hand():
    assert hedges_g([3, 5], [1, 3]) == pytest.approx((1 - 3 / 7) * 2 / math.sqrt(2))
    assert math.isnan(hedges_g([1, 1], [1, 1])) and math.isnan(hedges_g([1], [2]))


@pytest.mark.parametrize("groups", [([], [1]), ([1], [math.nan])])
def test_groups_without_values_are_refused(groups):
    with pytest.raises(ValueError, match=r"both groups need a value|a value is NaN"):
        mann_whitney(*groups)
