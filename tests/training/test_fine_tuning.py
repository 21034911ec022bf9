"""Fine-tuning: what it learns, which epoch it keeps, and what the folder holds."""

import json
import random

import pytest
import torch

from liap.errors import InputError
from liap.records import Sentence
from liap.taggers.entity_f1 import EntityScore
from liap.taggers.transformer import TransformerTagger
from liap.training import fine_tuning as training
from liap.training import model_folder
from liap.training.fine_tuning import choose_precision, fine_tune, label_set
from liap.training.fine_tuning_settings import FineTuningSettings


def make_corpus(count, seed):
    """The word before a name decides its type."""
    draw = random.Random(seed)
    sentences = []
    for index in range(count):
        names = [draw.choice(["Rome", "Oslo", "Smith", "Bonn"]) for _ in range(2)]
        words = ("in", names[0], "we", "met", "Mr", *names, "today", ".")[: draw.choice([7, 8, 9])]
        tags = ("O", "B-LOC", "O", "O", "O", "B-PER", "I-PER", "O", "O")[: len(words)]
        sentences.append(Sentence(index, index, words, tags))
    return tuple(sentences)


TRAIN, DEV, TEST = make_corpus(160, 0), make_corpus(30, 1), make_corpus(30, 2)


def plan(**changes):
    values = {
        "model": "tiny",
        "epochs": 3,
        "learning_rate": 3e-3,
        "batch": 8,
        "weight_decay": 0.01,
        "warmup_steps": 5,
        "seed": 1,
        "precision": "fp32",
        "device": "cpu",
    }
    return FineTuningSettings(**(values | changes))


@pytest.fixture(scope="module")
def trained():
    return fine_tune(TRAIN, DEV, TEST, settings=plan())


def test_learns_and_scores(trained):
    assert trained.test[-1] == EntityScore("overall", 1.0, 1.0, 1.0, 60)
    assert [score.entity_type for score in trained.test] == ["LOC", "PER", "overall"]
    assert len(trained.epochs) == 3 and trained.epochs[-1].loss < trained.epochs[0].loss / 2
    assert trained.epochs[trained.best_epoch - 1].dev.f1 == max(epoch.dev.f1 for epoch in trained.epochs)
    assert not trained.model.training and trained.model.dtype == torch.float32


def test_the_same_seed_gives_the_same_model_and_another_does_not(trained):
    again = fine_tune(TRAIN, DEV[:2], TEST[:2], settings=plan(epochs=1))
    twice = fine_tune(TRAIN, DEV[:2], TEST[:2], settings=plan(epochs=1))
    other = fine_tune(TRAIN, DEV[:2], TEST[:2], settings=plan(epochs=1, seed=2))
    head = [run.model.classifier.weight for run in (again, twice, other)]
    assert torch.equal(head[0], head[1]) and not torch.equal(head[0], head[2])


def test_the_best_epoch_is_kept(monkeypatch):
    """Dev scores are dictated: the second of three epochs wins, and its weights are those that come back."""
    dictated = iter([0.2, 0.9, 0.9, 0.0])
    seen = []

    def score(model, split, *, labels, pad_id):
        seen.append(model.classifier.weight.detach().clone())
        share = next(dictated)
        return (EntityScore("overall", share, share, share, 1),)

    monkeypatch.setattr(training, "score", score)
    result = fine_tune(TRAIN[:24], DEV, TEST, settings=plan())
    assert [epoch.dev.f1 for epoch in result.epochs] == [0.2, 0.9, 0.9]
    assert result.best_epoch == 2 and torch.equal(result.model.classifier.weight, seen[1])
    assert torch.equal(seen[3], seen[1]) and not torch.equal(seen[2], seen[1])


def test_the_last_epoch_can_be_kept(monkeypatch):
    dictated, seen = iter([0.2, 0.9, 0.1, 0.0]), []

    def score(model, split, *, labels, pad_id):
        seen.append(model.classifier.weight.detach().clone())
        return (EntityScore("overall", 0.5, 0.5, next(dictated), 1),)

    monkeypatch.setattr(training, "score", score)
    result = fine_tune(TRAIN[:24], DEV, TEST, settings=plan(keep_epoch="last"))
    assert result.best_epoch == 3 and torch.equal(result.model.classifier.weight, seen[2])
    assert not torch.equal(seen[2], seen[1])


def test_sentences_of_more_pieces_than_asked_for_are_skipped():
    result = fine_tune(TRAIN, DEV, TEST, settings=plan(epochs=1, max_pieces=10))
    whole = fine_tune(TRAIN, DEV, TEST, settings=plan(epochs=1))
    assert whole.train.skipped == 0 and result.train.skipped > 0 and result.tested.skipped > 0
    assert max(encoding.pieces for encoding in result.train.encodings) <= 10


def test_mixed_precision_trains_but_never_scores(monkeypatch):
    """Products in the forward pass are bfloat16 in training, single precision in scoring."""
    kinds = {True: set(), False: set()}
    from transformers import BertForTokenClassification

    plain = BertForTokenClassification.forward

    def spy(self, *inputs, **more):
        hook = self.bert.encoder.layer[0].output.dense.register_forward_hook(
            lambda module, _, output: kinds[self.training].add(output.dtype)
        )
        answer = plain(self, *inputs, **more)
        hook.remove()
        return answer

    monkeypatch.setattr(BertForTokenClassification, "forward", spy)
    result = fine_tune(TRAIN[:16], DEV[:4], TEST[:4], settings=plan(epochs=1, precision="bf16"))
    assert kinds == {True: {torch.bfloat16}, False: {torch.float32}}
    assert result.precision == "bf16" and result.model.dtype == torch.float32
    assert "forward" not in vars(result.model)


