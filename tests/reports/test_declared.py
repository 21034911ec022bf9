"""Explainers and metrics known from run.json alone are in every table, contrast and plot; older and odd files are read."""

import ast
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from liap import reports
from liap.errors import InputError
from liap.explainers import EXPLAINERS, Declaration
from liap.explainers.explainer import PALETTE, SHAPES, to_record
from liap.faithfulness import METRICS, Column
from liap.faithfulness.metric import Metric
from liap.faithfulness.metric import to_record as metric_record
from liap.reports import display, plots
from liap.reports.analysis import Analysis, analyse
from liap.reports.declared import declared, read_declared
from liap.reports.report import draw_all, sections, write_tables
from liap.reports.rows import LFS_COLUMNS, read_rows
from liap.reports.style import looks
from liap.reports.verdict import verdict
from liap.settings import AnalysisSettings

NAN = float("nan")
OWN = Declaration("nearness", label="closeness", phrase="words that are close")
OWN_CONTROL = Declaration("shuffled", role="control", label="shuffled words", control_of="nearness")
HARM = Column("harm", "harm done", low=0.0, better="lower", chance=0.25, headline=True, digits=2)
DETAIL = Column("harm_detail", kind="int")
OWN_METRIC = Metric("harm", lambda: None, (HARM, DETAIL))


