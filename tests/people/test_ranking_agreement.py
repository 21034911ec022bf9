"""Tables from rows: means, chance and paired differences by hand, and correlations as scipy has them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from liap.explainers import Declaration
from liap.people.agreement_plot import plot_agreement
from liap.people.ranking_agreement import WITHIN, both_rows, rank_correlation, ranking_rows, spread

DECLARED = [Declaration(name) for name in ("good", "fair", "poor")] + [
    Declaration("random", role="chance"),
    Declaration("ideal", role="ceiling"),
]


def frame(**values):
    """A row per target and explainer: average precision and LFS are the given numbers, one for each target."""
    rows = []
    for explainer, pairs in values.items():
        for target, (people, model) in enumerate(pairs):
            row = {
                "sentence": target,
                "start": 0,
                "end": 1,
                "document": target // 2,
                "explainer": explainer,
                "variant": "",
            }
            row |= {
                f"{name}{ending}": people
                for name in ("average_precision", "auprc", "token_f1", "iou")
                for ending in ("", "_words")
            }
            rows.append(row | {"evidence_share": 0.25, "evidence_share_words": 0.3, "lfs": model, "insensitive": 0.0})
    return pd.DataFrame(rows)


@pytest.fixture
def rows():
    base = np.linspace(0, 0.5, 6)
    return frame(
        good=[(0.5 + b, 0.9 - b) for b in base],
        fair=[(0.4 + b, 0.6) for b in base],
        poor=[(0.2, 0.1), *[(float("nan"), 0.4)] * 5],
        random=[(0.1, 0.5)] * 6,
        ideal=[(0.0, 1.0)] * 6,
    )


def test_means_chance_and_differences_from_random(rows):
    table = {
        row.explainer: row
        for row in ranking_rows(spread(rows, 200))
        if row.measure == "token_f1" and row.punctuation == "dropped"
    }
    good, poor = table["good"], table["poor"]
    assert (good.n, good.documents, good.mean) == (6, 3, pytest.approx(0.75)) and (poor.n, poor.mean) == (
        1,
        pytest.approx(0.2),
    )
    assert good.chance == pytest.approx(0.3) and good.minus_random == pytest.approx(0.65)
    assert good.minus_random_low <= good.minus_random <= good.minus_random_high
    assert table["random"].minus_random == 0
    others = [row for row in ranking_rows(spread(rows, 200)) if row.measure != "token_f1"]
    assert len(others) == 30 and np.isnan([row.chance for row in others]).all()


def test_without_a_random_explainer_there_is_no_difference(rows):
    table = ranking_rows(spread(rows[rows["explainer"] != "random"], 200))
    assert all(np.isnan(row.minus_random) for row in table) and not np.isnan(table[0].mean)


def test_both_at_once(rows):
    table = {row.explainer: row for row in both_rows(spread(rows, 200), DECLARED)}
    good = table["good"]
    assert (good.average_precision, good.lfs, good.sensitive) == (pytest.approx(0.75), pytest.approx(0.65), 6)
    assert good.correlation == pytest.approx(-1) and np.isnan(table["fair"].correlation)
    assert table["poor"].n == 1 and table["poor"].lfs == pytest.approx(0.1)  # where both are defined


def test_within_a_target_methods_and_chance_count(rows):
    """good, fair and random in order of average precision; by LFS random is the least or the middle."""
    expected = []
    for target in range(6):
        part = rows[(rows["sentence"] == target) & (rows["explainer"] != "ideal")].dropna()
        expected.append(spearmanr(part["average_precision"], part["lfs"]).statistic)
    within = {row.explainer: row for row in both_rows(spread(rows, 200), DECLARED)}[WITHIN]
    assert within.n == 6 and within.correlation == pytest.approx(np.mean(expected))


def test_rank_correlation_as_scipy():
    generator = np.random.default_rng(0)
    first = generator.integers(0, 6, 40).astype(float)
    second = first + generator.normal(size=40)
    weights = generator.multinomial(40, np.full(40, 1 / 40), size=500)
    value, low, high = rank_correlation(first, second, weights)
    assert value == pytest.approx(spearmanr(first, second).statistic) and low < value < high
    once = rank_correlation(first, second, np.ones((3, 40)))
    assert once == pytest.approx((value,) * 3)
    assert np.isnan(rank_correlation(first, np.ones(40), weights)).all()


def test_a_point_per_explainer(rows):
    ax = plot_agreement(both_rows(spread(rows, 200), DECLARED), DECLARED, "syntactic")
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(labels) == 5 and any("(n = 6)" in label for label in labels)
    assert "LFS" in ax.get_xlabel() and "average precision" in ax.get_ylabel()
