"""A transformer's neurons: rankings against their definition, shared layers against whole passes, and the script."""

import csv

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.neurons import encoder_states, encoder_words
from liap.neurons.encoder_rankers import ATTRIBUTION, PROBELESS, rank_sites
from liap.neurons.encoder_removal import EncoderRemoval, recalls, removing
from liap.neurons.encoder_states import LEARNED_RANKERS, by_sizes, learned_scores, states_of_words
from liap.neurons.encoder_study import spread
from liap.neurons.encoder_words import NO_TYPE, Site, encoded_batches, sites_of, types_of_tagger
from liap.neurons.neuron_words import NeuronWords
from liap.neurons.sensitivity import mean_differences
from liap.records import Sentence

SENTENCES = [
    Sentence(0, 0, ("ab", "c", "dea", "f"), ("B-PER", "I-PER", "O", "B-LOC")),
    Sentence(1, 1, ("gh", "\u2603", "i"), ("O", "O", "B-LOC")),
    Sentence(2, 1, ("jkl", "m"), ("O", "B-PER")),
    Sentence(3, 2, ("a",), ("O",)),
]


@pytest.fixture(params=[1000, 12, 1])
def batches(tiny, request):
    before, tiny.pieces_per_batch = tiny.pieces_per_batch, request.param
    yield encoded_batches(tiny, SENTENCES)
    tiny.pieces_per_batch = before


def test_words_and_types(tiny, batches):
    types, of_label = types_of_tagger(tiny)
    assert types == ("LOC", "PER") and of_label.tolist() == [NO_TYPE, 0, 0, 1, 1]
    gold = np.concatenate([batch.gold for batch in batches])
    assert sorted(gold.tolist()) == [-1] * 5 + [0] * 2 + [1] * 3
    assert len(sites_of(tiny)) == 4 and sites_of(tiny)[0] == Site(0, "hidden")
    with pytest.raises(InputError, match="no word of these sentences has a gold type"):
        encoded_batches(tiny, SENTENCES[3:])


def test_at_the_last_layer_attribution_is_sensitivity(tiny, batches):
    """There the score is linear in the state of the word's own first piece."""
    site = Site(1, "hidden")
    scores = rank_sites(tiny, batches, sites_of(tiny))[site]
    states = [state[-1] for state in tiny.hidden_states([one.words for one in SENTENCES])]
    kinds = [np.array([{"LOC": 0, "PER": 1}.get(tag[2:], 2) for tag in one.tags]) for one in SENTENCES]
    known = np.concatenate([~np.isnan(state[:, 0]) for state in states])
    neurons, kind = np.concatenate(states)[known], np.concatenate(kinds)[known]
    differences = mean_differences(neurons, kind, 3)[:2]
    weight = tiny.model.classifier.weight.numpy()
    by_type = np.stack([weight[1] + weight[2], weight[3] + weight[4]])
    np.testing.assert_allclose(scores.scores[ATTRIBUTION], by_type * differences, atol=1e-4)
    np.testing.assert_allclose(scores.scores[PROBELESS], np.abs(differences), atol=1e-5)


def test_the_mean_is_over_the_pieces_of_words(tiny, batches):
    """Special tokens are left out: some neurons are huge there, and their mean would be a value that no word has."""
    site = Site(1, "hidden")
    states = []
    for one in SENTENCES:
        encoding = tiny.encode(one.words)
        with torch.no_grad():
            output = tiny.model(input_ids=torch.from_numpy(encoding.piece_ids)[None], output_hidden_states=True)
        states.append((output.hidden_states[-1][0].numpy(), encoding.word_of_piece >= 0))
    scores = rank_sites(tiny, batches, [site])[site]
    np.testing.assert_allclose(scores.mean, np.concatenate([s[own] for s, own in states]).mean(0), atol=1e-5)
    everything = np.concatenate([s for s, _ in states]).mean(0)  # without pads
    np.testing.assert_allclose(scores.mean_of_all_pieces, everything, atol=1e-5)
    assert np.abs(scores.mean - everything).max() > 0.01


