"""Known evidence: of the words that decide a mention's type, the share that a ranking puts first.

For a corpus that knows its evidence (E words): |top |E| of the ranking, intersected with E| / |E|, a precision and a recall at
once; in [0, 1], higher is better; a random ranking finds |E| / context.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from liap.faithfulness.ranking import Rankings


def found(rankings: Rankings, evidence: Sequence[int], explanations: int) -> Float[np.ndarray, " explanations"]:
    """The share of the evidence words (indices into the context) ranked first, a mean over each explanation's rankings."""
    hits = np.isin(rankings.order[:, : len(evidence)], list(evidence)).mean(axis=1)
    return hits.reshape(explanations, -1).mean(axis=1)
