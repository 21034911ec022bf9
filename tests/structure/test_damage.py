"""Damaged trees stay trees, and so many arcs move."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liap.records import Parse
from liap.structure.damage import damage
from tests.toys import chain


@st.composite
def trees(draw):
    words = draw(st.integers(1, 12))
    order = draw(st.permutations(range(words)))
    heads = [-1] * words
    for place, word in enumerate(order[1:], start=1):
        heads[word] = order[draw(st.integers(0, place - 1))]
    return tuple(heads)


@given(trees(), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_a_damaged_tree_is_a_tree_with_the_same_root(heads, share, seed):
    parse = Parse(heads, ("dep",) * len(heads), ("X",) * len(heads), "ud")
    damaged = damage(parse, share, np.random.default_rng(seed))  # a Parse refuses cycles
    moved = sum(before != after for before, after in zip(parse.heads, damaged.heads, strict=True))
    assert moved <= round(share * (len(parse.heads) - 1))
    assert [head < 0 for head in damaged.heads] == [head < 0 for head in parse.heads]


def test_no_damage_changes_nothing_and_the_share_is_kept_where_there_is_room():
    parse = Parse((-1, *[0] * 20), ("dep",) * 21, ("X",) * 21, "ud")  # a star: every word can hang on any other
    generator = np.random.default_rng(0)
    assert damage(parse, 0.0, generator) == parse
    for share, expected in ((0.1, 2), (0.2, 4), (0.4, 8)):
        damaged = damage(parse, share, generator)
        assert sum(head != 0 for head in damaged.heads[1:]) == expected


def test_a_word_without_another_place_stays():
    assert damage(chain(2), 1.0, np.random.default_rng(0)) == chain(2)
