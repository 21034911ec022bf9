"""Marked words against structure: nearest words by hand, and expectations in closed form."""

import numpy as np
import pytest

from liap.people.marked_structure import NEAREST, shares, structure_rows
from tests.people.conftest import marked_mention


def test_expectations_by_hand():
    """Two targets, one word on each side: the word on the left has the relation in one of them, that on the right in none."""
    first, second = marked_mention("a ROME b", marked=(0,)), marked_mention("a ROME b", marked=(0, 2))
    values = shares([first, second], [np.array([1.0, 0.0]), np.array([0.0, 0.0])])
    assert values[0].tolist() == [1, 0.5, 1]  # the second has no word of the relation and does not count
    assert np.isnan(values[1]).all()
    values = shares([first, second], [np.array([1.0, 0.0]), np.array([0.0, 1.0])])
    assert values.tolist() == [[1, 0.5, 0.5], [0.5, 0.5, 0.5]]


def test_a_relation_of_distance_alone_is_what_its_distance_expects():
    generator = np.random.default_rng(0)
    mentions = [
        marked_mention(
            "a b c ROME d e f",
            marked=generator.choice([0, 1, 2, 4, 5, 6], 2, replace=False),
            kept=(2, 4),
            document=number,
        )
        for number in range(60)
    ]
    rows = {
        row.relation: row for row in structure_rows(mentions, ["syntactic"], resamples=200) if row.punctuation == "kept"
    }
    row = rows["syntactic"]
    assert row.same_distance == pytest.approx(row.observed) and row.minus_distance == pytest.approx(0)
    assert row.random == pytest.approx(2 / 6) and (row.n, row.documents) == (60, 60)
    assert row.minus_random == pytest.approx(row.observed - row.random)
    assert set(rows) == {"syntactic", NEAREST}
