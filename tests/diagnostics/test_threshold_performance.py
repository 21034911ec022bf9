"""The area under performance against masked words, on a tagger whose p is a sum over words."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from liap.diagnostics.class_scores import Model, explain_classes
from liap.diagnostics.threshold_performance import (
    macro_f1,
    masks_of,
    outcomes,
    ranking_scores,
    shares,
    threshold_performance,
)
from liap.explainers import find_explainers
from liap.linguistics.annotation import without_structure
from liap.records import Sentence
from liap.settings import MethodSettings
from tests.diagnostics.property_toys import answer, instance
from tests.toys import ToyTagger, mention

ONES = np.ones((1, 4))


def test_shares_end_at_all_words():
    assert shares(50).tolist() == [0, 0.5, 1]
    assert shares(30).tolist() == [0, 0.3, 0.6, 0.9, 1]


def test_masks_take_the_top_words_and_never_the_mention():
    context = np.array([True, True, False, True, True])
    masks = masks_of(np.array([1.0, 9.0, 99.0, 5.0, 0.0]), np.arange(5), context, 50)
    assert masks.tolist() == [[True] * 5, [True, False, True, False, True], [False, False, True, False, False]]


def test_a_curve_that_falls_at_once_has_less_area():
    people = [instance(number, gold=number % 2) for number in range(4)]
    early = [{"method": np.array([one.gold, 2, 2])} for one in people]
    late = [{"method": np.array([one.gold, one.gold, 2])} for one in people]
    area = [threshold_performance(people, [curves], "method", ONES, step=50).mean for curves in (early, late)]
    assert area == pytest.approx([0.25, 0.75])


def test_macro_f1_against_scikit_learn():
    draw = np.random.default_rng(0)
    gold, found = draw.integers(0, 3, 50), draw.integers(0, 4, 50)
    weights = np.ones((1, 50))
    expected = f1_score(gold, found, labels=[0, 1, 2], average="macro")
    assert macro_f1(found, gold, weights) == pytest.approx([expected])
    twice = np.r_[np.arange(50), np.arange(10)]
    weights[0, :10] = 2
    expected = f1_score(gold[twice], found[twice], labels=[0, 1, 2], average="macro")
    assert macro_f1(found, gold, weights) == pytest.approx([expected])


def test_scores_that_cancel_over_classes_leave_nothing_to_rank_by():
    scores = answer([[0.2, 0.1, 0, 0, 0, 0], [-0.2, -0.1, 0, 0, 0, 0]])
    assert ranking_scores(instance(0), scores, summed=True)["method"].tolist() == [0.0] * 6
    assert ranking_scores(instance(0), scores, summed=False)["method"][0] == 0.2


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_tagger_loses_its_type_where_its_evidence_goes_first(batch, monkeypatch):
    monkeypatch.setattr("liap.diagnostics.threshold_performance.CHUNK", batch)
    tagger = ToyTagger({"x": "B-LOC"}, {"a": 0.5}, base=0.1)
    sentences = [Sentence(number, number, ("a", "b", "c", "d", "x")) for number in range(3)]
    items = without_structure(sentences, [mention(4, 5, sentence=number) for number in range(3)])
    settings = MethodSettings(explainers=("occlusion",))
    model = Model("toy", 0, True, tagger)
    instances, answers = explain_classes(model, items, settings, find_explainers(("occlusion",)), {})
    curves = outcomes(model, items, instances, answers, settings, step=25)
    assert [one["occlusion"].tolist() for one in curves] == [[0, *[curves[0]["occlusion"][1]] * 4]] * 3
    assert curves[0]["occlusion"][1] != 0
