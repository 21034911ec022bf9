"""The cluster bootstrap: closed forms, agreement with scipy where documents hold one mention, and what has no interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from liap.reports.statistics import deviation, document_weights, estimate, holm, median, p_values, simultaneous

NAN = float("nan")


def weights_of(documents: int, resamples: int = 4000, seed: int = 0) -> np.ndarray:
    return document_weights(documents, resamples, np.random.default_rng(seed))


def test_weights_draw_as_many_documents_as_there_are_each_equally_often() -> None:
    weights = weights_of(40)
    assert (weights.sum(axis=1) == 40).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.1)
    np.testing.assert_allclose(weights.var(axis=0).mean(), 1 - 1 / 40, rtol=0.03)  # multinomial: n p (1 - p)


def test_a_constant_has_an_interval_of_no_width() -> None:
    found = estimate(np.full((12, 1), 0.7), np.arange(12) // 3, weights_of(4))
    assert (found.mean[0], found.low[0], found.high[0]) == pytest.approx((0.7, 0.7, 0.7), abs=1e-12)
    assert found.n[0] == 12 and found.documents[0] == 4


def test_variance_of_equal_documents_is_that_of_their_means() -> None:
    means = np.array([0.1, 0.4, 0.5, 0.9, 0.3])
    within = np.array([-0.05, 0.0, 0.05])
    found = estimate((means[:, None] + within).reshape(-1, 1), np.repeat(np.arange(5), 3), weights_of(5, 20000))
    assert found.resampled.var() == pytest.approx(means.var() / 5, rel=0.03)


def test_two_documents_by_enumeration_weigh_by_their_mentions() -> None:
    # three mentions of 0 in one document, one mention of 1 in the other: means 0, 1/4 and 1, with chances 1/4, 1/2 and 1/4
    found = estimate(np.array([[0.0], [0.0], [0.0], [1.0]]), np.array([0, 0, 0, 1]), weights_of(2, 20000))
    values, counts = np.unique(found.resampled, return_counts=True)
    np.testing.assert_allclose(values, [0, 0.25, 1])
    np.testing.assert_allclose(counts / 20000, [0.25, 0.5, 0.25], atol=0.015)
    assert found.mean[0] == 0.25


def test_agrees_with_scipy_where_each_document_holds_one_mention() -> None:
    values = np.random.default_rng(1).gamma(2, 0.2, 80)
    ours = estimate(values[:, None], np.arange(80), weights_of(80, 8000))
    theirs = stats.bootstrap((values,), np.mean, n_resamples=8000, method="percentile", rng=np.random.default_rng(2))
    assert ours.low[0] == pytest.approx(theirs.confidence_interval.low, abs=0.004)
    assert ours.high[0] == pytest.approx(theirs.confidence_interval.high, abs=0.004)
    assert ours.resampled.std(ddof=1) == pytest.approx(theirs.standard_error, rel=0.04)


def test_alike_mentions_of_a_document_widen_the_interval() -> None:
    means = np.random.default_rng(3).normal(size=20)
    values = np.repeat(means, 10)[:, None]
    clustered = estimate(values, np.repeat(np.arange(20), 10), weights_of(20))
    apart = estimate(values, np.arange(200), weights_of(200))
    assert (clustered.high - clustered.low)[0] > 2.5 * (apart.high - apart.low)[0]  # sqrt(10) in expectation


def test_no_interval_without_two_documents_and_no_mean_without_a_mention() -> None:
    values = np.array([[0.2, np.nan, 0.1], [0.4, np.nan, np.nan], [np.nan, np.nan, 0.3]])
    found = estimate(values, np.array([0, 0, 1]), weights_of(2))
    assert found.reason == ("one document", "no mention", "")
    assert found.mean[0] == pytest.approx(0.3) and np.isnan(found.mean[1])
    assert np.isnan(found.low[:2]).all() and np.isnan(found.high[:2]).all()
    assert found.low[2] == pytest.approx(0.1) and found.high[2] == pytest.approx(0.3)


def test_columns_do_not_disturb_each_other() -> None:
    generator = np.random.default_rng(4)
    values = np.where(generator.random((60, 5)) < 0.3, np.nan, generator.random((60, 5)))
    document, weights = np.sort(generator.integers(0, 9, 60)), weights_of(9, 500)
    together = estimate(values, document, weights)
    for column in range(5):
        alone = estimate(values[:, [column]], document, weights)
        assert (alone.mean[0], alone.low[0], alone.high[0]) == pytest.approx(
            (together.mean[column], together.low[column], together.high[column]), abs=1e-12
        )


def test_order_of_mentions_is_irrelevant() -> None:
    generator = np.random.default_rng(5)
    values, document = generator.random((30, 2)), generator.integers(0, 6, 30)
    shuffle, weights = generator.permutation(30), weights_of(6, 500)
    one, other = estimate(values, document, weights), estimate(values[shuffle], document[shuffle], weights)
    np.testing.assert_allclose(one.resampled, other.resampled)


def test_simultaneous_of_one_column_is_symmetric_and_as_wide_as_its_own() -> None:
    values = np.random.default_rng(6).normal(size=(300, 1))
    found = estimate(values, np.arange(300), weights_of(300))
    low, high = simultaneous(found)
    assert high[0] - found.mean[0] == pytest.approx(found.mean[0] - low[0])
    assert high[0] - low[0] == pytest.approx(found.high[0] - found.low[0], rel=0.05)


def test_simultaneous_covers_all_columns_at_the_level() -> None:
    values = np.random.default_rng(7).normal(size=(200, 20))
    found = estimate(values, np.arange(200), weights_of(200))
    low, high = simultaneous(found)
    assert ((found.resampled >= low) & (found.resampled <= high)).all(axis=1).mean() == pytest.approx(0.95, abs=0.002)
    assert (high - low > found.high - found.low).all()


def test_simultaneous_leaves_out_what_has_no_interval() -> None:
    values = np.array([[0.2, np.nan, 0.5], [0.4, np.nan, 0.5], [0.1, 0.3, 0.5]])
    low, high = simultaneous(estimate(values, np.array([0, 1, 2]), weights_of(3)))
    assert np.isnan(low[1]) and np.isnan(high[1])
    assert low[0] < 0.2 and low[2] == high[2] == 0.5


@given(
    st.lists(
        st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), min_size=3, max_size=3), min_size=1, max_size=9
    )
)
def test_median_and_deviation_are_numpys_without_nan(lines: list[list[float]]) -> None:
    values = np.array(lines)
    for column, (middle, spread) in enumerate(zip(median(values), deviation(values), strict=True)):
        known = values[:, column][~np.isnan(values[:, column])]
        np.testing.assert_allclose(middle, np.median(known) if len(known) else np.nan)
        np.testing.assert_allclose(spread, known.std(ddof=1) if len(known) > 1 else np.nan, atol=1e-9)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1, 1])
    assert holm([]).tolist() == []
    assert holm([NAN, 0.02, NAN, 0.01]) == pytest.approx([NAN, 0.02, NAN, 0.02], nan_ok=True)  # two tests, not four


def test_p_of_a_mean_is_that_of_its_standard_error() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(0.2, 1.0, size=(400, 1))
    found = estimate(values, np.arange(400), document_weights(400, 4000, generator))
    expected = stats.ttest_1samp(values[:, 0], 0).pvalue  # each mention a document of its own
    assert p_values(found)[0] == pytest.approx(expected, rel=0.25) and expected < 0.01


def test_p_is_one_where_nothing_differs_and_unknown_without_an_interval() -> None:
    weights = document_weights(3, 50, np.random.default_rng(0))
    values = np.array([[0.0, 1.0], [0.0, NAN], [0.0, NAN]])
    assert p_values(estimate(values, np.arange(3), weights)) == pytest.approx([1.0, NAN], nan_ok=True)
