"""The benchmark, as a user starts it."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]


def start(*flags):
    command = [sys.executable, "studies/benchmark.py", *map(str, flags)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_it_runs_and_writes_its_tables(tiny_folder, small_corpus, tmp_path):
    results = tmp_path / "results"
    given = f"--corpus {small_corpus} --sentences 20 --parser none --pictures 0 --draws 20 --device cpu"
    ended = start(
        "--model", tiny_folder, "--explainers", "attention", "occlusion", "nearest_words", "random", "--prune", "--metrics", "lfs", "sufficiency",
        "--examples-per-type", 6, "--cost-per-type", 0, "--evaluate", given, "--results", results,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    cost = pd.read_csv(results / "cost.csv").set_index("explainer")
    assert cost.loc["nearest_words", "passes"] == 0 < cost.loc["attention", "passes"] < cost.loc["occlusion", "passes"]
    assert len(pd.read_csv(results / "metric_agreement.csv")) == 1
    assert set(pd.read_csv(results / "metric_winners.csv")["metric"]) == {"lfs", "sufficiency"}
    said = (results / "benchmark.md").read_text()
    assert "| explainer | LFS ↑ | sufficiency ↓ | passes | ms |" in said
    assert said.strip().splitlines()[-1] in ended.stdout
    assert all((results / name).is_file() for name in ("faithfulness_against_cost.png", "metric_agreement.png"))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--evaluate", "--model x"), "--model is set by this script"),
        (("--evaluate", "'"), "No closing quotation"),
        (("--model", "/no/such/folder", "--evaluate", "--corpus planted --parser gold --srl gold"), "/no/such/folder"),
        (("--metrics", "none_such"), "none_such"),
    ],
)
def test_bad_input_is_one_line(tmp_path, flags, said):
    ended = start("--results", tmp_path / "results", *flags)
    assert ended.returncode == 2 and said in ended.stderr and "Traceback" not in ended.stderr
