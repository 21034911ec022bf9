"""Shapley values against enumeration, their axioms, greedy removal against exhaustive search, and the gradient's length."""

import itertools
import math

import numpy as np
import pytest

from liap.explainers import EXPLAINERS
from liap.explainers.shapley import KernelSettings, SamplingSettings
from liap.taggers.tagger import InputGradient
from tests.toys import ToyView, mention, toy_case

WORDS = "a b c d Rome e f g h".split()
CONTEXT = [0, 1, 2, 3, 5, 6, 7, 8]
WEIGHTS = np.array([0.3, -0.2, 0.15, 0.1, 0.0, 0.05, 0.25, 0.0, 0.1])


def p_of(masks):
    """Additive but for one pair: a and g count only together, and e is useless without c."""
    pair = 0.2 * (masks[:, 0] & masks[:, 7])
    return 0.3 + masks @ WEIGHTS / 2 + pair - 0.1 * (masks[:, 5] & ~masks[:, 2])


def additive(masks):
    return 0.3 + masks @ WEIGHTS / 2


def case(p=p_of, words=WORDS, span=(4, 5)):
    return toy_case(words, mention(*span), ToyView(p=lambda masks, operator: p(masks)))


def enumerated(p=p_of):
    """Each word's mean contribution over all sets of the other words, weighted as in Shapley's formula."""
    values = {}
    for size in range(len(CONTEXT) + 1):
        for chosen in itertools.combinations(CONTEXT, size):
            mask = np.zeros((1, len(WORDS)), dtype=bool)
            mask[0, [4, *chosen]] = True
            values[frozenset(chosen)] = float(p(mask)[0])
    scores = np.zeros(len(WORDS))
    for word in CONTEXT:
        others = [one for one in CONTEXT if one != word]
        for size in range(len(others) + 1):
            weight = math.factorial(size) * math.factorial(len(others) - size) / math.factorial(len(CONTEXT))
            for chosen in itertools.combinations(others, size):
                scores[word] += weight * (values[frozenset((*chosen, word))] - values[frozenset(chosen)])
    return scores


def test_sampling_against_enumeration_at_eight_words():
    (found,) = EXPLAINERS["shapley_sampling"](case(), SamplingSettings(shapley_orders=1500))
    assert found.scores[0] == pytest.approx(enumerated(), abs=0.01)
    assert found.passes == 2**8  # 1,500 orders meet every set


def test_regression_against_enumeration_at_eight_words():
    (found,) = EXPLAINERS["kernel_shap"](case(), KernelSettings(kernel_samples=3000))
    assert found.scores[0] == pytest.approx(enumerated(), abs=0.02)


@pytest.mark.parametrize(
    ("name", "settings", "tolerance"),
    [
        ("shapley_sampling", SamplingSettings(shapley_orders=2), 1e-6),
        ("kernel_shap", KernelSettings(kernel_samples=400), 2e-3),
    ],
)
def test_an_additive_game_gives_each_word_its_weight(name, settings, tolerance):
    (found,) = EXPLAINERS[name](case(additive), settings)
    assert found.scores[0][CONTEXT] == pytest.approx(WEIGHTS[CONTEXT] / 2, abs=tolerance)


def test_words_that_do_the_same_get_the_same():
    """Symmetry: a and b count only together; enumeration gives them one value, and many samples find it for both."""

    def together(masks):
        return 0.3 + 0.4 * (masks[:, 0] & masks[:, 1]) + 0.1 * masks[:, 5]

    expected = enumerated(together)
    assert expected[:2] == pytest.approx([0.2, 0.2])
    for name, settings in (
        ("shapley_sampling", SamplingSettings(shapley_orders=1500)),
        ("kernel_shap", KernelSettings()),
    ):
        (found,) = EXPLAINERS[name](case(together), settings)
        assert found.scores[0] == pytest.approx(expected, abs=0.03), name


def test_completeness_holds_after_few_orders():
    """The sum of sampled values is p less p without context, whatever the orders."""
    (found,) = EXPLAINERS["shapley_sampling"](case(), SamplingSettings(shapley_orders=3))
    everything, nothing = np.ones((1, 9), dtype=bool), np.arange(9)[None] == 4
    assert found.scores.sum() == pytest.approx(float(p_of(everything)[0] - p_of(nothing)[0]))


@pytest.mark.parametrize("name", ["shapley_sampling", "kernel_shap"])
def test_the_same_mention_gets_the_same_scores_and_no_global_state_moves(name):
    import torch

    before = torch.random.get_rng_state()
    first, second = (EXPLAINERS[name](case())[0].scores for _ in range(2))
    assert np.array_equal(first, second)
    assert torch.equal(before, torch.random.get_rng_state())
    two = EXPLAINERS[name](case(lambda masks: 0.2 + 0.3 * masks[:, 0], ["in", "Rome"], (1, 2)))
    assert two[0].scores[0].tolist() == pytest.approx([0.3, 0.0])
    (alone,) = EXPLAINERS[name](case(words=["Rome"], span=(0, 1)))
    assert alone.scores.tolist() == [[0.0]]


def test_greedy_takes_the_best_next_word_at_each_step():
    words, order = "a b c Rome d e f".split(), []
    weights = np.array([0.1, 0.3, -0.1, 0.0, 0.2, 0.05, 0.15])

    def p(masks):
        return 0.2 + masks @ weights / 2 + 0.3 * (masks[:, 0] | masks[:, 5])

    (found,) = EXPLAINERS["greedy"](case(p, words, (3, 4)))
    order = np.argsort(-found.scores[0])[:6].tolist()
    assert found.passes == 6 + 5 + 4 + 3 + 2 + 1
    gone = np.ones((1, 7), dtype=bool)
    for step, word in enumerate(order):
        answers = {}
        for other in order[step:]:
            mask = gone.copy()
            mask[0, other] = False
            answers[other] = float(p(mask)[0])
        assert answers[word] == min(answers.values())
        gone[0, word] = False


def test_where_drops_add_up_no_order_of_six_words_beats_greedy():
    words, weights = "a b c Rome d e f".split(), np.array([0.1, 0.3, -0.1, 0.0, 0.2, 0.05, 0.15])

    def area(order):
        masks = np.ones((7, 7), dtype=bool)
        for step, word in enumerate(order):
            masks[step + 1 :, word] = False
        return (masks @ weights).sum()

    (found,) = EXPLAINERS["greedy"](case(lambda masks: 0.3 + masks @ weights / 2, words, (3, 4)))
    mine = area(np.argsort(-found.scores[0])[:6])
    assert mine <= min(area(order) for order in itertools.permutations([0, 1, 2, 4, 5, 6])) + 1e-12


def test_the_gradient_is_the_norm_over_a_words_pieces():
    gradient = np.array([[9.0, 9.0], [3.0, 0.0], [0.0, 4.0], [1.0, -1.0], [9.0, 9.0]])
    view = ToyView(input_gradient=InputGradient(np.ones((5, 2)), gradient, np.array([-1, 0, 0, 1, -1]), 2))
    (found,) = EXPLAINERS["gradient"](toy_case(["playing", "Rome"], mention(1, 2), view))
    assert found.scores[0].tolist() == pytest.approx([5.0, 2**0.5])
    assert found.passes == 2
