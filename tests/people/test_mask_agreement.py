"""Masks against marked words: hand counts, what a random mask can expect, and controls among words alone."""

import numpy as np
import pytest

from liap.people.mask_agreement import KINDS, MEASURES, agreement_of_masks, drawn, mask_rows, measures
from liap.pruning.matched import CONTROLS
from tests.people.conftest import marked_mention

TEXT = "a b c ROME d e f g"
OPTIONS = {"seed": 0, "draws": 400}


def test_by_hand():
    """Three words are kept, two of the four marked ones among them; they hold 0.3 of 0.4 of the drops."""
    one = marked_mention(TEXT, marked=(1, 2, 6, 7), kept=(2, 4, 6), drops=[0, 0.1, 0.2, -0.5, 0, 0.1, 0])
    values = dict(zip(MEASURES, measures(one, one.masks[:1])[0], strict=True))
    assert values == pytest.approx({"precision": 2 / 3, "recall": 2 / 4, "f1": 4 / 7, "drop_share": 0.3 / 0.4})


def test_drops_that_are_too_small_have_no_share():
    one = marked_mention(TEXT, marked=(1,), kept=(1,), drops=[0.004, 0.005, 0, 0, 0, 0, 0])
    assert np.isnan(measures(one, one.masks[:1])[0, 3])


def test_a_random_mask_expects_the_share_of_marked_words():
    one = marked_mention(TEXT, marked=(1, 2, 6), kept=(2, 4), drops=[1, 0, 0, 0, 0, 0, 0])
    values = agreement_of_masks(one, ["syntactic"], seed=0, draws=4000)[0, KINDS.index("matched_random")]
    assert values[:2] == pytest.approx([3 / 7, 2 / 7], abs=0.02) and values[3] == pytest.approx(2 / 7, abs=0.02)


def test_the_nearest_words_are_the_window():
    one = marked_mention(TEXT, marked=(2, 4), kept=(0, 7), drops=np.ones(7))
    values = agreement_of_masks(one, ["syntactic"], **OPTIONS)[0]
    assert values[KINDS.index("liap"), 0] == 0 and values[KINDS.index("matched_window"), 0] == 1


@pytest.mark.parametrize("control", CONTROLS)
def test_controls_without_punctuation_keep_words_alone(control):
    whole = marked_mention("a , ROME . b - c", marked=(0,), kept=(0, 1, 6))
    one = whole.without_punctuation()
    kept = drawn(one, one.masks[0], control, "syntactic", **OPTIONS)
    assert kept.shape == (400, 3) and (kept.sum(axis=1) == 2).all()


def test_a_variant_without_a_mask_and_a_target_without_a_mark_are_undefined():
    none = marked_mention(TEXT, marked=(), kept=(2,))
    assert np.isnan(agreement_of_masks(none, ["syntactic"], **OPTIONS)).all()
    empty = marked_mention(TEXT, marked=(1,), variants=2)
    assert np.isnan(agreement_of_masks(empty, ["syntactic", "frame"], **OPTIONS)).all()


def test_rows_are_means_and_paired_differences():
    mentions = [
        marked_mention(TEXT, marked=(2, 4), kept=(2, 4), drops=np.ones(7), document=document) for document in range(3)
    ] + [
        marked_mention(TEXT, marked=(0,), kept=(2,), drops=np.ones(7), document=3),
        marked_mention(TEXT, kept=(1,), document=4),
    ]
    rows = mask_rows(mentions, ["syntactic"], seed=0, draws=64, resamples=200)
    assert len(rows) == 2 * len(KINDS) * len(MEASURES)
    found = {(row.masks, row.measure): row for row in rows if row.punctuation == "kept"}
    own, window = found["liap", "precision"], found["matched_window", "precision"]
    assert (own.n, own.documents, own.mean) == (4, 4, pytest.approx(3 / 4)) and np.isnan(own.minus)
    assert (
        window.minus == pytest.approx(own.mean - window.mean) and window.minus_low <= window.minus <= window.minus_high
    )
