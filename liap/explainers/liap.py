"""LIAP, linguistically-informed attention pruning: the attention that a parse allows, one explanation for each variant.

Pruned words keep importance 0. A variant without a mask is undefined, with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.explainers.importance import importance
from liap.records import Explanation


@explainer(family="pruning", label="LIAP", needs=("attention", "parse", "frames"), colour="#0072B2", marker="o")
def liap(case: Case) -> Iterator[Explanation]:
    """Attention pruned by a dependency parse and semantic roles: one forward pass; scores in [0, 1]."""
    for variant, mask in case.masks.items():
        if isinstance(mask, str):
            yield Explanation(None, variant, reason=mask)
        else:
            scores = importance(case.attention, mask[None], case.settings.renormalise)
            yield Explanation(scores, variant, kept=int(mask.sum()), passes=1)
