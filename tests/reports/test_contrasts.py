"""Paired contrasts: counted by hand, on shared mentions only, in any order of the rows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.reports.contrasts import contrasts, pairs_of, verdict_of
from liap.reports.declared import declared
from liap.reports.panel import Panel, panel_of
from liap.reports.rows import read_rows
from liap.reports.statistics import document_weights

NAN = float("nan")


def weights_of(panel: Panel, resamples: int = 500) -> np.ndarray:
    return document_weights(int(panel.document.max()) + 1, resamples, np.random.default_rng(0))


def table_of(rows: pd.DataFrame) -> pd.DataFrame:
    panel = panel_of(rows, declared())
    return contrasts(panel, weights_of(panel), pairs_of(panel))


@pytest.fixture
def by_hand(tmp_path: Path, score_row: Callable, write_scores: Callable) -> pd.DataFrame:
    """Four mentions, LIAP and one control; LIAP lacks the second, the control the third; the last keeps all its context."""
    liap = [(0.9, 0.2, 0.5, False), (NAN, NAN, NAN, False), (0.7, 0.1, 0.4, False), (0.6, 0.3, 1.0, True)]
    control = [(0.5, 0.1, 0.5, False), (0.8, 0.2, 0.5, False), (NAN, NAN, NAN, False), (0.6, 0.3, 1.0, True)]
    rows = []
    for explainer, scores in (("liap", liap), ("matched_random", control)):
        for index, (lfs, signed, coverage, insensitive) in enumerate(scores):
            reason = "" if lfs == lfs else "uncovered"
            values = {"lfs": lfs, "signed_difference": signed, "coverage": coverage, "insensitive": insensitive}
            rows.append(score_row(sentence=index, document=index, explainer=explainer, reason=reason, **values))
    write_scores(tmp_path, rows)
    return read_rows(tmp_path)


def test_a_contrast_counted_by_hand(by_hand: pd.DataFrame) -> None:
    lfs, signed = table_of(by_hand).to_dict("records")
    assert (lfs["family"], lfs["minus"], lfs["n"], lfs["scored"]) == ("controls", "matched_random syntactic", 2, 0.5)
    assert lfs["difference"] == pytest.approx(0.2)  # (0.9 - 0.5 and 0.6 - 0.6) / 2
    assert (lfs["mean"], lfs["mean_control"], lfs["coverage"]) == pytest.approx((0.75, 0.55, 0.75))
    assert (lfs["equal"], lfs["forced"]) == (1, 1)  # counted, and part of the mean
    assert (lfs["sensitive_n"], lfs["sensitive_difference"]) == (1, pytest.approx(0.4))
    assert (signed["measure"], signed["difference"]) == ("signed_difference", pytest.approx(0.05))


def test_a_control_without_any_pair_keeps_its_line(by_hand: pd.DataFrame) -> None:
    by_hand.loc[by_hand["explainer"] == "matched_random", ["lfs", "signed_difference"]] = NAN
    line = table_of(by_hand).iloc[0]
    assert line["n"] == 0 and np.isnan(line["difference"])
    assert (line["interval"], line["verdict"]) == ("no mention", "undecided")


def test_controls_are_those_of_the_same_variant(results: Path) -> None:
    panel = panel_of(read_rows(results), declared())
    pairs = [(family, panel.methods[left].name, panel.methods[right].name) for family, left, right in pairs_of(panel)]
    controls = [pair[1:] for pair in pairs if pair[0] == "controls"]
    assert controls == [
        (f"liap {variant}", f"{control} {variant}")
        for variant in ("syntactic", "core")
        for control in ("matched_random", "matched_window", "matched_distance")
    ]
    others = {right for family, _, right in pairs if family == "others"}
    assert others == {"attention", "random", "occlusion"}  # the ceiling is no rival


def test_what_was_built_in_is_found(results: Path) -> None:
    table = table_of(read_rows(results))
    controls = table[(table["family"] == "controls") & (table["measure"] == "lfs")]
    assert controls["difference"].to_numpy() == pytest.approx(np.full(6, 0.3), abs=0.03)
    assert (controls["verdict"] == "above").all() and (controls["joint_verdict"] == "above").all()
    assert list(controls["n"]) == [40] * 3 + [34] * 3
    assert (controls["joint_low"] <= controls["low"] + 0.01).all()
    assert (controls["p"] <= controls["p_holm"]).all() and (controls["p_holm"] < 0.001).all()


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_rows_is_irrelevant(results_rows: pd.DataFrame, random: object) -> None:
    order = list(range(len(results_rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(table_of(results_rows), table_of(results_rows.iloc[order]))


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 39)), st.sets(st.integers(0, 39)))
def test_only_shared_mentions_count(results_rows: pd.DataFrame, no_liap: set[int], no_control: set[int]) -> None:
    rows = results_rows[results_rows["variant"] == "syntactic"].copy()
    mention = rows["sentence"] * 2 + rows["start"]
    lost = ((rows["explainer"] == "liap") & mention.isin(no_liap)) | (
        (rows["explainer"] != "liap") & mention.isin(no_control)
    )
    rows.loc[lost, ["lfs", "signed_difference"]] = NAN
    shared = sorted(set(range(40)) - no_liap - no_control)
    line = table_of(rows).iloc[0]
    assert line["n"] == len(shared)
    left, right = (
        rows[rows["explainer"] == name].set_index(mention[rows["explainer"] == name])["lfs"]
        for name in ("liap", "matched_random")
    )
    wanted = (left[shared] - right[shared]).mean() if shared else NAN
    np.testing.assert_allclose(line["difference"], wanted)


@pytest.fixture(scope="session")
def results_rows(results: Path) -> pd.DataFrame:
    return read_rows(results)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.1, 0.2, "above"),
        (-0.2, -0.1, "below"),
        (-0.1, 0.1, "contains 0"),
        (0.0, 0.1, "contains 0"),
        (NAN, NAN, "undecided"),
    ],
)
def test_verdict_of(low: float, high: float, word: str) -> None:
    assert verdict_of(low, high) == word
