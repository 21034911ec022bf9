"""Attention against structure: heads that attend by position alone have ratio 1, a head that follows the tree has more."""

import numpy as np
import pytest

from liap.diagnostics.attention_structure import StructureSums, relation_words, summarise
from liap.records import Frame, Mention, Parse


def mention(document, start):
    return Mention(document, document, start, start + 1, ("B-LOC",), "LOC", None, "no_gold", 0.5)


def random_parse(words, generator):
    heads = [-1, *(int(generator.integers(0, word)) for word in range(1, words))]
    return Parse(tuple(heads), ("dep",) * words, ("X",) * words)


def study(documents=60, words=12):
    """Head 0 attends by distance alone; head 1 gives all to the syntactic head where there is one."""
    generator = np.random.default_rng(0)
    sums = StructureSums(1, 2)
    for document in range(documents):
        one, parse = mention(document, int(generator.integers(1, words))), random_parse(words, generator)
        away = np.abs(np.arange(words) - one.start)
        attention = np.stack([0.5**away, np.arange(words) == parse.heads[one.start]]).astype(float)
        sums.add(attention[None, :, None, :], one, parse, ())
    return sums


def test_position_alone_has_ratio_one_and_following_the_tree_has_more():
    rows = {(row.head, row.relation): row for row in summarise(study())}
    assert rows[0, "head"].ratio == pytest.approx(1, abs=0.15)
    assert rows[1, "head"].observed == 1
    assert rows[1, "head"].ratio > 1.5
    assert rows[1, "head"].low > 1
    assert rows[1, "dependents"].observed == 0
    assert (0, "frame") not in rows


def test_one_mention_by_hand():
    # NAME's head is word 2; attention to the context is 0.1, 0.3 of a row that gives NAME itself 0.6
    parse = Parse((2, 2, -1), ("dep", "dep", "root"), ("X", "X", "X"))
    frame = Frame(2, ("B-ARG0", "O", "B-V"))
    sums = StructureSums(1, 1)
    sums.add(np.array([0.6, 0.1, 0.3]).reshape(1, 1, 1, 3), mention(0, 0), parse, (frame,))
    rows = {row.relation: row for row in summarise(sums)}
    assert set(rows) == {"head", "frame"}
    assert rows["head"].observed == pytest.approx(0.75)
    assert rows["head"].expected == pytest.approx(0.75)  # the only word at that distance
    assert rows["head"].mentions == rows["head"].documents == 1
    assert np.isnan(rows["head"].low)


def test_chunks_add_up_in_any_order_and_survive_a_file():
    whole = study()
    parts = StructureSums(1, 2)
    half = study(30)
    parts.merge(StructureSums.from_arrays(half.arrays()))
    parts.merge(half)
    doubled = StructureSums(1, 2)
    doubled.merge(half)
    doubled.merge(half)
    assert repr(summarise(parts)) == repr(summarise(doubled))
    assert repr(summarise(StructureSums.from_arrays(whole.arrays()))) == repr(summarise(whole))


def test_a_mention_that_gives_its_context_nothing_is_left_out():
    sums = StructureSums(1, 1)
    parse = Parse((-1, 0), ("root", "dep"), ("X", "X"))
    sums.add(np.zeros((1, 1, 1, 2)), mention(0, 0), parse, ())
    assert summarise(sums) == []


def test_relations_take_every_word_of_the_span():
    # red <- Sox <- won -> today ; span = red Sox
    parse = Parse((1, 2, -1, 2), ("amod", "nsubj", "root", "obl"), ("X",) * 4)
    one = Mention(0, 0, 0, 2, ("B-ORG", "I-ORG"), "ORG", None, "no_gold", 0.5)
    head, dependents, frame = relation_words(parse, (), one)
    assert head.tolist() == [False, False, True, False]
    assert not dependents.any()
    assert not frame.any()
