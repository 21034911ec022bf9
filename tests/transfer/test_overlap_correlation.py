"""Overlap against zero-shot F1: which way round, what is given, and how its independent p is made."""

import math

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from liap.transfer.mantel import off_diagonal
from liap.transfer.overlap import Overlap
from liap.transfer.overlap_correlation import correlation_rows, given_tables, p_if_independent, predictor_of
from liap.transfer.zero_shot import Grid

NAMES = ("aa", "bb", "cc", "dd")
MASK = off_diagonal(4)


def grid(mean):
    return Grid("base", "overall", NAMES, np.asarray(mean, float), np.zeros((4, 4)), np.ones((4, 4), dtype=int))


def overlap(tokens):
    return Overlap("overall", NAMES, np.asarray(tokens, int))


TOKENS = np.array([[50, 4, 8, 2], [9, 60, 1, 7], [3, 5, 40, 6], [11, 2, 13, 90]])


def rows_of(mean):
    rows = correlation_rows(grid(mean), overlap(TOKENS), "runs", seed=0, permutations=24)
    return {(row.predictor, row.counted_in, row.given): row for row in rows}


def test_f1_that_follows_the_fine_tuning_languages_counts():
    rows = rows_of(TOKENS * 0.5 + 3)
    assert rows["overlap", "fine-tuning", "nothing"].r == pytest.approx(1)
    assert rows["overlap", "fine-tuning", "nothing"].p == pytest.approx(1 / 24)
    expected = pearsonr(TOKENS.T[MASK], TOKENS[MASK])
    other = rows["overlap", "evaluation", "nothing"]
    assert other.r == pytest.approx(expected.statistic) and other.p_independent == pytest.approx(expected.pvalue)
    assert other.spearman == pytest.approx(spearmanr(TOKENS.T[MASK], TOKENS[MASK]).statistic)
    assert (other.pairs, other.permutations, len(rows)) == (12, 24, 12)


def test_coverage_divides_by_the_counted_language():
    table = overlap(TOKENS)
    assert predictor_of(table, "coverage", "fine-tuning")[0, 1] == 4 / 50
    assert predictor_of(table, "coverage", "evaluation")[0, 1] == 9 / 60
    assert predictor_of(table, "overlap", "evaluation")[0, 1] == 9


def test_what_is_given_is_taken_out():
    """F1 is a sum of what the languages are: overlap has nothing to add once that is given."""
    gives, receives = np.array([1.0, 5, 2, 9]), np.array([3.0, 1, 4, 1])
    mean = gives[:, None] + receives[None, :]
    assert math.isnan(rows_of(mean)["overlap", "fine-tuning", "languages"].r)
    rows = rows_of(mean + 0.1 * TOKENS)
    assert rows["overlap", "fine-tuning", "languages"].r == pytest.approx(1)
    assert rows["overlap", "fine-tuning", "nothing"].r < 0.9
    assert math.isnan(rows["overlap", "fine-tuning", "languages"].spearman)


def test_given_monolingual_scores_stand_on_both_sides():
    mean = np.arange(16.0).reshape(4, 4)
    trained, evaluated = given_tables(grid(mean), "monolingual F1")
    assert (trained[:, 0] == np.diag(mean)).all() and (evaluated[0] == np.diag(mean)).all()
    assert np.linalg.matrix_rank(np.stack([one[MASK] for one in given_tables(grid(mean), "languages")])) == 7


def test_degrees_of_freedom():
    assert p_if_independent(0.5, 12, 1) == pytest.approx(0.0978, abs=1e-4)  # t of .577 x sqrt(10 / .75) with 10
    assert p_if_independent(1.0, 12, 1) == 0 and math.isnan(p_if_independent(0.5, 3, 2))


def test_a_grid_with_a_hole_or_of_three_languages_is_left_out():
    hole = TOKENS.astype(float)
    hole[0, 1] = np.nan
    assert list(correlation_rows(grid(hole), overlap(TOKENS), "runs", seed=0)) == []
    assert list(correlation_rows(grid(TOKENS).of(NAMES[:3]), overlap(TOKENS), "runs", seed=0)) == []
