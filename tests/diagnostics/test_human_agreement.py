"""Mean average precision: closed forms, then scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from liap.diagnostics.human_agreement import average_precision, human_agreement
from tests.diagnostics.property_toys import answer, instance, resamples


def test_weights_of_a_linear_model_find_the_words_that_it_adds_up():
    weights = np.array([0.0, 3.0, 0.0, 2.0, 0.1, 9.0])  # p is their sum over the words; the last is the mention's own
    people = instance(0, evidence=(1, 3))
    value = human_agreement([people], [[answer([weights, -weights])]], "method", resamples(1).weights)
    assert value.mean == 1.0 and value.n == 1


def test_closed_form():
    scores = np.array([5.0, 4.0, 3.0, 2.0])
    assert average_precision(scores, np.array([False, True, False, True])) == pytest.approx((1 / 2 + 2 / 4) / 2)


def test_equal_scores_are_worth_what_a_random_order_is():
    marked = np.array([True, False, False])
    assert average_precision(np.zeros(3), marked) == pytest.approx(np.mean([1, 1 / 2, 1 / 3]), abs=0.15)
    assert np.isnan(average_precision(np.zeros(3), np.zeros(3, dtype=bool)))


@pytest.mark.parametrize("seed", range(5))
def test_against_scikit_learn(seed):
    draw = np.random.default_rng(seed)
    scores, marked = draw.permutation(20).astype(float), draw.random(20) < 0.3
    marked[0] = True
    assert average_precision(scores, marked) == pytest.approx(average_precision_score(marked, scores), abs=1e-12)


def test_instances_that_nobody_marked_do_not_count():
    weights = np.arange(6.0)
    both = [instance(0, evidence=(4,)), instance(1)]
    value = human_agreement(both, [[answer([weights])] * 2], "method", resamples(2).weights)
    assert (value.mean, value.n) == (1.0, 1)


def test_a_method_without_scores_is_undefined():
    value = human_agreement([instance(0, evidence=(1,))], [[answer([np.zeros(6)])]], "other", resamples(1).weights)
    assert np.isnan(value.mean) and value.reason


def test_scores_are_those_for_the_gold_class():
    """People marked reasons for the gold class, 1; the models find class 0, whose scores rank these words last."""
    scores = np.array([[9.0, 5.0, 4.0, 3.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 7.0, 0.0]])
    wrong = instance(0, evidence=(4,), gold=1, reference=0)
    value = human_agreement([wrong], [[answer(scores)]], "method", resamples(1).weights)
    assert (value.mean, value.n) == (1.0, 1)


def test_scores_of_another_class_than_gold_do_not_count():
    """A method that explains the reference class alone has none for gold."""
    scores = [np.arange(6.0)]
    wrong, right = instance(0, evidence=(4,), gold=1, reference=0), instance(1, evidence=(0,), gold=0, reference=0)
    value = human_agreement([wrong, right], [[answer(scores)] * 2], "method", resamples(2).weights)
    assert value.n == 1 and value.mean == pytest.approx(1 / 5)


def test_without_gold_the_reference_class_counts():
    scores = np.array([[0.0, 0.0, 0.0, 0.0, 7.0, 0.0], [9.0, 5.0, 4.0, 3.0, 0.0, 0.0]])
    value = human_agreement([instance(0, evidence=(4,), gold=-1)], [[answer(scores)]], "method", resamples(1).weights)
    assert value.mean == 1.0
