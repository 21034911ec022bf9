"""Patterns on a hand-drawn tree, the controls' sizes, and what restrictions and losses make of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.errors import InputError
from liap.guidance.patterns import STRUCTURES, Annotated, allowed, check, masks, target, with_evidence, words_as_spans
from liap.records import Evidence, Frame, Parse, Sentence

# Mary met John Smith in Paris .      met is the root; in hangs on Paris
HEADS = (1, -1, 1, 2, 5, 1, 1)
FRAME = Frame(1, ("B-ARG0", "B-V", "B-ARG1", "I-ARG1", "O", "O", "O"))
EVIDENCE = (Evidence(2, 4, (1, 5), "any"),)


def annotated(words=7, heads=HEADS, frames=(FRAME,), evidence=EVIDENCE):
    parse = Parse(heads, ("dep",) * words, ("X",) * words)
    return Annotated(Sentence(0, 0, tuple(f"w{n}" for n in range(words)), evidence=evidence), parse, frames)


def places(mask):
    return None if mask is None else np.flatnonzero(mask).tolist()


@pytest.mark.parametrize(
    ("name", "of_smith", "of_mention", "of_root", "of_first"),
    [
        ("head", [2], [1], [], [1]),
        ("neighbours", [2], [1], [0, 2, 5, 6], [1]),
        ("frame", [0, 1, 2], [0, 1], [0, 2, 3], [1, 2, 3]),
        ("evidence", None, [1, 5], None, None),
        ("previous", [2], [1], [0], []),
    ],
)
def test_structures_by_hand(name, of_smith, of_mention, of_root, of_first):
    found = masks(name, annotated(), [(3, 4), (2, 4), (1, 2), (0, 1)])
    assert [places(mask) for mask in found] == [of_smith, of_mention, of_root, of_first]


def test_two_hops_and_an_uncovered_span():
    assert places(masks("neighbours", annotated(), [(3, 4)], hops=2)[0]) == [1, 2]
    assert masks("frame", annotated(), [(5, 6)]) == [None]


def test_a_mention_shares_its_row_and_other_words_are_free():
    matrix = allowed("neighbours", annotated(), [(2, 4)])
    assert matrix[[2, 3]].tolist() == [[False, True, True, True, False, False, False]] * 2
    assert matrix[[0, 1, 4, 5, 6]].all()
    assert allowed("frame", annotated(), [(5, 6)]).all()  # uncovered


def test_targets_and_the_roots_own_row():
    matrix = target("head", annotated())
    assert matrix.argmax(axis=1).tolist() == [1, 1, 1, 2, 5, 1, 1] and (matrix.sum(axis=1) == 1).all()
    for control in ("window", "random"):
        drawn = target(f"head/{control}", annotated())
        assert (drawn.sum(axis=1) == 1).all() and drawn[1, 1] and not np.delete(np.diag(drawn), 1).any()
    aimed = target("evidence", annotated())
    assert places(aimed[2]) == places(aimed[3]) == [1, 5] and not aimed[[0, 1, 4, 5, 6]].any()


def test_a_window_is_nearest_and_draws_depend_on_the_seed_and_the_words_alone():
    for row, word in zip(target("neighbours/window", annotated()), range(7), strict=True):
        outside = np.flatnonzero(row)
        free = [w for w in range(7) if w != word and w not in outside]
        assert max(abs(outside - word)) <= min((abs(w - word) for w in free), default=9)
    same = [target("neighbours/random", annotated(), seed=seed) for seed in (3, 3)]
    assert np.array_equal(*same)
    assert any(not np.array_equal(same[0], target("neighbours/random", annotated(), seed=seed)) for seed in range(4, 9))


def test_evidence_of_sentences_with_the_same_words():
    bare = [Sentence(n, n, words) for n, words in enumerate([("a", "b"), ("c", "d"), ("a", "b")])]
    explained = [
        Sentence(0, 0, ("a", "b"), evidence=(Evidence(0, 1, (1,), "x"),)),
        Sentence(1, 1, ("a", "b"), evidence=(Evidence(1, 2, (0,), "x"),)),
        Sentence(2, 2, ("e",)),
    ]
    found = with_evidence(bare, explained)
    assert [len(sentence.evidence) for sentence in found] == [2, 0, 2] and [s.index for s in found] == [0, 1, 2]
    assert with_evidence(found, ())[2].evidence == found[2].evidence
    with pytest.raises(InputError, match="no training sentence has evidence"):
        with_evidence(bare, ())


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_controls_have_the_size_of_their_structure(data):
    words = data.draw(st.integers(1, 9))
    heads = (-1, *(data.draw(st.integers(0, word - 1)) for word in range(1, words)))
    one = annotated(words, heads, frames=(), evidence=())
    start = data.draw(st.integers(0, words - 1))
    spans = data.draw(st.sampled_from([words_as_spans(words), [(start, data.draw(st.integers(start + 1, words)))]]))
    structure = data.draw(st.sampled_from(STRUCTURES))
    own = masks(structure, one, spans)
    for control in ("window", "random"):
        for mask, drawn, (begin, end) in zip(own, masks(f"{structure}/{control}", one, spans), spans, strict=True):
            assert (mask is None) == (drawn is None)
            if mask is not None:
                assert drawn.sum() == mask.sum() and not drawn[begin:end].any() and not mask[begin:end].any()
    assert np.diag(allowed(structure, one, spans)).all()


@pytest.mark.parametrize("name", ["heads", "head/near", "/window", "head/", ""])
def test_an_unknown_pattern_names_its_flag(name):
    with pytest.raises(InputError, match="--targets: unknown pattern"):
        check("--targets", name)
