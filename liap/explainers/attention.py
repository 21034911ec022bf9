"""Raw attention: every context word's importance, unpruned."""

from __future__ import annotations

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.explainers.importance import importance
from liap.records import Explanation


@explainer(family="attention", phrase="unpruned attention", needs=("attention",), colour="#CC79A7", marker="P")
def attention(case: Case) -> Explanation:
    """The mean attention that the mention pays: one forward pass; scores in [0, 1]."""
    return Explanation(importance(case.attention, case.context[None], case.settings.renormalise), passes=1)
