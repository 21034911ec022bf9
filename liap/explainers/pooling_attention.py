"""The attention of a text classifier's last layer: the weights with which the states of words enter what is classified.

R = sum alpha x, with alpha = softmax(v tanh(W x + b)); the score of a word is the sum of alpha over its pieces. It is what VAT trains as a rationale (Zhou et al. 2021), and
of an ordinary classifier with attention the weights that its readers take for one. See `liap.taggers.pooling`.
"""

from __future__ import annotations

import numpy as np

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.records import Explanation


@explainer(
    family="trained",
    label="pooling attention (VAT)",
    phrase="the classifier's own attention",
    needs=("pooling",),
    colour="#AA4499",
    marker="*",
)
def pooling_attention(case: Case) -> Explanation:
    """The share of the word in what is classified: one forward pass; scores in [0, 1] that sum to 1 over a text."""
    return Explanation(np.where(case.context, case.view.pooling(), 0.0)[None], passes=1)
