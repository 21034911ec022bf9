"""The best valid BIO sequence, with AllenNLP's arithmetic: tag probabilities of pieces -> one tag per piece.

In: `probabilities[b, t, y]`, each sequence's length, and the labels. Out: label indices. The *sum of probabilities* (not of
their logarithms) is maximised over sequences in which I-x follows B-x or I-x and never comes first.

The rounding of AllenNLP 2.10.1 is part of the method, because it decides tags (`viterbi_decode` in `allennlp/nn/util.py`, with
the potentials of `SrlBert`):

1. A virtual start tag has the score 100,000 in fp32, where neighbouring floats are 1/128 apart. Every sum is thus rounded to
   1/128, close paths *tie*, and the position that `torch.topk` returns decides between them.
2. Every label except I-x may follow any label. Its predecessor is the best path so far: one `topk` serves all such labels.
3. I-x has two possible predecessors. If they tie, the winner depends only on their positions, because `topk` compares without
   adding. It is therefore determined once per label.
4. Two virtual tags, start and end, come after the labels. They take part in `topk` with a score of minus infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

START_SCORE = 100_000.0
VIRTUAL_TAGS = 2


@dataclass(frozen=True, slots=True)
class Transitions:
    """Which label may precede each label."""

    inside: Bool[Tensor, " labels"]  # is it I-x?
    begin: Int[Tensor, " labels"]  # position of B-x for I-x; of the label itself otherwise
    tie: Int[Tensor, " labels"]  # whether B-x or I-x precedes I-x if their scores are equal


def transitions(labels: Sequence[str]) -> Transitions:
    """The constraints of a label vocabulary. Labels are distinct and not empty."""
    own = torch.arange(len(labels))
    inside = torch.tensor([label[0] == "I" for label in labels])
    position = {label: index for index, label in enumerate(labels)}
    begin = torch.tensor([position.get("B" + label[1:], index) for index, label in enumerate(labels)])
    begin = torch.where(inside, begin, own)
    candidates = torch.full((len(labels), len(labels) + VIRTUAL_TAGS), -torch.inf)
    candidates[own, own] = candidates[own, begin] = 0.0
    return Transitions(inside, begin, candidates.topk(1).indices[:, 0])


def decode(
    probabilities: Float[Tensor, "batch pieces labels"], lengths: Sequence[int], allowed: Transitions
) -> list[list[int]]:
    """The best path of each sequence, as long as the sequence."""
    batch, pieces, labels = probabilities.shape
    length = torch.tensor(lengths)
    scores = probabilities[:, 0] + torch.where(allowed.inside, 0.0, START_SCORE)
    previous = torch.zeros((pieces, batch, labels), dtype=torch.long)
    for step in range(1, pieces):
        value, previous[step] = _best_predecessors(scores, allowed)
        scores = torch.where((step < length)[:, None], probabilities[:, step] + value, scores)
    _, last = _best(scores)
    return _walk_back(previous, last, lengths)


def _best(scores: Float[Tensor, "batch labels"]) -> tuple[Float[Tensor, " batch"], Int[Tensor, " batch"]]:
    """The best label of each row. Ties are broken as by AllenNLP's `topk` over labels and virtual tags."""
    virtual = torch.full((len(scores), VIRTUAL_TAGS), -torch.inf)
    value, position = torch.cat([scores, virtual], dim=1).topk(1)
    return value[:, 0], position[:, 0]


def _best_predecessors(
    scores: Float[Tensor, "batch labels"], allowed: Transitions
) -> tuple[Float[Tensor, "batch labels"], Int[Tensor, "batch labels"]]:
    anywhere_value, anywhere = _best(scores)
    begin = scores[:, allowed.begin]
    own = torch.arange(scores.shape[1]).expand_as(scores)
    inside = torch.where(begin > scores, allowed.begin, torch.where(begin < scores, own, allowed.tie))
    value = torch.where(allowed.inside, torch.maximum(begin, scores), anywhere_value[:, None])
    return value, torch.where(allowed.inside, inside, anywhere[:, None])


def _walk_back(
    previous: Int[Tensor, "pieces batch labels"], last: Int[Tensor, " batch"], lengths: Sequence[int]
) -> list[list[int]]:
    steps = previous.numpy()
    paths = []
    for row, (label, length) in enumerate(zip(last.tolist(), lengths, strict=True)):
        path = [label]
        for step in range(length - 1, 0, -1):
            path.append(int(steps[step, row, path[-1]]))
        paths.append(path[::-1])
    return paths
