"""Cascading randomisation: parts, the untouched original, exact similarities, and what must not change."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import torch

from liap.diagnostics.layer_randomisation import (
    CLASSIFIER,
    EMBEDDINGS,
    NOTHING,
    cascade,
    new_weights,
    parts,
    randomise,
    similarity,
    summarise,
)
from liap.linguistics.annotation import Item
from liap.records import Sentence
from liap.settings import MethodSettings
from liap.taggers.transformer import TransformerTagger
from tests.toys import chain, mention

EXPLAINERS = (
    "liap", "attention", "value_attention", "rollout", "gradient_x_input", "occlusion", "nearest_words", "frequency", "random",
)  # fmt: skip
METHOD = MethodSettings(explainers=EXPLAINERS, variants=("syntactic", "frame"), draws=20, seed=3)
WITHOUT_MODEL = ("nearest_words", "frequency", "random")
BY_ATTENTION = ("liap", "attention", "value_attention", "rollout")


@pytest.fixture(scope="module")
def tagger(tiny_folder):
    return TransformerTagger.load(str(tiny_folder))


def items():
    found = []
    for index, text in enumerate(("abc d ef g hi a", "b cc d ee f", "ab cd ef gh ij")):
        words = tuple(text.split())
        found.append(
            Item(Sentence(index, index, words), (mention(1, 2, sentence=index, p=0.5),), chain(len(words)), ())
        )
    return found


def digest(tagger):
    found = hashlib.sha256()
    for name, values in sorted(tagger.model.state_dict().items()):
        found.update(name.encode() + values.numpy().tobytes())
    return found.hexdigest()


def randomised(tagger, settings=METHOD):
    methods, depths = randomise(tagger, items(), settings, [item.sentence for item in items()])
    return methods, list(depths)


@pytest.fixture(scope="module")
def outcome(tagger):
    return randomised(tagger)


def table_of(outcome):
    return pd.DataFrame(summarise(*outcome, [0, 1, 2], seed=0, resamples=200))


def test_every_parameter_stands_in_one_part_from_the_top_down(tagger):
    found = parts(tagger)
    assert [name for name, _ in found] == [CLASSIFIER, "layer 2", "layer 1", EMBEDDINGS]
    names = [name for _, members in found for name in members]
    assert sorted(names) == sorted(name for name, _ in tagger.model.named_parameters())
    by_part = dict(found)
    assert set(by_part[CLASSIFIER]) == {"classifier.weight", "classifier.bias"}
    assert all("encoder.layer.1." in name for name in by_part["layer 2"])
    assert all(name.startswith("bert.embeddings.") for name in by_part[EMBEDDINGS])


def test_at_each_depth_the_upper_parts_are_new_and_the_lower_ones_are_the_originals(tagger):
    weights, original = new_weights(tagger, 3), dict(tagger.model.named_parameters())
    names = [members for _, members in parts(tagger)]
    for depth, (_, changed) in enumerate(cascade(tagger, 3)):
        assert changed.model is not tagger.model
        now = dict(changed.model.named_parameters())
        for place, members in enumerate(names):
            expected = weights if place < depth else original
            assert all(torch.equal(now[name], expected[name]) for name in members)
    matrices = [name for name, values in original.items() if values.dim() == 2]
    assert all(not torch.equal(weights[name], original[name]) for name in matrices)


def test_new_weights_come_from_the_models_own_initialiser_under_the_seed(tagger):
    one, again, other = (new_weights(tagger, seed) for seed in (3, 3, 4))
    name = "bert.encoder.layer.0.intermediate.dense.weight"
    assert torch.equal(one[name], again[name]) and not torch.equal(one[name], other[name])
    scale = tagger.model.config.initializer_range
    assert float(one[name].detach().std()) == pytest.approx(scale, rel=0.15)
    assert not one[name.replace("weight", "bias")].any()
    state = torch.random.get_rng_state()
    new_weights(tagger, 5)
    assert torch.equal(state, torch.random.get_rng_state())


def test_the_recogniser_itself_is_untouched(tagger):
    words = ("abc", "d", "ef")
    before, states = digest(tagger), tagger.hidden_states([words])[0]
    randomised(tagger, MethodSettings(explainers=("occlusion", "attention"), draws=20))
    assert digest(tagger) == before
    assert (tagger.hidden_states([words])[0] == states).all()


def test_similarity_by_hand():
    context = np.array([True, True, True, False, True, True, True, True])
    scores = np.array([[7.0, 6, 5, 99, 4, 3, 2, 1]])
    assert similarity(scores, scores, context) == (pytest.approx(1), 1.0)
    assert similarity(scores, -scores, context) == (pytest.approx(-1), 0.0)
    swapped = np.array([[6.0, 7, 4, -5, 5, 3, 2, 1]])  # the first two, and the third and fourth, change places
    assert similarity(scores, swapped, context) == (pytest.approx(1 - 6 * 4 / (7 * 48)), pytest.approx(2 / 3))
    both = similarity(np.concatenate([scores, scores]), np.concatenate([scores, -scores]), context)
    assert both == (pytest.approx(0), 0.5)
    assert np.isnan(similarity(scores, np.zeros((1, 8)), context)).all()


def test_what_does_not_read_the_model_stays_at_one(outcome):
    table = table_of(outcome)
    assert set(table.loc[~table["reads_model"], "explainer"]) == set(WITHOUT_MODEL)
    still = table[table["explainer"].isin(WITHOUT_MODEL) & (table["rank_correlation_n"] > 0)]
    assert set(still["depth"]) == {0, 1, 2, 3, 4}
    assert still["rank_correlation"].to_numpy() == pytest.approx(1)
    assert (still["top_overlap"] == 1).all()


def test_before_anything_changes_everything_is_the_same(outcome):
    table = table_of(outcome)
    first = table[(table["depth"] == 0) & (table["rank_correlation_n"] > 0)]
    assert set(first["randomised"]) == {NOTHING}
    assert set(first["explainer"]) == set(EXPLAINERS)
    assert first["rank_correlation"].to_numpy() == pytest.approx(1)
    assert (first["top_overlap"] == 1).all()


def test_the_classifier_says_nothing_of_attention_and_the_layers_do(outcome):
    table = table_of(outcome).set_index(["explainer", "variant", "randomised"])["rank_correlation"]
    for name in BY_ATTENTION:
        variant = "syntactic" if name == "liap" else "-"
        assert table[name, variant, CLASSIFIER] == pytest.approx(1)
    assert table["value_attention", "-", EMBEDDINGS] < 0.99
    assert table["occlusion", "-", CLASSIFIER] < 0.99
    assert np.isnan(table["liap", "frame", NOTHING])  # without a frame there is no mask, at any depth


def test_the_same_seed_gives_the_same_rows(tagger, outcome):
    settings = MethodSettings(explainers=("occlusion", "random"), draws=20, seed=3)
    one, again, other = (
        [depth.similarity["rank_correlation"] for depth in randomised(tagger, chosen)[1]]
        for chosen in (settings, settings, MethodSettings(explainers=("occlusion", "random"), draws=20, seed=4))
    )
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, again, strict=True))
    assert not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


def test_the_script_writes_table_and_picture(script, tiny_folder, small_corpus, tmp_path):
    flags = [
        "--model",
        tiny_folder,
        "--corpus",
        small_corpus,
        "--examples-per-type",
        3,
        "--results",
        tmp_path / "sanity",
    ]
    flags += [
        "--cache",
        tmp_path / "cache",
        "--resamples",
        100,
        "--lime-samples",
        20,
        "--kernel-samples",
        20,
        "--ig-steps",
        2,
    ]
    status, out, err = script("studies/sanity.py", *flags, "--parser", "gold", "--srl", "gold")
    assert status == 0, err
    table = pd.read_csv(tmp_path / "sanity" / "layer_randomisation.csv")
    assert len(table) == 15 * 5
    assert list(dict.fromkeys(table["randomised"])) == [NOTHING, CLASSIFIER, "layer 2", "layer 1", EMBEDDINGS]
    assert table["rank_correlation"].dropna().between(-1, 1).all()
    assert (table["mentions"] == 6).all()
    assert (tmp_path / "sanity" / "layer_randomisation.png").stat().st_size > 10_000
    assert "integrated_gradients" in out
    status, out, err = script("studies/sanity.py", *flags, "--parser", "none", "--explainers", "liap", "random")
    assert (status, len(err.splitlines()[-1:])) == (2, 1)
