"""Shared neurons and their level of chance by enumeration, and matching of permuted copies."""

import itertools

import numpy as np
import pytest

from liap.neurons.neuron_matching import chance_of_matching, cross_correlations, match_neurons
from liap.neurons.neuron_overlap import expected_overlap, overlap_p, overlaps, overlaps_of, pairing_p


def test_chance_against_all_sets():
    neurons, top = 7, 3
    fixed = {0, 1, 2}
    shared = [len(fixed & set(chosen)) for chosen in itertools.combinations(range(neurons), top)]
    assert expected_overlap(neurons, top) == pytest.approx(np.mean(shared))
    for count in range(top + 1):
        assert overlap_p(count, neurons, top) == pytest.approx(np.mean([one >= count for one in shared]))


def test_overlaps_by_hand():
    order = np.array([[0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0]])
    assert overlaps(order, 2).tolist() == [[2, 2, 0], [2, 2, 0], [0, 0, 2]]
    assert overlaps(order, 3)[0, 2] == 2
    scores = np.array([[3.0, 2.0, 1.0], [np.nan] * 3, [1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(overlaps_of(scores, 2), [[2, np.nan, 1], [np.nan] * 3, [1, np.nan, 2]])
    assert np.isnan(overlap_p(np.nan, 7, 3))


def test_pairings_against_all_permutations():
    table = np.array([[5.0, 1, 1], [0, 4, 1], [2, 2, 6]])
    sums = [sum(table[row, column] for row, column in enumerate(order)) for order in itertools.permutations(range(3))]
    excess, p = pairing_p(table[None], 100, np.random.default_rng(0))
    assert excess == pytest.approx(15 / 3 - 7 / 6) and p == pytest.approx(np.mean([one >= 15 for one in sums]))
    _, together = pairing_p(np.stack([table] * 4), 4000, np.random.default_rng(0))
    assert together == pytest.approx(p**4, abs=0.003)
    assert pairing_p(np.ones((2, 3, 3)), 100, np.random.default_rng(0)) == (0, 1)
    assert np.isnan(pairing_p(np.ones((1, 1, 1)), 100, np.random.default_rng(0))[1])


def test_a_permuted_copy_is_found_exactly():
    draw = np.random.default_rng(0)
    values = draw.normal(size=(200, 30)) @ draw.normal(size=(30, 30))
    order, signs = draw.permutation(30), draw.choice([-1.0, 1.0], size=30)
    copy = (values * signs)[:, order]
    partners, size = match_neurons(values, copy)
    assert np.array_equal(order[partners], np.arange(30))
    np.testing.assert_allclose(size, 1)
    assert chance_of_matching(values, copy, draw) < 0.35


def test_correlations_as_numpy_has_them():
    draw = np.random.default_rng(0)
    left, right = draw.normal(size=(50, 3)), draw.normal(size=(50, 2))
    np.testing.assert_allclose(cross_correlations(left, right), np.corrcoef(left.T, right.T)[:3, 3:])
    assert cross_correlations(np.ones((5, 1)), right[:5]).tolist() == [[0, 0]]
