"""The gradient's length: how fast the mention's p changes with a word's input embedding (Simonyan et al. 2014)."""

from __future__ import annotations

import numpy as np

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.records import Explanation


@explainer(family="gradient", needs=("gradients",), colour="#661100", marker="1")
def gradient(case: Case) -> Explanation:
    """The Euclidean norm of p's gradient over all pieces of a word: two passes; scores from 0, so all support."""
    found = case.view.gradient()
    squares = found.to_words((found.gradient.astype(np.float64) ** 2).sum(axis=1))
    return Explanation(np.sqrt(squares), passes=2)
