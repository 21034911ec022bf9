"""Recurrent taggers behind the protocol: batching changes nothing, words are hidden, folders are checked."""

import json

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.perturbation.view import Reading
from liap.records import Sentence
from liap.taggers.prediction import predict
from liap.taggers.recurrent import RecurrentTagger
from liap.taggers.recurrent_network import CHARACTERS, INFERENCES, WORDS, RecurrentNetwork, RecurrentShape
from liap.taggers.recurrent_vocabulary import LONGEST_WORD, UNKNOWN, RecurrentVocabulary, normalised
from liap.taggers.tagger import Request, Tagger
from liap.taggers.transformer import load_tagger
from tests.toys import LABELS

SENTENCES = [("Jim", "visits", "Rome"), ("in", "1996", ",", "Anna", "Maria", "left"), ("Rome",)]


def tagger_of(characters="cnn", words="lstm", inference="softmax", **options):
    torch.manual_seed(0)
    vocabulary = RecurrentVocabulary.of(SENTENCES)
    shape = RecurrentShape(characters, words, inference, dimensions=6, hidden=8, character_hidden=4, **options)
    network = RecurrentNetwork(shape, len(LABELS), len(vocabulary.words), len(vocabulary.letters))
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.7)
    return RecurrentTagger.of(network, vocabulary, LABELS)


def ask(tagger, words, masks, operator="unk"):
    masks = np.array(masks, dtype=bool)
    return tagger.probabilities([Request(words, masks, operator, np.arange(len(words)))])[0]


@pytest.mark.parametrize("characters", CHARACTERS)
@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("inference", INFERENCES)
@pytest.mark.parametrize("directions", [1, 2])
def test_no_number_depends_on_the_batch(characters, words, inference, directions):
    tagger = tagger_of(characters, words, inference, directions=directions)
    requests = [
        Request(words, np.ones((2, len(words)), dtype=bool), "unk", np.arange(len(words))) for words in SENTENCES
    ]
    together = tagger.probabilities(requests)
    tagger.words_per_batch = 1
    for request, answer in zip(requests, together, strict=True):
        np.testing.assert_allclose(answer.sum(axis=2), 1, atol=1e-5)
        np.testing.assert_allclose(tagger.probabilities([request])[0], answer, atol=1e-5)


def test_neurons_give_the_scores_and_tags():
    tagger = tagger_of()
    weight, bias = tagger.network.output.weight.numpy(), tagger.network.output.bias.numpy()
    for words, neurons, tags in zip(SENTENCES, tagger.neurons(SENTENCES), tagger.tags(SENTENCES), strict=True):
        answer = ask(tagger, words, [[True] * len(words)])[0]
        scores = neurons @ weight.T + bias
        np.testing.assert_allclose(answer, torch.softmax(torch.from_numpy(scores), 1), atol=1e-5)
        assert tags == tuple(LABELS[label] for label in scores.argmax(axis=1))


def test_a_field_decides_on_whole_paths():
    tagger = tagger_of(inference="crf")
    words = SENTENCES[1]
    scores = tagger.network(next(iter(tagger.batches([words])))[1])
    best = tagger.network.field.best_path(scores, torch.tensor([len(words)]))[0]
    assert tagger.tags([words])[0] == tuple(LABELS[label] for label in best)


def test_hidden_words_are_unknown_or_gone():
    tagger = tagger_of("lstm")
    words = SENTENCES[1]
    kept = [True, False, True, True, False, True]
    unknown = ask(tagger, words, [kept])[0]
    strange = tuple(word if keep else "\u2603" for word, keep in zip(words, kept, strict=True))
    np.testing.assert_allclose(unknown, ask(tagger, strange, [[True] * 6])[0], atol=1e-6)
    shorter = tuple(word for word, keep in zip(words, kept, strict=True) if keep)
    deleted = ask(tagger, words, [kept], "delete")[0]
    np.testing.assert_allclose(deleted[np.array(kept)], ask(tagger, shorter, [[True] * 4])[0], atol=1e-6)
    assert np.isnan(deleted[~np.array(kept)]).all()
    nothing = ask(tagger, words, [[False] * 6], "delete")
    assert np.isnan(nothing).all()


