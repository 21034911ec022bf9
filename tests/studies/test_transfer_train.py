"""studies/transfer_train.py as a user starts it: a grid that goes on, a model that fails, and the table that the analysis reads."""

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
    status, _, err = script(SCRIPT, *flags, "--seeds", 0, "--epochs", 2)
    assert status == 2 and "was made with another epochs" in err and err.count("\n") == 1


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
