"""Structure as a prior: its two ends, the rule that chooses a weight, and the halves of the documents."""

import numpy as np
import pytest

from liap.people.mask_agreement import KINDS
from liap.people.structure_prior import WEIGHTS, choose_weight, halves_of, prior_rows, prior_values, with_prior
from tests.people.conftest import marked_mention

TEXT = "a b c ROME d e f g"
DROPS = [0.3, 0.2, 0.1, 0.05, 0.0, 0.01, 0.02]


def test_positive_scores_of_kept_words_are_raised():
    scores, kept = np.array([0.3, 0.2, -0.1]), np.array([[False, True, True]])
    assert with_prior(scores, kept, 0.0) == pytest.approx(scores[None])
    assert with_prior(scores, kept, 1.0) == pytest.approx(np.array([[0.3, 0.4, -0.1]]))
    assert np.argsort(-with_prior(scores, kept, np.inf)[0]).tolist() == [1, 2, 0]


def test_weight_0_is_occlusion_and_the_mask_first_finds_what_it_keeps():
    """Occlusion's own ranking is the best for LFS; people marked the two words that the mask keeps."""
    one = marked_mention(TEXT, marked=(5, 7), kept=(5, 7), drops=DROPS, occlusion=DROPS)
    values = prior_values(one, one.masks[0], "syntactic", k=3, seed=0, draws=64)
    assert values.shape == (len(KINDS), len(WEIGHTS), 2)
    assert np.ptp(values[:, 0], axis=0) == pytest.approx([0, 0])
    own = values[KINDS.index("liap")]
    assert own[-1, 0] == 1 and own[0, 0] < 0.5 and own[0, 1] == pytest.approx(0.6 / 0.63) and own[-1, 1] < own[0, 1]


def test_a_target_without_a_mask_keeps_occlusion():
    one = marked_mention(TEXT, marked=(5,), drops=DROPS, occlusion=DROPS)
    values = prior_values(one, one.masks[0], "syntactic", k=3, seed=0, draws=64)
    assert np.ptp(values, axis=(0, 1)) == pytest.approx([0, 0])


def test_the_weight_agrees_best_among_those_that_lose_little():
    assert choose_weight(np.array([[0.5, 0.9], [0.6, 0.897], [0.7, 0.8], [0.6, 0.899]])) == 1
    assert choose_weight(np.array([[0.5, 0.9], [0.4, 0.95]])) == 0


def test_halves_share_no_document():
    documents = np.repeat(np.arange(7), 3)
    first, second = halves_of(documents, 0)
    assert (first ^ second).all() and not set(documents[first]) & set(documents[second])
    assert len(set(documents[first])) == 4


def test_the_choice_is_made_on_one_half_and_shown_in_both():
    mentions = [
        marked_mention(TEXT, marked=(5, 7), kept=(5, 7), drops=DROPS[::-1], occlusion=DROPS, document=number)
        for number in range(12)
    ]
    rows = prior_rows(mentions, ["syntactic"], "syntactic", k=3, seed=0, draws=20, resamples=200)
    assert len(rows) == 2 * len(KINDS) * len(WEIGHTS)
    own = [row for row in rows if row.prior == "liap" and row.chosen]
    assert (
        [row.half for row in own] == ["choose", "test"] and own[0].weight == own[1].weight and own[0].n == own[1].n == 6
    )
    assert own[1].gain > 0 and own[1].gain_low == pytest.approx(own[1].gain)  # all targets are alike
