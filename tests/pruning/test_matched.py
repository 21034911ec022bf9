"""Matched controls: every draw matches, and everything else is uniform."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liap.pruning.matched import CONTROLS, distances, draw


@st.composite
def cases(draw_from):
    words = draw_from(st.integers(2, 30))
    start = draw_from(st.integers(0, words - 1))
    end = draw_from(st.integers(start + 1, words))
    mask = np.array(draw_from(st.lists(st.booleans(), min_size=words, max_size=words)))
    mask[start:end] = False
    if not mask.any():
        outside = [word for word in range(words) if not start <= word < end]
        if not outside:
            return None
        mask[outside[0]] = True
    return mask, start, end


@given(cases(), st.integers(0, 2**32))
def test_every_draw_matches(case, seed):
    if case is None:
        return
    mask, start, end = case
    away = distances(len(mask), start, end)
    for control in CONTROLS:
        drawn = draw(control, mask, start, end, draws=20, generator=np.random.default_rng(seed))
        assert drawn.shape == (20, len(mask))
        assert (drawn.sum(axis=1) == mask.sum()).all()
        assert not drawn[:, start:end].any()
        if control == "matched_distance":
            for control_mask in drawn:
                assert sorted(away[control_mask]) == sorted(away[mask])
        if control == "matched_window":
            nearest = sorted(away[away > 0])[: mask.sum()]
            for control_mask in drawn:
                assert sorted(away[control_mask]) == nearest


def test_random_choices_are_uniform():
    mask = np.array([True, False, False, False, False])  # span at 2: distance 2, left; its mirror is word 4
    generator = np.random.default_rng(0)
    drawn = draw("matched_distance", mask, 2, 3, draws=4000, generator=generator)
    assert abs(drawn[:, 0].mean() - 0.5) < 0.04
    drawn = draw("matched_window", mask, 2, 3, draws=4000, generator=generator)
    assert abs(drawn[:, 1].mean() - 0.5) < 0.04
    assert not drawn[:, [0, 4]].any()
    drawn = draw("matched_random", mask, 2, 3, draws=4000, generator=generator)
    assert np.abs(drawn[:, [0, 1, 3, 4]].mean(axis=0) - 0.25).max() < 0.04


def test_distances_are_to_the_nearer_edge():
    assert distances(6, 2, 4).tolist() == [2, 1, 0, 0, 1, 2]
