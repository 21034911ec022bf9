"""The study of diagnostic properties, as a user starts it."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from liap.diagnostics import diagnostics_study
from liap.diagnostics.diagnostic_rows import AFFECTED, DefectRow, DiagnosticRow
from liap.diagnostics.diagnostic_settings import DEFECTS, DiagnosticSettings
from liap.errors import InputError
from liap.reports.diagnostic_properties import PROPERTIES, defects_of, survivors_of

ROOT = Path(__file__).parents[2]
EXPLAINERS = ("attention", "gradient", "occlusion", "nearest_words", "frequency", "random")


def start(*flags):
    command = [sys.executable, "studies/diagnostics.py", *map(str, flags)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.fixture(scope="module")
def results(tiny_folder, small_corpus, tmp_path_factory):
    from liap.diagnostics.untrained_models import untrained
    from liap.taggers.transformer import TransformerTagger

    folder = tmp_path_factory.mktemp("diagnostics")
    tagger = TransformerTagger.load(str(tiny_folder))
    other = folder / "other"
    changed = untrained(tagger, 5)
    for own, new in zip(tagger.model.parameters(), changed.model.parameters(), strict=True):
        own.mul_(0.98).add_(new, alpha=0.02)
    tagger.model.save_pretrained(other)
    tagger.tokenizer.save_pretrained(other)
    ended = start(
        "--models", tiny_folder, other, "--corpus", small_corpus, "--explainers", *EXPLAINERS, "--examples-per-type", 12, "--threshold-step", 50,
        "--defects-per-type", 6, "--cost-per-type", 0, "--resamples", 100, "--shuffles", 2, "--device", "cpu", "--results", folder / "results",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return folder / "results", ended.stdout


def test_it_writes_a_row_per_explainer_and_property(results):
    folder, said = results
    rows = pd.read_csv(folder / "recogniser" / "diagnostics.csv", keep_default_na=False)
    assert list(rows) == [field.name for field in fields(DiagnosticRow)]
    assert set(rows["models"]) == {"trained", "untrained"}
    assert {*EXPLAINERS, "sentence_length"} == set(rows["explainer"])
    assert set(PROPERTIES) - {"human_agreement"} <= set(rows["property"])
    nearest = rows[(rows["explainer"] == "nearest_words") & (rows["property"] == "rationale_consistency")]
    assert set(nearest["reason"]) == {"constant"} and set(nearest["value"]) == {""}
    assert "| rationale consistency ↑ |" in said


def test_every_defect_is_measured_alone(results):
    folder, _ = results
    rows = pd.read_csv(folder / "recogniser" / "diagnostic_defects.csv")
    assert list(rows) == [field.name for field in fields(DefectRow)]
    assert set(rows["defect"]) == set(DEFECTS) == set(AFFECTED)
    assert set(rows.loc[rows["defect"] == "l1", "explainer"]) == {"gradient"}
    assert set(rows.loc[rows["defect"] == "class_zero", "property"]) == {"dataset_consistency"}
    assert (rows["difference"] - (rows["published"] - rows["fair"])).abs().max() < 1e-5


def test_tables_and_pictures(results):
    folder, _ = results
    assert all((folder / name).stat().st_size > 10_000 for name in ("diagnostic_spiders.png", "diagnostic_dots.png"))
    assert "better than every control" in survivors_of(folder / "recogniser")
    assert "special tokens" in defects_of(folder / "recogniser")


def test_models_of_one_type_are_refused(monkeypatch):
    """Confidence compares the scores of several classes."""
    monkeypatch.setattr(diagnostics_study, "open_tagger", lambda _settings: SimpleNamespace(labels=("O", "B-PER")))
    with pytest.raises(InputError, match="seed_0 knows one type alone"):
        diagnostics_study.opened(DiagnosticSettings())


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--models", "only_one"), "--models names 1"),
        (("--as-published", "droput"), "--as-published must be among dropout"),
        (("--models", "/no/such", "/folder"), "/no/such"),
        (("--target", "tag"), "--target"),
    ],
)
def test_bad_input_is_one_line(tmp_path, flags, said):
    ended = start("--results", tmp_path / "results", *flags)
    assert ended.returncode == 2 and said in ended.stderr and "Traceback" not in ended.stderr
