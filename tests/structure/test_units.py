"""Units on hand-drawn trees and frames, their controls by hand, and joint drops on a tagger whose p is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.explainers import Case
from liap.perturbation.view import Reading
from liap.pruning import distances
from liap.pruning.matched import SLACK
from liap.records import Frame, Parse, Sentence
from liap.settings import MethodSettings
from liap.structure.units import score_units, spans_like, summarise, units
from tests.toys import ToyTagger, mention

WORDS = "the old man saw Rome with his own eyes yesterday".split()
#        0   1   2   3   4    5    6   7   8    9
HEADS = (2, 2, 3, -1, 3, 8, 8, 8, 3, 3)
FRAME = Frame(3, ("B-ARG0", "I-ARG0", "I-ARG0", "B-V", "B-ARG1", "B-ARGM-MNR", *["I-ARGM-MNR"] * 3, "B-ARGM-TMP"))
PARSE = Parse(HEADS, ("dep",) * 10, ("X",) * 10, "ud")


def mask(*places, words=10):
    chosen = np.zeros(words, dtype=bool)
    chosen[list(places)] = True
    return chosen


def found(start=4, end=5, frames=(FRAME,), parse=PARSE):
    return {(family, tuple(np.flatnonzero(one).tolist())) for family, one in units(parse, frames, start, end)}


def test_units_by_hand():
    """Rome hangs on saw, whose other dependents are the subject, the adverbial and one word alone, which is no unit."""
    assert found() == {
        ("subtree", (0, 1, 2)),
        ("subtree", (5, 6, 7, 8)),
        ("argument", (0, 1, 2)),
        ("argument", (5, 6, 7, 8)),
    }
    assert found(8, 9) == {("subtree", (0, 1, 2)), ("argument", (0, 1, 2))}  # eyes: what hangs on it has one word each
    assert found(4, 5, frames=()) == {("subtree", (0, 1, 2)), ("subtree", (5, 6, 7, 8))}


def test_dependents_of_the_mention_are_units_and_what_holds_the_mention_is_none():
    parse = Parse((-1, 0, 1, 2, 0), ("dep",) * 5, ("X",) * 5, "ud")  # a chain 0-1-2-3, and 4 under 0
    assert found(1, 2, frames=(), parse=parse) == {("subtree", (2, 3))}
    assert found(3, 4, frames=(), parse=parse) == set()


def test_a_frame_that_does_not_cover_the_mention_gives_no_argument():
    apart = Frame(5, ("B-ARG0", "I-ARG0", *["O"] * 3, "B-V", *["O"] * 4))
    assert ("argument", (0, 1)) not in found(frames=(apart,))


def test_spans_of_equal_size_and_distance():
    """Around word 4: three words at distances 2 to 4 on the left have one mirror, words 6 to 8."""
    assert [tuple(np.flatnonzero(one)) for one in spans_like(mask(0, 1, 2), 4, 5)] == [(6, 7, 8)]
    assert [tuple(np.flatnonzero(one)) for one in spans_like(mask(0, 1), 4, 5)] == [(7, 8)]
    assert [tuple(np.flatnonzero(one)) for one in spans_like(mask(1, 2, 3, words=5), 0, 1)] == [
        (2, 3, 4)
    ]  # one step farther
    assert spans_like(mask(1, 2, 3, 4, words=5), 0, 1) == []


@given(st.integers(3, 14), st.data())
def test_spans_match_in_size_and_keep_off_the_mention(words, data):
    start = data.draw(st.integers(0, words - 2))
    end = data.draw(st.integers(start + 1, words - 1))
    unit = np.array(data.draw(st.lists(st.booleans(), min_size=words, max_size=words)))
    unit[start:end] = False
    if not unit.any():
        return
    steps = distances(words, start, end)
    for span in spans_like(unit, start, end):
        places = np.flatnonzero(span)
        assert span.sum() == unit.sum() and places[-1] - places[0] + 1 == len(places)
        assert not span[start:end].any() and (span != unit).any()
        assert abs(steps[span].min() - steps[unit].min()) <= SLACK


def rows_of(tagger):
    one = mention(4, 5, sentence=0)
    reading = Reading(tagger, [WORDS], [(one,)], "tag")
    method = MethodSettings(target="tag", operator="mask")
    return score_units([Case(Sentence(0, 0, tuple(WORDS)), one, reading.views[0], method, PARSE, (FRAME,))])


def test_where_words_add_up_the_joint_drop_is_the_sum_of_single_ones():
    weights = {word: 0.01 * (place + 1) for place, word in enumerate(WORDS) if word != "Rome"}
    rows = {
        (row.family, row.distance, row.size): row for row in rows_of(ToyTagger({"Rome": "B-LOC"}, weights, base=0.2))
    }
    subject = rows["subtree", 2, 3]
    assert subject.joint == pytest.approx(0.01 + 0.02 + 0.03) == subject.singles
    assert subject.span == pytest.approx(0.07 + 0.08 + 0.09)
    assert subject.sufficiency == pytest.approx(sum(weights.values()) - 0.06)
    assert subject.sufficiency_span == pytest.approx(sum(weights.values()) - 0.24)
    assert rows["argument", 1, 4].joint == pytest.approx(0.06 + 0.07 + 0.08 + 0.09)


def test_words_that_matter_only_together_are_seen():
    """p falls only when both `his` and `own` are gone: single drops are 0, the unit's is not."""
    tagger = ToyTagger(
        {"Rome": "B-LOC"}, {"his": 0.2, "own": 0.2}, base=0.3, curve=lambda p: np.where(p > 0.45, 0.7, 0.3)
    )
    row = next(one for one in rows_of(tagger) if one.family == "subtree" and one.size == 4)
    assert row.singles == pytest.approx(0)
    assert row.joint == pytest.approx(0.4)


def test_the_summary_counts_and_pairs():
    weights = {word: 0.01 for word in WORDS if word != "Rome"}
    rows = rows_of(ToyTagger({"Rome": "B-LOC"}, weights, base=0.2))
    lines = {(line["family"], line["size"], line["measure"]): line for line in summarise(rows, 200).to_dict("records")}
    assert lines["subtree", "all", "joint drop"]["n"] == 2
    assert lines["subtree", "2-3", "joint drop"]["mean"] == pytest.approx(0.03)
    assert lines["subtree", "4-7", "joint drop minus singles"]["mean"] == pytest.approx(0)
    assert lines["argument", "8+", "joint drop"]["n"] == 0
