"""Metrics against the known evidence: closed forms by hand, axioms, and the tables of a written run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from liap.reports.against_evidence import metrics_by_evidence, preference, rank_correlation
from liap.reports.analysis import Analysis, analyse
from liap.reports.display import metrics_by_evidence as table_shown
from liap.reports.preference_plot import plot_preferences
from liap.reports.report import sections, write_tables
from liap.reports.rows import read_rows
from liap.reports.screen import preferences
from liap.reports.statistics import document_weights
from liap.settings import AnalysisSettings

NAN = float("nan")


def test_pairs_are_counted_by_hand() -> None:
    found = np.array([[1.0, 0.0, 0.4, 1.0], [0.0, 0.1, 0.5, NAN], [1.0, 0.0, NAN, 0.0]])
    scores = np.array([[0.9, 0.2, 0.9, 0.1], [0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.1, NAN]])
    decided = preference(found, scores)
    assert decided.pairs.tolist() == [4, 0, 1]  # finders 0 and 3 against 1 and 2; one half is no finder; 0 against 1
    assert decided.preferred == pytest.approx([(1 + 0.5 + 0 + 0) / 4, NAN, 0.5], nan_ok=True)
    assert decided.tied == pytest.approx([0.25, NAN, 1.0], nan_ok=True)


def test_it_is_the_area_under_the_roc_curve_of_each_mention() -> None:
    generator = np.random.default_rng(0)
    found = generator.integers(0, 2, (200, 7)).astype(float)
    scores = generator.integers(0, 5, (200, 7)) / 4
    decided = preference(found, scores)
    for mention in np.flatnonzero(decided.pairs):
        assert decided.preferred[mention] == pytest.approx(roc_auc_score(found[mention], scores[mention]))
    assert decided.pairs.tolist() == (found.sum(axis=1) * (1 - found).sum(axis=1)).tolist()


def test_turning_a_metric_turns_its_preference() -> None:
    generator = np.random.default_rng(1)
    found, scores = generator.integers(0, 2, (50, 5)).astype(float), generator.normal(size=(50, 5))
    assert preference(found, -scores).preferred == pytest.approx(1 - preference(found, scores).preferred, nan_ok=True)
    assert preference(found, np.exp(scores)).preferred == pytest.approx(
        preference(found, scores).preferred, nan_ok=True
    )


def test_the_rank_correlation_is_scipys() -> None:
    generator = np.random.default_rng(2)
    left, right = generator.integers(0, 4, (20, 6)).astype(float), generator.normal(size=(20, 6))
    expected = [spearmanr(one, other).statistic for one, other in zip(left, right, strict=True)]
    assert rank_correlation(left, right) == pytest.approx(expected)
    assert np.isnan(rank_correlation(np.ones(4), np.arange(4.0)))


@pytest.fixture
def analysis(tmp_path: Path, score_row: Callable, write_scores: Callable) -> Analysis:
    """Attention finds the evidence of the first three mentions, LIAP of the fourth, LIME and the ceiling of all, chance of none."""

    def row(sentence: int, explainer: str, share: float, lfs: float, **changes: object) -> dict:
        about = {"sentence": sentence, "document": sentence, "explainer": explainer, "variant": "", **changes}
        return score_row(**about, evidence_found=share, lfs=lfs, signed_difference=-lfs, predicted_type="PER")

    rows = []
    for sentence in range(5):
        family = {"family": ("dependency", "frame")[sentence % 2] if sentence < 4 else ""}
        share = float(sentence < 3) if sentence < 4 else NAN
        rows += [
            row(sentence, "attention", share, 0.9 if sentence < 2 else 0.6, **family),
            row(sentence, "liap", 1 - share, 0.5 if sentence < 3 else 0.6, variant="syntactic", **family),
            row(sentence, "lime", share * 0 + 1, 0.7, explainer_operator="unk", **family),
            row(sentence, "occlusion_ceiling", share * 0 + 1, 0.0, explainer_operator="mask", **family),
            row(sentence, "random", share * 0, 1.0, **family),
            row(sentence, "matched_random", share * 0, 1.0, variant="syntactic", **family),
        ]
    write_scores(tmp_path, rows)
    return analyse(read_rows(tmp_path), settings=AnalysisSettings(resamples=200))


def test_each_metric_has_a_line_by_family_and_set_of_explainers(analysis: Analysis) -> None:
    table = analysis.metrics_by_evidence
    lines = {(line["family"], line["explainers"], line["measure"]): line for line in table.to_dict("records")}
    assert {key[0] for key in lines} == {"dependency", "frame", "all"}
    assert {key[2] for key in lines} == {"lfs", "signed_difference", "lfs_k1"}
    everyone = lines["all", "all", "lfs"]
    assert (everyone["methods"], everyone["mentions"]) == (3, 4)  # neither controls, nor chance, nor the ceiling
    assert everyone["pairs"] == 3 * 2 + 2
    # Mentions 0 and 1: attention and LIME over LIAP. Mention 2: the same. Mention 3: LIAP and LIME (0.6, 0.7) over attention (0.6).
    assert everyone["preferred"] == pytest.approx((1 + 1 + 1 + 0.75) / 4)
    assert lines["all", "all", "signed_difference"]["preferred"] == pytest.approx(1 - everyone["preferred"])
    still = lines["all", "not perturbing", "lfs"]
    assert (still["methods"], still["preferred"]) == (2, pytest.approx((1 + 1 + 1 + 0.5) / 4))
    assert still["tied"] == pytest.approx(0.25)
    whole = lines["all", "unpruned", "lfs"]  # only in mention 3 one of attention and LIME does not find the evidence
    assert (whole["methods"], whole["mentions"], whole["pairs"], whole["preferred"]) == (2, 1, 1, 1)
    assert lines["all", "all", "lfs"]["difference"] == 0
    assert lines["all", "all", "signed_difference"]["difference"] == pytest.approx(1 - 2 * everyone["preferred"])


def test_methods_are_ranked_on_their_common_mentions(analysis: Analysis) -> None:
    table = analysis.metrics_by_evidence.set_index(["family", "explainers", "measure"])
    line = table.loc["all", "all", "lfs"]
    assert line["common"] == 4
    # evidence found: attention 3/4, LIAP 1/4, LIME 1; LFS: 0.75, 0.525, 0.7
    assert line["spearman"] == pytest.approx(0.5)
    assert line["spearman_low"] <= line["spearman"] <= line["spearman_high"]


def test_the_table_is_written_and_shown(analysis: Analysis, tmp_path: Path) -> None:
    written = write_tables(analysis, tmp_path)
    assert {"metrics_by_evidence.csv", "evidence_by_type.csv"} <= set(written)
    assert (
        (tmp_path / "metrics_by_evidence.csv")
        .read_text()
        .startswith("family,explainers,methods,measure,better,mentions,pairs,preferred")
    )
    assert any(title.startswith("Metrics against the known evidence") for title, _ in sections(analysis))
    shown = table_shown(analysis.panel, analysis.metrics_by_evidence)
    assert shown.header == ["explainers", "metric", "dependency", "frame", "all"]
    assert shown.lines[0][:2] == ["all", "LFS"]
    assert "LFS 0.938" in preferences(analysis)


def test_the_plot_has_a_panel_per_family_and_a_line_per_metric(analysis: Analysis) -> None:
    axes = plot_preferences(analysis)
    titles = [panel.get_title() for panel in axes.get_figure().axes]
    assert titles == ["evidence: dependency\n(n = 2)", "evidence: frame\n(n = 2)", "evidence: all\n(n = 4)"]
    assert [tick.get_text() for tick in axes.get_yticklabels()][:2] == ["LFS", "LFS, K = 1"]


def test_a_corpus_without_evidence_has_no_table(tmp_path: Path, score_row: Callable, write_scores: Callable) -> None:
    write_scores(tmp_path, [score_row(), score_row(explainer="attention", variant="")])
    analysis = analyse(read_rows(tmp_path), settings=AnalysisSettings(resamples=100))
    assert analysis.metrics_by_evidence.empty and analysis.evidence_by_type.empty
    assert preferences(analysis) == ""
    assert not {"metrics_by_evidence.csv", "evidence_by_type.csv"} & set(analysis.files())


def test_one_method_alone_is_compared_with_nothing(
    analysis: Analysis, tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    write_scores(tmp_path / "alone", [score_row(family="frame", evidence_found=1.0)])
    panel = analyse(read_rows(tmp_path / "alone"), settings=AnalysisSettings(resamples=100)).panel
    assert metrics_by_evidence(panel, document_weights(1, 100, np.random.default_rng(0))).empty


def test_evidence_by_type_splits_the_families(analysis: Analysis) -> None:
    table = analysis.evidence_by_type
    assert list(table.columns[:5]) == ["explainer", "variant", "family", "predicted_type", "n"]
    assert table["scored"].eq(1).all()
    line = table[(table["family"] == "dependency") & (table["explainer"] == "attention")].iloc[0]
    assert (line["n"], line["mean"], line["predicted_type"]) == (2, 1.0, "PER")
