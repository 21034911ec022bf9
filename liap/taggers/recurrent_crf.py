"""A linear-chain conditional random field over label scores: partition, best path, and the probability of each label at each word.

The score of a path y over the words of a sentence is

    start[y_1] + sum_i emissions[i, y_i] + sum_i transitions[y_(i-1), y_i] + end[y_n]

and its probability is proportional to exp(score) (Lafferty, McCallum & Pereira 2001). Everything is computed for padded batches;
what lies behind a sentence's length is not read. The probability of a label at a word is the derivative of the log partition with
respect to its emission.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class ConditionalRandomField(nn.Module):
    """Scores of label pairs and of a sentence's first and last label."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(labels, labels))  # from, to
        self.start = nn.Parameter(torch.zeros(labels))
        self.end = nn.Parameter(torch.zeros(labels))

    def log_partition(
        self, emissions: Float[Tensor, "batch words labels"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """The log of the sum of exp(score) over all paths, in nats."""
        alpha = self.start + emissions[:, 0]
        for word in range(1, emissions.shape[1]):
            step = torch.logsumexp(alpha[:, :, None] + self.transitions, dim=1) + emissions[:, word]
            alpha = torch.where((word < lengths)[:, None], step, alpha)
        return torch.logsumexp(alpha + self.end, dim=1)

    def score(
        self,
        emissions: Float[Tensor, "batch words labels"],
        lengths: Int[Tensor, " batch"],
        path: Int[Tensor, "batch words"],
    ) -> Float[Tensor, " batch"]:
        """The score of one path of each sentence."""
        inside = torch.arange(path.shape[1], device=path.device) < lengths[:, None]
        own = emissions.gather(2, path[:, :, None])[:, :, 0].masked_fill(~inside, 0).sum(dim=1)
        steps = self.transitions[path[:, :-1], path[:, 1:]].masked_fill(~inside[:, 1:], 0).sum(dim=1)
        last = path.gather(1, (lengths - 1)[:, None])[:, 0]
        return own + steps + self.start[path[:, 0]] + self.end[last]

    def best_path(
        self, emissions: Float[Tensor, "batch words labels"], lengths: Int[Tensor, " batch"]
    ) -> Int[Tensor, "batch words"]:
        """The path of the highest score (Viterbi 1967); label 0 behind a sentence's end."""
        words = emissions.shape[1]
        best, came_from = self.start + emissions[:, 0], []
        stay = torch.arange(emissions.shape[2], device=emissions.device)
        for word in range(1, words):
            value, before = (best[:, :, None] + self.transitions).max(dim=1)
            inside = (word < lengths)[:, None]
            best = torch.where(inside, value + emissions[:, word], best)
            came_from.append(torch.where(inside, before, stay))
        path = [(best + self.end).argmax(dim=1)]
        for before in reversed(came_from):
            path.append(before.gather(1, path[-1][:, None])[:, 0])
        inside = torch.arange(words, device=emissions.device) < lengths[:, None]
        return torch.stack(path[::-1], dim=1).masked_fill(~inside, 0)

    def marginals(
        self, emissions: Float[Tensor, "batch words labels"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch words labels"]:
        """The probability of each label at each word, over all paths; 0 behind a sentence's end."""
        with torch.inference_mode(False), torch.enable_grad():
            leaf = emissions.detach().clone().requires_grad_()
            (gradient,) = torch.autograd.grad(self.log_partition(leaf, lengths.clone()).sum(), leaf)
        return gradient
