"""Mentions: spans, outcomes against gold, and probabilities."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.records import Sentence
from liap.taggers.mentions import entities, find_mentions, geometric_mean

GOLD = ("O", "B-PER", "I-PER", "O", "B-LOC", "O", "B-ORG", "I-ORG", "I-ORG")


def mentions(said, gold=GOLD, probabilities=None):
    sentence = Sentence(7, 3, tuple("abcdefghi"[: len(said)]), gold)
    probabilities = np.full(len(said), 0.5) if probabilities is None else probabilities
    return find_mentions(sentence, entities(said), said, probabilities)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (GOLD, [("PER", 1, 3, "PER", "correct"), ("LOC", 4, 5, "LOC", "correct"), ("ORG", 6, 9, "ORG", "correct")]),
        ("O B-LOC I-LOC O O O O O O", [("LOC", 1, 3, "PER", "wrong_type")]),
        ("O B-PER O O O O O O O", [("PER", 1, 2, "PER", "wrong_boundary")]),
        ("O O O O O O B-LOC I-LOC O", [("LOC", 6, 8, "ORG", "wrong_boundary")]),
        (
            "B-PER O O B-LOC O B-X O O O",
            [("PER", 0, 1, None, "spurious"), ("LOC", 3, 4, None, "spurious"), ("X", 5, 6, None, "spurious")],
        ),
        ("O O B-PER I-PER I-PER O O O O", [("PER", 2, 5, "PER", "wrong_boundary")]),  # overlaps two equally: the first
        ("O O O O B-ORG I-ORG I-ORG I-ORG O", [("ORG", 4, 8, "ORG", "wrong_boundary")]),  # the larger overlap
        ("O I-PER I-PER O I-LOC O O O O", []),  # no B-: no mention
    ],
)
def test_outcomes(said, expected):
    actual = mentions(tuple(said.split()) if isinstance(said, str) else said)
    assert [(m.predicted_type, m.start, m.end, m.gold_type, m.outcome) for m in actual] == expected
    assert all((m.sentence, m.document) == (7, 3) for m in actual)


def test_without_gold():
    (mention,) = mentions(("O", "B-PER", "I-PER"), gold=None)
    assert (mention.outcome, mention.gold_type, mention.tags) == ("no_gold", None, ("B-PER", "I-PER"))


def test_probability_is_the_geometric_mean():
    (mention,) = mentions(("O", "B-PER", "I-PER"), None, np.array([0.9, 0.25, 1.0]))
    assert mention.probability == 0.5
    assert math.isnan(mentions(("O", "B-PER", "I-PER"), None, np.array([0.9, 0.25, np.nan]))[0].probability)
    assert geometric_mean(np.array([0.0, 0.5])) == 0.0


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=6))
def test_geometric_mean_lies_between_its_extremes_and_ignores_order(values):
    mean = geometric_mean(np.array(values))
    assert min(values) - 1e-12 <= mean <= max(values) + 1e-12
    assert math.isclose(mean, geometric_mean(np.array(values[::-1])), rel_tol=1e-12)
    assert math.isclose(mean, geometric_mean(np.array(values * 2)), rel_tol=1e-12)


@given(st.lists(st.sampled_from(("O", "B-A", "I-A", "B-B", "I-B")), max_size=9))
def test_every_b_opens_one_entity_and_entities_are_disjoint(tags):
    spans = entities(tags)
    assert [start for _, start, _ in spans] == [place for place, tag in enumerate(tags) if tag[0] == "B"]
    assert all(before[2] <= after[1] for before, after in pairwise(spans))
