"""Average precision of attention on marked words: hand counts, and the same against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from liap.guidance.attention_plausibility import Plausibility, average_precision, plausibility, unseen
from liap.records import Evidence, Sentence


def sentence(words, *evidence, index=0):
    spans = tuple(Evidence(start, end, marked, "") for start, end, marked in evidence)
    return Sentence(index=index, document=index, words=tuple(words.split()), tags=None, evidence=spans)


def test_average_precision_by_hand():
    one = sentence("a b , c d e", (1, 2, (0, 4)))
    scores = np.array([0.2, 9.0, 8.0, 0.5, 0.3, 0.1])  # without the mention b and the comma: c, d, a, e
    assert average_precision(one, one.evidence[0], scores) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert np.isnan(average_precision(one, Evidence(1, 2, (2,), ""), scores))  # a comma is no word


def test_average_precision_is_scikit_learns():
    generator = np.random.default_rng(0)
    for _ in range(20):
        marked = tuple(map(int, generator.choice(np.arange(2, 12), 3, replace=False)))
        one = sentence("a b c d e f g h i j k l", (0, 2, marked))
        scores = generator.permutation(12) / 12
        truth = np.isin(np.arange(2, 12), marked)
        assert average_precision(one, one.evidence[0], scores) == pytest.approx(
            average_precision_score(truth, scores[2:])
        )


def test_sentences_that_were_seen_are_left_out():
    marked = [
        sentence("a B", (0, 1, (1,))),
        sentence("c d", (0, 1, (1,))),
        sentence("e f"),
        sentence("g h", (0, 1, (1,))),
    ]
    assert unseen(marked, [sentence("A b")], [sentence("x")], limit=5) == (marked[1], marked[3])
    assert unseen(marked, limit=1) == (marked[0],)


def test_guided_heads_are_read_alone(tiny):
    one = sentence("a bc d ef g", (1, 2, (3,)))
    words, rows = [one.words], [np.arange(5)]
    matrix = tiny.attention(words, rows)[0][1, [1]].mean((0,))[1]
    found = plausibility(tiny, [one], 1, [1])
    assert found.marked == 1
    assert found.precision_guided == pytest.approx(average_precision(one, one.evidence[0], matrix))
    assert found.precision_nearest == pytest.approx(1 / 3)  # a and d are nearer to the mention
    assert plausibility(tiny, [], 1, [1]).marked == Plausibility().marked == 0