def test_words_are_looked_up_as_written_then_in_lower_case():
    vocabulary = RecurrentVocabulary.of([("Rome", "fell", "in", "1996")])
    assert normalised("x12y") == "x00y"
    assert vocabulary.number_of("2003") == vocabulary.number_of("1996") != UNKNOWN
    assert vocabulary.number_of("FELL") == vocabulary.number_of("fell")
    assert vocabulary.number_of("rome") == UNKNOWN
    assert len(vocabulary.spelled("a" * 1000)) == LONGEST_WORD
    assert vocabulary.spelled("") == [UNKNOWN]


def test_explainers_see_any_tagger():
    tagger = tagger_of()
    assert isinstance(tagger, Tagger) and not tagger.capabilities
    sentences = [Sentence(n, n, words) for n, words in enumerate(SENTENCES)]
    found = predict(tagger, sentences)
    assert found.all_mentions, "the toy marks nothing"
    reading = Reading(tagger, [one.words for one in sentences], found.mentions, "type")
    reading.score_single_words("delete")
    assert any(len(words) > len(view.mention.tags) for view in reading.views for words in [SENTENCES[view.sentence]])
    for view in reading.views:
        drops = view.drops("delete")
        words = SENTENCES[view.sentence]
        outside = np.array([not view.mention.start <= word < view.mention.end for word in range(len(words))])
        kept = np.ones((len(words), len(words)), dtype=bool) ^ np.eye(len(words), dtype=bool)
        p = view.probability(np.ones((1, len(words)), dtype=bool), "delete")[0]
        if not outside.any():
            continue
        np.testing.assert_allclose(drops[outside], p - view.probability(kept[outside], "delete"), atol=1e-6)


def test_a_saved_tagger_answers_as_before(tmp_path):
    tagger = tagger_of(inference="crf")
    tagger.save(tmp_path)
    again = load_tagger(str(tmp_path), pieces_per_batch=7)
    assert again.words_per_batch == 7 and again.labels == tagger.labels
    for words in SENTENCES:
        masks = [[True] * len(words)]
        np.testing.assert_array_equal(ask(again, words, masks), ask(tagger, words, masks))


def test_operators_and_settings_that_cannot_be_used(tmp_path):
    tagger = tagger_of()
    with pytest.raises(InputError, match="no mask token; expected unk or delete"):
        tagger.check_operator("mask")
    with pytest.raises(InputError, match="operator must be one of"):
        tagger.check_operator("hide")
    tagger.save(tmp_path)
    with pytest.raises(InputError, match="runs in fp32 on the CPU"):
        load_tagger(str(tmp_path), precision="bf16")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("recurrent.json", lambda text: text[:-5], "no JSON"),
        ("recurrent.json", lambda text: "[]", "where a table was expected"),
        ("recurrent.json", lambda text: text.replace("hidden", "hiden"), "shape must have"),
        ("recurrent.json", lambda text: text.replace('"hidden": 8', '"hidden": "8"'), "hidden is '8'; expected int"),
        ("recurrent.json", lambda text: text.replace('"hidden": 8', '"hidden": 7'), "expected an even number"),
        ("recurrent.json", lambda text: text.replace('"hidden": 8', '"hidden": 10'), "no weights for the tagger"),
        ("recurrent.json", lambda text: text.replace("B-PER", "O"), "a label occurs twice"),
        ("vocabulary.json", lambda text: json.dumps({"words": ["a", "a"], "letters": []}), "words holds an entry twice"),
        ("vocabulary.json", lambda text: "{}", "words is no list of texts"),
        ("model.safetensors", lambda text: "", "no weights for the tagger"),
        ("model.safetensors", None, "no such file"),
    ],
)  # fmt: skip
def test_damaged_folders_are_refused_in_one_line(tmp_path, name, change, message):
    tagger_of().save(tmp_path)
    path = tmp_path / name
    if change is None:
        path.unlink()
    elif name.endswith("json"):
        path.write_text(change(path.read_text()))
    else:
        path.write_bytes(b"\0" * 30)
    with pytest.raises(InputError, match=message) as error:
        RecurrentTagger.load(tmp_path)
    assert name in str(error.value) and "\n" not in str(error.value)


def test_weights_that_are_not_finite_are_refused(tmp_path):
    tagger = tagger_of()
    tagger.network.output.bias[0] = float("nan")
    tagger.save(tmp_path)
    with pytest.raises(InputError, match="weights are not finite"):
        RecurrentTagger.load(tmp_path)
