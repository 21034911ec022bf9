"""Several processes train the same model as one: both launchers are really started, with two processes on the CPU."""

import importlib.util
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy
from transformers import BertForTokenClassification
from transformers.modeling_outputs import TokenClassifierOutput

from liap import corpora
from liap.training import entity_trainer
from liap.training.entity_trainer import collate, has_unused, word_loss
from liap.training.fine_tuning import fine_tune
from liap.training.fine_tuning_settings import FineTuningSettings
from liap.training.splits import NO_LABEL

ROOT = Path(__file__).parents[2]
BATCH, SENTENCES = 4, 41  # two processes: 2 and 2 sentences a step, and 1 and none in the last
FLAGS = ("--epochs", 2, "--batch", BATCH, "--learning-rate", 3e-3, "--warmup-steps", 2, "--precision", "fp32")
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2")
ACCELERATE = ("accelerate.commands.launch", "--num_processes", "2", "--mixed_precision", "no", "--num_machines", "1")


def start(launcher, *command):
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-W", "error::UserWarning", "-m", *map(str, (*launcher, *command))]
    return subprocess.run(line, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=120)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Words that begin with a to c are names; very short sentences stand beside long ones."""
    folder, draw = tmp_path_factory.mktemp("corpus"), random.Random(0)
    for split, count in (("train", SENTENCES), ("dev", 300), ("test", 40)):
        lines = []
        for _ in range(count):
            words = ["".join(draw.choices("abcdefghij", k=draw.randint(1, 2))) for _ in range(draw.choice([1, 2, 25]))]
            lines.append({"words": words, "tags": ["B-PER" if word[0] in "abc" else "O" for word in words]})
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture(scope="module")
def encoder(tiny_folder, tmp_path_factory):
    """The tiny recogniser without dropout."""
    folder = shutil.copytree(tiny_folder, tmp_path_factory.mktemp("encoder") / "still")
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def flags(encoder, corpus, output):
    return ("--model", encoder, "--corpus", corpus, "--device", "cpu", "--output", output, *FLAGS)


@pytest.fixture(scope="module")
def alone(encoder, corpus, tmp_path_factory):
    """The folder of a run of one process."""
    spec = importlib.util.spec_from_file_location("finetune", ROOT / "finetune.py")
    finetune = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(finetune)
    output = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["finetune.py", *map(str, flags(encoder, corpus, output))])
        finetune.main()
    return output


@pytest.mark.parametrize(
    ("launcher", "count"),
    [
        (TORCHRUN, 2),
        ((*ACCELERATE, "--multi_gpu", "--main_process_port", "{port}"), 2),
        ((*ACCELERATE, "--cpu", "--main_process_port", "{port}"), 1),  # accelerate's behaviour without mpirun
    ],
    ids=["torchrun", "accelerate", "accelerate-cpu"],
)
def test_the_model_is_that_of_one_process(launcher, count, alone, encoder, corpus, tmp_path):
    launcher = [part.format(port=free_port()) for part in launcher]
    done = start(launcher, "finetune.py", *flags(encoder, corpus, tmp_path / "model"))
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert done.stdout.count("sentences to train on") == 1 and done.stdout.count("written to") == 1
    assert "Warning" not in done.stderr and done.stderr.count("started one process") == (count == 1)
    files = sorted(file.name for file in alone.iterdir())
    assert sorted(file.name for file in (tmp_path / "model").iterdir()) == files
    expected, actual = (json.loads((folder / "metrics.json").read_text()) for folder in (alone, tmp_path / "model"))
    assert (expected["processes"], actual["processes"]) == (1, count)
    for epoch, other in zip(expected["epochs"], actual["epochs"], strict=True):
        assert other["loss"] == pytest.approx(epoch["loss"], rel=1e-4) and other["dev"] == epoch["dev"]
    assert actual["test"] == expected["test"] and actual["best_epoch"] == expected["best_epoch"]
    assert actual["epochs"][0]["dev"]["f1"] > 0.1 and actual["sentences"] == expected["sentences"]
    weights = load_file(alone / "model.safetensors")
    for name, other in load_file(tmp_path / "model" / "model.safetensors").items():
        if not name.endswith(
            "key.bias"
        ):  # softmax cancels it: its gradient is rounding error, which Adam scales up to full steps
            torch.testing.assert_close(other, weights[name], rtol=1e-4, atol=1e-5)


RANK = '''
"""One of two processes: the sentences it receives in each step, and the weights it ends with."""
import json, sys
from pathlib import Path
from liap import corpora
from liap.errors import InputError
from liap import processes
from liap.training import entity_trainer, fine_tuning as training
from liap.training.fine_tuning_settings import FineTuningSettings

encoder, corpus, output = sys.argv[1:]
processes.join()
rank = processes.rank()
steps, weights, dictated = [], [], iter([0.9, 0.2, 0.0])
collate = entity_trainer.collate

def watched(batch, pad_id):
    steps.append([row["input_ids"].tolist() for row in batch])
    return collate(batch, pad_id)

def score(model, split, *, labels, pad_id):
    weights.append(model.classifier.weight.tolist())
    share = next(dictated)
    return (training.EntityScore("overall", share, share, share, 1),)

def fail():
    if rank:
        raise InputError("the second says no")

entity_trainer.collate, training.score = watched, score
splits = [corpora.load(corpus, split, limit=0) for split in ("train", "validation", "test")]
settings = FineTuningSettings(
    model=encoder, epochs=2, learning_rate=3e-3, batch=4, weight_decay=0.01, warmup_steps=2, seed=0,
    precision="fp32", device="cpu",
)
checkpoint = Path(output) / "checkpoint"
checkpoint.mkdir(exist_ok=True)
(checkpoint / "checkpoint.pt").write_bytes(b"of one process")
trained = training.fine_tune(*splits, settings=settings, checkpoint=checkpoint)
try:
    processes.agree(fail)
except InputError as error:
    complaint = str(error)
seen = {"steps": steps, "weights": weights, "loss": [epoch.loss for epoch in trained.epochs], "complaint": complaint,
         "seed": training.torch.initial_seed(), "count": trained.processes}
Path(f"{output}/{rank}.json").write_text(json.dumps(seen))
processes.leave()
'''


@pytest.fixture(scope="module")
def ranks(encoder, corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    (folder / "rank.py").write_text(RANK)
    done = start(TORCHRUN, folder / "rank.py", encoder, corpus, folder)
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.count("several processes cannot go on from a checkpoint") == 2
    )  # each prints here; finetune.py silences one
    assert (folder / "checkpoint" / "checkpoint.pt").read_bytes() == b"of one process"
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


def test_each_sentence_is_trained_on_once_in_the_step_it_would_be_alone(ranks, encoder, corpus, monkeypatch):
    steps = []

    def watched(batch, pad_id):
        steps.append([row["input_ids"].tolist() for row in batch])
        return collate(batch, pad_id)

    monkeypatch.setattr(entity_trainer, "collate", watched)
    splits = [corpora.load(str(corpus), split, limit=0) for split in ("train", "validation", "test")]
    settings = FineTuningSettings(
        model=str(encoder), epochs=2, learning_rate=3e-3, batch=BATCH, warmup_steps=2, precision="fp32", device="cpu"
    )
    fine_tune(*splits, settings=settings)
    first, second = (rank["steps"] for rank in ranks)
    assert len(steps) == 2 * -(-SENTENCES // BATCH) and [] in second
    for batch, share, other in zip(steps, first, second, strict=True):
        assert Counter(map(tuple, share + other)) == Counter(map(tuple, batch))
        assert 0 <= len(share) - len(other) <= 1
    words = [(sum(map(len, share)), sum(map(len, other))) for share, other in zip(first, second, strict=True)]
    assert any(long > 4 * short > 0 for long, short in words)  # else a mean of means would equal the mean


def test_all_processes_end_with_the_best_epoch(ranks):
    first, second = ranks
    assert first["weights"] == second["weights"] and first["loss"] == second["loss"] and first["count"] == 2
    epoch_1, epoch_2, last = first["weights"]
    assert last == epoch_1 != epoch_2


def test_an_error_of_one_process_is_raised_by_all(ranks):
    assert [rank["complaint"] for rank in ranks] == ["the second says no"] * 2


def test_processes_draw_dropout_of_their_own(ranks):
    assert [rank["seed"] for rank in ranks] == [0, 1]


@pytest.mark.parametrize(
    ("flag", "message"), [(("--corpus", "/no/such/corpus"), "/no/such/corpus"), (("--epochs", "many"), "invalid int")]
)
def test_bad_input_is_reported_once(flag, message, tmp_path):
    done = start(TORCHRUN, "finetune.py", "--model", "tiny", "--output", tmp_path / "model", *flag)
    reports = [line for line in done.stderr.splitlines() if line.startswith("finetune.py: error: ")]
    assert len(reports) == 1 and message in reports[0], done.stderr
    assert done.returncode and "exitcode  : 2" in done.stderr
    assert done.stderr.count("Traceback (most") == 1  # the launcher's own
    assert not list(tmp_path.glob("model/*"))


def test_a_late_first_process_still_prints_its_error(tmp_path):
    """The launcher would end it as soon as another process has ended."""
    (tmp_path / "late.py").write_text(
        "import time\n"
        "from liap.errors import InputError\n"
        "from liap import cli, processes\n"
        "def main():\n"
        "    time.sleep(2 * processes.is_first())\n"
        "    raise InputError('not so')\n"
        "processes.speaking_once(lambda: cli.run(main))\n"
    )
    done = start(TORCHRUN, tmp_path / "late.py")
    assert done.returncode and done.stderr.count("late.py: error: not so") == 1, done.stderr


def test_a_process_that_breaks_ends_the_others(tmp_path):
    (tmp_path / "breaks.py").write_text(
        "from liap import cli, processes\n"
        "def main():\n"
        "    processes.join()\n"
        "    1 / processes.is_first() and processes.gather(None)\n"
        "processes.speaking_once(lambda: cli.run(main))\n"
    )
    done = start(TORCHRUN, tmp_path / "breaks.py")
    assert done.returncode and "ZeroDivisionError" in done.stderr


def test_one_process_takes_one_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    settings = FineTuningSettings(batch=8, precision="fp32")
    assert entity_trainer._arguments(settings, torch.device("cuda"), unused=False).train_batch_size == 8


def test_unused_parameters_are_detected(tiny_folder):
    model = BertForTokenClassification.from_pretrained(tiny_folder).train()
    before = torch.get_rng_state()
    assert not has_unused(model) and model.training
    assert torch.equal(torch.get_rng_state(), before)  # else one process and several would draw differently
    model.bert.spare = torch.nn.Linear(2, 2)
    assert has_unused(model) and all(weight.grad is None for weight in model.parameters())


def test_the_shares_losses_add_up_to_the_mean_over_all_words():
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 6, 5, generator=draw)
    labels = torch.full((3, 6), NO_LABEL)
    labels[0], labels[1, 0] = torch.arange(6) % 5, 2  # six words, one, and none
    words = torch.tensor(7)
    parts = [word_loss(TokenClassifierOutput(logits=logits[[row]]), labels[[row]], words) for row in range(3)]
    expected = cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=NO_LABEL)
    assert parts[2] == 0 and torch.stack(parts).sum() == pytest.approx(expected.item(), rel=1e-6)
    assert word_loss(TokenClassifierOutput(logits=logits[2:]), labels[2:], torch.tensor(0)) == 0
