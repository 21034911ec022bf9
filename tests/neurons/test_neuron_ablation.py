"""Removing neurons: against forward passes that really lack them, and at both ends."""

import numpy as np
import pytest
import torch

from liap.neurons.neuron_ablation import (
    confusion,
    fewest_to_keep,
    fewest_to_take_away,
    remove_in_order,
    scores_from,
    steps_for,
)
from liap.neurons.neuron_words import first_largest, read_neurons, readout_of
from liap.records import Sentence
from tests.taggers.test_recurrent import SENTENCES, tagger_of
from tests.toys import LABELS

TAGS = [("B-PER", "O", "B-LOC"), ("O", "O", "O", "B-PER", "I-PER", "O"), ("B-LOC",)]
READ = [Sentence(n, n, words, tags) for n, (words, tags) in enumerate(zip(SENTENCES, TAGS, strict=True))]


@pytest.mark.parametrize("inference", ["softmax", "crf"])
@pytest.mark.parametrize("fill", [0.0, 0.3])
def test_each_step_is_the_tagger_without_those_neurons(inference, fill):
    tagger = tagger_of(inference=inference)
    words, readout = read_neurons(tagger, READ), readout_of(tagger)
    order, steps = np.array([3, 1, 6, 0, 2, 7, 5, 4]), [0, 1, 3, 8]
    tables = remove_in_order(readout, words, order, np.full(8, fill), steps)
    original = tagger.network.neurons
    for step, table in zip(steps, tables, strict=True):

        def without(batch, removed=order[:step]):
            values = original(batch).clone()
            values[:, :, removed] = fill
            return values

        tagger.network.neurons = without
        said = [LABELS.index(tag) for tags in tagger.tags(SENTENCES) for tag in tags]
        assert np.array_equal(table, confusion(words.gold, np.array(said), len(LABELS)))
        tagger.network.neurons = original


def test_without_any_neuron_the_bias_decides():
    tagger = tagger_of()
    words, readout = read_neurons(tagger, READ), readout_of(tagger)
    table = remove_in_order(readout, words, np.arange(8), np.zeros(8), [8])[0]
    assert table[:, int(readout.bias.argmax())].sum() == table.sum() == 10


def test_what_is_read_of_a_tagger():
    tagger = tagger_of(inference="crf")
    words = read_neurons(tagger, READ)
    assert words.words == tuple(word for sentence in SENTENCES for word in sentence)
    assert [LABELS[label] for label in words.predicted] == [tag for tags in tagger.tags(SENTENCES) for tag in tags]
    assert words.document.tolist() == [0] * 3 + [1] * 6 + [2] and words.lengths.tolist() == [3, 6, 1]
    few = words.sample(4, np.random.default_rng(0))
    assert len(few.words) == len(few.gold) == 4 and words.sample(10, np.random.default_rng(0)) is words
    assert all((few.neurons[row] == words.neurons).all(1).any() for row in range(4))
    with torch.no_grad():
        assert np.isfinite(words.neurons).all()


def test_scores_by_hand():
    table = np.array([[5, 1, 0], [2, 2, 0], [0, 0, 0]])
    scores = scores_from(table)
    assert scores.precision.tolist() == pytest.approx([5 / 7, 2 / 3, 0])
    assert scores.recall[:2].tolist() == pytest.approx([5 / 6, 1 / 2]) and np.isnan(scores.recall[2])
    assert scores.f1[:2].tolist() == pytest.approx([10 / 13, 4 / 7]) and np.isnan(scores.f1[2])


def test_fewest_neurons():
    steps = [0, 1, 2, 3, 4]
    assert fewest_to_take_away(np.array([0.8, 0.7, 0.4, 0.5, 0.0]), steps) == 2
    assert np.isnan(fewest_to_take_away(np.array([0.8, 0.7, 0.7, 0.7, 0.7]), steps))
    assert fewest_to_keep(np.array([0.8, 0.8, 0.75, 0.3, 0.0]), steps) == 2
    assert fewest_to_keep(np.array([0.8, 0.1, 0.1, 0.3, 0.0]), steps) == 4
    assert np.isnan(fewest_to_keep(np.zeros(5), steps)) and np.isnan(fewest_to_take_away(np.zeros(5), steps))


def test_steps_have_both_ends():
    assert steps_for(4, 60) == [0, 1, 2, 3, 4]
    many = steps_for(1536, 12, also=25)
    assert many[0] == 0 and many[-1] == 1536 and len(many) == 13 and many == sorted(set(many)) and 25 in many


def test_the_first_largest_is_numpys():
    scores = np.random.default_rng(0).integers(4, size=(9, 500)).astype(np.float32)
    assert np.array_equal(first_largest(scores), scores.argmax(axis=0))
