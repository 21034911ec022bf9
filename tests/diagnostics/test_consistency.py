"""Distances of activations against distances of explanations: a perfect pair, a useless one, and what cannot vary."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from liap.diagnostics.dataset_consistency import dataset_consistency, explanation_distances, pair_activations
from liap.diagnostics.model_distances import mean_states, model_distance
from liap.diagnostics.rationale_consistency import LENGTH, activation_distances, rationale_consistency
from liap.diagnostics.resampled_values import Resamples, over_models, spearman_value
from tests.diagnostics.property_toys import WORDS, answer, instance, resamples, states_of

COUNT = 30


def two_models(explained_apart):
    """Model 2's states lie `number` from model 1's on instance `number`; its scores as far as `explained_apart` says."""
    first = [answer(np.zeros((2, WORDS)), states=states_of(np.zeros(WORDS))) for _ in range(COUNT)]
    second = [
        answer(np.full((2, WORDS), explained_apart[number]), states=states_of(np.full(WORDS, number)))
        for number in range(COUNT)
    ]
    return [(first, second)]


def consistency(pairs, **options):
    instances = [instance(number) for number in range(COUNT)]
    return rationale_consistency(
        instances, pairs, activation_distances(pairs), "method", resamples(COUNT).weights, **options
    )


def test_a_perfectly_consistent_pair():
    value = consistency(two_models(2.0 * np.arange(COUNT)))
    assert value.mean == pytest.approx(1) and value.interval[0] > 0.9


def test_a_perfectly_inconsistent_pair():
    assert consistency(two_models(-1.0 * np.arange(COUNT)[::-1])).mean == pytest.approx(-1)


def test_a_useless_explainer_is_near_nothing():
    value = consistency(two_models(np.random.default_rng(0).normal(size=COUNT)))
    low, high = value.interval
    assert low < 0 < high


def test_an_explainer_that_says_the_same_of_every_model_is_undefined():
    value = consistency(two_models(np.zeros(COUNT)))
    assert np.isnan(value.mean) and value.reason == "constant"


def test_ranks_do_not_see_the_scale_of_scores():
    order = np.arange(WORDS, dtype=float)
    first = [answer([order], states=states_of(np.zeros(WORDS))) for _ in range(COUNT)]
    second = [answer([order * (1 + number)], states=states_of(np.full(WORDS, number))) for number in range(COUNT)]
    assert consistency([(first, second)]).mean == pytest.approx(1)
    assert consistency([(first, second)], ranks=True).reason == "constant"


def test_signed_means_cancel():
    one, other = (answer([[0.0, 0.0]], states=states_of(values)) for values in ((0.0, 0.0), (3.0, -3.0)))
    assert model_distance(one, other) == 3
    assert model_distance(one, other, signed=True) == 0


def test_words_without_a_piece_do_not_count():
    one, other = (answer([[0.0, 0.0]], states=states_of(values)) for values in ((1.0, np.nan), (3.0, 5.0)))
    assert model_distance(one, other) == 2
    assert mean_states(one).tolist() == [[1.0] * 4] * 2


def dataset(scores, words):
    instances = [instance(number, words=one) for number, one in enumerate(words)]
    answers = [answer([row, np.zeros(len(row))], states=states_of(np.full(len(row), row[0]))) for row in scores]
    return instances, answers


def test_instances_that_are_read_alike_and_explained_alike():
    instances, answers = dataset([[float(number), 0.0] for number in range(8)], [("same", "x")] * 8)
    activations = [pair_activations(answers)]
    weights = resamples(8).weights
    assert dataset_consistency(instances, [answers], activations, "method", weights).mean == pytest.approx(1)
    zero = dataset_consistency(
        [instance(number, words=("same", "x"), reference=1) for number in range(8)], [answers], activations, "method", weights, class_zero=True
    )  # fmt: skip
    assert zero.mean == pytest.approx(1)  # the scores of class 0, whatever the reference


def test_forms_are_compared_over_both_sentences():
    instances, answers = dataset([[1.0, 2.0, 0.0], [4.0, 0.0, 0.0]], [("A", "b", "x"), ("a", "c", "x")])
    assert explanation_distances(instances, answers, "method").tolist() == [(3 + 2 + 0) / 3]


def test_a_form_that_occurs_twice_has_the_sum():
    instances, answers = dataset([[1.0, 2.0, 0.0], [3.0, 0.0]], [("a", "A", "x"), ("a", "x")])
    assert explanation_distances(instances, answers, "method").tolist() == [0]


def test_pairs_of_one_sentence_are_left_out():
    instances, answers = dataset([[float(number), 0.0] for number in range(6)], [("a", "x")] * 6)
    instances = [instance(number // 2, words=("a", "x")) for number in range(6)]
    value = dataset_consistency(instances, [answers], [pair_activations(answers)], "method", np.ones((3, 6)))
    assert value.n == 15 - 3


def test_length_stands_in_for_an_explainer():
    words = [tuple("abcdefgh"[: 2 + number]) for number in range(6)]
    instances, answers = dataset([[float(number)] * len(one) for number, one in enumerate(words)], words)
    value = dataset_consistency(instances, [answers], [pair_activations(answers)], LENGTH, np.ones((3, 6)))
    assert value.mean == pytest.approx(1)


def test_without_activations_both_are_undefined():
    bare = [answer(np.zeros((2, WORDS))) for _ in range(COUNT)]
    assert pair_activations(bare) is None
    assert np.isnan(consistency([(bare, bare)]).mean)


def test_spearman_against_scipy_and_in_resamples_by_hand():
    draw = np.random.default_rng(0)
    first, second = draw.normal(size=20), draw.normal(size=20)
    weights = np.ones((1, 20))
    value = spearman_value(first, second, weights)
    assert value.mean == pytest.approx(spearmanr(first, second).statistic)
    assert value.resampled == pytest.approx([value.mean])  # every instance once


def test_means_over_models():
    one = spearman_value(np.arange(5.0), np.arange(5.0), np.ones((2, 5)))
    assert over_models([one, one]).each == pytest.approx((1, 1)) and over_models([one, one]).sd == 0
    none = spearman_value(np.arange(5.0), np.zeros(5), np.ones((2, 5)))
    assert over_models([one, none]).reason == "constant"


def test_documents_are_drawn_whole():
    drawn = Resamples.of([4, 4, 9], 50, 0)
    assert (drawn.weights[:, 0] == drawn.weights[:, 1]).all()
    assert set((drawn.weights[:, 0] + drawn.weights[:, 2]).tolist()) == {2.0}
