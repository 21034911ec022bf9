"""Known evidence: a table and a plot by family, never pooled."""

from collections.abc import Callable
from pathlib import Path

import pytest

from liap.reports.analysis import Analysis, analyse
from liap.reports.display import evidence as shown
from liap.reports.plots import plot_evidence
from liap.reports.rows import read_rows
from liap.settings import AnalysisSettings

NAN = float("nan")


@pytest.fixture
def analysis(tmp_path: Path, score_row: Callable, write_scores: Callable) -> Analysis:
    def row(sentence: int, explainer: str, variant: str, family: str, share: float, reason: str = "") -> dict:
        numbers = {"lfs": NAN, "signed_difference": NAN} if reason else {}
        about = {
            "sentence": sentence,
            "document": sentence,
            "explainer": explainer,
            "variant": variant,
            "reason": reason,
        }
        return score_row(**numbers, **about, family=family, evidence_found=share)

    rows = [
        row(0, "liap", "syntactic", "dependency", 1.0),
        row(1, "liap", "syntactic", "dependency", 0.5),
        row(2, "liap", "syntactic", "neither", 0.0),
        row(3, "liap", "syntactic", "neither", NAN, reason="empty"),
        *(row(index, "random", "", "dependency" if index < 2 else "neither", 0.2) for index in range(4)),
        row(4, "random", "", "", NAN),
    ]
    write_scores(tmp_path, rows)
    return analyse(read_rows(tmp_path), settings=AnalysisSettings(resamples=100))


def test_shares_by_family(analysis: Analysis) -> None:
    table = {(line["family"], line["explainer"]): line for line in analysis.evidence.to_dict("records")}
    assert set(table) == {(family, name) for family in ("dependency", "neither") for name in ("liap", "random")}
    assert table["dependency", "liap"]["mean"] == pytest.approx(0.75)
    assert table["neither", "liap"]["mean"] == 0
    assert table["neither", "liap"]["scored"] == 0.5
    assert table["neither", "random"]["n"] == 2
    assert "evidence_by_family.csv" in analysis.files()


def test_the_table_says_what_share_of_mentions_has_a_score(analysis: Analysis) -> None:
    table = shown(analysis.panel, analysis.evidence)
    assert table.header == ["explainer", "dependency", "neither"]
    assert "(50% scored)" in table.lines[0][2]
    assert "scored" not in table.lines[0][1]


def test_the_plot_has_a_panel_per_family_and_a_line_per_method(analysis: Analysis) -> None:
    axes = plot_evidence(analysis)
    panels = axes.get_figure().axes
    assert [panel.get_title().split("\n")[0] for panel in panels] == ["evidence: dependency", "evidence: neither"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["LIAP, syntactic", "random"]
