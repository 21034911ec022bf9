"""Agreement with leave-one-out: does a ranking order the context words as their single drops do (Jain & Wallace 2019)?

Kendall's tau-b between the ranking (every place counts, ties broken as in all metrics) and the drops under the metric's operator. In [-1, 1],
higher is better, 0 is chance. NaN where all drops are equal.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from liap.explainers import Case
from liap.faithfulness.metric import Column, metric
from liap.faithfulness.ranking import Rankings

COLUMN = Column("tau", "tau with leave-one-out", low=-1.0, high=1.0, better="higher", chance=0.0, headline=True)


@metric(columns=(COLUMN,), label="tau with leave-one-out", single=True)
def tau(case: Case, rankings: Rankings) -> dict[str, np.ndarray]:
    """Kendall's tau-b between a ranking and the drops of single words."""
    drops = case.drops(case.settings.operator)[rankings.context]
    return {"tau": kendall(drops[rankings.order])}


def kendall(ordered: Float[np.ndarray, "rankings words"]) -> Float[np.ndarray, " rankings"]:
    """tau-b of each row with the order of its places, first is highest: (falling - rising pairs) / sqrt(pairs x untied pairs)."""
    words = ordered.shape[1]
    first, second = np.triu_indices(words, k=1)
    signs = np.sign(ordered[:, first] - ordered[:, second])
    untied, pairs = np.abs(signs).sum(axis=1), len(first)
    with np.errstate(invalid="ignore", divide="ignore"):
        return signs.sum(axis=1) / np.sqrt(pairs * untied)
