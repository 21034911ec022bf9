"""The whole analysis of a folder: what it prints and leaves, and that it needs no model."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from liap import manifest
from liap.reports.layout import columns
from liap.reports.report import report
from liap.reports.screen import LINES, WIDTH
from liap.settings import AnalysisSettings

OTHERS = ("scores.csv", manifest.NAME)  # what the analysis finds, and its list of files


def files_in(folder: Path) -> list[str]:
    """What the analysis has written; captions lie beside their pictures and are not printed."""
    return [path.name for path in folder.iterdir() if path.name not in OTHERS and path.suffix != ".txt"]


def test_prints_saves_and_draws(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    shutil.copy(results / "scores.csv", tmp_path)
    report(AnalysisSettings(results=str(tmp_path), resamples=200, variant="core", verbose=True))
    printed = capsys.readouterr().out
    assert "40 mentions in 8 documents, 12 explainers and variants" in printed
    assert "Yes: every variant of LIAP is above all three of its matched controls." in printed
    assert "6 contrasts; [all at once]: intervals that hold for all 6 together" in printed
    assert "LIAP minus its matched controls (the primary contrast): signed difference, paired mentions" in printed
    assert "LFS of LIAP, core by stratum" in printed
    for line in printed.splitlines():
        if line.startswith("Written to"):
            names = line.split(": ")[1].split(", ")
    assert sorted(names) == sorted(files_in(tmp_path))
    assert len(pd.read_csv(tmp_path / "lfs_contrasts.csv")) == 24  # (6 to controls, 6 to others) by two measures
    assert len(pd.read_csv(tmp_path / "metrics_by_explainer.csv")) == 24  # 12 methods by two measures


def test_the_default_is_one_screen_that_names_every_file(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.copy(results / "scores.csv", tmp_path)
    report(AnalysisSettings(results=str(tmp_path), resamples=200, variant="core"))
    lines = capsys.readouterr().out.splitlines()
    printed = " ".join(" ".join(lines).split())
    assert len(lines) <= LINES and max(map(columns, lines)) <= WIDTH
    assert "40 mentions in 8 documents, 12 explainers and variants" in printed
    assert "Yes: every variant of LIAP is above all three of its matched controls." in printed
    assert "method n random mask nearest words same distances" in printed
    assert printed.count("▲") == 7 and "LIAP, core 34" in printed  # six contrasts, and the key
    assert all(name in printed for name in files_in(tmp_path))


@pytest.mark.parametrize("controls", [0, 1])
def test_any_number_of_explainers_fits_one_screen(
    controls: int, tmp_path: Path, score_row: Callable, write_scores: Callable, capsys: pytest.CaptureFixture
) -> None:
    names = [f"explainer_{'x' * (number * 4)}" for number in range(60)]
    variants = [f"variant{number}" for number in range(30 * controls)]
    rows = []
    for sentence in range(4):
        rows += [score_row(sentence=sentence, document=sentence, explainer=name, variant="") for name in names]
        for name in ("liap", "matched_random"):
            rows += [score_row(sentence=sentence, document=sentence, explainer=name, variant=one) for one in variants]
    write_scores(tmp_path, rows)
    about = {"explainer": "liap", "variant": "variant0"} if controls else {"explainer": names[0], "variant": ""}
    report(AnalysisSettings(results=str(tmp_path), resamples=100, plots=False, **about))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= LINES and max(map(columns, lines)) <= WIDTH
    assert sum("more with --verbose" in line for line in lines) == 1 + controls


def test_long_names_that_begin_alike_have_lines_of_their_own(
    tmp_path: Path, score_row: Callable, write_scores: Callable, capsys: pytest.CaptureFixture
) -> None:
    variants = [f"{'long' * 15}{ending}" for ending in "ab"]
    rows = [
        score_row(sentence=number, document=number, explainer=name, variant=variant, lfs=lfs + 0.1 * place)
        for number in range(4)
        for name, lfs in (("liap", 0.5), ("matched_random", 0.4))
        for place, variant in enumerate(variants)
    ]
    write_scores(tmp_path, rows)
    report(AnalysisSettings(results=str(tmp_path), resamples=100, plots=False, page=False, variant=variants[0]))
    printed = capsys.readouterr().out
    contrasts = printed[printed.index("method ") :].splitlines()[1:3]
    assert all("+0.100" in line for line in contrasts)


def test_no_model_library_is_loaded_and_matplotlib_only_to_draw(results: Path, tmp_path: Path) -> None:
    shutil.copy(results / "scores.csv", tmp_path)
    code = (
        "import sys\nfrom liap.settings import AnalysisSettings\nfrom liap.reports.report import report\n"
        "import liap.reports.plots, liap.reports.readme\n"
        f"report(AnalysisSettings(results={str(tmp_path)!r}, variant='core', resamples=100, plots=False))\n"
        "heavy = {'torch', 'transformers', 'spacy', 'matplotlib', 'datasets', 'scipy'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_says_where_the_rows_come_from(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    shutil.copy(results / "scores.csv", tmp_path)
    content = {"status": "running", "settings": {"model": "best_ner_model", "seed": 3}}
    (tmp_path / "run.json").write_text(json.dumps(content), encoding="utf-8")
    report(AnalysisSettings(results=str(tmp_path), variant="core", resamples=100, plots=False))
    printed = capsys.readouterr().out
    assert "Run: model best_ner_model, seed 3." in printed and "not complete" in printed