def test_attribution_below_is_the_directional_derivative(tiny):
    """Scaling one neuron by 1 + e changes the sum of scores by e times its attribution."""
    batches = encoded_batches(tiny, SENTENCES[:1])
    words = batches[0].gold
    for site in (Site(0, "hidden"), Site(0, "feed_forward"), Site(1, "feed_forward")):
        found = rank_sites(tiny, batches, [site])[site].scores[ATTRIBUTION][1]

        def total(scale, neuron, site=site):
            def change(values):
                values = values.clone()
                values[..., neuron] *= scale
                return values

            with tiny.edited([site.edit(change)]), torch.no_grad():
                logits = tiny.model(input_ids=batches[0].ids).logits[0, batches[0].places]
            score = (logits[:, 3] + logits[:, 4]).double().numpy()
            return score[words == 1].mean() - score[words != 1].mean()

        for neuron in (0, 3, 7):
            slope = (total(1.01, neuron) - total(0.99, neuron)) / 0.02
            assert found[neuron] == pytest.approx(slope, abs=2e-3)


def test_states_are_those_of_the_words_first_pieces(tiny, batches):
    site, found = next(states_of_words(tiny, batches, {Site(1, "hidden"): 16}))
    assert site == Site(1, "hidden") and sorted(found.words) == [
        "a",
        "ab",
        "c",
        "dea",
        "f",
        "gh",
        "i",
        "jkl",
        "m",
        "\u2603",
    ]
    states = {
        word: state
        for one in SENTENCES
        for word, state in zip(one.words, tiny.hidden_states([one.words])[0][-1], strict=True)
    }
    for word, neurons, gold in zip(found.words, found.neurons, found.gold, strict=True):
        np.testing.assert_allclose(neurons, states[word], atol=1e-4)
        assert gold == {"f": 0, "i": 0, "ab": 1, "c": 1, "m": 1}.get(word, 2)


def test_sites_that_share_a_pass_are_read_as_alone(tiny, batches, monkeypatch):
    widths = {site: 16 if site.kind == "hidden" else 32 for site in sites_of(tiny)}
    passes = []
    monkeypatch.setattr(
        encoder_states, "logits_of", lambda *given: passes.append(given) or encoder_words.logits_of(*given)
    )
    together = dict(states_of_words(tiny, batches, widths))
    assert list(together) == list(widths) and len(passes) == len(batches)
    alone = dict(states_of_words(tiny, batches, widths, most=1))
    assert len(passes) == len(batches) * (1 + len(widths))
    for site, words in alone.items():
        assert words.words == together[site].words and words.neurons.shape[1] == widths[site]
        np.testing.assert_array_equal(words.neurons, together[site].neurons)


def test_groups_are_as_large_as_allowed():
    assert list(by_sizes([3, 3, 3, 9, 1, 2], 6)) == [[0, 1], [2], [3], [4, 5]] and list(by_sizes([], 6)) == []


def test_a_neuron_wired_to_a_type_is_first_for_both_learned_rankers():
    generator = np.random.default_rng(0)
    gold = generator.integers(3, size=400)
    neurons = generator.normal(size=(400, 8)).astype(np.float32)
    neurons[:, 5] = 4 * (gold == 0) + 0.1 * generator.normal(size=400)
    neurons[:, 2] = 4 * (gold == 1) + 0.1 * generator.normal(size=400)
    words = NeuronWords(("w",) * 400, neurons, gold, gold, np.zeros(400, dtype=int), np.array([400]))
    for table in learned_scores(words, 2, LEARNED_RANKERS, gaussian_most=2).values():
        assert table.argmax(axis=1).tolist() == [5, 2]


