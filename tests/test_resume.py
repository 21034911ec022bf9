"""A run that is killed at random moments goes on where it was, to the rows of one that never was."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KILLS = 20
TIMING = {"seconds": ""}


def start(tiny_folder, small_corpus, results):
    flags = {
        "model": tiny_folder, "corpus": small_corpus, "parser": "gold", "srl": "gold", "examples-per-type": 0, "chunk": 1,
        "results": results, "cache": results.parent / "cache", "pictures": 0,
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "run_liap_evaluation.py")]
    command += [str(part) for name, value in flags.items() for part in (f"--{name}", value)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)


def finish(process):
    _, error = process.communicate(timeout=120)
    assert process.returncode == 0, error


def rows_of(results):
    with (results / "scores.csv").open(encoding="utf-8", newline="") as file:
        return [row | TIMING for row in csv.DictReader(file)]


@pytest.mark.slow
def test_killed_at_twenty_random_moments(tiny_folder, small_corpus, tmp_path):
    began = time.monotonic()
    finish(start(tiny_folder, small_corpus, tmp_path / "whole"))
    seconds = time.monotonic() - began
    expected = rows_of(tmp_path / "whole")
    explained = (tmp_path / "whole" / "explanations.jsonl").read_bytes()
    draw, kills, runs, midway = random.Random(0), 0, 0, 0
    while kills < KILLS:
        results = tmp_path / f"killed{runs}"
        process = start(tiny_folder, small_corpus, results)
        try:
            process.communicate(timeout=draw.uniform(0.4, 1.0) * seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            midway += (results / "chunks").is_dir() and not (results / "scores.csv").exists()
            continue
        assert process.returncode == 0
        assert rows_of(results) == expected
        runs += 1
    finish(start(tiny_folder, small_corpus, tmp_path / f"killed{runs}"))
    assert rows_of(tmp_path / f"killed{runs}") == expected
    assert (tmp_path / f"killed{runs}" / "explanations.jsonl").read_bytes() == explained
    assert midway > 0  # at least one kill fell among the chunks
