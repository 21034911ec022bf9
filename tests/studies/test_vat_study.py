"""The VAT study as a user starts it: it writes its tables and pictures, goes on where it stopped, and refuses bad input in one line."""

import csv
import json
import shutil

import pytest

from tests.reports.test_definitions import undefined
from tests.training.test_classifier_training import texts

FLAGS = [
    "--seeds", "0", "1", "--epochs", "1", "--cycles", "1", "--betas", "1e-3", "1e-1", "--hidden", "8", "--inner", "4", "--batch", "8",
    "--latent", "4", "--vmask-steps", "2", "--judged-texts", "6", "--shown", "2", "--learning-rate", "2e-2",
]  # fmt: skip


@pytest.fixture
def corpus(tmp_path):
    """Trees whose words `good` and `bad` are polar."""
    folder = tmp_path / "trees"
    folder.mkdir()
    for split, count, seed in (("train", 48, 0), ("dev", 16, 1), ("test", 16, 2)):
        number = {"good": 3, "bad": 1}
        lines = [
            f"({number[text.label]} " + " ".join(f"({number.get(word, 2)} {word})" for word in text.words) + ")"
            for text in texts(count, seed)
        ]
        (folder / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return folder


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_study_writes_its_tables_and_goes_on_where_it_stopped(script, corpus, tmp_path):
    flags = ["--corpus", f"{corpus}:binary", *FLAGS, "--results", str(tmp_path / "out")]
    status, _, err = script("studies/vat.py", *flags)
    assert status == 0, err
    out = tmp_path / "out"
    accuracy = {row["method"]: row for row in rows(out / "accuracy.csv")}
    assert set(accuracy) == {
        "attention",
        "no_attention",
        "random_attention",
        "vat",
        "beta0",
        "no_bottleneck",
        "one_cycle",
        "joint_vmask",
    }
    assert all(row["n"] == "16" and row["seeds"] == "2" for row in accuracy.values())
    scorers = {row["scorer"] for row in rows(out / "explanations.csv")}
    assert scorers >= {"pooling_attention", "random", "vmask", "joint_vmask"}
    assert {row["judge"] for row in rows(out / "curves.csv")} == {"base", "itself"}
    assert {row["operator"] for row in rows(out / "curves.csv")} == {"delete", "unk"}
    assert {row["beta"] for row in rows(out / "betas.csv")} == {"0.001", "0.1"}
    assert {row["number"] for row in rows(out / "cycles.csv")} == {"0", "1"}
    assert all(float(row["classifier_seconds"]) > 0 for row in rows(out / "cost.csv"))
    assert {row["verdict"] for row in rows(out / "claims.csv")} <= {"holds", "reversed", "not told apart"}
    assert len(rows(out / "polarity.csv")) > 0
    for table in out.glob("*.csv"):
        assert undefined(rows(table)[0]) == [], table.name
    record = json.loads((out / "study.json").read_text())
    assert record["beta"] in (1e-3, 1e-1) and len(record["trainings"]) == 20
    for name in ("curves_base.png", "curves_itself.png", "cycles.png", "representations.png", "attention.png"):
        assert (out / name).read_bytes()[:4] == b"\x89PNG"
    assert "<script" not in (out / "attention.html").read_text()
    explained_like_a_recogniser(script, out / "trained" / "attention-0", f"texts:{corpus}:binary", tmp_path)
    before = {name: (out / name).read_text() for name in ("accuracy.csv", "claims.csv", "explanations.csv")}
    shutil.rmtree(out / "trained" / "one_cycle-1")
    status, said, err = script("studies/vat.py", *flags)
    assert status == 0, err
    assert said.count("test accuracy") == 1 and "one_cycle-1: test accuracy" in said
    assert {name: (out / name).read_text() for name in before} == before


def explained_like_a_recogniser(script, model, corpus, folder):
    """A classifier of the study goes through the ordinary evaluation."""
    given = [
        "--model",
        model,
        "--corpus",
        corpus,
        "--parser",
        "none",
        "--operator",
        "unk",
        "--pictures",
        "0",
        "--cache",
        folder / "cache",
    ]
    methods = ["--explainers", "pooling_attention", "gradient_x_input", "occlusion_ceiling", "nearest_words", "random"]
    metrics = ["--metrics", "lfs", "comprehensiveness", "evidence_found", "plausibility"]
    run = ["--results", folder / "run", "--examples-per-type", "4"]
    status, _, err = script("run_liap_evaluation.py", *given, *methods, *metrics, *run)
    assert status == 0, err
    scores = rows(folder / "run" / "scores.csv")
    assert {row["explainer"] for row in scores} == set(methods[1:])
    assert {row["predicted_type"] for row in scores} <= {"negative", "positive"}
    assert {row["word_start"] for row in scores if "word_start" in row} <= {"0"}
    status, _, err = script(
        "run_liap_evaluation.py", *given[:8], "--operator", "mask", *methods, *run[2:], "--results", folder / "no"
    )
    assert status == 2 and "mask" in err


def test_a_transformer_is_an_encoder_too_in_reduced_precision(script, corpus, tiny_folder, tmp_path):
    out = tmp_path / "out"
    given = ["--corpus", f"{corpus}:binary", "--encoder", tiny_folder, "--precision", "bf16", "--no-hiding"]
    methods = ["--methods", "attention", "no_attention", "vat"]
    status, _, err = script("studies/vat.py", *FLAGS, *given, *methods, "--results", out)
    assert status == 0, err
    assert {row["method"] for row in rows(out / "accuracy.csv")} == {"attention", "no_attention", "vat"}
    explained = rows(out / "explanations.csv")
    assert {row["operator"] for row in explained} == {"delete"}
    assert {row["scorer"] for row in explained if row["method"] == "no_attention"} == {"vmask", "gradient_x_input"}
    record = json.loads((out / "study.json").read_text())
    assert {training["identity"]["how"]["precision"] for training in record["trainings"]} == {"bf16"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--methods", "vat"], "--methods: attention and vat are compared"),
        (["--betas", "-1"], "--beta"),
        (["--encoder", "./nowhere"], "--encoder ./nowhere: no such folder"),
        (["--corpus", "./nowhere"], "no such folder"),
        (["--seeds"], "--seeds"),
        (["--precision", "fp16"], "--precision"),
    ],
)
def test_bad_input_is_refused_in_one_line(script, corpus, tmp_path, flags, said):
    given = ["--corpus", str(corpus), "--results", str(tmp_path / "out"), *flags]
    status, _, err = script("studies/vat.py", *given)
    assert status == 2 and said in err and "Traceback" not in err and err.count("\n") <= 1
