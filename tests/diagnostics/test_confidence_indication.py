"""Confidence from distances between classes: exact where p is linear in the scores, nothing where scores are useless."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from liap.diagnostics.confidence_indication import (
    confidence_indication,
    distances,
    length_indication,
    out_of_fold,
)
from tests.diagnostics.property_toys import answer, instance, resamples

COUNT = 60
OPTIONS = {"folds": 5, "shuffles": 5, "seed": 0}


def linear_answers(useful: bool):
    """p of class 0 is .5 and the sum of its word scores; class 1 has the negated scores, or what does not depend on the class."""
    draw = np.random.default_rng(1)
    answers = []
    for _ in range(COUNT):
        scores = draw.uniform(0, 0.08, size=6)
        p = 0.5 + scores[:5].sum()
        shown = scores if useful else draw.uniform(size=6)
        answers.append(answer([shown, -shown if useful else shown], (p, 1 - p, 0.0)))
    return answers


def measured(answers):
    instances = [instance(number) for number in range(COUNT)]
    return confidence_indication(instances, [answers], "method", resamples(COUNT), **OPTIONS)


def test_the_gradient_of_a_linear_model_tells_its_confidence():
    found = measured(linear_answers(useful=True))
    assert found["confidence_mae"].mean == pytest.approx(0, abs=1e-9)
    assert found["confidence_r2"].mean == pytest.approx(1, abs=1e-9)
    assert found["confidence_mae_shuffled"].mean > 0.03 and found["confidence_r2_shuffled"].mean < 0.1


def test_scores_that_do_not_depend_on_the_class_predict_the_mean():
    found = measured(linear_answers(useful=False))
    assert found["confidence_r2"].mean == pytest.approx(0, abs=0.15)
    assert found["confidence_mae"].mean == pytest.approx(found["confidence_mae_shuffled"].mean, rel=0.05)


def test_distances_to_the_other_classes():
    scores = np.array([[1.0, 5.0, 9.0], [0.0, 2.0, 0.0], [3.0, 4.0, 0.0]])
    context = np.array([True, True, False])
    assert distances(scores, 0, context) == pytest.approx([1 + 3, -0.5 + 2, -2 + 1])


def test_length_alone():
    instances = [instance(number, words=tuple("x" * (2 + number % 9))) for number in range(COUNT)]
    answers = [answer(np.zeros((2, len(one.words))), (len(one.words) / 20, 0, 0)) for one in instances]
    found = length_indication(instances, [answers], resamples(COUNT), folds=5, seed=0)
    assert found["confidence_r2"].mean == pytest.approx(1)


def test_too_few_instances_are_undefined():
    found = confidence_indication([instance(0)], [[answer(np.zeros((2, 6)))]], "method", resamples(1), **OPTIONS)
    assert np.isnan(found["confidence_r2"].mean) and found["confidence_r2"].reason


def test_folds_hold_whole_documents_and_are_those_of_scikit_learn():
    draw = np.random.default_rng(3)
    features, target, documents = draw.normal(size=(40, 3)), draw.normal(size=40), np.arange(40) // 4
    guesses = out_of_fold(features, target, documents, 5, 0)
    fold = np.random.default_rng(0).permutation(10) % 5
    for number in range(5):
        held = fold[documents] == number
        model = LinearRegression().fit(features[~held], target[~held])
        assert guesses[held] == pytest.approx(model.predict(features[held]), abs=1e-9)
