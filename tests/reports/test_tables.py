"""Panel, tables, layout and verdict: counted by hand on small rows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from liap.errors import InputError
from liap.reports.analysis import Analysis, analyse
from liap.reports.layout import aligned, escaped, markdown, printable, signed, with_interval
from liap.reports.panel import panel_of
from liap.reports.rows import read_rows
from liap.reports.tables import extremes, spreadsheet_safe
from liap.reports.verdict import verdict

NAN = float("nan")


@pytest.fixture(scope="module")
def analysis(results: Path) -> Analysis:
    return analyse(read_rows(results), resamples=300)


def test_panel_has_a_line_a_mention_and_a_column_a_method(results: Path) -> None:
    panel = panel_of(read_rows(results))
    assert panel.lfs.shape == (40, 12) and panel.curve.shape == (40, 12, 10)
    assert [method.label for method in panel.methods][:3] == ["liap syntactic", "liap core", "matched_random syntactic"]
    assert [method.label for method in panel.methods if method.ceiling] == ["occlusion_ceiling"]
    assert list(panel.document) == [index // 5 for index in range(40)]
    assert np.isnan(panel.lfs[::7, panel.find("liap", "core")]).all()
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


def test_curve_is_the_mean_of_each_k(tmp_path: Path, score_row: Callable, write_scores: Callable) -> None:
    rows = [score_row(sentence=index, document=index, lfs_k1=0.2 + 0.2 * index, lfs_k10=1.0) for index in range(2)]
    write_scores(tmp_path, rows)
    curve = analyse(read_rows(tmp_path), resamples=200).curve
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
    table = extremes(panel_of(read_rows(tmp_path)), 0, count=2)
    assert list(table["text"].astype(str)) == [
        "w2",
        "w1",
        "w0",
        "w3",
    ]  # among equals the larger signed difference first
    assert list(table["end_of_list"]) == ["top", "top", "bottom", "bottom"]
    assert len(extremes(panel_of(read_rows(tmp_path)), 0, count=4)) == 5  # no mention twice


def test_saved_text_starts_no_formula() -> None:
    assert list(spreadsheet_safe(pd.DataFrame({"text": ["=cmd()", "Ann"]}))["text"]) == ["'=cmd()", "Ann"]


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(results: Path) -> None:
    rows = read_rows(results)
    one, same, other = (analyse(rows, resamples=200, seed=seed).explainers for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one["low"].equals(other["low"])


@pytest.mark.parametrize(("name", "value"), [("resamples", 5), ("seed", -1), ("count", 0), ("variant", "nothing")])
def test_settings_out_of_range_name_their_flag(results: Path, name: str, value: object) -> None:
    with pytest.raises(InputError, match="--"):
        analyse(read_rows(results), **{name: value})


def contrast_table(verdicts: dict[str, tuple[str, str, str]]) -> pd.DataFrame:
    bounds = {"above": (0.1, 0.3), "below": (-0.3, -0.1), "contains 0": (-0.1, 0.1), "undecided": (NAN, NAN)}
    lines = []
    for variant, places in verdicts.items():
        for control, place in zip(("matched_random", "matched_window", "matched_distance"), places, strict=True):
            low, high = bounds[place]
            line = {
                "family": "controls",
                "measure": "lfs",
                "variant": variant,
                "control": control,
                "difference": (low + high) / 2,
            }
            lines.append(
                line | {"low": low, "high": high, "verdict": place, "joint_verdict": place, "interval": "", "note": ""}
            )
    return pd.DataFrame(lines)


@pytest.mark.parametrize(
    ("places", "answer"),
    [
        ({"syntactic": ("above",) * 3, "core": ("above",) * 3}, "Yes: every variant"),
        ({"syntactic": ("above",) * 3, "core": ("above", "contains 0", "above")}, "In part: syntactic is above"),
        ({"syntactic": ("above", "above", "contains 0"), "core": ("below",) * 3}, "No: no variant"),
        ({"syntactic": ("undecided",) * 3}, "cannot tell"),
    ],
)
def test_the_answer_follows_from_the_intervals(places: dict, answer: str) -> None:
    assert answer in verdict(contrast_table(places))[0]


def test_a_variant_helps_only_beyond_all_three_controls() -> None:
    table = contrast_table({"syntactic": ("above",) * 3})
    assert "not held against random masks with the same distances" in verdict(table.iloc[:2])[0]
    assert "No: " in verdict(table.iloc[:2])[0]
    assert "no variant of LIAP" in verdict(pd.DataFrame())[0]


def test_the_tally_counts() -> None:
    told = verdict(
        contrast_table({"syntactic": ("above", "contains 0", "below"), "core": ("above", "above", "undecided")})
    )
    assert "6 contrasts" in told[1] and "3 above 0, 1 contain 0, 1 below 0, 1 without an interval" in told[1]


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
