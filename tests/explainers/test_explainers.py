"""Explainers on a toy case with exact answers."""

import hashlib

import numpy as np
import pytest

from liap.explainers import EXPLAINERS, Case
from liap.explainers.importance import importance
from tests.toys import ToyView, mention, toy_case

WORDS = ("a", "b", "NAME", "c", "d")
# two heads of one layer, one row: attention to a, b, NAME, c, d
ATTENTION = np.array([[[[0.1, 0.2, 0.4, 0.1, 0.0]], [[0.3, 0.0, 0.2, 0.1, 0.2]]]])
DROPS = {"mask": np.array([0.5, 0.0, 0.0, -0.1, 0.2]), "unk": np.array([0.1, 0.2, 0.0, 0.3, 0.4])}


MASKS = {"syntactic": np.array([True, False, False, True, False]), "frame": "uncovered"}
MENTION = mention(2, 3)


def case(found=MENTION, **settings) -> Case:
    return toy_case(WORDS, found, ToyView(ATTENTION, DROPS), masks=MASKS, **settings)


def explain(name, found=MENTION, **settings):
    return {one.variant: one for one in EXPLAINERS[name](case(found, **settings))}


def test_attention_is_the_mean_over_heads_and_rows():
    assert explain("attention")[""].scores[0] == pytest.approx([0.2, 0.1, 0, 0.1, 0.1])


def test_liap_keeps_the_mask_and_says_why_there_is_none():
    found = explain("liap")
    assert found["syntactic"].scores[0] == pytest.approx([0.2, 0, 0, 0.1, 0])
    assert found["syntactic"].kept == 2
    assert found["frame"].scores is None
    assert found["frame"].reason == "uncovered"


def test_renormalised_rows_are_divided_before_the_mean():
    found = explain("liap", renormalise=True)["syntactic"].scores[0]
    assert found == pytest.approx([(0.5 + 0.75) / 2, 0, 0, (0.5 + 0.25) / 2, 0])
    assert found.sum() == pytest.approx(1)


def test_a_row_of_which_nothing_is_kept_gives_nothing():
    mask = np.array([[False, True, False, False, False]])
    assert importance(ATTENTION, mask, renormalise=True)[0] == pytest.approx([0, 0.5, 0, 0, 0])


def test_occlusion_uses_the_operator_it_says():
    one = explain("occlusion")[""]
    assert (one.scores[0] == DROPS["unk"]).all()
    assert (one.operator, one.passes) == ("unk", 5)
    one = explain("occlusion_ceiling")[""]
    assert (one.scores[0] == DROPS["mask"]).all()
    assert one.operator == "mask"


@pytest.mark.parametrize("name", ["matched_random", "matched_window", "matched_distance"])
def test_controls_prune_raw_attention_by_masks_of_the_same_size(name):
    found = explain(name, draws=50)
    assert found["frame"].reason == "uncovered"
    scores = found["syntactic"].scores
    raw = ATTENTION.mean(axis=(0, 1, 2))
    assert scores.shape == (50, 5)
    assert found["syntactic"].kept == 2
    for row in scores:
        kept = row > 0
        assert row[kept] == pytest.approx(raw[kept])
        assert kept.sum() == 2 or (name != "matched_window" and (raw == 0).any())


def test_random_answers_do_not_depend_on_order_but_on_mention_and_seed():
    one = explain("random")[""].scores
    assert (explain("random")[""].scores == one).all()
    assert (explain("random", seed=1)[""].scores != one).any()
    assert (explain("random", mention(2, 3, sentence=8))[""].scores != one).any()
    controls = [explain(name, draws=50)["syntactic"].scores for name in ("matched_random", "matched_distance")]
    assert (controls[0] != controls[1]).any()


def test_a_generator_is_keyed_by_the_mention_and_the_explainer():
    """The stream is Philox's (Salmon et al. 2011) under the hash of what names it, as NumPy makes it from a key."""
    digest = hashlib.blake2b(b"3/7/2/3/random/", digest_size=16).digest()
    expected = np.random.Generator(np.random.Philox(key=np.frombuffer(digest, dtype=np.uint64)))
    drawn = case(seed=3).generator("random").integers(0, 1 << 31, size=50)
    assert (drawn == expected.integers(0, 1 << 31, size=50)).all()
    for other in (case(seed=4).generator("random"), case(seed=3).generator("random", "x")):
        assert (drawn != other.integers(0, 1 << 31, size=50)).any()