def test_no_sentence_fits():
    long = Sentence(9, 9, ("Rome",) * 600, ("B-LOC",) * 600)
    with pytest.raises(InputError, match="no training sentence fits its 512 pieces"):
        fine_tune((long,), DEV, TEST, settings=plan())


def test_label_set():
    sentences = (Sentence(0, 0, ("a", "b"), ("B-PER", "B-LOC")), Sentence(1, 1, ("a",), ("O",)))
    assert label_set(sentences) == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


def test_a_saved_folder_is_a_recogniser(trained, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "pytorch_model.bin").write_text("of an earlier model")
    metrics = json.loads(model_folder.save(trained, tmp_path, settings=plan(corpus="c")).read_text())
    assert metrics["test"]["PER"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 30}
    assert [epoch["epoch"] for epoch in metrics["epochs"]] == [1, 2, 3]
    assert metrics["skipped_too_long"] == {"train": 0, "validation": 0, "test": 0} and metrics["seed"] == 1
    files = {file.name for file in tmp_path.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "metrics.json", "MODEL_CARD.md"} <= files
    assert "pytorch_model.bin" not in files and not any(name.startswith(".") for name in files)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert len({(tmp_path / name).stat().st_mode for name in ("config.json", "model.safetensors")}) == 1
    assert "| PER | 1.0000 | 1.0000 | 1.0000 | 30 |" in (tmp_path / "MODEL_CARD.md").read_text()
    recogniser = TransformerTagger.load(str(tmp_path))
    assert recogniser.labels == trained.labels and recogniser.max_pieces == 512
    encoding = recogniser.encode(TEST[0].words)
    best = recogniser.logits(torch.from_numpy(encoding.piece_ids)[None], None)[0].argmax(-1).numpy()
    assert tuple(recogniser.labels[label] for label in best[encoding.first_piece]) == TEST[0].tags


def no_space(*_, **__):
    raise OSError(28, "No space left on device")


def test_a_save_that_breaks_while_writing_leaves_the_folder_as_it_was(trained, tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text("of an earlier model")
    monkeypatch.setattr(model_folder, "model_card", no_space)
    with pytest.raises(OSError, match="No space"):
        model_folder.save(trained, tmp_path, settings=plan(corpus="c"))
    assert [file.name for file in tmp_path.iterdir()] == ["config.json"]


def test_a_save_that_breaks_while_moving_leaves_no_mixture(trained, tmp_path, monkeypatch):
    """Without config.json a folder is no model, so the old one goes first and the new one comes last."""
    (tmp_path / "config.json").write_text("of an earlier model")
    moved = []
    replace = model_folder.os.replace

    def fail_third(source, target):
        moved.append(target.name)
        return replace(source, target) if len(moved) < 3 else no_space()

    monkeypatch.setattr(model_folder.os, "replace", fail_third)
    with pytest.raises(OSError, match="No space"):
        model_folder.save(trained, tmp_path, settings=plan(corpus="c"))
    assert {file.name for file in tmp_path.iterdir()} == set(moved[:2]) and "config.json" not in moved


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        (((), DEV, TEST), "training split is empty"),
        ((TRAIN, DEV, ()), "test split is empty"),
        ((TRAIN, (Sentence(4, 4, ("a",)),), TEST), "sentence 4 of the dev split has no tags"),
        (((Sentence(0, 0, ("a",), ("O",)),), DEV, TEST), "marks no entity"),
    ],
)
def test_bad_corpora(splits, message):
    with pytest.raises(InputError, match=message):
        fine_tune(*splits, settings=plan())


def test_precision_follows_the_hardware(monkeypatch):
    cpu = torch.device("cpu")
    for capabilities, expected in (
        ({"avx512_bf16": True}, "bf16"),
        ({"amx_bf16": True}, "bf16"),
        ({"avx2": True}, "fp32"),
    ):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda capabilities=capabilities: capabilities)
        assert choose_precision("auto", cpu) == expected
    assert choose_precision("fp16", cpu) == "fp16"


@pytest.mark.parametrize("how", ["same", "link", "relative", "link to the output"])
def test_the_encoder_is_never_the_output(how, tmp_path, monkeypatch):
    encoder, link = tmp_path / "encoder", tmp_path / "link"
    encoder.mkdir()
    link.symlink_to(encoder)
    monkeypatch.chdir(tmp_path)
    output, model = {
        "same": (encoder, encoder),
        "link": (link, encoder),
        "relative": (encoder, "sub/../encoder/"),
        "link to the output": (encoder, link),
    }[how]
    with pytest.raises(InputError, match=r"--output .* is the folder of --model"):
        model_folder.check_output(model_folder.Path(output), model=str(model))
    assert not list(encoder.iterdir())


def test_an_output_beside_the_encoder_is_made(tmp_path):
    (tmp_path / "encoder").mkdir()
    for model, output in ((str(tmp_path / "encoder"), "encoder/new"), ("tiny", "tiny"), ("bert-base-cased", "new")):
        model_folder.check_output(tmp_path / output, model=model)
        assert (tmp_path / output).is_dir()


def test_what_a_killed_process_left_is_cleaned_up(tmp_path):
    (tmp_path / ".partial-abc").mkdir()
    (tmp_path / ".partial-abc" / "model.safetensors").write_text("half")
    (tmp_path / "mine").mkdir()
    model_folder.check_output(tmp_path, model="tiny")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
