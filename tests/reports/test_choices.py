"""Contrasts under every choice of LFS: pairs by hand, the kept-K column chosen by the method's own mask, and what the verdict counts."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from liap.faithfulness.lfs_choices import lfs_choices
from liap.reports import display
from liap.reports.analysis import Analysis, analyse
from liap.reports.choices import CHOICES
from liap.reports.declared import read_declared
from liap.reports.rows import read_rows
from liap.reports.verdict import verdict

NAMES = [column.name for column in lfs_choices.columns]


def analysis_of(folder: Path, rows: list, write_scores: Callable, settings: dict | None = None) -> Analysis:
    write_scores(folder, rows)
    (folder / "run.json").write_text(json.dumps({"settings": settings or {}, "methods": {}}))
    run = read_declared(folder)
    return analyse(read_rows(folder, run), run)


@pytest.fixture
def chosen(tmp_path: Path, score_row: Callable, write_scores: Callable) -> Callable[..., Analysis]:
    """Two mentions in each of eight documents: LIAP keeps one and two words; `lower` are columns in which it scores lower."""

    def make(lower: tuple[str, ...] = (), settings: dict | None = None) -> Analysis:
        rows = []
        for place in range(16):
            about = {"sentence": place, "document": place // 2, "freedom": 0.5}
            for explainer, better in (("liap", 0.2), ("matched_window", 0.0)):
                values = {name: 0.4 + (-better if name in lower else better) + 0.01 * (place % 3) for name in NAMES}
                rows.append(score_row(explainer=explainer, kept=1.0 + place % 2, lfs=0.4 + better, **about, **values))
        return analysis_of(tmp_path, rows, write_scores, settings)

    return make


def test_a_line_per_contrast_and_choice(chosen: Callable) -> None:
    table = chosen().contrasts_by_choice
    assert len(table) == len(CHOICES) == 9
    assert (table["n"] == 16).all()
    assert table["difference"].to_numpy() == pytest.approx(np.full(9, 0.2))
    assert (table["median"] - 0.2).abs().max() < 1e-9
    assert set(table["above"]) == {1.0} and set(table["below"]) == {0.0}
    assert set(table["agrees"]) == {"above"}


def test_kept_reads_as_many_words_as_the_method_keeps(chosen: Callable) -> None:
    """LIAP is lower with one word alone: mentions whose mask keeps one word read that column, the others k = 2."""
    table = chosen(("lfs_type_kept1", "lfs_type_kept3")).contrasts_by_choice
    (row,) = table[(table["target"] == "type") & (table["k"] == "kept")].to_dict("records")
    assert row["difference"] == pytest.approx(0.0)
    assert (row["above"], row["below"]) == (0.5, 0.5)
    assert set(table["agrees"]) == {"no"}


def test_one_choice_that_differs_is_no_agreement(chosen: Callable) -> None:
    analysis = chosen(("lfs_entity_attention",))
    assert set(analysis.contrasts_by_choice["agrees"]) == {"no"}
    shown = display.by_choice(analysis, "controls")
    assert len(shown.lines) == 1 and len(shown.header) == 2 + 9 + 1
    assert shown.lines[0][-1] == "no"
    assert sorted(shown.lines[0][2:-1]) == ["+0.200 ▲"] * 8 + ["-0.200 ▼"]
    told = " ".join(verdict(analysis))
    assert "Under all 9 choices of target, ties and K at once, 0 of these 1 contrasts lie above 0 and 0 below" in told


def test_the_verdict_says_what_was_tested_and_no_more(chosen: Callable) -> None:
    settings = {
        "hops": 1,
        "parser": "models/en_small",
        "srl": "gold",
        "layers": "all",
        "heads": "0,3",
        "target": "type",
        "operator": "mask",
    }
    told = verdict(chosen(settings=settings))
    assert "1 of these 1 contrasts lie above 0" in told[-2]
    assert told[-1] == (
        "Tested: hard masks of one hop over trees predicted by en_small and gold frames; attention averaged over all layers and "
        "heads 0,3; p of the mention's type; words taken away one by one (mask)."
    )
    assert not any(sentence.startswith("Tested") for sentence in verdict(chosen()))


def test_rows_without_the_choices_have_no_such_table(analysis: Analysis) -> None:
    assert analysis.contrasts_by_choice.empty
    assert "lfs_contrasts_by_choice.csv" not in analysis.files()
    assert display.by_choice(analysis, "controls").lines == []
    assert not any("choices" in sentence for sentence in verdict(analysis))


@pytest.fixture
def analysis(results: Path) -> Analysis:
    return analyse(read_rows(results))


def test_contrasts_count_controls_without_freedom(tmp_path: Path, score_row: Callable, write_scores: Callable) -> None:
    rows = []
    for place, free in enumerate((0.0, 0.0, 0.4, 0.9)):
        for explainer, lfs in (("liap", 0.6), ("matched_distance", 0.6 if not free else 0.5), ("attention", 0.6)):
            own = {"variant": "", "kept": np.nan, "coverage": np.nan} if explainer == "attention" else {}
            free_of = free if explainer == "matched_distance" else np.nan
            rows.append(score_row(sentence=place, document=place, explainer=explainer, lfs=lfs, freedom=free_of, **own))
    table = analysis_of(tmp_path, rows, write_scores).contrasts
    of = {row["control"]: row for row in table[table["measure"] == "lfs"].to_dict("records")}
    assert (of["matched_distance"]["forced"], of["matched_distance"]["equal"]) == (2, 2)
    assert (of["attention"]["forced"], of["attention"]["equal"]) == (0, 4)
    assert (of["matched_distance"]["above"], of["matched_distance"]["below"]) == (0.5, 0.0)
    assert of["matched_distance"]["median"] == pytest.approx(0.05)
