"""Records refuse what no sentence can have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.errors import InputError
from liap.records import Frame, Parse, Sentence, tag_spans


def parse(*heads):
    return Parse(heads, ("dep",) * len(heads), ("X",) * len(heads))


@pytest.mark.parametrize("heads", [(1, 0), (-1, 2, 3, 1), (1, 2, 0), (-1, 0, 3, 2)])
def test_a_cycle_is_no_tree(heads):
    with pytest.raises(InputError, match="above itself"):
        parse(*heads)


@given(st.data(), st.integers(1, 12))
def test_every_forest_is_taken(data, words):
    order = data.draw(st.permutations(range(words)))
    heads = [-1] * words
    for place, word in enumerate(order[1:], start=1):
        heads[word] = data.draw(st.sampled_from([-1, *order[:place]]))
    assert parse(*heads).heads == tuple(heads)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: parse(0), "the head of word 0 is 0"),
        (lambda: parse(-1, 2), "the head of word 1 is 2"),
        (lambda: Parse((-1,), (), ("X",)), "1 heads, 0 relations"),
        (lambda: Parse((-1,), ("root",), ("X",), "penn"), "scheme must be one of"),
        (lambda: Frame(2, ("O", "B-V")), r"predicate must be a word index in \[0, 2\)"),
        (lambda: Frame(0, ("V",)), "tags must be O, B-<role>"),
        (lambda: Sentence(3, 0, ("a", "b"), ("O",)), "sentence 3: 2 words but 1 tags"),
        (lambda: Sentence(3, 0, ("a", "b"), parse=parse(-1)), "sentence 3: 2 words but 1 parse"),
        (lambda: Sentence(3, 0, ("a",), frames=(Frame(0, ("B-V", "O")),)), "a frame of 2 tags"),
    ],
)
def test_what_does_not_fit_is_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_spans_strict_and_lax():
    tags = ("I-A", "I-A", "B-A", "I-B", "O", "B-B", "I-B", "I-A")
    assert tag_spans(tags) == (("A", 0, 2), ("A", 2, 3), ("B", 3, 4), ("B", 5, 7), ("A", 7, 8))
    assert tag_spans(tags, strict=True) == (("A", 2, 3), ("B", 5, 7))
