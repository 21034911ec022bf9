"""Do metrics agree: against SciPy, hand counts, and cases whose answer is known."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from liap.explainers import Declaration
from liap.faithfulness import Column
from liap.reports.declared import declared
from liap.reports.metric_agreement import agreement, winners
from liap.reports.panel import panel_of
from liap.reports.rows import read_rows
from liap.reports.statistics import document_weights

EXPLAINERS = ("attention", "occlusion", "rollout", "nearest_words", "random")
MEASURES = (
    Column("lfs", "LFS", better="higher", headline=True),
    Column("harm", "harm", better="higher", headline=True),
    Column("left", "left", better="lower", headline=True),
)


@pytest.fixture
def panel(score_row, write_scores, tmp_path):
    """60 mentions in 12 documents. `left` is the harm turned round, so that both give one order; LFS orders otherwise."""

    def made(lfs, harm):
        generator = np.random.default_rng(0)
        rows = []
        for mention in range(60):
            for place, name in enumerate(EXPLAINERS):
                noise = generator.normal(0, 0.02, 2)
                values = {"lfs": lfs[place] + noise[0], "harm": harm[place] + noise[1]}
                values["left"] = 1 - values["harm"]
                about = {
                    "sentence": mention,
                    "document": mention // 5,
                    "explainer": name,
                    "variant": "-",
                    "kept": np.nan,
                }
                rows.append(score_row(**about, **values))
        run = declared([Declaration("mine")], MEASURES)
        path = write_scores(tmp_path / "rows", rows)
        panel = panel_of(read_rows(path.parent, run), run)
        return panel, document_weights(12, 400, np.random.default_rng(1))

    return made


def test_correlations_are_those_of_the_means(panel):
    made, weights = panel(lfs=(0.9, 0.8, 0.7, 0.6, 0.5), harm=(0.5, 0.9, 0.7, 0.6, 0.2))
    table = agreement(made, weights).set_index(["metric", "other"])
    columns = [made.columns(name)[0] for name in EXPLAINERS]
    means = {one: made.values[one][:, columns].mean(axis=0) for one in ("lfs", "harm")}
    assert table.loc[("lfs", "harm"), "spearman"] == pytest.approx(spearmanr(means["lfs"], means["harm"]).statistic)
    assert table.loc[("harm", "left"), ["spearman", "low", "high"]].tolist() == pytest.approx([1, 1, 1])
    assert table.loc[("harm", "left"), ["pairs", "apart", "agree"]].tolist() == [10, 10, 10]
    # of LFS's order, harm swaps attention with occlusion, rollout and nearest words
    assert table.loc[("lfs", "harm"), ["pairs", "apart", "agree"]].tolist() == [10, 10, 7]
    assert (table["mentions"] == 60).all()


def test_a_metric_that_a_control_wins_is_named(panel):
    made, weights = panel(lfs=(0.7, 0.9, 0.6, 0.5, 0.4), harm=(0.5, 0.6, 0.5, 0.8, 0.2))
    table = winners(made, weights).set_index("metric")
    assert table.loc["lfs", ["best", "knows_nothing", "outcome"]].tolist() == ["occlusion", "nearest_words", ""]
    assert table.loc["lfs", "its_place"] == 4
    for metric in ("harm", "left"):
        assert table.loc[metric, ["knows_nothing", "outcome"]].tolist() == ["nearest_words", "won"]
        assert table.loc[metric, "lead"] == pytest.approx(-0.2, abs=0.01)
    assert table.loc["left", "its_mean"] == pytest.approx(0.2, abs=0.01)  # in the metric's own direction


def test_a_lead_that_is_not_told_apart_is_unsettled(panel):
    made, weights = panel(lfs=(0.7, 0.6, 0.6, 0.7, 0.4), harm=(0.5, 0.4, 0.4, 0.6, 0.3))
    line = winners(made, weights).set_index("metric").loc["lfs"]
    assert abs(line["lead"]) < 0.01 and line["low"] < 0 < line["high"]
    assert line["outcome"] == ("unsettled" if line["lead"] > 0 else "won")


def test_masks_and_single_metrics_are_left_out(many_rows, write_scores, tmp_path):
    path = write_scores(tmp_path, many_rows)
    made = panel_of(read_rows(path.parent), declared())
    weights = document_weights(8, 100, np.random.default_rng(0))
    table = winners(made, weights)
    assert "liap" not in set(table.get("best", []))
