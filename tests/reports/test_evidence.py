"""Known evidence: a table and a plot by family, never pooled."""

import dataclasses

import pytest

from liap.records import ScoreRow
from liap.reports.analysis import analyse
from liap.reports.display import evidence as shown
from liap.reports.evidence import plot_evidence
from liap.reports.rows import read_rows
from liap.tables import header, to_csv

NAN = float("nan")


def row(sentence, explainer, variant, family, found, reason=""):
    numbers = {field.name: 0.5 for field in dataclasses.fields(ScoreRow) if "float" in str(field.type)}
    numbers |= {"lfs": NAN, "signed_difference": NAN} if reason else {}
    text = {"text": "Ann", "gold_type": "PER", "predicted_type": "PER", "outcome": "correct", "metric_operator": "mask"}
    return ScoreRow(
        **numbers | text
        | {
            "sentence": sentence, "document": sentence, "start": 0, "end": 1, "words": 6, "context": 5, "explainer": explainer,
            "variant": variant, "explainer_operator": "", "seed": 0, "reason": reason, "k": 2, "insensitive": False,
            "evidence_found": found, "family": family, "passes": 1,
        }
    )  # fmt: skip


@pytest.fixture
def analysis(tmp_path):
    rows = [
        row(0, "liap", "syntactic", "dependency", 1.0),
        row(1, "liap", "syntactic", "dependency", 0.5),
        row(2, "liap", "syntactic", "neither", 0.0),
        row(3, "liap", "syntactic", "neither", NAN, reason="empty"),
        *(row(index, "random", "", "dependency" if index < 2 else "neither", 0.2) for index in range(4)),
        row(4, "random", "", "", NAN),
    ]
    (tmp_path / "scores.csv").write_text(header(ScoreRow) + to_csv(rows))
    return analyse(read_rows(tmp_path), resamples=100)


def test_shares_by_family(analysis):
    table = {(line["family"], line["explainer"]): line for line in analysis.evidence.to_dict("records")}
    assert set(table) == {(family, name) for family in ("dependency", "neither") for name in ("liap", "random")}
    assert table["dependency", "liap"]["mean"] == pytest.approx(0.75)
    assert table["neither", "liap"]["mean"] == 0
    assert table["neither", "liap"]["scored"] == 0.5
    assert table["neither", "random"]["n"] == 2
    assert "evidence_by_family.csv" in analysis.files()


def test_the_table_says_what_share_it_speaks_of(analysis):
    table = shown(analysis.evidence)
    assert table.header == ["explainer", "dependency", "neither"]
    assert "(50% scored)" in table.lines[0][2]
    assert "scored" not in table.lines[0][1]


def test_the_plot_has_a_panel_a_family_and_a_line_a_method(analysis):
    axes = plot_evidence(analysis.evidence)
    panels = axes.get_figure().axes
    assert [panel.get_title().split("\n")[0] for panel in panels] == ["evidence: dependency", "evidence: neither"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["liap syntactic", "random"]
