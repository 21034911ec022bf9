"""studies/transfer.py as a user starts it: on a study of three languages, and its document."""

import csv
import re

import pytest

from liap import manifest
from liap.transfer.grid_scores import header_of, lines_of_scores
from tests.transfer.conftest import LANGUAGES, study

WORDS = {"aa": "Rome Oslo Rome Kiel", "bb": "Rome Bonn", "cc": "Oslo Bonn Rome Rome"}


@pytest.fixture
def folders(tmp_path):
    """Runs of four languages and two starting points, and their corpora."""
    (tmp_path / "published").mkdir()
    table = [[60 + 3 * row + 7 * column for column in range(3)] for row in range(3)]
    runs = study(seeds=(-1, 0, 1)) + study("aa", seeds=(0, 1, 2), table=table)
    (tmp_path / "published" / "results.csv").write_text(header_of(["PER"]) + lines_of_scores(runs, ["PER"]))
    for language in LANGUAGES:
        folder = tmp_path / "corpora" / language
        folder.mkdir(parents=True)
        for split in ("train", "dev", "test"):
            (folder / f"{split}.txt").write_text("".join(f"{word} B-PER\n" for word in WORDS[language].split()) + "\n")
    return tmp_path


def flags(folders, *more):
    named = ["--published", folders / "published", "--corpora", folders / "corpora", "--results", folders / "results"]
    return [*named, "--document", "", *more]


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_is_written(script, folders):
    status, out, err = script("studies/transfer.py", *flags(folders, "--latex"))
    assert status == 0, err
    results = folders / "results"
    (row,) = [
        row for row in rows(results / "monolingual.csv") if (row["starting_point"], row["language"]) == ("base", "bb")
    ]
    assert (float(row["mean"]), float(row["sd"]), row["seeds"]) == (90, 1, "3")
    assert len(rows(results / "zero_shot.csv")) == 2 * 2 * 9
    assert rows(results / "overlap_overall.csv")[1] == {"shared_with": "bb", "aa": "6", "bb": "6", "cc": "9"}
    assert (results / "zero_shot_base.png").stat().st_size > 10_000 and (results / "overlap.png").is_file()
    assert not (results / "correlation.png").exists()  # three languages are too few
    latex = (results / "zero_shot_base.tex").read_text()
    assert r"aa & -- & 10.0 (1.0) & 20.0 (1.0) & 15.0 \\" in latex and latex.count("tabular") == 2
    assert r"\label{tab:zero_shot_base}" in latex and r"mean & 40.0 & 35.0 & 30.0 &  \\" in latex
    assert r"\caption{Mean F1 over seeds, in points, of recognisers that started from base" in latex
    monolingual = (results / "monolingual.tex").read_text()
    assert r"base & 80.0 (1.0) & 90.0 (1.0) & 70.0 (1.0) \\" in monolingual and r"\toprule" in monolingual
    assert "in place of base" in out


def test_plots_for_a_paper_have_its_formats_and_its_width(script, folders):
    paper = ["--formats", "pdf", "svg", "--font-size", 7, "--column-width", 3.5]
    status, out, err = script("studies/transfer.py", *flags(folders, *paper))
    assert status == 0, err
    results = folders / "results"
    assert not list(results.glob("*.png")) and "overlap.pdf, overlap.svg" in out
    for name in ("zero_shot_base", "zero_shot_aa_sd", "overlap"):
        assert re.search(rb"/MediaBox \[ ?0 0 252 ", (results / f"{name}.pdf").read_bytes())  # points: 72 per inch
        assert re.search(r'<svg [^>]*\bwidth="252pt"', (results / f"{name}.svg").read_text(encoding="utf-8"))
        assert (results / f"{name}.txt").read_text(encoding="utf-8").count("\n") == 1  # its caption
        assert {f"{name}.{ending}" for ending in ("pdf", "svg", "txt")} <= manifest.recorded(results)


def test_every_column_has_its_definition(script, folders, request):
    script("studies/transfer.py", *flags(folders, "--no-plots"))
    text = (request.config.rootpath / "docs" / "definitions.md").read_text(encoding="utf-8")
    section = text.partition("## Transfer between languages")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", section))
    labels = {
        "starting_point", "language", "category", "finetune_language", "evaluation_language", "reference", "family", "seeds",
        "seeds_reference", "mean_reference", "monolingual", "grid", "source", "languages", "pairs", "table", "row", "column", "quantity", "reason",
    }  # fmt: skip
    for path in sorted((folders / "results").glob("*.csv")):
        if not path.name.startswith("overlap_"):
            header = path.read_text(encoding="utf-8").partition("\n")[0].split(",")
            assert set(header) - named - labels == set(), path.name


def test_runs_of_ones_own_have_no_published_numbers(script, folders):
    own = folders / "published" / "results.csv"
    status, _, err = script("studies/transfer.py", *flags(folders, "--no-plots", "--runs", own, "--corpora", ""))
    assert status == 0, err
    names = {path.name for path in (folders / "results").glob("*.csv")}
    assert names == {"monolingual.csv", "per_category.csv", "comparisons.csv", "zero_shot.csv", "transfer_means.csv"}


def test_several_tables_of_runs_are_read_as_one(script, folders):
    whole = (folders / "published" / "results.csv").read_text()
    header, *lines = whole.splitlines(keepends=True)
    parts = [folders / "aa.csv", folders / "base.csv"]
    for path in parts:
        path.write_text(header + "".join(line for line in lines if line.startswith(f"{path.stem},")))
    written = []
    for runs in ([folders / "published" / "results.csv"], parts):
        status, _, err = script("studies/transfer.py", *flags(folders, "--no-plots", "--runs", *runs, "--corpora", ""))
        assert status == 0, err
        written.append((folders / "results" / "comparisons.csv").read_text())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--reference", "zz"), "--reference zz: no such starting point in .*results.csv; expected one of aa, base"),
        (("--published", ""), "--published is empty; expected a folder with results.csv"),
        (("--published", "nowhere"), "nowhere/results.csv: no such file"),
        (("--corpora", "nowhere"), "--corpora nowhere: no such folder"),
        (("--permutations", "9"), "--permutations must be at least 100, got 9"),
        (("--document", "nowhere.md"), "nowhere.md: no such file; give --document"),
    ],
)
def test_wrong_flags_are_one_line(script, folders, more, message):
    status, _, err = script("studies/transfer.py", *flags(folders, *more))
    assert status == 2 and err.count("\n") == 1 and re.search(message, err), err
