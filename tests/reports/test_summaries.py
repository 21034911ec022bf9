"""Panel, summaries, layout and verdict: counted by hand on small rows."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from liap.errors import InputError, printable
from liap.reports.analysis import Analysis, analyse
from liap.reports.declared import declared
from liap.reports.layout import aligned, escaped, markdown, signed, with_interval
from liap.reports.panel import panel_of
from liap.reports.rows import read_rows
from liap.reports.summaries import extremes, spreadsheet_safe
from liap.reports.verdict import verdict, verdict_table
from liap.settings import AnalysisSettings

NAN = float("nan")
CONTROLS = ("matched_random", "matched_window", "matched_distance")


@pytest.fixture(scope="module")
def analysis(results: Path) -> Analysis:
    return analyse(read_rows(results), settings=AnalysisSettings(resamples=300))


def test_panel_has_a_line_per_mention_and_a_column_per_method(results: Path) -> None:
    panel = panel_of(read_rows(results), declared())
    assert panel.scores.shape == (40, 12) and panel.curve.shape == (40, 12, 10)
    assert [method.name for method in panel.methods][:3] == ["liap syntactic", "liap core", "matched_random syntactic"]
    assert [method.name for method in panel.methods if method.ceiling] == ["occlusion_ceiling"]
    assert list(panel.document) == [index // 5 for index in range(40)]
    assert np.isnan(panel.scores[::7, panel.find("liap", "core")]).all()
    assert panel.undefined["n"].tolist() == [6] * 4 and set(panel.undefined["reason"]) == {"uncovered"}
    with pytest.raises(InputError, match="--variant one of: liap syntactic, liap core"):
        panel.find("liap", "frame")


def test_by_explainer_counts_with_and_without_insensitive_mentions(analysis: Analysis, results: Path) -> None:
    rows = read_rows(results)
    core = rows[(rows["explainer"] == "liap") & (rows["variant"] == "core")]
    line = analysis.explainers[
        (analysis.explainers["explainer"] == "liap") & (analysis.explainers["variant"] == "core")
    ].iloc[0]
    scored, felt = core[core["lfs"].notna()], core[core["lfs"].notna() & (core["insensitive"] == 0)]
    assert (line["n"], line["sensitive_n"], line["insensitive"]) == (34, len(felt), 34 - len(felt))
    assert line["scored"] == 34 / 40 and line["coverage"] == pytest.approx(scored["coverage"].mean())
    assert (line["mean"], line["median"], line["sd"]) == pytest.approx(
        tuple(scored["lfs"].agg(["mean", "median", "std"]))
    )
    assert line["sensitive_mean"] == pytest.approx(felt["lfs"].mean())
    assert line["low"] < line["mean"] < line["high"]
    assert set(analysis.explainers["common_n"]) == {34}  # the mentions that every method has scored
    noted = analysis.explainers[analysis.explainers["note"] != ""]
    assert list(noted["explainer"]) == ["occlusion_ceiling"]


def test_strata_part_the_mentions(analysis: Analysis) -> None:
    chosen = analysis.of_chosen(analysis.strata)
    assert chosen.groupby("stratum")["n"].sum().to_dict() == {"type": 40, "outcome": 40, "length": 40, "coverage": 40}
    lengths = chosen[chosen["stratum"] == "length"].set_index("value")["n"].to_dict()
    assert lengths == {"1-9 words": 5, "10-19 words": 10, "20-29 words": 10, "30-39 words": 10, "40+ words": 5}
    assert list(chosen[chosen["stratum"] == "type"]["value"]) == ["$y$", "LOC", "PER"]
    own = analysis.contrasts_by_stratum
    own = own[own["family"] == "controls"]
    assert set(own["control"]) == {"matched_random", "matched_window", "matched_distance"}
    assert own[own["stratum"] == "length"].groupby("control")["n"].sum().to_list() == [40] * 3
    assert own[["explainer", "variant"]].drop_duplicates().values.tolist() == [["liap", "syntactic"]]
    assert not {"joint_low", "joint_high", "joint_verdict", "p_holm"} & set(own.columns)  # each contrast stands alone


def test_curve_is_the_mean_of_each_k(tmp_path: Path, score_row: Callable, write_scores: Callable) -> None:
    rows = [score_row(sentence=index, document=index, lfs_k1=0.2 + 0.2 * index, lfs_k10=1.0) for index in range(2)]
    write_scores(tmp_path, rows)
    curve = analyse(read_rows(tmp_path), settings=AnalysisSettings(resamples=200)).curve
    assert list(curve["k"]) == list(range(1, 11))
    assert list(curve["mean"]) == pytest.approx([0.3, *[0.5] * 8, 1.0])


def test_each_method_has_its_own_curve(analysis: Analysis) -> None:
    curve, names = analysis.curve, ["explainer", "variant", "mean"]  # these rows score alike for every K
    pd.testing.assert_frame_equal(curve.loc[curve["k"] == 3, names].reset_index(drop=True), analysis.explainers[names])


def test_extremes_are_sensitive_mentions_from_both_ends(
    tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    lfs = [0.1, 1.0, 1.0, 0.4, 0.9, 0.0]
    rows = [
        score_row(sentence=index, text=f"w{index}", lfs=value, signed_difference=0.1 * index, insensitive=index == 5)
        for index, value in enumerate(lfs)
    ]
    write_scores(tmp_path, rows)
    table = extremes(panel_of(read_rows(tmp_path), declared()), 0, count=2)
    assert list(table["text"].astype(str)) == [
        "w2",
        "w1",
        "w0",
        "w3",
    ]  # among equals the larger signed difference first
    assert list(table["end_of_list"]) == ["top", "top", "bottom", "bottom"]
    assert len(extremes(panel_of(read_rows(tmp_path), declared()), 0, count=4)) == 5  # no mention twice


def test_saved_text_starts_no_formula() -> None:
    assert list(spreadsheet_safe(pd.DataFrame({"text": ["=cmd()", "Ann"]}))["text"]) == ["'=cmd()", "Ann"]


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(results: Path) -> None:
    rows = read_rows(results)
    one, same, other = (
        analyse(rows, settings=AnalysisSettings(resamples=200, seed=seed)).explainers for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, same)
    assert not one["low"].equals(other["low"])


@pytest.mark.parametrize(("name", "value"), [("resamples", 5), ("seed", -1), ("extremes", 0), ("variant", "nothing")])
def test_settings_out_of_range_name_their_flag(results: Path, name: str, value: object) -> None:
    with pytest.raises(InputError, match="--"):
        analyse(read_rows(results), settings=AnalysisSettings(**{name: value}))


@pytest.fixture
def judged(analysis: Analysis) -> Callable[[dict[str, tuple[str, str, str]]], Analysis]:
    """An analysis whose contrasts lie where the test says: variant -> a place for each control."""
    bounds = {"above": (0.1, 0.3), "below": (-0.3, -0.1), "contains 0": (-0.1, 0.1), "undecided": (NAN, NAN)}

    def make(verdicts: dict[str, tuple[str, str, str]]) -> Analysis:
        lines = []
        for variant, places in verdicts.items():
            for control, place in zip(CONTROLS, places, strict=True):
                low, high = bounds[place]
                line = {
                    "family": "controls",
                    "measure": "lfs",
                    "explainer": "liap",
                    "variant": variant,
                    "control": control,
                }
                line |= {"control_variant": variant, "difference": (low + high) / 2, "low": low, "high": high, "n": 9}
                line |= {"verdict": place, "joint_verdict": place, "interval": "", "note": ""}
                lines.append(line | {"scored": 0.5, "coverage": 0.5, "mean": 0.7})
        return dataclasses.replace(analysis, contrasts=pd.DataFrame(lines))

    return make


@pytest.mark.parametrize(
    ("places", "answer"),
    [
        (
            {"syntactic": ("above",) * 3, "core": ("above",) * 3},
            "Yes: every variant of LIAP is above all three of its matched controls.",
        ),
        (
            {"syntactic": ("above",) * 3, "core": ("above", "contains 0", "above")},
            "In part: LIAP, syntactic, is above all three of its matched controls; the other is not.",
        ),
        (
            {"syntactic": ("above", "below", "contains 0"), "core": ("below", "below", "above")},
            "No: no variant of LIAP is above all three of its matched controls; both fall below the same number of nearest words.",
        ),
        (
            {
                "syntactic": ("above", "below", "above"),
                "core": ("above", "contains 0", "above"),
                "frame": ("above",) * 3,
            },
            "In part: LIAP, frame, is above all three of its matched controls; the other two are not.",
        ),
        (
            {"syntactic": ("above", "below", "above"), "core": ("above", "contains 0", "above")},
            "No: no variant of LIAP is above all three of its matched controls; one of the two falls below the same number of nearest words.",
        ),
        (
            {"syntactic": ("above", "above", "contains 0")},
            "No: LIAP, syntactic, is not above all three of its matched controls; it cannot be told apart from random masks with the same distances.",
        ),
        ({"syntactic": ("undecided",) * 3}, "These rows cannot tell"),
    ],
)
def test_the_answer_follows_from_the_intervals(places: dict, answer: str, judged: Callable) -> None:
    assert verdict(judged(places))[0].startswith(answer)


def test_a_variant_helps_only_beyond_all_three_controls(judged: Callable) -> None:
    whole = judged({"syntactic": ("above",) * 3})
    part = dataclasses.replace(whole, contrasts=whole.contrasts.iloc[:2])
    answer = "These rows cannot tell whether LIAP is above all three of its matched controls: they do not hold "
    assert verdict(part)[0] == f"{answer}random masks with the same distances."
    worse = judged({"syntactic": ("above", "below", "above")})
    assert verdict(dataclasses.replace(worse, contrasts=worse.contrasts.iloc[:2]))[0].startswith(
        "No: LIAP, syntactic, is not"
    )
    assert "no method together with its" in verdict(dataclasses.replace(whole, contrasts=pd.DataFrame()))[0]


def test_the_tally_counts(judged: Callable) -> None:
    told = verdict(judged({"syntactic": ("above", "contains 0", "below"), "core": ("above", "above", "undecided")}))
    assert told[1].startswith("Of 6 paired contrasts of LFS, 3 lie above 0, 1 below, 1 contain it and 1 have none by")


def test_the_verdict_table_says_where_each_difference_lies(judged: Callable) -> None:
    table = verdict_table(judged({"syntactic": ("above", "contains 0", "below"), "core": ("undecided",) * 3}))
    controls = ("random mask", "nearest words", "same distances")
    assert table.header == [
        "method",
        "n",
        "scored",
        "coverage",
        "LFS",
        *(f"minus {name} (control)" for name in controls),
    ]
    cells = [
        "above: +0.200 [+0.100, +0.300]",
        "not told apart: 0.000 [-0.100, +0.100]",
        "below: -0.200 [-0.300, -0.100]",
    ]
    assert table.lines[0] == ["LIAP, syntactic", "9", "50%", "50%", "0.700", *cells]
    assert table.lines[1] == ["LIAP, core", "9", "50%", "50%", "0.700", *["no interval: –"] * 3]


def test_numbers_as_text() -> None:
    assert with_interval(0.5, 0.4, 0.6) == "0.500 [0.400, 0.600]"
    assert with_interval(0.5, NAN, NAN) == "0.500"
    assert (signed(0.25), signed(-0.25), signed(-0.0001), signed(NAN)) == ("+0.250", "-0.250", "0.000", "–")


def test_columns_line_up_whatever_the_words() -> None:
    lines = aligned(["name", "n"], [["東京", "5"], ["e\u0301", "17"], ["\x1b[2J", "3"]]).splitlines()
    assert lines == ["name      n", "東京      5", "e\u0301        17".replace("        ", "        "), "\\x1b[2J   3"]
    assert printable("a\u202eb\nc") == "a\\u202eb\\nc"


def test_markdown_shows_a_corpus_text_literally() -> None:
    assert escaped("<b>|$x$*") == "&lt;b&gt;\\|\\$x\\$\\*"
    assert markdown(["a", "b"], [["1", "2"]]).splitlines() == ["| a | b |", "| --- | ---: |", "| 1 | 2 |"]


def test_a_thousand_families_of_evidence_are_refused(
    tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    write_scores(tmp_path, [score_row(sentence=number, family=f"family {number}") for number in range(1000)])
    with pytest.raises(InputError, match="1000 families of evidence; expected at most 40"):
        panel_of(read_rows(tmp_path), declared())
