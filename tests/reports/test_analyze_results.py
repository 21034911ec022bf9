"""The script from the shell: what it prints and leaves, and that it needs no model."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from liap.reports.report import report

SCRIPT = Path(__file__).parents[2] / "analyze_results.py"


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False)


def test_prints_saves_and_draws(results: Path, tmp_path: Path) -> None:
    shutil.copy(results / "scores.csv", tmp_path)
    done = run("--results", str(tmp_path), "--resamples", "200", "--variant", "core")
    assert done.returncode == 0 and done.stderr == ""
    assert "40 mentions in 8 documents, 12 explainers and variants" in done.stdout
    assert "Does pruning help beyond its controls? Yes" in done.stdout
    assert "6 contrasts; [all at once] are intervals that hold for all 6 together" in done.stdout
    assert "LFS of liap core by stratum" in done.stdout
    for line in done.stdout.splitlines():
        if line.startswith("Written to"):
            names = line.split(": ")[1].split(", ")
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir() if path.name != "scores.csv")
    assert len(pd.read_csv(tmp_path / "lfs_contrasts.csv")) == 24  # (6 to controls, 6 to others) by two measures


def test_no_model_library_is_loaded_and_matplotlib_only_to_draw(results: Path, tmp_path: Path) -> None:
    shutil.copy(results / "scores.csv", tmp_path)
    code = (
        "import sys\nfrom pathlib import Path\nfrom liap.reports.report import report\nimport liap.reports.plots, liap.reports.readme\n"
        f"report(Path({str(tmp_path)!r}), explainer='liap', variant='core', resamples=100, seed=0, count=5, plots=False)\n"
        "heavy = {'torch', 'transformers', 'spacy', 'matplotlib', 'datasets', 'scipy'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_says_where_the_rows_come_from(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    shutil.copy(results / "scores.csv", tmp_path)
    content = {"status": "running", "settings": {"model": "best_ner_model", "seed": 3}}
    (tmp_path / "run.json").write_text(json.dumps(content), encoding="utf-8")
    report(tmp_path, explainer="liap", variant="core", resamples=100, seed=0, count=5, plots=False)
    printed = capsys.readouterr().out
    assert "Run: model best_ner_model, seed 3." in printed and "not complete" in printed
