"""Raw attention: every context word's importance, unpruned."""

from __future__ import annotations

from collections.abc import Iterator

from liap.explainers.case import Case
from liap.explainers.importance import importance
from liap.records import Explanation


def attention(case: Case) -> Iterator[Explanation]:
    """One forward pass; scores in [0, 1]."""
    mask = case.mention.context(case.words)[None]
    yield Explanation("attention", "", importance(case.attention, mask, case.renormalise), passes=1)
