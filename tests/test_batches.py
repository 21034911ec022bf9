from hypothesis import given
from hypothesis import strategies as st

from liap.batches import by_length


def test_batches_hold_to_their_budget():
    assert list(by_length([3, 9, 1, 4, 2], 6)) == [[1], [3], [0, 4], [2]]
    assert list(by_length([], 6)) == []


@given(st.lists(st.integers(1, 50)), st.integers(1, 100))
def test_each_place_comes_once_and_no_batch_could_take_the_next(lengths, budget):
    batches = list(by_length(lengths, budget))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    longest = [lengths[batch[0]] for batch in batches]
    assert longest == sorted(longest, reverse=True)
    for batch, most in zip(batches, longest, strict=True):
        assert len(batch) == 1 or len(batch) * most <= budget
    for batch, most in zip(batches[:-1], longest, strict=False):
        assert (len(batch) + 1) * most > budget
