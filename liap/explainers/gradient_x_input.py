"""Gradient x input: the first-order effect on p of each word's input embedding (Shrikumar et al. 2017; Denil et al. 2014).

A word's score is the sum, over its pieces, of the dot product of the piece's input embedding with the gradient of p with respect
to it. It is signed, in probability, and unbounded; the gradients of all mentions of a chunk come from shared passes.
"""

from __future__ import annotations

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.records import Explanation


@explainer(family="gradient", label="gradient x input", needs=("gradients",), colour="#A05A2C", marker="<")
def gradient_x_input(case: Case) -> Explanation:
    """The input embedding times p's gradient: one pass forwards and one backwards."""
    gradient = case.view.gradient()
    scores = gradient.to_words((gradient.gradient * gradient.embeddings).sum(axis=1))
    return Explanation(scores, passes=2)
