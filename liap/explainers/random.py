"""Chance: scores drawn at random, many times; its LFS is 0.5 in expectation."""

from __future__ import annotations

import numpy as np

from liap.explainers.case import Case
from liap.explainers.explainer import explainer


@explainer(family="chance", role="chance", phrase="a random ranking", colour="#56B4E9", marker="v")
def random(case: Case) -> np.ndarray:
    """Random scores, uniform in [0, 1): no forward pass."""
    return case.generator("random").random((case.settings.draws, len(case.words)))
