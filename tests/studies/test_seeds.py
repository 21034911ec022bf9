"""The study of seeds, as a user starts it: every recogniser is trained once, and the runs are joined."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
SMALL = "--corpus planted --train-sentences 40 --dev-sentences 10 --test-sentences 10"
TRAIN = f"--model tiny --epochs 1 --batch 8 {SMALL}"
EVALUATE = (
    "--corpus planted --sentences 12 --parser gold --srl gold --variants syntactic --explainers liap matched_random random "
    "--draws 20 --pictures 0 --device cpu"
)


def start(folder: Path, *flags: str) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        "studies/seeds.py",
        "--models",
        str(folder / "models"),
        "--results",
        str(folder / "results"),
    ]
    return subprocess.run([*command, *flags], capture_output=True, text=True, cwd=ROOT, check=False)


def test_two_seeds_are_trained_once_and_compared(tmp_path):
    given = ("--seeds", "0", "3", "--finetune", TRAIN, "--evaluate", f"{EVALUATE} --cache {tmp_path / 'cache'}")
    ended = start(tmp_path, *given)
    assert ended.returncode == 0, ended.stderr
    weights = sorted((tmp_path / "models").rglob("model.safetensors"))
    assert [path.parent.name for path in weights] == ["seed_0", "seed_3"]
    assert len({path.parent.parent for path in weights}) == 1
    before = [path.stat().st_mtime_ns for path in weights]
    each = pd.read_csv(tmp_path / "results" / "seeds_each.csv")
    assert set(each["seed"]) == {0, 3} and set(each["explainer"]) == {"liap"}
    assert (pd.read_csv(tmp_path / "results" / "seeds_contrasts.csv")["recognisers"] == 2).all()
    assert (tmp_path / "results" / "seeds.png").is_file()

    again = start(tmp_path, *given, "--seeds", "3")
    assert again.returncode == 0, again.stderr
    assert "finetune.py" not in again.stdout and "already holds this run" in again.stdout
    assert [path.stat().st_mtime_ns for path in weights] == before


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--seeds", "1", "1"), "--seeds"),
        (("--seeds",), "--seeds is empty"),
        (("--finetune", "--seed 3"), "--seed is set by this script"),
        (("--evaluate=--results=here",), "--results is set by this script"),
        (("--finetune", "--model 'a"), "No closing quotation"),
        (("--finetune", "--no-such-flag 3"), "no-such-flag"),
        (("--finetune", "--model /no/such/folder --corpus planted"), "/no/such/folder"),
    ],
)
def test_bad_input_is_one_line(tmp_path, flags, said):
    ended = start(tmp_path, *flags)
    assert ended.returncode == 2 and said in ended.stderr
    assert "Traceback" not in ended.stderr
