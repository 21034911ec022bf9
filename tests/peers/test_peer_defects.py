"""Counting of defects on sentences made by hand: each case shows one defect and no other."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.peers import peer_defects
from liap.peers.peer_defects import of_rows, of_strings, of_units, to_words, word_spans

WORDS = ("U.S.", "beat", "Peru", ".")  # 0-4, 4-8, 8-12, 12-13 without blanks
WHOLE = [[(0, 4)], [(4, 8)], [(8, 12)], [(12, 13)]]
MASK, CLS, SEP = 99, 1, 2
PIECES = (CLS, 10, 11, 12, 13, SEP)  # the word that is explained begins at place 2


def names(found):
    return {one.defect for one in found if one.affected}


def test_spans_count_characters_without_blanks():
    assert word_spans(WORDS) == [(0, 4), (4, 8), (8, 12), (12, 13)]


@pytest.mark.parametrize(
    ("units", "scores", "expected"),
    [
        (WHOLE, [1, 2, 3, 4], set()),
        ([[(0, 1)], [(1, 4)], *WHOLE[1:]], [1, 1, 2, 3, 4], {"word_cut"}),
        (WHOLE[:3], [1, 2, 3], {"word_unscored"}),
        ([[(0, 1)], [(2, 3)], *WHOLE[1:]], [1, 1, 2, 3, 4], {"word_cut", "word_unscored"}),  # split at full stops
        ([[(0, 8)], *WHOLE[2:]], [1, 3, 4], {"words_joined"}),
        ([[(0, 4), (8, 12)], WHOLE[1], WHOLE[3]], [1, 2, 3], {"words_joined"}),  # equal words as one feature
        ([[], *WHOLE, []], [0, 1, 2, 3, 4, 0.5], {"special_scored"}),
        ([[], *WHOLE, []], [0, 1, 2, 3, 4, 0], set()),
        ([], [], {"word_unscored"}),
    ],
)
def test_units(units, scores, expected):
    found = of_units(WORDS, units, scores)
    assert names(found) == expected
    assert all(math.isnan(one.rows) for one in found) and len(found) == 4


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((CLS, 10, 11, MASK, 13, SEP), set()),  # another word is masked
        ((CLS, 10, MASK, 12, 13, SEP), {"word_hidden"}),
        ((CLS, 11, 12, 13, SEP), {"place_moved"}),  # a piece before it is removed
        ((CLS, SEP), {"place_moved"}),  # nothing stands at the place
        ((CLS, 10, 11, 55, 13, SEP), {"retokenised"}),
        ((MASK, 10, 11, 12, 13, SEP), {"special_perturbed"}),
        ((CLS, 10, 11, 12, 13, MASK), {"special_perturbed"}),
    ],
)
def test_rows(row, expected):
    assert names(of_rows([PIECES, row], PIECES, 2, frozenset({MASK}))) == expected


def test_shares_are_of_the_perturbed_rows():
    rows = [PIECES, (CLS, 10, MASK, 12, 13, SEP), (CLS, 10, 11, MASK, 13, SEP), PIECES]
    hidden = next(one for one in of_rows(rows, PIECES, 2, frozenset({MASK})) if one.defect == "word_hidden")
    assert hidden.affected and hidden.rows == 0.5
    assert of_rows([PIECES], PIECES, 2, frozenset({MASK})) == []  # gradients perturb nothing


def test_strings():
    assert of_strings({}, 3) == []
    assert not of_strings({"found_by_string": 3}, 3)[0].affected
    assert of_strings({"found_by_string": 1}, 3)[0].affected


@given(st.lists(st.text("abc. ", min_size=1, max_size=5), min_size=1, max_size=6), st.data())
def test_spread_scores_keep_their_sum(words, data):
    """Whatever the units are, their scores add up to those of the words that they lie in."""
    end = word_spans(words)[-1][1]
    units, begin = [], 0
    while begin < end:
        stop = data.draw(st.integers(begin + 1, end))
        units.append([(begin, stop)])
        begin = stop
    scores = [float(number) for number in range(len(units))]
    assert sum(to_words(words, units, scores)) == pytest.approx(sum(scores))


def test_a_unit_of_two_words_is_shared_by_characters():
    assert to_words(("a", "bcd"), [[(0, 4)], []], [4.0, 9.0]) == [1.0, 3.0]


def test_an_answer_shows_all_of_its_defects():
    answer = {"units": WHOLE[:3], "scores": [1, 2, 3], "notes": {"found_by_string": 1}, "place": 2, "pieces": PIECES,
              "rows": [(CLS, 11, SEP)]}  # fmt: skip
    found = names(peer_defects.of_answer(WORDS, answer, frozenset({MASK})))
    assert found == {"word_unscored", "other_occurrence", "place_moved"}
