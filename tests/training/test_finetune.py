"""finetune.py as a user starts it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = "in NN O\n{} NNP B-LOC\nMr NN O\n{} NNP B-PER\n. . O\n\n"


def finetune(*arguments):
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error::UserWarning", str(ROOT / "finetune.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=120)


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    names = ["Rome", "Oslo", "Bonn", "Smith"]
    for split, count in (("train", 60), ("valid", 8), ("test", 8)):
        text = "".join(LINES.format(names[i % 4], names[i // 4 % 4]) for i in range(count))
        (folder / f"{split}.txt").write_text(text)
    return folder


def test_from_column_files_to_a_recogniser(corpus, tmp_path):
    output = tmp_path / "model"
    done = finetune(
        "--model", "tiny", "--corpus", corpus, "--output", output, "--epochs", 2, "--batch", 4, "--warmup-steps", 5
    )
    assert done.returncode == 0, done.stderr
    assert "tiny: learning rate 0.001" in done.stdout and "| overall |" in done.stdout
    assert "sentences/s" in done.stderr and "Traceback" not in done.stderr
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["settings"]["epochs"] == 2 and metrics["settings"]["batch"] == 4
    assert metrics["settings"]["learning_rate"] == 1e-3 and metrics["sentences"]["train"] == 60
    assert metrics["test"]["overall"]["f1"] > 0.5
    assert (output / "model.safetensors").exists() and (output / "MODEL_CARD.md").exists()


def test_a_model_of_the_hub_without_a_hub_is_one_line(corpus, tmp_path, monkeypatch, script):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    output = tmp_path / "model"
    status, _, err = script("finetune.py", "--model", "bert-base-cased", "--corpus", corpus, "--output", output)
    assert status == 2 and err.count("\n") == 1 and "bert-base-cased" in err
    assert not list(output.iterdir())
