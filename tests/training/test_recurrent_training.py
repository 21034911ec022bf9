"""Training recurrent taggers: it learns, goes on after an interruption, gives the same numbers again, and refuses bad input."""

import csv
import json

import numpy as np
import pytest

from liap.errors import InputError
from liap.records import Sentence
from liap.taggers.entity_f1 import entity_f1
from liap.taggers.recurrent_network import RecurrentShape
from liap.taggers.recurrent_vectors import read_vectors
from liap.training.recurrent_settings import Recipe
from liap.training.recurrent_trainer import RecurrentCorpus, f1_of, scores_of, train_recurrent

VECTORS = read_vectors("random", [], 8)
RECIPES = {"sgd": Recipe("sgd", 0.1, 0.05, 4, 12), "adamw": Recipe("adamw", 0.02, 0.05, 8, 12)}


def easy(count, seed=0):
    """Sentences in which capital words are persons."""
    draw = np.random.default_rng(seed)
    sentences = []
    for index in range(count):
        words = ["Ab" if draw.random() < 0.3 else "cd" for _ in range(draw.integers(1, 7))]
        tags, before = [], "O"
        for word in words:
            tags.append("O" if word == "cd" else "I-PER" if before != "O" else "B-PER")
            before = tags[-1]
        sentences.append(Sentence(index, index, tuple(words), tuple(tags)))
    return sentences


@pytest.mark.parametrize("optimizer", RECIPES)
@pytest.mark.parametrize(("characters", "words", "inference"), [("cnn", "lstm", "crf"), ("none", "cnn", "softmax")])
def test_an_easy_task_is_learned(optimizer, characters, words, inference):
    shape = RecurrentShape(
        characters, words, inference, dimensions=8, hidden=8, character_hidden=4, word_layers=1, dropout=0.1
    )
    corpus = RecurrentCorpus.of(easy(120), easy(30, 1), VECTORS)
    trained = train_recurrent(corpus, shape, VECTORS, RECIPES[optimizer], seed=0, unknown_share=0.5)
    assert f1_of(trained.tagger, easy(40, 2)) > 0.9
    assert trained.epochs[-1].loss < trained.epochs[0].loss
    assert trained.epochs[trained.best_epoch - 1].dev_f1 == max(epoch.dev_f1 for epoch in trained.epochs)
    assert f1_of(trained.tagger, corpus.dev) == pytest.approx(trained.epochs[trained.best_epoch - 1].dev_f1)


def test_the_same_seed_gives_the_same_tagger_and_another_one_another():
    shape = RecurrentShape(dimensions=8, hidden=4)
    corpus = RecurrentCorpus.of(easy(40), easy(10, 1), VECTORS)
    recipe = Recipe("adamw", 0.02, 0.05, 8, 2)
    first, again, other = (
        train_recurrent(
            corpus, shape, VECTORS, recipe, seed=seed, unknown_share=0.5
        ).tagger.network.output.weight.numpy()
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_quick_f1_is_that_of_seqeval():
    shape = RecurrentShape(dimensions=8, hidden=4)
    sentences = easy(60)
    corpus = RecurrentCorpus.of(sentences, easy(10, 1), VECTORS)
    tagger = train_recurrent(corpus, shape, VECTORS, Recipe("adamw", 0.02, 0.05, 8, 1), seed=0, unknown_share=0).tagger
    said = tagger.tags([one.words for one in sentences])
    assert f1_of(tagger, sentences) == pytest.approx(entity_f1([one.tags for one in sentences], said)[-1].f1)
    assert scores_of(tagger, sentences)[-1].support == sum(tag == "B-PER" for one in sentences for tag in one.tags)


def test_wild_steps_are_refused():
    corpus = RecurrentCorpus.of(easy(40), easy(10, 1), VECTORS)
    recipe = Recipe("sgd", 1e38, 0, 8, 3)
    with pytest.raises(InputError, match="training diverged"):
        train_recurrent(
            corpus, RecurrentShape(words="cnn", dimensions=8, hidden=4), VECTORS, recipe, seed=0, unknown_share=0
        )


def test_corpora_without_tags_are_refused():
    bare = [Sentence(0, 0, ("a",))]
    with pytest.raises(InputError, match="train split has no sentence with tags"):
        RecurrentCorpus.of(bare, easy(3), VECTORS)
    with pytest.raises(InputError, match="marks no entity"):
        RecurrentCorpus.of([Sentence(0, 0, ("a",), ("O",))], easy(3), VECTORS)


def flags(corpus, results, *more):
    return (
        "studies/neurons_train.py", "--corpus", corpus, "--seeds", 0, 1, "--epochs", 1, "--recipe", "fast", "--dimensions", 6,
        "--hidden", 4, "--results", results, *more,
    )  # fmt: skip


def test_the_script_trains_a_grid_and_goes_on(script, small_corpus, tmp_path):
    status, out, err = script(*flags(small_corpus, tmp_path / "r", "--characters", "none", "cnn"))
    assert status == 0, err
    with (tmp_path / "r/baselines.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["tagger"], row["seed"]) for row in rows] == [
        (f"{name}-wordlstm-softmax", seed) for name in ("charcnn", "nochar") for seed in "01"
    ]
    record = json.loads((tmp_path / "r/nochar-wordlstm-softmax/seed-1/metrics.json").read_text())
    assert float(rows[3]["test_f1"]) == pytest.approx(record["test"]["overall"]["f1"], abs=1e-6)
    assert float(rows[0]["published_f1"]) == 0.8974 and "0.8974" in out
    kept = tmp_path / "r/charcnn-wordlstm-softmax/seed-0/model.safetensors"
    before = kept.stat().st_mtime_ns
    status, _, err = script(*flags(small_corpus, tmp_path / "r", "--inference", "crf", "softmax"))
    assert status == 0 and kept.stat().st_mtime_ns == before, err
    assert len((tmp_path / "r/baselines.csv").read_text().splitlines()) == 1 + 6


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--words", "rnn"), "--words must be among lstm, gru, cnn"),
        (("--hidden", 5), "--hidden is shared by two directions; expected an even number"),
        (("--recipe", "slow"), "--recipe must be among published, fast"),
        (("--seeds",), "--seeds is empty"),
        (("--embeddings", "none.txt"), "--embeddings none.txt: no such file"),
        (("--dropout", 1), "--dropout must be at most 0.95"),
        (("--unknown-share", 2), "--unknown-share must be at most 1"),
    ],
)
def test_wrong_flags_end_with_one_line(script, small_corpus, tmp_path, more, message):
    status, _, err = script(*flags(small_corpus, tmp_path / "r", *more))
    assert status == 2 and message in err.strip().splitlines()[-1]


def test_a_folder_of_other_settings_is_refused(script, small_corpus, tmp_path):
    assert script(*flags(small_corpus, tmp_path / "r", "--train-sentences", 10))[0] == 0
    status, _, err = script(*flags(small_corpus, tmp_path / "r"))
    assert status == 2 and "holds a tagger of other settings" in err
    assert script(*flags(small_corpus, tmp_path / "r", "--overwrite"))[0] == 0
