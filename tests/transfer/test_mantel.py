"""Correlation over pairs of languages: by hand, against full enumeration, and what its p knows."""

import itertools

import numpy as np
import pytest
from scipy.stats import pearsonr

from liap.transfer.mantel import dyad_correlation, off_diagonal


def tables(size, seed=0):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(size, size)), draw.normal(size=(size, size))


def correlate(first, second, **changes):
    return dyad_correlation(first, second, **({"generator": np.random.default_rng(0)} | changes))


def enumerated(first, second):
    """(r, p) over all names of the languages."""
    size, mask = len(first), off_diagonal(len(first))
    actual = np.corrcoef(first[mask], second[mask])[0, 1]
    others = [
        np.corrcoef(first[np.ix_(order, order)][mask], second[mask])[0, 1]
        for order in itertools.permutations(range(size))
    ]
    return actual, np.mean([abs(value) >= abs(actual) - 1e-12 for value in others])


@pytest.mark.parametrize("size", [3, 4, 5])
def test_small_tables_are_enumerated(size):
    first, second = tables(size)
    found = correlate(first, second)
    r, p = enumerated(first, second)
    assert found.r == pytest.approx(r) and found.p == pytest.approx(p)
    assert (found.pairs, found.renamed) == (size * (size - 1), {3: 6, 4: 24, 5: 120}[size])


def test_four_languages_by_hand():
    """The second table is the first: r is 1, and only names that leave the table as it is reach that."""
    table = np.arange(16.0).reshape(4, 4) ** 2
    found = correlate(table, table)
    assert found.r == pytest.approx(1) and found.p == pytest.approx(1 / 24)
    symmetric = np.zeros((4, 4))
    symmetric[0, 1] = symmetric[1, 0] = 1  # the same under 4 of the 24 names
    assert correlate(symmetric, symmetric).p == pytest.approx(4 / 24)


def test_drawn_names_come_near_to_all_names():
    first, second = tables(6, seed=3)
    every = correlate(first, second, permutations=720)
    drawn = correlate(first, second, permutations=700)
    assert (every.renamed, drawn.renamed) == (720, 700)
    assert drawn.p == pytest.approx(every.p, abs=0.06) and drawn.p >= 1 / 701


def test_the_diagonal_plays_no_part():
    first, second = tables(5)
    changed = first + np.diag([100.0, -50, 3, np.nan, 1])
    assert correlate(changed, second) == correlate(first, second)


def test_a_partial_correlation_is_that_of_the_residuals():
    first, second = tables(5)
    given, mask = tables(5, seed=8)[0], off_diagonal(5)
    design = np.stack([np.ones(20), given[mask]], axis=1)
    left = [values[mask] - design @ np.linalg.lstsq(design, values[mask])[0] for values in (first, second)]
    found = correlate(first, second, given=[given])
    assert found.r == pytest.approx(np.corrcoef(left)[0, 1])
    twice = correlate(first, second, given=[given, given])  # what is said twice counts once
    assert twice.r == pytest.approx(found.r) and twice.p == pytest.approx(found.p)


def test_the_fit_is_made_again_under_every_name():
    first, second = tables(4, seed=2)
    given, mask = tables(4, seed=8)[0], off_diagonal(4)
    design = np.stack([np.ones(12), given[mask]], axis=1)

    def left(values):
        return values - design @ np.linalg.lstsq(design, values)[0]

    rest = np.zeros((4, 4))
    rest[mask] = left(first[mask])
    values = [
        np.corrcoef(left(rest[np.ix_(order, order)][mask]), left(second[mask]))[0, 1]
        for order in itertools.permutations(range(4))
    ]
    found = correlate(first, second, given=[given])
    assert found.p == pytest.approx(np.mean(np.abs(values) >= abs(values[0]) - 1e-12))
    assert found.p == pytest.approx(3 / 24)  # 1 / 24 if the renamed table were taken as it is


def test_what_is_given_wholly_leaves_nothing():
    first, second = tables(5)
    assert np.isnan(correlate(first, second, given=[first]).r)
    assert np.isnan(correlate(first, np.ones((5, 5))).p)


def test_languages_that_are_good_on_the_whole_are_no_evidence_for_pairs():
    """Both tables depend on the evaluation language alone: 90 pairs, but only ten values to compare."""
    draw = np.random.default_rng(1)
    p, independent = [], []
    for _ in range(40):
        first, second = (np.tile(draw.normal(size=10), (10, 1)) + 0.01 * draw.normal(size=(10, 10)) for _ in range(2))
        p.append(correlate(first, second, permutations=199).p)
        independent.append(pearsonr(first[off_diagonal(10)], second[off_diagonal(10)]).pvalue)
    assert np.mean(np.array(p) < 0.05) < 0.2
    assert np.mean(np.array(independent) < 0.05) > 0.4  # with pairs taken for independent


def test_tables_that_cannot_be_used_are_refused():
    first, second = tables(4)
    with pytest.raises(ValueError, match="at least 3 languages"):
        correlate(first[:2, :2], second[:2, :2])
    first[0, 1] = np.nan
    with pytest.raises(ValueError, match="not a number"):
        correlate(first, second)
