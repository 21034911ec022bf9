"""studies/transfer_train.py as a user starts it: a grid that goes on, a model that fails, and the table that the analysis reads."""

import os
import signal
import subprocess
import sys
import time

import pytest

from liap.constants import read_constants
from liap.transfer.grid_scores import read_scores
from liap.transfer.transfer_run_settings import TransferRunSettings
from tests.transfer.test_transfer_runs import text

SCRIPT = "studies/transfer_train.py"


@pytest.fixture
def flags(tmp_path):
    for language in ("aa", "bb"):
        folder = tmp_path / "corpora" / language
        folder.mkdir(parents=True)
        for split, count in (("train", 24), ("dev", 4), ("test", 6)):
            (folder / f"{split}.txt").write_text(text(count))
    named = {"corpora": tmp_path / "corpora", "results": tmp_path / "results", "device": "cpu", "precision": "fp32"}
    named |= {"starts": "tiny=tiny", "epochs": 1, "batch": 8, "learning-rate": 1e-3}
    return [part for name, value in named.items() for part in (f"--{name}", value)]


def test_the_defaults_are_the_constants_of_the_script(request):
    constants = read_constants(request.config.rootpath / SCRIPT)
    written = {name.lower(): constant.value for name, constant in constants.items()}
    assert TransferRunSettings(**written) == TransferRunSettings()


def test_a_grid_goes_on_where_it_stopped(script, flags, tmp_path):
    status, out, err = script(SCRIPT, *flags, "--seeds", 0)
    assert status == 0, err
    assert "2 models, 0 of them there already" in out and "tiny on bb, seed 0: F1 " in out and "2 of 2 models" in out
    first = (tmp_path / "results" / "results.csv").read_text()
    record = tmp_path / "results" / "cells" / "tiny" / "aa" / "0" / "cell.json"
    made = record.stat().st_mtime_ns
    (tmp_path / "results" / "cells" / "tiny" / "bb" / "0" / "cell.json").unlink()  # as if killed while it was made
    status, out, err = script(SCRIPT, *flags, "--seeds", 0, 1)
    assert status == 0, err
    assert "4 models, 1 of them there already" in out and record.stat().st_mtime_ns == made
    table = (tmp_path / "results" / "results.csv").read_text()
    assert table.startswith(first)  # the model that was made again is the same
    scores = read_scores(tmp_path / "results" / "results.csv")
    assert len(scores) == 4 * 4 and {one.seed for one in scores} == {0, 1}
    status, out, err = script(SCRIPT, *flags, "--seeds", 1)
    assert status == 0 and "2 of 2 models; 2 more in its folder are not of this grid, and not in the table" in out, err
    assert {one.seed for one in read_scores(tmp_path / "results" / "results.csv")} == {1}
    status, _, err = script(SCRIPT, *flags, "--seeds", 0, "--epochs", 2)
    assert status == 2 and "was made with another epochs" in err and err.count("\n") == 1


def start(root, flags, *more):
    """The script in a process of its own."""
    command = [sys.executable, SCRIPT, *flags, *more]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(results):
    return sorted((results / "cells").rglob("cell.json"))


@pytest.mark.slow
def test_a_grid_that_is_killed_midway_goes_on(request, script, flags, tmp_path):
    seeds = ("--seeds", *range(4))
    results = tmp_path / "results"
    process = start(request.config.rootpath, flags, *seeds)
    while process.poll() is None and not finished(results):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    done = finished(results)
    assert 0 < len(done) < 8
    made = [path.stat().st_mtime_ns for path in done]
    status, out, err = script(SCRIPT, *flags, *seeds)
    assert status == 0, err
    assert f"8 models, {len(done)} of them there already" in out and "8 of 8 models" in out
    assert [path.stat().st_mtime_ns for path in done] == made  # none is made again
    whole = tmp_path / "whole"
    status, _, err = script(SCRIPT, *flags, *seeds, "--results", whole)
    assert status == 0, err
    assert (results / "results.csv").read_text() == (whole / "results.csv").read_text()


@pytest.mark.slow
def test_cells_made_on_ray_are_those_made_here(request, script, flags, tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed")
    status, _, err = script(SCRIPT, *flags, "--seeds", 0)
    assert status == 0, err
    away = tmp_path / "ray"
    process = start(request.config.rootpath, flags, "--seeds", 0, "--results", away, "--engine", "ray", "--workers", 2)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "2 models, 0 of them there already" in out and "2 of 2 models" in out
    assert (away / "results.csv").read_text() == (tmp_path / "results" / "results.csv").read_text()
    process = start(request.config.rootpath, flags, "--seeds", 0, "--results", away)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0 and "2 of them there already" in out, err  # whichever engine made them


def test_a_model_that_fails_is_reported_and_the_others_go_on(script, flags, tmp_path):
    lines = (tmp_path / "corpora" / "aa" / "train.txt").read_text().replace("B-LOC", "O").replace("B-PER", "O")
    (tmp_path / "corpora" / "aa" / "train.txt").write_text(lines)
    status, out, err = script(SCRIPT, *flags, "--seeds", 0)
    assert status == 1 and "tiny on aa, seed 0: failed, InputError: --corpus: the training split marks no entity" in out
    assert err.splitlines()[-1].startswith("1 failed: tiny on aa, seed 0") and "1 of 2 models" in out
    assert {one.finetune_language for one in read_scores(tmp_path / "results" / "results.csv")} == {"bb"}


def test_the_analysis_reads_the_table(script, flags, tmp_path):
    script(SCRIPT, *flags, "--seeds", 0, 1)
    named = ["--runs", tmp_path / "results" / "results.csv", "--reference", "tiny", "--corpora", tmp_path / "corpora"]
    status, _, err = script("studies/transfer.py", *named, "--results", tmp_path / "analysis", "--no-plots")
    assert status == 0, err
    assert (tmp_path / "analysis" / "monolingual.csv").read_text().count("\n") == 3
    assert (tmp_path / "analysis" / "overlap_overall.csv").read_text().splitlines()[1] == "aa,68,68"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--starts", "x=./nowhere"), "--model ./nowhere: no such folder"),
        (("--languages", "zz"), "no folder zz"),
        (("--starts", "x@zz=tiny"), "x@zz: not among the languages aa, bb"),
    ],
)
def test_wrong_flags_are_one_line_before_any_work(script, flags, tmp_path, more, message):
    status, _, err = script(SCRIPT, *flags, *more)
    assert status == 2 and err.count("\n") == 1 and message in err, err
    assert not (tmp_path / "results").exists()
