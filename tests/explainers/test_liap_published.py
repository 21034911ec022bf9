"""The published importance, against a slow recomputation by hand on small matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.explainers.liap_published import (
    STRATEGIES,
    either_end,
    fitted,
    importance,
    liap_published,
    published_head,
    relation_set,
    role_set,
)
from liap.records import Frame, Parse
from liap.taggers.tagger import PieceAttention
from tests.toys import ToyView, mention, toy_case


def parse_of(*heads):
    return Parse(heads, ("dep",) * len(heads), ("X",) * len(heads))


def places(found):
    return set(np.flatnonzero(found).tolist())


def test_the_relation_set_grows_while_it_is_walked():
    #        0  1  2  3   4  5  6  7
    heads = (1, 4, 4, 2, -1, 4, 5, 0)
    # of 2: itself, its head 4, its dependent 3. Walking: 0 hangs on 1, which is not in yet; 1 and 5 hang on 4; 6 on 5, by now in;
    # 7 hangs on 0, which stayed out
    assert places(relation_set(parse_of(*heads), 2)) == {1, 2, 3, 4, 5, 6}


def test_a_root_is_its_own_head_and_a_place_outside_the_parse_prunes_nothing():
    assert places(relation_set(parse_of(-1, 0, 3, -1, 3), 0)) == {0, 1}
    assert relation_set(parse_of(-1, 0), 2) is None


def test_roles_join_the_frames_that_hold_the_place():
    frames = (
        Frame(1, ("B-ARG0", "B-V", "O", "O", "O")),
        Frame(3, ("O", "B-ARG1", "O", "B-V", "O")),
        Frame(4, ("O", "O", "B-ARG1", "O", "B-V")),
    )
    assert places(role_set(frames, 1)) == {0, 1, 3}  # its own predicate's tag is a role too
    assert places(role_set(frames, 4)) == {2, 4}
    assert role_set(frames[:2], 2) is None
    assert role_set(frames, 9) is None
    assert role_set((), 0) is None


def test_either_end_keeps_rows_and_columns_below_the_number_of_words():
    kept = either_end(np.array([False, True, False]), 4)
    assert kept.astype(int).tolist() == [[0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert either_end(np.array([False, True, False]), 2).astype(int).tolist() == [[0, 1], [1, 1]]


def test_sums_are_cut_or_padded():
    assert fitted(np.array([1.0, 2.0, 3.0]), 2).tolist() == [1, 2]
    assert fitted(np.array([1.0, 2.0]), 4).tolist() == [1, 2, 0, 0]


def test_the_head_is_the_first_of_the_second_to_last_layer():
    attention = np.arange(3 * 2 * 2 * 2, dtype=float).reshape(3, 2, 2, 2)
    assert (published_head(attention) == attention[1, 0]).all()
    assert (published_head(attention[:1]) == attention[0, 0]).all()


def literal(matrix, heads, frames, position, words, strategy):
    """The published computation with loops and sets, one mask after the other."""
    size = len(matrix)
    values = [[float(cell) for cell in row] for row in matrix]
    masks = []
    if strategy in ("syntactic", "both", "either") and position < len(heads):
        related = {position, heads[position] if heads[position] >= 0 else position}
        for word, head in enumerate(heads):
            if head == position:
                related.add(word)
        for word, head in enumerate(heads):
            if (word if head < 0 else head) in related:
                related.add(word)
        masks.append(related)
    if strategy in ("semantic", "both", "either"):
        relevant = set()
        for frame in frames:
            if position < len(frame.tags) and frame.tags[position] != "O":
                relevant |= {word for word, tag in enumerate(frame.tags) if tag != "O"}
        if relevant:
            masks.append(relevant)
    if strategy == "either" and len(masks) == 2:
        masks = [masks[0] | masks[1]]  # (i or j in A) or (i or j in B) = i or j in A or B
    for chosen in masks:
        for row in range(size):
            for column in range(size):
                inside = row < len(heads) and column < len(heads)
                if not (inside and (row in chosen or column in chosen)):
                    values[row][column] = 0.0
    sums = [sum(row) for row in values]
    return (sums + [0.0] * words)[:words]


@st.composite
def settings(draw):
    tokens = draw(st.integers(1, 7))
    order = draw(st.permutations(range(tokens)))
    head_of = {word: draw(st.sampled_from((-1, *order[:rank]))) for rank, word in enumerate(order)}  # a forest
    heads = tuple(head_of[word] for word in range(tokens))
    tag = st.sampled_from(["O", "B-ARG0", "I-ARG1"])
    frames = [tuple(draw(tag) for _ in range(tokens)) for _ in range(draw(st.integers(0, 2)))]
    size, seed = draw(st.integers(1, 9)), draw(st.integers(0, 99))
    position = draw(st.integers(0, tokens if draw(st.booleans()) else tokens - 1))
    return (seed, size), heads, frames, position, draw(st.integers(position + 1, 9))


@given(settings(), st.sampled_from(STRATEGIES))
def test_importance_is_what_a_slow_recomputation_gives(setting, strategy):
    (seed, size), heads, roles, position, words = setting
    frames = tuple(Frame(0, tags) for tags in roles)
    matrix = np.random.default_rng(seed).dirichlet(np.ones(size), size).astype(np.float32)
    if strategy == "either" and position >= len(heads):
        return  # nothing to join
    found = importance(matrix, parse_of(*heads), frames, position=position, words=words, strategy=strategy)
    assert found == pytest.approx(literal(matrix, heads, frames, position, words, strategy), abs=1e-6)


def test_unpruned_every_row_sums_to_one():
    matrix = np.random.default_rng(0).dirichlet(np.ones(6), 6)
    found = importance(matrix, parse_of(-1, 0, 0), (), position=1, words=5, strategy="none")
    assert found == pytest.approx(np.ones(5))


def test_the_explainer_gives_row_sums_and_nothing_for_the_mention():
    heads, matrix = (1, -1, 1, 2), np.random.default_rng(1).dirichlet(np.ones(6), 6)
    others = np.full((3, 2, 6, 6), 1 / 6)
    others[1, 0] = matrix  # the head that was published
    view = ToyView(pieces=PieceAttention(others, np.array([-1, 0, 1, 2, 3, -1])))
    case = toy_case("abcd", mention(2, 4, sentence=0), view, parse=parse_of(*heads))
    (found,) = liap_published(case)
    assert (found.explainer, found.variant, found.passes) == ("liap_published", "", 1)
    expected = literal(matrix, heads, (), 2, 4, "both")
    assert found.scores[0] == pytest.approx([*expected[:2], 0, 0])
