"""A run that is killed at random moments goes on where it was, to the rows of one that never was."""

import contextlib
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


def until(process, seconds):
    """Wait so long, or until the process ends."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)


def until_chunks(process, folder, more):
    """Wait until there are so many more chunks, or the process ends: moments that come soon after one another."""
    wanted = len(list(folder.glob("*.npz"))) + more
    while process.poll() is None and len(list(folder.glob("*.npz"))) < wanted:
        time.sleep(0.001)


@pytest.mark.slow
@pytest.mark.timeout(900)
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
        if kills % 2:
            until_chunks(process, results / "chunks", draw.randint(1, 3))
        else:
            until(process, draw.uniform(0.4, 1.0) * seconds)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            midway += (results / "chunks").is_dir() and not (results / "scores.csv").exists()
            continue
        finish(process)
        assert rows_of(results) == expected
        runs += 1
    finish(start(tiny_folder, small_corpus, tmp_path / f"killed{runs}"))
    assert rows_of(tmp_path / f"killed{runs}") == expected
    assert (tmp_path / f"killed{runs}" / "explanations.jsonl").read_bytes() == explained
    assert midway > 4  # several kills fell among the chunks