def methods(*explainers: Declaration, metrics: tuple[Metric, ...] = (OWN_METRIC,)) -> dict:
    known = [explainer.declaration for explainer in EXPLAINERS.values()]
    records = [to_record(declaration) for declaration in (*known, *explainers)]
    return {"explainers": records, "metrics": [metric_record(metric) for metric in metrics]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, score_row: Callable, write_scores: Callable) -> Path:
    """Three explainers of a user's, with LFS and a user's metric, of which less is better."""
    rows = []
    for mention in range(12):
        about = {"sentence": mention, "document": mention // 2, "start": 0}
        for explainer, lfs in (("nearness", 0.9), ("shuffled", 0.6), ("random", 0.5), ("undeclared", 0.7)):
            score = {"lfs": lfs + 0.01 * (mention % 3), "harm": 1.2 - lfs, "harm_detail": mention}
            extra = {"completeness_error": NAN if mention else 0.25, "remark": "=low" if mention % 2 else "high"}
            rows.append(score_row(**about, **score, **extra, explainer=explainer, variant="", kept=NAN, coverage=NAN))
    path = tmp_path_factory.mktemp("own")
    write_scores(path, rows, methods(OWN, OWN_CONTROL, metrics=(METRICS["lfs"], OWN_METRIC)))
    return path


def analysis_of(folder: Path, explainer: str = "nearness", variant: str = "") -> Analysis:
    run = read_declared(folder)
    return analyse(read_rows(folder), run, AnalysisSettings(explainer=explainer, variant=variant, resamples=100))


@pytest.fixture(scope="module")
def analysis(folder: Path) -> Analysis:
    return analysis_of(folder)


def test_known_explainers_come_first_then_the_run_s_then_others(analysis: Analysis) -> None:
    assert [method.name for method in analysis.panel.methods] == ["random", "nearness", "shuffled", "undeclared"]
    assert [method.label for method in analysis.panel.methods][1:3] == ["closeness", "shuffled words (control)"]
    assert [column.name for column in analysis.panel.measures] == ["lfs", "signed_difference", "harm"]


def test_every_table_has_the_user_s_explainer_and_metric(analysis: Analysis) -> None:
    table = analysis.measures[(analysis.measures["explainer"] == "nearness")].set_index("measure")
    assert list(table.index) == ["lfs", "signed_difference", "harm"]
    assert (table.loc["harm", "n"], table.loc["harm", "mean"]) == (12, pytest.approx(0.3))
    shown = display.metrics(analysis.panel, analysis.measures)
    assert shown.header[-1] == "harm done (lower is better)"
    assert shown.lines[1][0] == "closeness" and shown.lines[1][-1].startswith("0.30 [")
    printed = dict(sections(analysis))
    assert any("closeness minus its matched controls" in title and "harm done" in title for title in printed)
    with_methods = [text for title, text in printed.items() if "stratum" not in title and "highest" not in title]
    assert len(with_methods) > 8 and all("closeness" in text for text in with_methods)


def test_the_user_s_method_is_held_against_its_own_control_and_the_others(analysis: Analysis) -> None:
    table = analysis.contrasts
    pairs = {
        family: sorted(set(zip(part["explainer"], part["control"], strict=True)))
        for family, part in table.groupby("family")
    }
    assert pairs == {
        "controls": [("nearness", "shuffled")],
        "others": [("nearness", "random"), ("nearness", "undeclared")],
    }
    harm = table[(table["measure"] == "harm") & (table["family"] == "controls")].iloc[0]
    assert harm["difference"] == pytest.approx(-0.3) and harm["verdict"] == "below"
    assert verdict(analysis)[0] == "Yes: closeness is above its matched control."


def test_files_and_plots_of_every_measure(analysis: Analysis, tmp_path: Path) -> None:
    written = [*write_tables(analysis, tmp_path), *draw_all(analysis, tmp_path)]
    assert {"metrics_by_explainer.csv", "metrics_contrasts.csv", "harm_by_explainer.png"} <= set(written)
    assert set(pd.read_csv(tmp_path / "lfs_contrasts.csv")["measure"]) == {"lfs", "signed_difference"}
    assert set(pd.read_csv(tmp_path / "metrics_contrasts.csv")["measure"]) == {"harm"}
    ax = plots.plot_by_explainer(analysis, "harm")
    assert ax.get_xlabel() == "harm done (mean, 95% interval over documents; left is better)"
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {"closeness", "shuffled words (control)", "chance (0.25)"} <= set(shown)
    assert [tick.get_text() for tick in ax.get_yticklabels()][1] == "closeness\n(n = 12)"  # with its control


def test_columns_that_nobody_declares_are_numbers_or_text(folder: Path) -> None:
    rows = read_rows(folder)
    np.testing.assert_array_equal(rows["completeness_error"], [0.25] * 4 + [NAN] * 44)
    assert set(rows["remark"]) == {"high", "=low"}


def test_without_lfs_the_first_metric_takes_its_place(
    tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    rows = []
    for mention in range(12):
        for explainer, harm in (("nearness", 0.2), ("shuffled", 0.6)):
            row = score_row(sentence=mention, document=mention // 2, explainer=explainer, variant="", harm=harm)
            rows.append({name: value for name, value in row.items() if not name.startswith("lfs")})
    rows = [{name: value for name, value in row.items() if name not in LFS_COLUMNS} for row in rows]
    write_scores(tmp_path, rows, methods(OWN, OWN_CONTROL))
    analysis = analysis_of(tmp_path)
    written = [*write_tables(analysis, tmp_path), *draw_all(analysis, tmp_path)]
    assert "harm_by_explainer.csv" in written and "harm_by_explainer.png" in written
    assert not any(name.startswith("lfs") for name in written)
    assert verdict(analysis)[0] == "Yes: closeness is below its matched control."  # less is better
    assert all("LFS" not in title for title, _ in sections(analysis))


def test_a_file_with_the_needed_columns_alone_is_read(
    tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    needed = ("sentence", "start", "end", "explainer", "variant", *LFS_COLUMNS)
    rows = [{name: score_row(sentence=index)[name] for name in needed} for index in range(4)]
    path = write_scores(tmp_path, rows)
    analysis = analyse(read_rows(tmp_path), settings=AnalysisSettings(resamples=100))
    assert analysis.explainers["n"].tolist() == [4] and list(analysis.panel.document) == [0, 1, 2, 3]
    sections(analysis), draw_all(analysis, tmp_path)
    for missing in ("explainer", "lfs_k4", "insensitive"):
        write_scores(tmp_path, [{name: value for name, value in row.items() if name != missing} for row in rows])
        with pytest.raises(InputError, match=f"scores.csv:1: the header lacks {missing};"):
            read_rows(tmp_path)
    write_scores(tmp_path, [{name: row[name] for name in needed[:5]} for row in rows])
    with pytest.raises(InputError, match="names no metric; expected one of lfs, "):
        read_rows(tmp_path)
    assert path.is_file()


def test_a_metric_that_ran_must_be_in_the_file(tmp_path: Path, score_row: Callable, write_scores: Callable) -> None:
    write_scores(tmp_path, [score_row()], methods())
    with pytest.raises(InputError, match="the header lacks harm;"):
        read_rows(tmp_path)


@pytest.mark.parametrize(("value", "what"), [(-0.5, "column harm is outside"), (NAN, "")])
def test_ranges_come_from_the_declaration(
    value: float, what: str, tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    write_scores(tmp_path, [score_row(harm=value)], methods())
    if what:
        with pytest.raises(InputError, match=what):
            read_rows(tmp_path)
    else:
        assert read_rows(tmp_path)["harm"].isna().all()


def test_colours_and_markers_are_the_declared_ones_or_the_next_free() -> None:
    known = declared().explainers
    chosen = [
        known["liap"],
        known["liap_published"],
        Declaration("a"),
        Declaration("b", colour="no colour", marker="?"),
    ]
    look = looks(chosen)
    assert look["liap"] == ("#0072B2", "o") and look["liap_published"] == (PALETTE[0], "p")
    assert look["a"] == (PALETTE[1], SHAPES[0]) and look["b"] == (PALETTE[2], SHAPES[1])
    many = looks([Declaration(f"e{index}") for index in range(30)])
    assert len(many) == 30


@pytest.mark.parametrize(
    "record",
    [
        {"explainers": [{"label": "x"}]},
        {"explainers": [{"name": "x", "role": "king"}]},
        {"explainers": 3},
        {"metrics": [{"name": "x"}]},
        {"metrics": [{"columns": [{"name": "a/b"}]}]},
        {"metrics": [{"columns": [{"name": "x", "kind": "complex"}]}]},
        {"metrics": [{"columns": [{"name": "x", "digits": 400}]}]},
        [1],
    ],
)
def test_a_broken_record_is_one_line(record: object, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"methods": record}), encoding="utf-8")
    with pytest.raises(InputError, match=r"run\.json: not a record of a run .*; run run_liap_evaluation\.py again"):
        read_declared(tmp_path)


def test_no_module_names_an_explainer() -> None:
    for path in Path(reports.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value.partition("/")[0] not in EXPLAINERS, f"{path.name}:{node.lineno}: {node.value}"
