"""Matched controls: every draw matches, and everything else is uniform."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liap.pruning.matched import CONTROLS, SLACK, distances, draw, freedom, nearest


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


def test_the_nearest_words_share_the_last_distance():
    steps = np.array([2, 1, 1, 2, 3])
    assert nearest(steps, 3).tolist() == [0.5, 1, 1, 0.5, 0]
    assert nearest(steps, 1).tolist() == [0, 0.5, 0.5, 0, 0]
    assert nearest(np.array([2, 1]), 2).tolist() == [1, 1]
    assert nearest(steps, 0).tolist() == [0] * 5


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
                moves = np.abs(np.sort(away[control_mask]) - np.sort(away[mask]))
                assert moves.max() <= SLACK
        assert 0 <= freedom(mask, drawn) <= 1
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


def test_a_word_with_a_free_mirror_place_keeps_its_distance():
    mask = np.array([False, True, False, False, False, False, False])  # span at 3; word 1 mirrors word 5
    drawn = draw("matched_distance", mask, 3, 4, draws=200, generator=np.random.default_rng(0))
    assert set(np.flatnonzero(drawn.any(axis=0))) == {1, 5}


def test_a_word_without_a_mirror_place_moves_within_a_window():
    mask = np.array([False, False, False, True, False, False, False])  # span at 0: nothing on the left; distance 3
    drawn = draw("matched_distance", mask, 0, 1, draws=4000, generator=np.random.default_rng(0))
    assert np.flatnonzero(drawn.any(axis=0)).tolist() == [1, 2, 3, 4, 5]
    assert np.abs(drawn[:, 1:6].mean(axis=0) - 0.2).max() < 0.04
    assert freedom(mask, drawn) == 1 - drawn[:, 3].mean()


def test_a_word_whose_mirror_place_is_kept_moves_within_a_window():
    mask = np.array([True, False, False, True, False])  # span 1-3: words 0 and 3 mirror each other; only word 4 is free
    drawn = draw("matched_distance", mask, 1, 3, draws=300, generator=np.random.default_rng(0))
    assert {tuple(np.flatnonzero(one)) for one in drawn} == {(0, 3), (0, 4), (3, 4)}


def test_without_freedom_the_control_is_the_mask():
    mask = np.array([True, False, True, True])  # span at 1, everything else kept
    for control in CONTROLS:
        drawn = draw(control, mask, 1, 2, draws=20, generator=np.random.default_rng(0))
        assert (drawn == mask).all()
        assert freedom(mask, drawn) == 0


def test_draws_keep_words_of_the_given_context_alone():
    context = np.array([True, False, False, True, True, True])  # span at 1; word 2 is left out
    mask = np.array([True, False, False, False, False, False])
    for control in CONTROLS:
        drawn = draw(control, mask, 1, 2, draws=200, generator=np.random.default_rng(0), context=context)
        assert not drawn[:, ~context].any()
        assert (drawn.sum(axis=1) == 1).all()


def test_distances_are_to_the_nearer_edge():
    assert distances(6, 2, 4).tolist() == [2, 1, 0, 0, 1, 2]
