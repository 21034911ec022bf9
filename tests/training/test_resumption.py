"""An interrupted fine-tuning goes on after its last finished epoch, and ends with the same bytes as an undisturbed one."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from liap.records import Sentence
from liap.training import fine_tuning, resumption
from liap.training.fine_tuning import fine_tune
from liap.training.fine_tuning_settings import FineTuningSettings

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds for what takes two or three


def make_split(count, seed):
    """Words that begin with a to c are names."""
    draw = random.Random(seed)
    rows = [["".join(draw.choices("abcdefgh", k=3)) for _ in range(draw.randint(1, 9))] for _ in range(count)]
    return tuple(
        Sentence(index, index, tuple(words), tuple("B-PER" if word[0] in "abc" else "O" for word in words))
        for index, words in enumerate(rows)
    )


SPLITS = make_split(30, 0), make_split(20, 1), make_split(20, 2)


@pytest.fixture(scope="module")
def settings(tiny_folder):
    """The encoder has dropout."""
    return FineTuningSettings(
        model=str(tiny_folder), epochs=4, learning_rate=3e-3, batch=4, warmup_steps=2, precision="fp32", device="cpu"
    )


@pytest.fixture(scope="module")
def undisturbed(settings):
    return fine_tune(*SPLITS, settings=settings)


def stop_after(epochs, settings, folder, splits=SPLITS):
    """Start a run that ends, with an interrupt, as soon as the checkpoint of an epoch is written."""
    save = resumption.save

    def save_and_stop(folder, identity, progress):
        save(folder, identity, progress)
        if len(progress.epochs) == epochs:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resumption, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            fine_tune(*splits, settings=settings, checkpoint=folder)


def same(first, second):
    weights = [run.model.state_dict() for run in (first, second)]
    return all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0]) and first.epochs == second.epochs


@pytest.mark.parametrize("epochs", [1, 3, 4])
def test_the_result_is_that_of_an_undisturbed_run(epochs, settings, undisturbed, tmp_path, capsys):
    stop_after(epochs, settings, tmp_path)
    for _ in range(3):  # whatever the new process has drawn by then
        random.random(), torch.rand(1)
    trained = fine_tune(*SPLITS, settings=settings, checkpoint=tmp_path)
    assert capsys.readouterr().out == f"going on from {tmp_path / 'checkpoint.pt'}: epoch {epochs} is finished\n"
    assert same(trained, undisturbed) and trained.test == undisturbed.test
    assert trained.best_epoch == undisturbed.best_epoch
    assert len({epoch.dev for epoch in undisturbed.epochs}) > 1


def test_the_best_epoch_may_lie_before_the_interruption(settings, tmp_path, monkeypatch):
    dictated = {1: 0.2, 2: 0.9, 3: 0.5, 4: 0.1, 5: 0.0}
    seen = {}

    def score(model, split, *, labels, pad_id):
        number = calls.pop(0)
        seen[number] = model.classifier.weight.detach().clone()
        return (fine_tuning.EntityScore("overall", 0.0, 0.0, dictated[number], 1),)

    monkeypatch.setattr(fine_tuning, "score", score)
    calls = [1, 2, 3]
    stop_after(3, settings, tmp_path)
    calls = [4, 5]
    trained = fine_tune(*SPLITS, settings=settings, checkpoint=tmp_path)
    assert [epoch.dev.f1 for epoch in trained.epochs] == [0.2, 0.9, 0.5, 0.1] and trained.best_epoch == 2
    assert torch.equal(trained.model.classifier.weight, seen[2]) and not torch.equal(seen[2], seen[4])


def test_a_checkpoint_of_another_run_is_not_used(settings, tiny_folder, tmp_path, capsys):
    stop_after(2, settings, tmp_path)
    config = json.loads((tiny_folder / "config.json").read_text()) | {"hidden_dropout_prob": 0.2}
    other_encoder = tmp_path / "encoder"
    other_encoder.mkdir()
    for file in tiny_folder.iterdir():
        (other_encoder / file.name).write_bytes(file.read_bytes())
    moved = replace(settings, model=str(other_encoder), output="elsewhere")
    kept = (tmp_path / "checkpoint.pt").read_bytes()

    def line(settings, splits=SPLITS):
        (tmp_path / "checkpoint.pt").write_bytes(kept)
        stop_after(3 if settings is moved and splits is SPLITS else 1, settings, tmp_path, splits)
        return capsys.readouterr().out

    assert "epoch 2 is finished" in line(moved)  # names and paths do not matter
    other_tags = (SPLITS[0], SPLITS[1], (replace(SPLITS[2][0], tags=("O",) * len(SPLITS[2][0].words)), *SPLITS[2][1:]))
    (other_encoder / "config.json").write_text(json.dumps(config))
    for kind, text in (
        ("settings", line(replace(settings, learning_rate=2e-3))),
        ("settings", line(replace(settings, seed=1))),
        ("sentences", line(settings, other_tags)),
        ("sentences", line(settings, (SPLITS[0][:-1], *SPLITS[1:]))),
        ("encoder weights or configuration", line(replace(moved))),
    ):
        assert f"was made with other {kind}: training starts from the first epoch" in text and text.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\3\4"])
def test_a_damaged_checkpoint_is_not_used(content, settings, undisturbed, tmp_path, capsys):
    (tmp_path / "checkpoint.pt").write_bytes(content)
    (tmp_path / ".checkpoint.pt.x.part").write_bytes(b"of a killed process")
    assert same(fine_tune(*SPLITS, settings=settings, checkpoint=tmp_path), undisturbed)
    text = capsys.readouterr().out
    assert "cannot be read" in text and text.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_full_disk_is_an_error_of_the_file_system(settings, tmp_path, monkeypatch):
    write = resumption.whole_file

    class FullDisk:
        def __init__(self, path):
            self.file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115

        def __enter__(self):
            return self.file

        def __exit__(self, *_):
            self.file.close()

    monkeypatch.setattr(resumption, "whole_file", FullDisk)
    with pytest.raises(OSError, match="No space left"):
        fine_tune(*SPLITS, settings=settings, checkpoint=tmp_path)
    assert write is not FullDisk and not list(tmp_path.iterdir())


def finetune(output, corpus, encoder, **options):
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    flags = {
        "model": encoder,
        "corpus": corpus,
        "output": output,
        "epochs": 40,
        "warmup-steps": 5,
        "learning-rate": 1e-3,
    }
    command = [sys.executable, str(ROOT / "finetune.py"), "--precision", "fp32", "--device", "cpu"]
    command += [str(part) for flag, value in flags.items() for part in (f"--{flag}", value)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, cwd=ROOT, **pipes, **options)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_killed(how, tiny_folder, small_corpus, tmp_path):
    """The whole way: start, kill after an epoch, start again; the weights equal those of a run in one go."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    undisturbed = finetune(whole, small_corpus, tiny_folder)
    _, err = undisturbed.communicate(timeout=PATIENCE)
    assert undisturbed.returncode == 0, err
    process = finetune(
        killed, small_corpus, tiny_folder, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    )
    ends = time.monotonic() + PATIENCE
    while not (killed / ".fine-tuning" / "checkpoint.pt").exists():
        assert process.poll() is None and time.monotonic() < ends, process.communicate()
        time.sleep(0.005)
    process.send_signal(how)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == (130 if how == signal.SIGINT else -how), err
    assert [path.name for path in killed.iterdir()] == [".fine-tuning"]
    if how == signal.SIGINT:
        assert err.splitlines()[-1] == (
            "finetune.py: interrupted. Start the same command again to go on after the last finished epoch."
        )
    again = finetune(killed, small_corpus, tiny_folder)
    out, err = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0 and out.count("going on from") == 1, out + err
    assert (killed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert sorted(path.name for path in killed.iterdir()) == sorted(path.name for path in whole.iterdir())
    metrics = [json.loads((folder / "metrics.json").read_text()) for folder in (whole, killed)]
    for name in ("epochs", "best_epoch", "test", "settings", "sentences"):
        assert metrics[0][name] == metrics[1][name]
