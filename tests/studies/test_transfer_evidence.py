"""studies/transfer_evidence.py as a user starts it, with two recognisers and two languages."""

import csv
import json
import re
import shutil

import pytest

SCRIPT = "studies/transfer_evidence.py"


@pytest.fixture
def flags(tiny_folder, small_corpus, tmp_path):
    for language in ("aa", "bb"):
        shutil.copytree(small_corpus, tmp_path / "corpora" / language)
        shutil.copytree(tiny_folder, tmp_path / "runs" / "cells" / "tiny" / language / "0" / "model")
    named = {"runs": tmp_path / "runs", "start": "tiny", "corpora": tmp_path / "corpora", "results": tmp_path / "out"}
    return [part for name, value in named.items() for part in (f"--{name}", value)]


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_recogniser_is_evaluated_on_every_language(script, flags, tmp_path, request, monkeypatch):
    def here(name, *given):
        """In this process, which has loaded everything."""
        status, _, err = script(name, *given)
        assert status == 0, err

    monkeypatch.setattr("liap.script_runs.start", here)
    given = [
        *flags,
        "--languages",
        "aa",
        "bb",
        "--evaluate",
        "--examples-per-type 3 --explainers occlusion gradient_x_input random --pictures 0",
        "--methods",
        "occlusion",
        "gradient_x_input",
    ]
    status, out, err = script(SCRIPT, *given)
    assert status == 0, err
    runs = sorted((tmp_path / "out" / "evaluations").rglob("run.json"))
    assert len(runs) == 4
    settings = [json.loads(path.read_text())["settings"] for path in runs]
    assert {(one["parser"], one["srl"]) for one in settings} == {("none", "none")}
    rows, lines = (read(tmp_path / "out" / f"near_{name}.csv") for name in ("evidence", "comparison"))
    assert {(row["finetune_language"], row["evaluation_language"]) for row in rows} == {
        (a, b) for a in ("aa", "bb") for b in ("aa", "bb")
    }
    # One recogniser and one corpus under two names: own and zero-shot are the same.
    assert lines and all(float(line["difference"]) == pytest.approx(0, abs=1e-6) for line in lines)
    assert {line["evaluation_language"] for line in lines} == {"aa", "bb", "all"}
    methods = {"occlusion", "gradient_x_input"}
    assert {row["method"] for row in rows} == methods and {line["method"] for line in lines} <= methods
    assert "share of evidence in the nearest words" in out
    text = (request.config.rootpath / "docs" / "definitions.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", text.partition("Evidence of nearest words")[2].partition("\n## ")[0]))
    labels = {
        "starting_point",
        "finetune_language",
        "evaluation_language",
        "seed",
        "sentence",
        "start",
        "end",
        "predicted_type",
    }
    assert {*rows[0], *lines[0]} - named - labels == set()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--languages", "aa"), "expected at least two languages"),
        (("--languages", "aa", "zz"), "no folder zz"),
        (
            ("--languages", "aa", "bb", "--seeds", 7),
            "no recogniser there; make it by studies/transfer_train.py with --save-models",
        ),
        (("--languages", "aa", "bb", "--methods", "lime"), "--methods: lime: name its explainer after --explainers"),
        (("--languages", "aa", "bb", "--evaluate", "--parser gold"), "--evaluate: --parser is set by this script"),
    ],
)
def test_wrong_flags_are_one_line_before_any_work(script, flags, tmp_path, more, message):
    status, _, err = script(SCRIPT, *flags, *more)
    assert status == 2 and err.count("\n") == 1 and message in err, err
    assert not (tmp_path / "out").exists()
