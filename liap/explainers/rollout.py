"""Attention rollout: attention multiplied through the layers, residual connections included (Abnar & Zuidema 2020).

1. Each layer's attention between pieces, a mean over heads (the chosen ones), is mixed half and half with the identity, which
   stands for the residual connection; its rows still sum to 1.
2. The product of these matrices, the first layer at the right, says how much of each input piece reaches each output piece.
3. A word's score is what reaches the mention's words: the sum over its pieces, a mean over the mention's pieces of each word and
   over its words. Special tokens take part in the product and are dropped at the end.
"""

from __future__ import annotations

import numpy as np

from liap.explainers.case import Case
from liap.explainers.explainer import PIECE_ATTENTION, explainer
from liap.records import Explanation


@explainer(family="attention", label="attention rollout", needs=(PIECE_ATTENTION,), colour="#8C2D04", marker="d")
def rollout(case: Case) -> Explanation:
    """Attention multiplied through the layers: one forward pass; scores in [0, 1]."""
    pieces = case.view.piece_attention()
    layers = case.settings.of_chosen(pieces.matrix).astype(np.float64).mean(axis=1)
    reached = np.eye(layers.shape[1])
    for layer in layers:
        reached = (0.5 * layer + 0.5 * np.eye(len(layer))) @ reached
    rows = pieces.to_words(reached, len(case.words))[case.mention.start : case.mention.end]
    return Explanation(rows.mean(axis=0), passes=1)
