"""LFS: closed forms, enumeration, and its bounds."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.faithfulness.evidence_found import share_found
from liap.faithfulness.lfs import LARGEST_K, score, words_per_end
from liap.faithfulness.ranking import rank


def ranked(*scores, ties=None, explanations=1):
    scores = np.array(scores, dtype=float)
    ties = np.zeros(scores.shape, dtype=int) if ties is None else np.array(ties)
    return rank(scores, ties, explanations=explanations)


def curve(columns):
    """LFS of the first explanation for K = 1, 2, ..."""
    return np.array([columns[f"lfs_k{size}"][0] for size in range(1, LARGEST_K + 1)])


def test_ranking_is_by_descending_score_then_by_tie_break():
    found = ranked([0.5, -1.0, 0.5, 2.0, 0.0, -0.0], ties=[[7, 0, 3, 0, 9, 1]])
    assert found.order.tolist() == [[3, 2, 0, 5, 4, 1]]
    assert found.tied.tolist() == [[False, True, True, True, True, False]]


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40), st.integers(0, 2**32))
def test_ranking_agrees_with_a_plain_sort(scores, seed):
    ties = np.random.default_rng(seed).permutation(len(scores))
    found = ranked(scores, ties=[ties])
    plain = sorted(range(len(scores)), key=lambda word: (-scores[word], ties[word]))
    assert found.order[0].tolist() == plain


def test_closed_form():
    drops = np.array([0.4, 0.1, -0.2, 0.0, 0.2, 0.05])
    found = score(ranked([6, 5, 4, 3, 2, 1]), drops, 3)
    assert words_per_end(3, len(drops)) == 3
    assert found["important"][0] == pytest.approx(0.5)
    assert found["unimportant"][0] == pytest.approx(0.25)
    assert found["lfs"][0] == pytest.approx(0.5 / 0.75)
    assert found["signed_difference"][0] == pytest.approx((0.3 - 0.25) / 3)
    assert curve(found)[:3] == pytest.approx([0.4 / 0.45, 0.5 / 0.75, 0.5 / 0.75])
    assert (curve(found)[3:] == curve(found)[2]).all()  # six words hold no more than three at each end
    assert not found["insensitive"][0]


@pytest.mark.parametrize(("words", "k"), [(2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 3), (40, 3)])
def test_the_two_ends_never_overlap(words, k):
    drops = np.arange(words) + 1.0
    found = score(ranked(drops), drops, 3)
    assert words_per_end(3, words) == k
    assert found["important"][0] == drops[-k:].sum()
    assert found["unimportant"][0] == drops[:k].sum()


def test_no_drop_is_chance_and_insensitive():
    found = score(ranked([3, 2, 1, 0]), np.array([-0.5, 0.0, -0.1, 0.0]), 3)
    assert found["lfs"][0] == 0.5
    assert found["insensitive"][0]


@pytest.mark.parametrize("words", [2, 4, 5, 6])
def test_a_random_ranking_scores_one_half_by_enumeration(words):
    drops = np.random.default_rng(words).normal(size=words)
    permutations = np.array(list(itertools.permutations(range(words))))
    found = score(rank(permutations.astype(float), np.zeros_like(permutations)), drops, 3)
    assert found["lfs"][0] == pytest.approx(0.5, abs=1e-12)
    assert curve(found) == pytest.approx(0.5, abs=1e-12)
    assert found["signed_difference"][0] == pytest.approx(0, abs=1e-12)


def test_equal_scores_are_a_random_ranking():
    """All words tied, under every tie-break, is exactly chance."""
    drops = np.array([0.3, 0.0, 0.2, -0.1])
    ties = np.array(list(itertools.permutations(range(4))))
    found = score(rank(np.zeros(ties.shape), ties), drops, 3)
    assert found["lfs"][0] == pytest.approx(0.5, abs=1e-12)
    assert found["tied"][0] == 4


@given(st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=7), st.randoms())
def test_no_ranking_scores_above_occlusion(drops, shuffler):
    drops = np.array(drops, dtype=float)
    best = score(ranked(drops), drops, 3)
    other = list(range(len(drops)))
    shuffler.shuffle(other)
    found = score(ranked(other), drops, 3)
    assert found["lfs"][0] <= best["lfs"][0] + 1e-6
    assert found["signed_difference"][0] <= best["signed_difference"][0] + 1e-6


def test_explanations_are_averaged_apart():
    drops = np.array([1.0, 0.0])
    rankings = ranked([2, 1], [1, 2], [2, 1], [2, 1], explanations=2)
    assert score(rankings, drops, 3)["lfs"].tolist() == [0.5, 1.0]


def test_places_that_are_tied_are_counted():
    found = score(ranked([5, 0, 0, 0, 0, 0]), np.ones(6), 2)
    assert found["tied"][0] == 3  # the first place is the kept word's alone


def test_evidence_found():
    rankings = ranked([5, 4, 3, 2, 1], [1, 2, 3, 4, 5], explanations=2)
    assert share_found(rankings, [0, 1]).tolist() == [1.0, 0.0]
    assert share_found(rankings, [1, 2]).tolist() == [0.5, 0.0]
    assert share_found(ranked([5, 4, 3, 2, 1], [1, 2, 3, 4, 5]), [0]).tolist() == [0.5]
