"""Judging word scores: masks, AOPC and post-hoc accuracy on a classifier that counts words, and words of known polarity."""

import numpy as np
import pytest

from liap.rationales.rationale_judging import Judged, against_polarity, judge, masks_of
from liap.records import LabelledText
from liap.taggers.tagger import Meter


class Counting:
    """p of `good` is .5 + .1 for each word `good` that is kept; `bad` has the rest."""

    labels = ("O", "bad", "good")
    capabilities = frozenset()
    layers_and_heads = (0, 0)
    meter = Meter()

    def fits(self, words):
        return True

    def check_operator(self, operator):
        pass

    def probabilities(self, requests):
        answers = []
        for request in requests:
            good = np.array([word == "good" for word in request.words])
            p = 0.5 + 0.1 * (request.masks & good).sum(axis=1)
            answers.append(np.stack([np.zeros_like(p), 1 - p, p], axis=1)[:, None])
        return answers


TEXT = LabelledText(0, ("good", "a", "good", "b"), "positive", ("positive", "neutral", "positive", "neutral"))


def test_masks_remove_and_keep_the_best_words():
    masks = masks_of(np.array([0.1, 0.9, 0.5]), 2)
    assert masks.tolist() == [
        [True, True, True, True],
        [True, True, False, True],
        [True, True, False, False],
        [True, False, True, False],
        [True, False, True, True],
    ]


def test_ties_go_to_the_earlier_word_and_short_texts_lose_everything():
    masks = masks_of(np.zeros(2), 3)
    assert masks[1:4].tolist() == [[True, False, True], [True, False, False], [True, False, False]]


def test_aopc_and_post_hoc_accuracy_in_closed_form():
    scores = [np.array([4.0, 1.0, 3.0, 2.0]), np.array([0.0, 4.0, 1.0, 3.0])]
    judged = judge(Counting(), [TEXT, TEXT], scores, np.array([1, 1]), "delete", most=3)
    assert judged.drops == pytest.approx(np.array([[0.1, 0.2, 0.2], [0.0, 0.0, 0.1]]))
    assert judged.aopc(3) == pytest.approx([0.5 / 4, 0.1 / 4])
    assert judged.aopc(1) == pytest.approx([0.05, 0.0])
    assert judged.post_hoc(1).tolist() == [1.0, 0.0]  # without a good word it is even, and the first class wins
    assert judged.post_hoc(3).tolist() == [1.0, 1.0]


def test_the_best_order_has_the_largest_aopc():
    generator, best = np.random.default_rng(0), None
    for _ in range(10):
        scores = generator.random(4)
        judged = judge(Counting(), [TEXT], [scores], np.array([1]), "delete", most=4).aopc(4)[0]
        best = judged if best is None else max(best, judged)
    first = judge(Counting(), [TEXT], [np.array([2.0, 0.0, 1.0, 0.0])], np.array([1]), "delete", most=4).aopc(4)[0]
    assert first >= best - 1e-12


def test_precision_and_recall_against_polarity():
    assert against_polarity(TEXT, np.array([1.0, 0.0, 0.5, 0.2]), 1) == (1.0, 0.5, pytest.approx(2 / 3))
    assert against_polarity(TEXT, np.array([1.0, 0.0, 0.1, 0.2]), 2) == (0.5, 0.5, 0.5)
    assert against_polarity(TEXT, np.array([0.0, 1.0, 0.0, 1.0]), 1) == (0.0, 0.0, 0.0)
    assert against_polarity(TEXT, np.zeros(4), 10)[0] == 0.5  # of four words, two are polar
    assert np.isnan(against_polarity(LabelledText(0, ("a",), "good"), np.zeros(1), 1)).all()


def test_aopc_of_a_score_that_changes_nothing_is_0():
    judged = Judged(np.zeros((2, 5)), np.ones((2, 5), dtype=bool))
    assert judged.aopc(5).tolist() == [0.0, 0.0] and judged.post_hoc(5).tolist() == [1.0, 1.0]
