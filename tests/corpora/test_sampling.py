"""The sample of mentions: hand-counted cases, order, nesting, and uniformity."""

import random
from collections import Counter

import pytest

from liap.corpora.sampling import sample
from liap.errors import InputError
from liap.records import Mention


def mention(sentence: int, start: int, kind: str) -> Mention:
    return Mention(
        sentence=sentence,
        document=sentence,
        start=start,
        end=start + 1,
        tags=(f"B-{kind}",),
        predicted_type=kind,
        gold_type=None,
        outcome="no_gold",
        probability=0.5,
    )


MENTIONS = tuple(mention(i // 3, i % 3, kind) for i, kind in enumerate(["PER", "LOC", "PER", "ORG"] * 25))


def test_each_type_has_as_many_as_requested_or_all():
    counts = Counter(m.predicted_type for m in sample(MENTIONS, 30, seed=1))
    assert counts == {"PER": 30, "LOC": 25, "ORG": 25}


def test_zero_means_every_mention_in_corpus_order():
    assert sample(MENTIONS[::-1], 0, seed=1) == MENTIONS


def test_the_sample_is_in_corpus_order_for_any_input_order():
    shuffled = list(MENTIONS)
    random.Random(3).shuffle(shuffled)
    chosen = sample(shuffled, 10, seed=7)
    assert chosen == sample(MENTIONS, 10, seed=7)
    assert list(chosen) == [m for m in MENTIONS if m in chosen]


def test_other_types_do_not_change_a_types_sample():
    people = tuple(m for m in MENTIONS if m.predicted_type == "PER")
    assert sample(people, 10, seed=7) == tuple(m for m in sample(MENTIONS, 10, seed=7) if m.predicted_type == "PER")


def test_a_larger_sample_contains_the_smaller_one():
    assert set(sample(MENTIONS, 5, seed=2)) < set(sample(MENTIONS, 20, seed=2))


def test_another_seed_gives_another_sample():
    assert sample(MENTIONS, 10, seed=1) != sample(MENTIONS, 10, seed=2)


def test_every_mention_is_equally_likely():
    """5 of 25 ORG mentions, 1,000 seeds: each is expected 200 times; six standard deviations of 12.6 are allowed."""
    organisations = tuple(m for m in MENTIONS if m.predicted_type == "ORG")
    drawn = Counter(m for seed in range(1000) for m in sample(organisations, 5, seed=seed))
    assert sum(drawn.values()) == 5000
    assert all(124 <= drawn[m] <= 276 for m in organisations)


def test_no_mentions_give_an_empty_sample():
    assert sample((), 10, seed=0) == ()


def test_a_negative_number_is_refused():
    with pytest.raises(InputError, match=r"expected 0 \(every mention\) or more, got -1"):
        sample(MENTIONS, -1, seed=0)
