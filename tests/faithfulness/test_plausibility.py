"""Plausibility: hand counts, chance, and scikit-learn's curves; the columns with and without punctuation, through the loop."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import auc, average_precision_score, precision_recall_curve

from liap.evaluation import evaluate
from liap.faithfulness.plausibility import agreement, with_letters
from liap.records import Evidence
from liap.settings import MethodSettings
from tests.toys import ToyTagger, items_of


def test_by_hand():
    """Evidence at ranks 1, 3 and 4 of five: precisions 1, 2/3 and 3/4 there, and 1, 1/2 and 2/3 one rank before."""
    values = agreement(np.array([[True, False, True, True, False]]))
    assert values["average_precision"][0] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert values["auprc"][0] == pytest.approx((1 + (2 / 3 + 1 / 2) / 2 + (3 / 4 + 2 / 3) / 2) / 3)
    assert values["token_f1"][0] == pytest.approx(2 / 3)
    assert values["iou"][0] == pytest.approx(2 / 4)


def test_the_best_and_the_worst_ranking():
    values = agreement(np.array([[True, True, False, False], [False, False, True, True]]))
    assert [values[name][0] for name in values] == [1, 1, 1, 1]
    assert values["token_f1"][1] == values["iou"][1] == 0
    assert values["average_precision"][1] == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_no_evidence_word_is_undefined():
    for found in (np.zeros((3, 4), dtype=bool), np.zeros((3, 0), dtype=bool)):
        assert all(np.isnan(values).all() and len(values) == 3 for values in agreement(found).values())


@pytest.mark.parametrize(("words", "evidence"), [(4, 1), (5, 2), (6, 3)])
def test_chance(words, evidence):
    """Over all orders, token F1 is the share of evidence words, and average precision is no lower."""
    orders = [np.isin(order, range(evidence)) for order in itertools.permutations(range(words))]
    values = agreement(np.array(orders))
    assert values["token_f1"].mean() == pytest.approx(evidence / words)
    assert values["average_precision"].mean() >= evidence / words - 1e-12


@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any))
def test_as_scikit_learn(found):
    values = agreement(np.array([found]))
    scores = -np.arange(len(found))
    precision, recall, _ = precision_recall_curve(found, scores)
    assert values["average_precision"][0] == pytest.approx(average_precision_score(found, scores))
    assert values["auprc"][0] == pytest.approx(auc(recall, precision))


def test_punctuation():
    words = ("Rome", ",", "--", "n't", "0-0", "%", "ß", "...")
    assert with_letters(words).tolist() == [True, False, False, True, True, False, True, False]


@pytest.fixture
def tagger():
    return ToyTagger({"Rome": "B-LOC"}, {"in": 0.3, ",": 0.2, "we": 0.1, "saw": 0.05})


def rows_of(tagger, evidence, *explainers):
    (item,) = items_of(tagger, "in , Rome we saw")
    sentence = replace(item.sentence, evidence=evidence)
    settings = MethodSettings(explainers=explainers, metrics=("plausibility",))
    return evaluate(tagger, [replace(item, sentence=sentence)], settings).rows


def test_through_the_loop(tagger):
    """Occlusion ranks in, the comma, we, saw; people marked `we`, third of all and second of the words."""
    (row,) = rows_of(tagger, (Evidence(2, 3, (3,), "trigger"),), "occlusion")
    assert row["average_precision"] == pytest.approx(1 / 3) and row["average_precision_words"] == pytest.approx(1 / 2)
    assert row["token_f1"] == row["token_f1_words"] == 0
    assert row["evidence_share"] == pytest.approx(1 / 4) and row["evidence_share_words"] == pytest.approx(1 / 3)


def test_evidence_that_is_all_punctuation(tagger):
    (row,) = rows_of(tagger, (Evidence(2, 3, (1,), "trigger"),), "occlusion")
    assert row["average_precision"] == pytest.approx(1 / 2) and np.isnan(row["average_precision_words"])
    assert row["evidence_share_words"] == 0


def test_without_evidence_all_is_undefined(tagger):
    for evidence in ((), (Evidence(0, 1, (3,), "trigger"),)):
        (row,) = rows_of(tagger, evidence, "occlusion")
        assert np.isnan([row["average_precision"], row["iou_words"], row["evidence_share"]]).all()


def test_a_random_ranking_is_at_chance(tagger):
    rows = [
        row for index in range(3) for row in rows_of(tagger, (Evidence(2, 3, (index and index + 2,), "x"),), "random")
    ]
    assert np.mean([row["token_f1"] for row in rows]) == pytest.approx(1 / 4, abs=0.1)
