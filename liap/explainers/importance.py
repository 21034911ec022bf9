"""Importance of a context word from attention: the mean, over layers, heads and the mention's rows, of what it receives.

Where rows are renormalised after pruning, each row of each layer and head is divided by what the mask kept of it, before the
mean; a row of which nothing is kept gives 0.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float


def importance(
    attention: Float[np.ndarray, "layers heads span words"],
    masks: Bool[np.ndarray, "draws words"],
    renormalise: bool = False,
) -> Float[np.ndarray, "draws words"]:
    """A score a word, in [0, 1], 0 for pruned words; one row for each mask."""
    rows = attention.reshape(-1, attention.shape[-1])
    if not renormalise:
        return rows.mean(axis=0) * masks
    kept = masks @ rows.T
    weights = np.divide(1.0, kept, out=np.zeros_like(kept), where=kept > 0)
    return (weights @ rows) * masks / len(rows)
