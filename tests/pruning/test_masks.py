"""Masks on hand-drawn trees, in both dependency schemes, and on hand-written frames."""

import numpy as np
import pytest

from liap.pruning import EMPTY, UNCOVERED, VARIANTS, masks, semantic, syntactic
from liap.records import Frame, Parse

# Ann   plays in Paris with friends .
WORDS = ("Ann", "plays", "in", "Paris", "with", "friends", ".")
UD = Parse(
    heads=(1, -1, 3, 1, 5, 1, 1),
    relations=("nsubj", "root", "case", "obl", "case", "obl", "punct"),
    parts_of_speech=("PROPN", "VERB", "ADP", "PROPN", "ADP", "NOUN", "PUNCT"),
    scheme="ud",
)
CLEAR = Parse(
    heads=(1, -1, 1, 2, 1, 4, 1),
    relations=("nsubj", "ROOT", "prep", "pobj", "prep", "pobj", "punct"),
    parts_of_speech=UD.parts_of_speech,
    scheme="clear",
)


def words(mask) -> set[str]:
    return {WORDS[index] for index in np.flatnonzero(mask)}


@pytest.mark.parametrize(
    ("parse", "hops", "siblings", "expected"),
    [
        (UD, 1, False, {"plays", "in"}),
        (CLEAR, 1, False, {"in"}),
        (UD, 2, False, {"Ann", "plays", "in", "friends", "."}),
        (CLEAR, 2, False, {"plays", "in"}),
        (CLEAR, 3, False, {"Ann", "plays", "in", "with", "."}),
        (UD, 9, False, {"Ann", "plays", "in", "with", "friends", "."}),
        (UD, 10**9, False, {"Ann", "plays", "in", "with", "friends", "."}),  # ends once nothing new is reached
        (UD, 1, True, {"Ann", "plays", "in", "friends", "."}),
        (CLEAR, 1, True, {"in"}),
    ],
)
def test_syntactic_mask_in_both_schemes(parse, hops, siblings, expected):
    assert words(syntactic(parse, 3, 4, hops=hops, siblings=siblings)) == expected


def test_the_syntactic_mask_starts_from_every_word_of_the_span():
    # The Red Sox won
    parse = Parse((2, 2, 3, -1), ("det", "amod", "nsubj", "root"), ("DET", "ADJ", "NOUN", "VERB"))
    assert syntactic(parse, 1, 3).tolist() == [True, False, False, True]


def test_the_head_of_a_root_is_not_the_last_word():
    parse = Parse((-1, 0), ("root", "dep"), ("X", "X"))
    assert syntactic(parse, 0, 1).tolist() == [False, True]
    lone = Parse((-1, -1), ("root", "root"), ("X", "X"))
    assert not syntactic(lone, 0, 1).any()
    assert not syntactic(lone, 1, 2, siblings=True).any()


# Ann  sold Bob's firm which she owned yesterday
FRAMES = (
    Frame(1, ("B-ARG0", "B-V", "B-ARG1", "I-ARG1", "B-C-ARG1", "I-C-ARG1", "I-C-ARG1", "B-ARGM-TMP")),
    Frame(6, ("O", "O", "B-ARG1", "I-ARG1", "B-R-ARG1", "B-ARG0", "B-V", "O")),
)


@pytest.mark.parametrize(
    ("variant", "start", "end", "expected"),
    [
        ("frame", 0, 1, [0, 1, 1, 1, 1, 1, 1, 1]),
        ("predicate", 0, 1, [0, 1, 0, 0, 0, 0, 0, 0]),
        ("core", 0, 1, [0, 1, 1, 1, 1, 1, 1, 0]),
        ("same_role", 0, 1, [0, 0, 0, 0, 0, 0, 0, 0]),
        ("same_role", 2, 3, [0, 0, 0, 1, 1, 1, 1, 0]),
        ("predicate", 2, 3, [0, 1, 0, 0, 0, 0, 1, 0]),
        ("frame", 7, 8, [1, 1, 1, 1, 1, 1, 1, 0]),
        ("core", 7, 8, [1, 1, 1, 1, 1, 1, 1, 0]),
    ],
)
def test_semantic_variants(variant, start, end, expected):
    assert semantic(FRAMES, start, end, variant).tolist() == [bool(value) for value in expected]


def test_a_mention_outside_every_frame_is_uncovered():
    assert semantic((Frame(1, ("O", "B-V", "B-ARG1")),), 0, 1) is None
    assert semantic((), 0, 1) is None


def test_all_variants_with_reasons():
    by_variant = masks(UD, (), 3, 4)
    assert tuple(by_variant) == VARIANTS
    assert words(by_variant["either"]) == words(by_variant["syntactic"]) == {"plays", "in"}
    assert {by_variant[name] for name in ("frame", "predicate", "core", "same_role", "both")} == {UNCOVERED}
    frame = Frame(1, ("B-ARG0", "B-V", "O", "O", "O", "B-ARG2", "O"))
    by_variant = masks(UD, (frame,), 0, 1)
    assert words(by_variant["both"]) == {"plays"}
    assert words(by_variant["either"]) == {"plays", "friends"}
    assert by_variant["same_role"] == EMPTY