def test_shared_layers_change_nothing(tiny, batches):
    removal = EncoderRemoval(tiny, batches)
    draw = np.random.default_rng(0)
    widths = {"hidden": 16, "feed_forward": 32}
    changed = 0
    for site in sites_of(tiny):
        fill = draw.normal(size=widths[site.kind])
        for count in (0, 3, widths[site.kind]):
            neurons = draw.permutation(widths[site.kind])[:count]
            quick, whole = removal.said(site, neurons, fill), removal.said_naively(site, neurons, fill)
            assert np.array_equal(quick, whole)
            changed += int((quick != removal.said(site, neurons[:0], fill)).any())
    assert changed, "no removal changes an answer, so the test shows nothing"
    assert removal.layers_computed < removal.layers_naively
    original = [module.forward.__name__ for module in tiny.architecture.layers]
    assert original == ["forward"] * 2 and all("forward" not in vars(module) for module in tiny.architecture.layers)


@pytest.mark.parametrize("removed", [1, 2])
def test_neurons_at_the_end_of_an_order_can_be_removed(removed):
    """The least important first: the order is read in reverse."""
    order, values = np.arange(4), torch.ones(1, 2, 4)
    changed = removing(order[::-1][:removed], np.array([5.0, 6.0, 7.0, 8.0]))(values)
    assert changed[0, 0].tolist() == ([1, 1, 1, 8] if removed == 1 else [1, 1, 7, 8]) and values.max() == 1


def test_recalls_by_hand():
    gold, said = np.array([0, 0, 1, -1]), np.array([0, -1, 1, 1])
    assert recalls(gold, said, 2).tolist() == [0.5, 1.0]
    assert np.isnan(recalls(gold, said, 3)[2])


def test_sentences_are_spread_over_the_split():
    assert spread(SENTENCES, 2) == [SENTENCES[0], SENTENCES[3]] and spread(SENTENCES, 0) == SENTENCES
    assert spread(SENTENCES, 9) == SENTENCES


def flags(tiny_folder, corpus, results, *more):
    return (
        "studies/encoder_neurons.py", "--model", tiny_folder, "--corpus", corpus, "--ranking-sentences", 20, "--test-sentences",
        20, "--resamples", 100, "--shares", 0.25, "--fills", "zero", "mean", "--top", 3, "--results", results, *more,
    )  # fmt: skip


def test_the_script(script, tiny_folder, small_corpus, tmp_path):
    status, out, err = script(*flags(tiny_folder, small_corpus, tmp_path / "r"))
    assert status == 0, err
    with (tmp_path / "r/encoder_layers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 4 * 2 * 5  # fills, sites, types, (attribution most and least, probeless, probe, gaussian)
    assert [row["fill"] for row in rows[:20:10]] == ["zero", "mean"]
    for row in rows:
        assert int(row["removed"]) == int(row["width"]) // 4
        assert row["type"] == "PER" or row["recall"] == ""  # the corpus has no LOC
    with (tmp_path / "r/encoder_probes.csv").open() as file:
        probes = list(csv.DictReader(file))
    assert len(probes) == 4 * 6  # sites, (all, four rankers, random)
    assert all(0 <= float(row["control"]) <= 1 and int(row["count"]) in (3, 16, 32) for row in probes)
    assert "times fewer layers than by whole passes" in out
    assert (tmp_path / "r/encoder_layers.png").stat().st_size > 5000
    status, out, _ = script(*flags(tiny_folder, small_corpus, tmp_path / "r"))
    assert status == 0 and "already holds this run" in out


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--shares", 0), "--shares must be at least"),
        (("--sites", "attention"), "--sites must be among hidden, feed_forward"),
        (("--rankers", "probe"), "--rankers lacks attribution"),
        (("--draws", 5), "--draws must be at least 20"),
        (("--fills", "zero", "zero"), "--fills names 'zero' twice"),
        (("--model", "none/such/folder"), "none/such/folder"),
    ],
)
def test_wrong_flags_end_with_one_line(script, tiny_folder, small_corpus, tmp_path, more, message):
    status, _, err = script(*flags(tiny_folder, small_corpus, tmp_path / "r", *more))
    assert status == 2 and message in err.strip().splitlines()[-1]
