"""The sample of mentions: counts by hand, order, nesting, and uniformity."""

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


def test_each_type_gives_as_many_as_asked_or_all_it_has():
    counts = Counter(m.predicted_type for m in sample(MENTIONS, 30, seed=1))
    assert counts == {"PER": 30, "LOC": 25, "ORG": 25}


def test_zero_is_every_mention_in_corpus_order():
    assert sample(MENTIONS[::-1], 0, seed=1) == MENTIONS


def test_result_is_in_corpus_order_whatever_the_order_given():
    shuffled = list(MENTIONS)
    random.Random(3).shuffle(shuffled)
    chosen = sample(shuffled, 10, seed=7)
    assert chosen == sample(MENTIONS, 10, seed=7)
    assert list(chosen) == [m for m in MENTIONS if m in chosen]


def test_a_type_is_sampled_alike_whatever_other_types_there_are():
    people = tuple(m for m in MENTIONS if m.predicted_type == "PER")
    assert sample(people, 10, seed=7) == tuple(m for m in sample(MENTIONS, 10, seed=7) if m.predicted_type == "PER")


def test_a_larger_sample_holds_the_smaller_one():
    assert set(sample(MENTIONS, 5, seed=2)) < set(sample(MENTIONS, 20, seed=2))


def test_another_seed_gives_another_sample():
    assert sample(MENTIONS, 10, seed=1) != sample(MENTIONS, 10, seed=2)


def test_every_mention_is_equally_likely():
    """25 ORG mentions, 5 drawn, 1,000 seeds: each is expected 200 times, standard deviation 12.6; six of them allowed."""
    organisations = tuple(m for m in MENTIONS if m.predicted_type == "ORG")
    drawn = Counter(m for seed in range(1000) for m in sample(organisations, 5, seed=seed))
    assert sum(drawn.values()) == 5000
    assert all(124 <= drawn[m] <= 276 for m in organisations)


def test_nothing_in_nothing_out():
    assert sample((), 10, seed=0) == ()


def test_a_negative_number_is_refused():
    with pytest.raises(InputError, match=r"expected 0 \(every mention\) or more, got -1"):
        sample(MENTIONS, -1, seed=0)
