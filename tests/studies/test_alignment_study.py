"""The study from end to end on a small corpus: its tables, going on after an interruption, and kept models."""

import csv
import json
import math

import numpy as np
import pytest


def flags(tiny_folder, small_corpus, results, *more):
    return (
        "studies/alignment.py", "--encoder", tiny_folder, "--corpus", small_corpus, "--parser", "gold", "--srl", "gold",
        "--targets", "head", "head/window", "--weights", 2.0, "--seeds", 0, 1, "--layer", 1, "--heads", 0, "--epochs", 2,
        "--learning-rate", 0.02, "--batch", 8, "--warmup-steps", 0, "--train-sentences", 40, "--dev-sentences", 12,
        "--test-sentences", 30, "--explain-sentences", 6, "--masked-model", tiny_folder, "--restrictions", "neighbours", "frame",
        "neighbours/random", "--layers", "all", "1", "--mask-weights", 1.0, "--masked-sentences", 20, "--masked-explain", 5,
        "--resamples", 100, "--device", "cpu", "--results", results, "--cache", results.parent / "cache", *more,
    )  # fmt: skip


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def results(script, tiny_folder, small_corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alignment") / "results"
    status, out, err = script(*flags(tiny_folder, small_corpus, folder))
    assert status == 0, err
    return folder, out


def test_tables_plots_and_answer(results):
    folder, out = results
    models, summary, masked = (
        table(folder / f"{name}.csv") for name in ("alignment", "alignment_summary", "masked_attention")
    )
    assert [(row["target"], row["seed"]) for row in models] == [
        (target, seed) for seed in "01" for target in ("none", "head", "head/window")
    ]
    assert [(row["target"], row["seeds"], row["chosen"]) for row in summary] == [
        ("none", "2", "1"), ("head", "2", "1"), ("head/window", "2", "1"),
    ]  # fmt: skip
    assert len(masked) == 1 + 2 * 2 * 3 and masked[0]["restriction"] == "none" and masked[0]["f1_difference"] == ""
    for line in summary:
        own = [float(row["test_f1"]) for row in models if row["target"] == line["target"]]
        assert float(line["test_f1"]) == pytest.approx(np.mean(own), abs=1e-5)
    assert (folder / "alignment.png").stat().st_size > 5000 and (folder / "masked_attention.png").stat().st_size > 5000
    assert "Cost, over 2 seeds" in out and "Bought by head" in out and "Inside the pass (all words" in out
    assert json.loads((folder / "run.json").read_text())["status"] == "complete"


def test_every_plan_is_a_model_of_its_own(results):
    """Targets, weights and seeds reach the training; that guided heads learn their targets is tested in `training`."""
    rows = table(results[0] / "alignment.csv")
    shares = [float(row["head_share_guided"]) for row in rows]
    assert len(set(shares)) == len(shares) == 6 and all(0 < share < 1 for share in shares)
    for row in rows:
        name = f"{row['target'].replace('/', '-')}-{row['weight']}-{row['seed']}"
        record = json.loads((results[0] / "models" / name / "guidance.json").read_text())
        assert record["identity"]["target"] == row["target"] and float(row["dev_f1"]) == pytest.approx(record["dev_f1"])


def test_frames_leave_uncovered_spans_alone(results):
    rows = {(row["restriction"], row["rows"], row["layers"]): row for row in table(results[0] / "masked_attention.csv")}
    assert int(rows["frame", "all", "all"]["uncovered"]) > 0
    assert int(rows["neighbours", "all", "all"]["uncovered"]) == 0
    assert rows["neighbours", "all", "all"]["kept"] == rows["neighbours/random", "all", "all"]["kept"]
    assert not math.isnan(float(rows["neighbours", "all", "1"]["head_share_all"]))
    control, structure = rows["neighbours/random", "all", "1"], rows["neighbours", "all", "1"]
    assert float(control["structure_difference"]) == pytest.approx(
        float(structure["test_f1"]) - float(control["test_f1"]), abs=1e-5
    )
    assert structure["structure_difference"] == ""


def test_the_same_command_again_does_nothing(results, script, tiny_folder, small_corpus):
    before = (results[0] / "alignment.csv").read_bytes()
    status, out, err = script(*flags(tiny_folder, small_corpus, results[0]))
    assert status == 0 and "already holds this run" in out, err
    assert (results[0] / "alignment.csv").read_bytes() == before


def test_an_interrupted_study_goes_on_to_the_same_tables(
    results, script, tiny_folder, small_corpus, tmp_path, monkeypatch
):
    from liap.guidance import alignment_study

    real, calls = alignment_study.measure, []

    def interrupt(*arguments, **named):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    command = flags(tiny_folder, small_corpus, tmp_path / "results")
    with monkeypatch.context() as patch:
        patch.setattr(alignment_study, "measure", interrupt)
        status, _, err = script(*command)
    assert status == 130 and "go on after the last finished model" in err
    finished = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "results" / "models").glob("*/config.json")}
    kept = (tmp_path / "results/models/head-window-2-0/model.safetensors").stat().st_mtime_ns
    status, out, err = script(*command)
    assert status == 0, err
    assert "model 1 of 6" not in out and "model 3 of 6" in out and finished
    assert (tmp_path / "results/models/head-window-2-0/model.safetensors").stat().st_mtime_ns == kept  # trained once
    for name in ("alignment.csv", "alignment_summary.csv", "masked_attention.csv"):
        assert (tmp_path / "results" / name).read_bytes() == (results[0] / name).read_bytes()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--targets", "heads"), "--targets: unknown pattern 'heads'"),
        (("--weights", 0.0), "--weights holds 0, which is the control"),
        (("--mask-weights", 1.5), "--mask-weights must be at most 1"),
        (("--restrictions", "evidence"), "cannot know their evidence"),
        (("--targets", "evidence"), "no training sentence has evidence"),
        (("--layer", 7), "layer must lie in 0..1, got 7"),
        (("--heads", "all"), "--heads must name heads"),
        (("--targets", "--masked-model", ""), "neither --targets nor --masked-model"),
    ],
)
def test_wrong_flags_end_with_one_line(script, tiny_folder, small_corpus, tmp_path, more, message):
    status, _, err = script(*flags(tiny_folder, small_corpus, tmp_path / "results", *more))
    line = err.strip().splitlines()[-1]
    assert status == 2 and "error: " in line and message in line
