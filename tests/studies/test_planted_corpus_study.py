"""The study of the planted corpus, as a user starts it."""

import json
import runpy
import sys
from pathlib import Path

import pandas as pd
import pytest

SCRIPT = str(Path(__file__).parents[2] / "studies" / "planted_corpus.py")


@pytest.fixture
def start(monkeypatch, tmp_path):
    def start(*flags):
        monkeypatch.setattr(sys, "argv", [SCRIPT, "--results", str(tmp_path / "out"), "--cache", str(tmp_path), *flags])
        try:
            runpy.run_path(SCRIPT, run_name="__main__")
        except SystemExit as end:
            return end.code or 0
        return 0

    return start


def test_it_writes_its_tables_and_its_plot(start, tmp_path, capsys):
    assert start("--sentences", "150") == 0
    folder = tmp_path / "out"
    families = pd.read_csv(folder / "families.csv")
    assert list(families["declared"]) == ["dependency", "frame", "neither"]
    computed = families[[name for name in families if name.startswith("computed_")]]
    assert (computed.sum(axis=1) == families["mentions"]).all()
    listed = pd.read_csv(folder / "disagreements.csv")
    assert listed["mentions"].sum() == families["mentions"].sum() - sum(
        families[f"computed_{row.declared}"][row.Index] for row in families.itertuples()
    )
    distractors = pd.read_csv(folder / "distractors.csv")
    assert (distractors["mentions"] == families["mentions"]).all()
    assert json.loads((folder / "planted_corpus.json").read_text())["settings"]["sentences"] == 150
    assert (folder / "planted_corpus.png").read_bytes().startswith(b"\x89PNG")
    printed = capsys.readouterr().out
    assert "nearer distractor" in printed and "150 sentences; trees: gold" in printed


def test_an_unknown_split_is_one_line(start, capsys):
    assert start("--split", "dev") == 2
    assert "expected one of train, validation, test" in capsys.readouterr().err
