"""Precision, recall and F1: by hand, and against an independent count under hypothesis."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from liap.taggers.entity_f1 import EntityScore, entity_f1

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-A-B", "I-A-B")
pairs = st.lists(st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), max_size=8), max_size=5)


def test_by_hand():
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "I-LOC"], ["O", "B-PER"], []]
    said = [["B-PER", "I-PER", "B-LOC", "B-PER"], ["B-LOC", "O"], ["O", "B-PER"], []]
    # PER: 2 of 3 predicted are right, 2 of 2 found; LOC: none of 2 right, none of 2 found
    assert entity_f1(gold, said) == (
        EntityScore("LOC", 0.0, 0.0, 0.0, 2),
        EntityScore("PER", 2 / 3, 1.0, 0.8, 2),
        EntityScore("overall", 2 / 5, 1 / 2, 0.4 / 0.9, 4),
    )


def test_an_inside_tag_that_continues_nothing_is_no_entity():
    assert entity_f1([["O", "O"]], [["I-PER", "I-PER"]]) == (EntityScore("overall", 0.0, 0.0, 0.0, 0),)
    assert entity_f1([["B-PER", "O"]], [["B-PER", "I-LOC"]])[-1].f1 == 1.0


def test_shares_of_nothing_are_zero():
    assert entity_f1([], []) == entity_f1([["O"]], [["O"]]) == (EntityScore("overall", 0.0, 0.0, 0.0, 0),)
    assert entity_f1([["O"]], [["B-X"]]) == (
        EntityScore("X", 0.0, 0.0, 0.0, 0),
        EntityScore("overall", 0.0, 0.0, 0.0, 0),
    )
    assert entity_f1([["B-X"]], [["O"]]) == (
        EntityScore("X", 0.0, 0.0, 0.0, 1),
        EntityScore("overall", 0.0, 0.0, 0.0, 1),
    )


def read_entities(rows):
    """(sentence, type, start, end) of each entity, read tag by tag without the project's own reader."""
    entities = set()
    for sentence, tags in enumerate(rows):
        for start, tag in enumerate(tags):
            if tag.startswith("B-"):
                end = start + 1
                while end < len(tags) and tags[end] == "I-" + tag[2:]:
                    end += 1
                entities.add((sentence, tag[2:], start, end))
    return entities


@settings(deadline=None, max_examples=200)
@given(rows=pairs)
def test_equals_an_independent_count(rows):
    gold, said = ([[pair[side] for pair in row] for row in rows] for side in (0, 1))
    expected, predicted = read_entities(gold), read_entities(said)
    for score in entity_f1(gold, said):
        mine = {e for e in expected if score.entity_type in ("overall", e[1])}
        theirs = {e for e in predicted if score.entity_type in ("overall", e[1])}
        right = len(mine & theirs)
        assert score.support == len(mine)
        assert math.isclose(score.precision, right / max(len(theirs), 1))
        assert math.isclose(score.recall, right / max(len(mine), 1))
        assert math.isclose(score.f1, 2 * right / max(len(theirs) + len(mine), 1))
