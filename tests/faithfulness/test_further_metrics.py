"""Curves, agreement with leave-one-out and post-hoc accuracy, by hand on a tagger whose p is linear in the mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from liap.evaluation import evaluate
from liap.faithfulness.agreement_with_drops import kendall
from liap.faithfulness.cumulative import MOST_STEPS, scores_of, steps_of
from liap.settings import MethodSettings
from tests.toys import ToyTagger, items_of

WEIGHTS = {"a": 0.2, "b": 0.1, "c": 0.05, "d": -0.05}


def row_of(text="a b Rome c d", explainer="occlusion", tagger=None, **settings):
    tagger = tagger or ToyTagger({"Rome": "B-LOC"}, WEIGHTS, base=0.3)
    method = MethodSettings(
        explainers=(explainer,), metrics=("cumulative", "tau", "post_hoc"), target="tag", **settings
    )
    return evaluate(tagger, items_of(tagger, text), method).rows[0]


def test_curves_by_hand():
    """p is .6 with all words; without a .4, b .3, c .25, d .3. As they come back in this order: .3, .5, .6, .65, .6."""
    row = row_of()
    assert row["deletion"] == pytest.approx((0.6 / 2 + 0.4 + 0.3 + 0.25 + 0.3 / 2) / 4)
    assert row["insertion"] == pytest.approx((0.3 / 2 + 0.5 + 0.6 + 0.65 + 0.6 / 2) / 4)
    assert row["monotonicity"] == pytest.approx(3 / 4)
    odds = [np.log(p / (1 - p)) for p in (0.6, 0.4, 0.3, 0.25, 0.3)]
    assert row["log_odds"] == pytest.approx(np.mean([odds[0] - later for later in odds[1:]]))
    assert row["tau"] == pytest.approx(1.0)


def test_the_opposite_order_has_the_opposite_tau():
    ordered = np.array([[0.2, 0.1, 0.05, -0.05], [-0.05, 0.05, 0.1, 0.2], [0.1, 0.1, 0.1, 0.1]])
    assert kendall(ordered)[:2] == pytest.approx([1.0, -1.0])
    assert np.isnan(kendall(ordered)[2])


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=12))
def test_tau_is_scipys(drops):
    found, expected = kendall(np.array([drops], dtype=float))[0], kendalltau(-np.arange(len(drops)), drops).statistic
    assert found == pytest.approx(expected, nan_ok=True, abs=1e-12)


def test_long_contexts_are_read_at_few_points():
    assert steps_of(4).tolist() == [0, 1, 2, 3, 4]
    assert len(steps_of(100)) == MOST_STEPS + 1
    assert (steps_of(100)[0], steps_of(100)[-1]) == (0, 100)


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_areas_lie_between_the_curves_extremes(context, seed):
    counts = steps_of(context)
    curves = np.random.default_rng(seed).random((2, len(counts), 3))
    found = scores_of(*curves, counts)
    assert (found["deletion"] <= curves[0].max(axis=0) + 1e-12).all()
    assert (found["deletion"] >= curves[0].min(axis=0) - 1e-12).all()
    flat = scores_of(np.full((len(counts), 1), 0.4), np.full((len(counts), 1), 0.4), counts)
    assert [float(flat[name][0]) for name in ("deletion", "insertion", "log_odds", "monotonicity")] == pytest.approx(
        [0.4, 0.4, 0, 1]
    )


def test_the_type_stays_where_its_labels_are_the_most_probable():
    """p of B-LOC is .15 without context, and the other four labels share the rest; one word is not enough, three are."""
    tagger = ToyTagger({"Rome": "B-LOC"}, {"a": 0.02, "b": 0.02, "c": 0.02, "d": 0.02, "e": 0.02}, base=0.15)
    row = row_of("a b Rome c d e", tagger=tagger)
    assert (row["post_hoc_1"], row["post_hoc_3"], row["post_hoc_5"]) == (0.0, 1.0, 1.0)


def test_a_context_of_two_words_has_a_curve():
    row = row_of("a Rome b")
    assert row["deletion"] == pytest.approx((0.6 / 2 + 0.4 + 0.3 / 2) / 2)
    assert row["post_hoc_5"] == 1.0
