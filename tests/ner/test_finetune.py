"""finetune.py as a user starts it."""

import json
import os
import runpy
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


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--corpus", "/no/such/corpus"), "/no/such/corpus"),
        (("--model", "/no/such/model"), "/no/such/model"),
        (("--model", "bert-base-cased"), "bert-base-cased"),  # there is no hub in this test
        (("--epochs", "0"), "--epochs"),
    ],
)
def test_bad_input_ends_in_one_line(flags, message, corpus, tmp_path, *, monkeypatch, capsys):
    output = tmp_path / "model"
    given = {"--model": "tiny", "--corpus": str(corpus), "--output": str(output)} | dict([flags])
    monkeypatch.setattr(sys, "argv", ["finetune.py", *(part for pair in given.items() for part in pair)])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "finetune.py"), run_name="__main__")
    complaint = capsys.readouterr().err
    assert ended.value.code == 2
    assert complaint.count("\n") == 1 and complaint.startswith("finetune.py: error: ") and message in complaint
    assert not output.exists() or not list(output.iterdir())
