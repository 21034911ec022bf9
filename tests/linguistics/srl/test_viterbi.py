"""Comparison with brute force: all sequences, summed in AllenNLP's order and precision."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.linguistics.srl.viterbi import START_SCORE, decode, transitions

LABELS = ("O", "B-A", "I-A", "B-B", "I-B")


def valid(path, labels) -> bool:
    names = [labels[index] for index in path]
    return all(
        now[0] != "I" or (before is not None and before in (now, "B" + now[1:]))
        for before, now in zip([None, *names[:-1]], names, strict=True)
    )


def score(path, probabilities) -> np.float32:
    total = np.float32(START_SCORE)
    for step, label in enumerate(path):
        total = np.float32(total + probabilities[step, label])
    return total


@st.composite
def problems(draw, largest=4):
    labels = draw(st.permutations(LABELS).map(lambda all_of: all_of[: draw(st.integers(2, 5))]))
    length = draw(st.integers(1, largest))
    shares = st.lists(
        st.sampled_from([0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.9]), min_size=len(labels), max_size=len(labels)
    )
    rows = draw(st.lists(shares, min_size=length, max_size=length))
    return tuple(labels), np.array(rows, dtype=np.float32)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_path_is_valid_and_none_scores_higher(problem):
    labels, probabilities = problem
    paths = [path for path in itertools.product(range(len(labels)), repeat=len(probabilities)) if valid(path, labels)]
    (path,) = decode(torch.from_numpy(probabilities)[None], [len(probabilities)], transitions(labels))
    if not paths:  # only I-x: AllenNLP answers nevertheless
        return
    assert tuple(path) in paths
    assert score(path, probabilities) == max(score(other, probabilities) for other in paths)


@settings(max_examples=40, deadline=None)
@given(st.lists(problems(), min_size=1, max_size=4), st.floats(0, 1))
def test_padding_and_other_sequences_change_nothing(items, noise):
    labels = items[0][0]
    arrays = [np.resize(probabilities, (len(probabilities), len(labels))) for _, probabilities in items]
    longest = max(map(len, arrays)) + 1
    padded = [np.concatenate([a, np.full((longest - len(a), len(labels)), noise, np.float32)]) for a in arrays]
    together = decode(torch.from_numpy(np.stack(padded)), [len(a) for a in arrays], transitions(labels))
    alone = [decode(torch.from_numpy(a)[None], [len(a)], transitions(labels))[0] for a in arrays]
    assert together == alone


def test_sums_are_rounded_as_if_they_started_at_a_hundred_thousand():
    # At 100,000 floats are 1/128 apart, so a lead of 0.002 is a tie, which another label wins; 0.02 is a real lead.
    allowed = transitions(("O", "B-A"))
    assert decode(torch.tensor([[[0.502, 0.5], [0.5, 0.5]]]), [2], allowed)[0][0] == 1
    assert decode(torch.tensor([[[0.52, 0.5], [0.5, 0.5]]]), [2], allowed)[0][0] == 0


def reference(probabilities: torch.Tensor, labels: tuple[str, ...]) -> list[int]:
    """One sequence, with every transition spelled out: labels, then the virtual start and end tags."""
    count = len(labels)
    start, end = count, count + 1
    matrix = torch.zeros(count + 2, count + 2)
    for (i, before), (j, now) in itertools.product(enumerate(labels), enumerate(labels)):
        if now[0] == "I" and i != j and before != "B" + now[1:]:
            matrix[i, j] = -torch.inf
    matrix[start, [j for j, now in enumerate(labels) if now[0] == "I"]] = -torch.inf
    matrix[start, [start, end]] = matrix[end, :] = matrix[:, start] = -torch.inf
    scores = torch.zeros(count + 2)
    scores[start] = START_SCORE
    pointers = []
    for row in [*probabilities, None]:
        best = (scores[:, None] + matrix).topk(1, dim=0)
        pointers.append(best.indices[0].tolist())
        scores = best.values[0] + (torch.cat([row, torch.full((2,), -torch.inf)]) if row is not None else 0.0)
    path = [end]
    for pointer in reversed(pointers):
        path.append(pointer[path[-1]])
    return path[::-1][1:-1]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 20, 60, 61, 62, 63, 64, 120])
@pytest.mark.parametrize("seed", range(3))
def test_ties_break_as_in_the_full_trellis(size, seed):
    rng = np.random.default_rng([size, seed])
    names = ["O", "@@PADDING@@", "I", "INTJ", *(f"{b}-{role}" for role in range(60) for b in "BI")]
    labels = tuple(rng.permutation(names)[:size].tolist())
    logits = torch.from_numpy(np.round(rng.normal(size=(30, size)) * 3).astype(np.float32))
    probabilities = logits.softmax(-1)
    assert decode(probabilities[None], [30], transitions(labels)) == [reference(probabilities, labels)]


def test_constraints():
    allowed = transitions(("I-X", "B-V", "I-V", "O", "IN", "BN"))
    assert allowed.inside.tolist() == [True, False, True, False, True, False]
    assert allowed.begin.tolist() == [0, 1, 1, 3, 5, 5]
