"""LIAP, linguistically-informed attention pruning: attention that the parse allows, one explanation a variant.

Pruned words keep importance 0; a variant without a mask is undefined, with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from liap.explainers.case import Case
from liap.explainers.importance import importance
from liap.records import Explanation


def liap(case: Case) -> Iterator[Explanation]:
    """One forward pass a variant (the parse and the roles are not passes of the recogniser); scores in [0, 1]."""
    for variant, mask in case.masks.items():
        if isinstance(mask, str):
            yield Explanation("liap", variant, None, reason=mask)
        else:
            scores = importance(case.attention, mask[None], case.renormalise)
            yield Explanation("liap", variant, scores, kept=int(mask.sum()), passes=1)
