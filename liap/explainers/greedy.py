"""Greedy removal: the order in which words must go so that p falls fastest, found step by step.

At each step the word goes whose absence, together with all that went before, leaves the lowest p (equal words: the first). It is no explanation
that anybody could afford, but a reference for metrics that take words away together: no cheaper order is found by looking one word ahead.
"""

from __future__ import annotations

import numpy as np

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.records import Explanation


@explainer(family="perturbation", label="greedy removal", phrase="greedy removal", colour="#999933", marker="2")
def greedy(case: Case) -> Explanation:
    """The step at which a word goes, counted from the end: a pass for each word that is left at each step; scores from 1."""
    left, gone = np.flatnonzero(case.context).tolist(), np.ones(len(case.words), dtype=bool)
    scores, passes = np.zeros(len(case.words)), 0
    while left:
        masks = np.repeat(gone[None], len(left), axis=0)
        masks[np.arange(len(left)), left] = False
        word = left[int(np.nan_to_num(case.probability(masks), nan=2.0).argmin())]
        scores[word], passes = len(left), passes + len(left)
        gone[word] = False
        left.remove(word)
    return Explanation(scores, operator=case.settings.explainer_operator, passes=passes)
