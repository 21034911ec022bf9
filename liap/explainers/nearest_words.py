"""Distance alone: the nearer a word is to the mention, the more important. What any explanation must beat to be worth its cost."""

from __future__ import annotations

import numpy as np

from liap.explainers.case import Case
from liap.explainers.explainer import explainer


@explainer(family="position", label="distance alone", phrase="the nearest words", colour="#117733", marker="<")
def nearest_words(case: Case) -> np.ndarray:
    """The steps to the mention's nearer edge, negated: no forward pass; left and right tie."""
    return -case.distances.astype(float)
