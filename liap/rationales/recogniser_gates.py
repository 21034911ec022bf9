"""A recogniser's mentions as batches for the training of gates.

1. Mentions are those that the recogniser finds, so what is explained is its own answer.
2. States are those of each word's first piece after the embeddings and after each layer, in the intact sentence.
3. Under gates g and a baseline b, a context word's input embeddings e become g e + (1 - g) b, all of its pieces alike.
4. The divergence is KL(p || p under gates) over all labels, a mean over the words that decide the mention's p, in nats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from liap.explainers.gate_network import network_input
from liap.rationales.gate_training import GateBatch
from liap.taggers.gradients import NO_TARGET, InputBatch
from liap.taggers.tagger import Target
from liap.taggers.transformer import TransformerTagger


@dataclass(frozen=True, slots=True, eq=False)
class MentionSampler:
    """Mentions from which batches are drawn, those of one batch in sentences of similar length."""

    tagger: TransformerTagger
    targets: Sequence[Target]  # by the length of their sentences
    size: int

    def __call__(self, generator: np.random.Generator) -> GateBatch:
        size = min(self.size, len(self.targets))
        begin = int(generator.integers(0, len(self.targets) - size + 1))
        chosen = list(self.targets[begin : begin + size])
        places, batch = next(iter(self.tagger.input_batches(chosen)))
        return gate_batch(self.tagger, [chosen[place] for place in places], batch)


def sampler(tagger: TransformerTagger, targets: Sequence[Target], size: int) -> MentionSampler:
    """A sampler; the longest sentences of a batch decide how many mentions fit in a pass."""
    order = sorted(range(len(targets)), key=lambda place: (tagger.encode(targets[place].words).pieces, place))
    return MentionSampler(tagger, [targets[place] for place in order], size)


def gate_batch(tagger: TransformerTagger, targets: Sequence[Target], batch: InputBatch) -> GateBatch:
    """The mentions of one batch of input embeddings, in its order."""
    states = tagger.hidden_states([target.words for target in targets])
    layers, width, words = states[0].shape[0], states[0].shape[2], max(len(target.words) for target in targets)
    table = torch.zeros(layers, len(targets), words, width)
    mention = torch.zeros(layers, len(targets), width)
    maskable = torch.zeros(len(targets), words, dtype=torch.bool)
    word_of_piece = torch.full(batch.embeddings.shape[:2], words)  # one behind the last word: always open
    for row, (target, state) in enumerate(zip(targets, states, strict=True)):
        known, table[:, row, : state.shape[1]], mention[:, row] = network_input(state, target.span)
        context = known.copy()
        context[target.span] = False
        maskable[row, : len(known)] = torch.from_numpy(context)
        pieces = batch.encodings[row].word_of_piece
        word_of_piece[row, : len(pieces)] = torch.from_numpy(np.where(pieces < 0, words, pieces))
    with torch.no_grad():
        intact = batch.log_probabilities(batch.embeddings, batch.lengths, batch.places)
    counted = (batch.places != NO_TARGET).float()

    def divergence(gates: Tensor, baseline: Tensor) -> Tensor:
        opened = torch.cat([gates, gates.new_ones(len(gates), 1)], dim=1)
        of_piece = torch.gather(opened, 1, word_of_piece)[:, :, None].to(batch.embeddings.device)
        inputs = of_piece * batch.embeddings + (1 - of_piece) * baseline.to(batch.embeddings.device)
        gated = batch.log_probabilities(inputs, batch.lengths, batch.places)
        apart = (intact.exp() * (intact - gated)).sum(dim=2) * counted
        return (apart.sum(dim=1) / counted.sum(dim=1)).cpu()

    return GateBatch(table, mention, maskable, divergence)
