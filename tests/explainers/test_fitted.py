"""Distance alone, what is fitted on held-out mentions, and the control that draws by a learned distance."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.diagnostics.fitting import Fit
from liap.errors import InputError
from liap.evaluation import check_needs
from liap.explainers import EXPLAINERS
from liap.explainers.fitted import FARTHEST, read_fitted, signed_distances
from liap.pruning.matched import draw_weighted
from liap.settings import MethodSettings
from tests.toys import ToyTagger, ToyView, fitted_file, mention, toy_case

WORDS = "a b Rome c d e".split()
ATTENTION = np.array([[[[0.1, 0.2, 0.0, 0.3, 0.2, 0.2]], [[0.5, 0.1, 0.0, 0.2, 0.1, 0.1]]],
                      [[[0.0, 0.0, 0.0, 0.0, 0.0, 1.0]], [[0.2, 0.2, 0.2, 0.2, 0.1, 0.1]]]])  # fmt: skip
DROPS = {"unk": np.array([0.0, 0.4, 0.0, 0.2, -0.1, 0.3])}


def case(found=None, **settings):
    return toy_case(WORDS, found or mention(2, 3), ToyView(ATTENTION, DROPS), fitted=fitted_file(), **settings)


def test_nearest_words_are_those_of_the_smallest_distance():
    (found,) = EXPLAINERS["nearest_words"](case())
    assert found.scores.tolist() == [[-2, -1, 0, -1, -2, -3]]


def test_signed_distances():
    assert signed_distances(case(mention(1, 3))).tolist() == [-1, 0, 0, 1, 2, 3]


def test_the_kernel_multiplies_attention_by_the_profile():
    (found,) = EXPLAINERS["attention_kernel"](case())
    (plain,) = EXPLAINERS["attention"](case())
    assert found.scores[0] == pytest.approx(plain.scores[0] * [0.05, 0.1, 0.0, 0.1, 0.05, 0.1 / 3])


def test_dev_heads_average_the_chosen_heads_alone():
    (found,) = EXPLAINERS["dev_heads"](case())
    context = np.array([True, True, False, True, True, True])
    assert found.scores[0] == pytest.approx(
        (ATTENTION[0, 0, 0] + ATTENTION[0, 1, 0] + ATTENTION[1, 0, 0]) / 3 * context
    )


def test_a_fit_recovers_drops_by_distance_and_the_best_head():
    """One mention: the profile is its own positive drops, and the head that ranks as the drops do is the best."""
    fit = Fit()
    fit.see(case())
    profile = fit.profile()
    assert profile[FARTHEST - 2 : FARTHEST + 4].tolist() == [0.0, 0.4, 0.0, 0.2, 0.0, 0.3]
    assert profile[0] == 0.0 and profile[-1] == 0.3  # distances that never occur take their neighbour's
    k = 2  # of five words
    assert fit.head_lfs.shape == (2, 2)
    order = np.argsort(-ATTENTION[1, 0, 0][[0, 1, 3, 4, 5]], kind="stable")
    positive = np.maximum(DROPS["unk"][[0, 1, 3, 4, 5]], 0)[order]
    assert fit.head_lfs[1, 0] == pytest.approx(positive[:k].sum() / (positive[:k].sum() + positive[-k:].sum()))
    best = np.unravel_index(fit.head_lfs.argmax(), (2, 2))
    assert fit.fitted(1, "m", "type", "unk").heads == (tuple(map(int, best)),)


def test_a_fit_without_a_mention_is_refused():
    with pytest.raises(InputError, match="no mention with two context words"):
        Fit().fitted(1, "", "type", "unk")


@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_weighted_masks_match_in_size_and_stay_in_the_context(size, seed):
    context = np.array([True, True, False, True, True, True])
    drawn = draw_weighted(np.array([0.1, 0, 5, 0.2, 0, 0.3]), size, context, 20, np.random.default_rng(seed))
    assert (drawn.sum(axis=1) == size).all()
    assert not drawn[:, ~context].any()


def test_the_learned_control_recovers_a_known_profile():
    weights = np.array([0.1, 0.4, 0.0, 0.3, 0.2])
    drawn = draw_weighted(weights, 1, weights > 0, 20_000, np.random.default_rng(0))
    assert drawn.mean(axis=0) == pytest.approx(weights, abs=0.012)
    pairs = draw_weighted(weights, 2, weights > 0, 20_000, np.random.default_rng(0))
    first_two = 0.4 * 0.3 / 0.6 + 0.3 * 0.4 / 0.7  # words 1 and 3 in either order, without replacement
    assert (pairs[:, 1] & pairs[:, 3]).mean() == pytest.approx(first_two, abs=0.012)


def test_the_learned_control_keeps_as_many_words_as_the_mask():
    mask = np.array([True, False, False, True, False, False])
    chosen = toy_case(
        WORDS,
        mention(2, 3),
        ToyView(ATTENTION, DROPS),
        masks={"syntactic": mask, "frame": "empty"},
        fitted=fitted_file(),
    )
    found = {one.variant: one for one in EXPLAINERS["matched_learned"](chosen)}
    assert found["frame"].reason == "empty"
    assert found["syntactic"].kept == 2
    assert 0 < found["syntactic"].freedom < 1
    assert ((found["syntactic"].scores > 0).sum(axis=1) <= 2).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not a file of studies/fit_on_dev.py"),
        ("[]", "not a file of studies/fit_on_dev.py"),
        ('{"profile": [1], "heads": [[0, 0]]}', "profile: expected 31 numbers"),
        (json.dumps({"profile": [0.1] * 31, "heads": []}), "heads: expected pairs"),
        (json.dumps({"profile": [-0.1] * 31, "heads": [[0, 0]]}), "profile: expected 31 numbers"),
    ],
)
def test_files_that_are_none_are_refused_in_one_line(tmp_path, content, said):
    path = tmp_path / "fitted.json"
    path.write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        read_fitted(str(path))
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_a_missing_file_and_heads_of_another_model_are_refused():
    tagger = ToyTagger({}, {}, capabilities=frozenset({"attention"}), layers_and_heads=(1, 1))
    for path, said in (
        ("", "needs --fitted"),
        ("nowhere.json", "cannot be read"),
        (fitted_file(), "lacks: it has 1 layers of 1"),
    ):
        with pytest.raises(InputError, match=said):
            check_needs(tagger, MethodSettings(explainers=("dev_heads",), fitted=path), parsed=False)


def test_punctuation_can_be_left_out_of_the_context():
    mask = np.array([True, True, False, True])
    words = ["a", ",", "Rome", "!?"]
    for choice, expected in (("keep", [True, True, False, True]), ("drop", [True, False, False, False])):
        chosen = toy_case(words, mention(2, 3), ToyView(), punctuation=choice)
        assert chosen.context.tolist() == expected
        assert chosen._within_context(mask).tolist() == (mask & expected).tolist()
    dropped = toy_case(words, mention(2, 3), ToyView(), punctuation="drop")
    assert dropped._within_context(np.array([False, True, False, True])) == "empty"
