"""The benchmark's table, cost and sentences, on rows whose answer is known."""

import numpy as np
import pytest

from liap.reports import benchmark, benchmark_plots
from liap.reports.analysis import analyse
from liap.reports.declared import declared
from liap.reports.rows import read_rows

PASSES = {"attention": 1, "occlusion": 12, "lime": 1000, "nearest_words": 0, "random": 0}
LFS = {"attention": 0.7, "occlusion": 0.9, "lime": 0.901, "nearest_words": 0.65, "random": 0.5}
SUFFICIENCY = {"attention": 0.3, "occlusion": 0.2, "lime": 0.25, "nearest_words": 0.1, "random": 0.4}


def rows(score_row, pruned=()):
    generator = np.random.default_rng(0)
    for mention in range(60):
        about = {"sentence": mention, "document": mention // 5}
        for name in PASSES:
            lfs = LFS[name] + generator.normal(0, 0.02)
            values = {"lfs": lfs, "sufficiency": SUFFICIENCY[name] + generator.normal(0, 0.02)}
            cost = {"passes": PASSES[name] + mention % 3, "seconds": 0.001 * PASSES[name]}
            yield score_row(**about, explainer=name, variant="-", kept=np.nan, coverage=np.nan, **values, **cost)
        for explainer, variant, lfs in pruned:
            values = {"lfs": lfs + generator.normal(0, 0.01), "sufficiency": 0.3, "passes": 1, "seconds": 0.0}
            if np.isnan(lfs):
                values |= {
                    "sufficiency": np.nan,
                    "kept": np.nan,
                    "coverage": np.nan,
                    "reason": "uncovered",
                    "signed_difference": np.nan,
                }
            yield score_row(**about, explainer=explainer, variant=variant, **values)


@pytest.fixture
def made(score_row, write_scores, tmp_path):
    def made(pruned=()):
        path = write_scores(tmp_path / "rows", list(rows(score_row, pruned)))
        return benchmark.benchmark(analyse(read_rows(path.parent), declared()))

    return made


def test_cost_is_the_mean_over_mentions(made):
    table = made().cost.set_index("explainer")
    assert table.loc["lime", "passes"] == pytest.approx(1001) and table.loc["lime", "seconds"] == pytest.approx(1)
    assert (table["n"] == 60).all()


def test_the_table_has_a_line_per_explainer_without_a_mask(made):
    shown = benchmark.table(made(pruned=[("liap", "syntactic", 0.6), ("matched_random", "syntactic", 0.5)]))
    assert [line[0] for line in shown.lines] == ["attention", "LIME", "occlusion", "distance alone", "random"]
    assert shown.header[1:] == ["LFS ↑", "sufficiency ↓", "passes", "ms"]
    assert benchmark.table(made(), chosen=("sufficiency",)).header[1:] == ["sufficiency ↓", "passes", "ms"]
    lime = shown.lines[1]
    assert lime[1].startswith("0.9") and " ±0.0" in lime[1] and lime[-2:] == ["1001", "1000.0"]


def test_a_variant_that_no_mention_has_spoils_no_comparison(made):
    """Without a role labeller, every mention is uncovered under a frame's mask: no mask, and no score."""
    lost = made(pruned=[("liap", "frame", np.nan)])
    assert [line[0] for line in benchmark.table(lost).lines] == [
        "attention",
        "LIME",
        "occlusion",
        "distance alone",
        "random",
    ]
    assert lost.agreement["explainers"].tolist() == [5]
    assert len(benchmark.findings(lost)) == 4


def test_sentences_follow_from_the_rows(made):
    firsts, won, agreeing, cheap = benchmark.findings(made())
    assert firsts == "First are LIME by LFS; distance alone by sufficiency." or "occlusion by LFS" in firsts
    assert won == "Distance alone, which does not read the recogniser, is first by sufficiency."
    assert "rank correlation between two metrics" in agreeing
    assert cheap == "Occlusion is best by LFS and above every cheaper explainer, at 13 passes per explanation." or (
        cheap == "LIME is best by LFS at 1001 passes per explanation; occlusion is not told apart from it at 13."
    )


def test_a_table_of_agreement_is_square(made):
    shown = benchmark.agreement_table(made())
    assert shown.header == ["metric", "LFS", "sufficiency"] and len(shown.lines) == 2
    assert " of " in shown.lines[0][2] and shown.lines[0][1] == "" and shown.lines[1][2] == ""


def test_pictures_are_drawn(made, tmp_path):
    from liap.reports.style import save

    for name, axes in (("a", benchmark_plots.plot_cost(made())), ("b", benchmark_plots.plot_agreement(made()))):
        (picture,) = save(axes, tmp_path, name)
        assert (tmp_path / picture).stat().st_size > 5000
