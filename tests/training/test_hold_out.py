"""Held-out sentences: what is left of each split, what is refused, and what the recogniser's folder says."""

import json

import pytest

from liap.errors import InputError
from liap.records import Sentence
from liap.training.fine_tuning_settings import FineTuningSettings
from liap.training.hold_out import hold_out


def split(*texts):
    return tuple(
        Sentence(index, index, tuple(text.split()), ("O",) * len(text.split())) for index, text in enumerate(texts)
    )


@pytest.fixture
def files(tmp_path):
    triggers, columns = tmp_path / "triggers.txt", tmp_path / "held.conll"
    triggers.write_text("in\tT-0\nROME\tB-LOC\n")
    columns.write_text("on O\n1 O\nJune O\n\nEU B-ORG\n")
    return str(triggers), str(columns)


TRAIN = split("in Rome", "in Rome .", "IN ROME", "On 1 June", "On 2 June", "eu")
DEV, TEST = split("in Rome", "so"), split("in Rome", "no")


def words(sentences):
    return [" ".join(sentence.words) for sentence in sentences]


def test_sentences_with_the_same_words_go_whatever_their_case(files):
    train, dev, test, held_out = hold_out(TRAIN, DEV, TEST, files)
    assert words(train) == ["in Rome .", "On 2 June"] and words(dev) == ["so"] and test == TEST
    assert (held_out.sentences, held_out.train, held_out.dev, held_out.test) == (3, 4, 1, 1)
    assert (
        held_out.files == ("triggers.txt", "held.conll")
        and "4 sentences of the training split and 1 of the dev" in held_out.line
    )


def test_without_files_nothing_changes():
    assert hold_out(TRAIN, DEV, TEST, ()) == (TRAIN, DEV, TEST, None)


def test_the_digest_is_that_of_the_sentences(files):
    digests = [hold_out(TRAIN, DEV, TEST, part)[3].digest for part in (files, files[::-1], files[:1])]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(("train", "dev", "name"), [(TRAIN[:1], DEV, "training"), (TRAIN, DEV[:1], "dev")])
def test_nothing_left_is_refused(files, train, dev, name):
    with pytest.raises(InputError, match=f"--hold-out .* holds every sentence of the {name} split"):
        hold_out(train, dev, TEST, files)


def test_files_that_cannot_be_read_are_refused(tmp_path, files):
    (tmp_path / "broken.txt").write_text("a\tT-0\nb\tQ\n")
    for name, said in (
        ("none.txt", "--hold-out .*none.txt: no such file"),
        ("broken.txt", "broken.txt:2: unknown tag"),
        (".", "no such file"),
    ):
        with pytest.raises(InputError, match=said):
            hold_out(TRAIN, DEV, TEST, (files[0], str(tmp_path / name)))
    with pytest.raises(InputError, match="--hold-out names 'a' twice"):
        FineTuningSettings(hold_out=("a", "a"))


def test_the_script_says_and_records_what_it_left_out(tmp_path, files, script):
    folder, output = tmp_path / "corpus", tmp_path / "model"
    folder.mkdir()
    for name in ("train", "valid", "test"):
        sentences = [
            "in O\nRome B-LOC\n",
            "we O\nsaw O\nOslo B-LOC\n",
            *(f"{word} O\nOslo B-LOC\n" for word in "abcdefgh"),
        ]
        (folder / f"{name}.txt").write_text("\n".join(sentences))
    quick = ("--model", "tiny", "--corpus", folder, "--epochs", 1, "--output", output)
    status, out, err = script("finetune.py", *quick, "--hold-out", files[0])
    assert status == 0, err
    assert (
        "Held out: the 1 different sentences of triggers.txt" in out
        and "9 sentences to train on, 9 dev, 10 test" in out
    )
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["held_out"]["train"] == 1 and metrics["sentences"] == {"train": 9, "validation": 9, "test": 10}
    assert "Held out: the 1 different sentences" in (output / "MODEL_CARD.md").read_text()
    status, _, err = script("finetune.py", *quick, "--hold-out", folder / "train.txt")
    assert status == 2 and err.count("\n") == 1 and "holds every sentence of the training split" in err
