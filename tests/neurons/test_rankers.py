"""Sensitivities and rankers: against matrices made by hand, and on a tagger with one neuron wired to one label."""

import numpy as np
import pytest

from liap.neurons.neuron_words import NeuronWords, Readout, read_neurons, readout_of
from liap.neurons.rankers import (
    PROBE_STEPS,
    RANKERS,
    RankedWords,
    control_labels,
    fit_probe,
    greedy_gaussian,
)
from liap.neurons.sensitivity import correlations, cosines, mean_differences, order_of, sensitivities
from liap.records import Sentence
from tests.taggers.test_recurrent import SENTENCES, tagger_of
from tests.toys import LABELS as TAGGER_LABELS

LABELS = ("O", "B-LOC", "B-PER")


def words_of(neurons, gold, predicted=None):
    gold = np.array(gold)
    names = tuple(f"w{number % 7}" for number in range(len(gold)))
    lengths = np.array([len(gold)])
    said = gold if predicted is None else np.array(predicted)
    return NeuronWords(names, np.array(neurons, dtype=np.float32), gold, said, np.zeros(len(gold), int), lengths)


def test_sensitivity_of_a_matrix_made_by_hand():
    weight = np.array([[1.0, 2.0], [-1.0, 0.5]])
    neurons = np.array([[1.0, 0.0], [3.0, 2.0], [0.0, 4.0]])
    labelled = np.array([0, 0, 1])
    # Label 0: its words have means (2, 1), the other has (0, 4).
    assert sensitivities(weight, neurons, labelled).tolist() == [[2.0, -6.0], [2.0, 1.5]]
    contributions = weight[:, None, :] * neurons  # the definition itself: u of every word
    expected = [
        contributions[label][labelled == label].mean(0) - contributions[label][labelled != label].mean(0)
        for label in (0, 1)
    ]
    np.testing.assert_allclose(sensitivities(weight, neurons, labelled), expected)


def test_a_label_without_words_has_no_sensitivity_and_comes_last():
    table = sensitivities(np.ones((3, 2)), np.ones((2, 2)), np.array([0, 1]))
    assert np.isnan(table[2]).all()
    assert order_of(np.array([[np.nan, 1.0, 2.0, 2.0]])).tolist() == [[2, 3, 1, 0]]
    assert np.isnan(mean_differences(np.ones((2, 2)), np.array([0, 0]), 1)).all()


def test_correlations_and_cosines_as_numpy_has_them():
    table = np.random.default_rng(0).normal(size=(4, 9))
    np.testing.assert_allclose(correlations(table), np.corrcoef(table))
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    np.testing.assert_allclose(cosines(table), unit @ unit.T)
    assert np.isnan(correlations(np.ones((2, 3)))).all()


def planted(seed, wired=5, count=900, neurons=12):
    """Noise, and one neuron that is on for B-PER alone and whose weight leads to B-PER alone."""
    draw = np.random.default_rng(seed)
    gold = draw.choice(3, size=count, p=[0.7, 0.2, 0.1])
    values = draw.normal(size=(count, neurons))
    values[:, wired] = np.where(gold == 2, 2.0, 0.0) + 0.1 * draw.normal(size=count)
    weight = 0.05 * draw.normal(size=(3, neurons))
    weight[:, wired] = [0.0, 0.0, 3.0]
    readout = Readout(LABELS, weight, np.array([1.0, 0.0, -2.0]))
    predicted = readout.decide(weight @ values.T + readout.bias[:, None], np.array([count]))
    return RankedWords(readout, words_of(values, gold, predicted)), wired


@pytest.mark.parametrize("ranker", RANKERS)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_ranker_finds_the_wired_neuron(ranker, seed):
    seen, wired = planted(seed)
    scores = RANKERS[ranker](seen)
    assert scores.shape == (3, 12)
    assert order_of(scores)[2, 0] == wired


@pytest.fixture(scope="module")
def wired_tagger():
    """A tagger in which neuron 5 alone leads to B-PER and to nothing else, and sentences whose persons are where it is high."""
    tagger, draw = tagger_of(), np.random.default_rng(0)
    known = sorted({word for words in SENTENCES for word in words})
    spoken = [tuple(draw.choice(known, size=draw.integers(3, 9)).tolist()) for _ in range(200)]
    neurons = tagger.neurons(spoken)
    values = np.sort(np.concatenate(neurons)[:, 5])
    high = values[int(0.7 * len(values)) :]
    widest = int(np.diff(high).argmax())
    threshold = float(
        high[widest : widest + 2].mean()
    )  # in the middle of a gap, so that the neuron tells both sides apart
    output, person = tagger.network.output, TAGGER_LABELS.index("B-PER")
    output.weight *= 0.05
    output.weight[:, 5], output.weight[person] = 0.0, 0.0
    output.weight[person, 5], output.bias[:], output.bias[person] = 6.0, 0.0, -6.0 * threshold
    tags = [tuple("B-PER" if row[5] > threshold else "O" for row in rows) for rows in neurons]
    sentences = [Sentence(n, n, words, marked) for n, (words, marked) in enumerate(zip(spoken, tags, strict=True))]
    return RankedWords(readout_of(tagger), read_neurons(tagger, sentences)), person


@pytest.mark.parametrize("ranker", RANKERS)
def test_every_ranker_finds_the_wired_neuron_of_a_tagger(wired_tagger, ranker):
    seen, person = wired_tagger
    assert 0 < (seen.words.gold == person).mean() < 0.4
    assert order_of(RANKERS[ranker](seen))[person, 0] == 5


def test_the_greedy_choice_sees_pairs():
    """Neuron 1 tells nothing alone, and everything beside neuron 0: their difference decides."""
    draw = np.random.default_rng(0)
    own = np.arange(1000) < 400
    noise = draw.normal(size=1000)
    values = np.stack([noise + 0.6 * own, noise, draw.normal(size=1000) + 0.3 * own], axis=1)
    assert greedy_gaussian(values, own)[:2].tolist() == [0, 1]
    assert greedy_gaussian(values, own, most=1)[0] == 0 and sorted(greedy_gaussian(values, own, most=1)) == [0, 1, 2]
    assert greedy_gaussian(values, np.ones(1000, dtype=bool)).tolist() == [0, 1, 2]


def test_a_probe_is_that_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    draw = np.random.default_rng(0)
    gold = draw.integers(3, size=600)
    values = draw.normal(size=(600, 4)) + np.eye(3)[gold] @ draw.normal(size=(3, 4))
    mine = fit_probe(values, gold, 3, penalty=0.0)
    scaled = (values - mine.mean) / mine.deviation
    other = LogisticRegression(C=np.inf, max_iter=1000).fit(scaled, gold)
    agreement = (other.predict(scaled) == (scaled @ mine.weight.T + mine.bias).argmax(1)).mean()
    assert agreement > 0.99 and mine.accuracy(values, gold) == pytest.approx(other.score(scaled, gold), abs=0.01)
    strong = fit_probe(values, gold, 3, penalty=0.5)
    assert np.abs(strong.weight).max() < 0.1 < np.abs(mine.weight).max() and PROBE_STEPS >= 100


def test_the_control_task_gives_each_word_one_label():
    first, second = words_of(np.zeros((70, 1)), [0, 1] * 35), words_of(np.zeros((21, 1)), [0] * 21)
    drawn, others = control_labels(first, second, 3, np.random.default_rng(0))
    by_word = {}
    for word, label in zip((*first.words, *second.words), (*drawn, *others), strict=True):
        assert by_word.setdefault(word, label) == label
    assert set(by_word.values()) <= {0, 1} and len(by_word) == 7
