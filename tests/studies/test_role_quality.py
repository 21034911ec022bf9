"""The figures of role labellers, by hand."""

import runpy
from pathlib import Path

import pytest

from liap.linguistics.annotation import Item
from liap.records import Frame, Parse, Sentence

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "studies" / "role_quality.py"))


def test_spans_are_counted_with_and_without_their_roles():
    gold = Frame(1, ("B-ARG0", "B-V", "B-ARG1", "I-ARG1", "O"))
    answered = Frame(1, ("B-ARG0", "B-V", "B-ARG2", "I-ARG2", "B-ARGM-TMP"))
    pairs = [(gold, answered), (gold, None)]
    assert SCRIPT["counts"](pairs, labelled=False) == (2, 4, 3)
    assert SCRIPT["counts"](pairs, labelled=True) == (1, 4, 3)
    assert SCRIPT["precision_recall_f1"](2, 4, 3) == pytest.approx((2 / 3, 1 / 2, 4 / 7))
    assert SCRIPT["precision_recall_f1"](0, 0, 0) == (0, 0, 0)


def test_only_gold_predicates_that_the_parse_tags_as_verbs_count():
    frames = (Frame(0, ("B-V", "O", "O")), Frame(1, ("O", "B-V", "O")))
    sentence = Sentence(0, 0, ("a", "b", "c"), ("O", "O", "O"), frames=frames)
    parse = Parse((-1, 0, 0), ("root", "dep", "dep"), ("NOUN", "VERB", "VERB"))
    item = Item(sentence, (), parse, (Frame(2, ("O", "O", "B-V")),))
    assert list(SCRIPT["same_predicates"]([item])) == [(frames[1], None)]
