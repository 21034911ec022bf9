"""The conditional random field against all paths, one by one."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.taggers.recurrent_crf import ConditionalRandomField


def random_field(labels, seed):
    torch.manual_seed(seed)
    field = ConditionalRandomField(labels).double()
    for weight in field.parameters():
        torch.nn.init.normal_(weight)
    return field.requires_grad_(False)


def score_by_hand(field, emissions, path):
    steps = sum(field.transitions[before, after] for before, after in itertools.pairwise(path))
    own = sum(emissions[word, label] for word, label in enumerate(path))
    return field.start[path[0]] + own + steps + field.end[path[-1]]


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 4), st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(0, 1000))
def test_partition_best_path_and_marginals_against_all_paths(labels, lengths, seed):
    field = random_field(labels, seed)
    emissions = torch.randn(len(lengths), max(lengths), labels, dtype=torch.float64)
    size = torch.tensor(lengths)
    partition, best = field.log_partition(emissions, size), field.best_path(emissions, size)
    marginals = field.marginals(emissions, size)
    for row, length in enumerate(lengths):
        paths = list(itertools.product(range(labels), repeat=length))
        scores = torch.stack([score_by_hand(field, emissions[row], path) for path in paths])
        assert partition[row].item() == pytest.approx(torch.logsumexp(scores, 0).item())
        assert tuple(best[row, :length].tolist()) == paths[int(scores.argmax())]
        assert best[row, length:].tolist() == [0] * (max(lengths) - length)
        chances = torch.softmax(scores, 0)
        for word in range(length):
            for label in range(labels):
                own = sum(chance for chance, path in zip(chances, paths, strict=True) if path[word] == label)
                assert marginals[row, word, label].item() == pytest.approx(float(own), abs=1e-9)
        assert marginals[row, length:].abs().sum() == 0
        padded = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
        padded[row, :length] = torch.tensor(paths[-1])
        assert field.score(emissions, size, padded)[row].item() == pytest.approx(scores[-1].item())


def test_a_field_without_preferences_is_a_softmax():
    field = ConditionalRandomField(3)
    emissions, lengths = torch.randn(2, 4, 3), torch.tensor([4, 2])
    expected = torch.softmax(emissions, dim=2)
    marginals = field.marginals(emissions, lengths)
    torch.testing.assert_close(marginals[0], expected[0])
    torch.testing.assert_close(marginals[1, :2], expected[1, :2])
    assert field.best_path(emissions, lengths)[0].tolist() == emissions[0].argmax(dim=1).tolist()
