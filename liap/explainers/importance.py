"""Importance of a context word from attention: the mean, over layers, heads and the mention's rows, of what it receives.

If rows are renormalised after pruning, each row of each layer and head is divided by the attention that the mask kept in it, before
the mean; a row in which the mask kept nothing gives 0.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float


def importance(
    attention: Float[np.ndarray, "layers heads span words"],
    masks: Bool[np.ndarray, "draws words"],
    renormalise: bool = False,
) -> Float[np.ndarray, "draws words"]:
    """A score per word, in [0, 1], 0 for pruned words; a row per mask."""
    rows = attention.reshape(-1, attention.shape[-1])
    if not renormalise:
        return rows.mean(axis=0) * masks
    kept = masks @ rows.T
    weights = np.divide(1.0, kept, out=np.zeros_like(kept), where=kept > 0)
    return (weights @ rows) * masks / len(rows)
