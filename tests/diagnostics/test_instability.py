"""Agreement of two explanations against hand-counted cases and scipy, and its summary."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from liap.diagnostics.instability import InstabilityRow, compare, rank_correlation, top_overlap
from liap.evaluation import MentionScores
from liap.records import Mention, Sentence
from liap.reports.seed_agreement import plot_instability, summarise


def test_rank_correlation_by_hand():
    first = np.array([0.1, 0.5, 0.3, 0.9])
    assert rank_correlation(first, first**3) == pytest.approx(1)
    assert rank_correlation(first, -first) == pytest.approx(-1)
    # ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15)
    assert rank_correlation(np.array([1.0, 2, 3, 4]), np.array([2.0, 1, 4, 3])) == pytest.approx(0.6)
    # tied at their mean rank: 1, 2.5, 2.5, 4 against 1 2 3 4
    assert rank_correlation(np.array([1.0, 2, 2, 3]), np.array([1.0, 2, 3, 4])) == pytest.approx(4.5 / np.sqrt(4.5 * 5))


def test_what_is_undefined_is_nan():
    assert np.isnan(rank_correlation(np.array([1.0]), np.array([2.0])))
    assert np.isnan(rank_correlation(np.zeros(4), np.arange(4.0)))
    assert np.isnan(top_overlap(np.array([1.0]), np.array([1.0])))


@given(st.integers(3, 12).flatmap(lambda n: st.tuples(*[arrays(float, n, elements=st.integers(-3, 3))] * 2)))
def test_rank_correlation_is_scipys(pair):
    from scipy.stats import spearmanr

    found = rank_correlation(*pair)
    if np.isnan(found):
        assert any(len(set(scores)) == 1 for scores in pair)
    else:
        assert found == pytest.approx(spearmanr(*pair).statistic)


def test_top_overlap_by_hand():
    first = np.array([9.0, 8, 7, 6, 5, 4])
    assert top_overlap(first, first) == 1
    assert top_overlap(first, np.array([9.0, 8, 0, 1, 5, 4])) == pytest.approx(2 / 3)
    assert top_overlap(first, -first) == 0
    assert top_overlap(np.array([9.0, 8, 7, 6, 5, 4, 3, 2]), np.array([9.0, 8, 7, 2, 3, 4, 5, 6])) == 1
    assert top_overlap(first[:4], np.array([0.0, 8, 9, 1])) == 0.5  # of four words, the best two


def explained(sentence, scores, start=1):
    words = ("w",) * len(scores)
    mention = Mention(sentence, sentence // 2, start, start + 1, ("B-PER",), "PER", None, "spurious", 0.5)
    return MentionScores(mention, Sentence(sentence, sentence // 2, words), {"lime": np.array(scores)})


def test_the_mentions_own_words_do_not_count():
    one, other = explained(0, [0.3, 0.0, 0.2, 0.1]), explained(0, [0.3, 9.0, 0.2, 0.1])
    (row,) = compare([one], [other], "lime", 100)
    assert row == InstabilityRow(0, 0, 1, 2, "PER", 3, 100, 1.0, 1.0)
    assert compare([one], [other], "liap", 100) == []


def frame(values, samples=100):
    return pd.DataFrame(
        {
            "document": [0, 0, 7, 9],
            "samples": samples,
            "rank_correlation": values,
            "top_overlap": [1.0, 0.5, 0.5, 0.0],
        }
    )


def test_summary_and_plot():
    rows = pd.concat([frame([0.2, 0.4, np.nan, 0.9]), frame([0.5, 0.6, 0.7, 0.8], 1000)])
    found = {(one.samples, one.measure): one for one in summarise(rows)}
    assert set(found) == {(size, measure) for size in (100, 1000) for measure in ("rank_correlation", "top_overlap")}
    one = found[100, "rank_correlation"]
    assert (one.n, one.documents) == (3, 2)
    assert one.mean == pytest.approx(0.5)
    assert one.sd == pytest.approx(np.std([0.2, 0.4, 0.9], ddof=1))
    assert one.low < one.mean < one.high
    axes = plot_instability(rows, list(found.values()))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["100\nn = 3", "1,000\nn = 4"]
    assert axes.get_xlabel() and axes.get_ylabel()
