"""LIAP's matched controls as explainers: attention pruned by masks that know nothing of structure (see `liap.pruning.controls`).

Each yields its draws one by one; metrics average the *scores* of the draws, never the importances.
"""

from __future__ import annotations

from collections.abc import Iterator

from liap.explainers.case import Case
from liap.explainers.importance import importance
from liap.pruning.controls import draw
from liap.records import Explanation


def matched_random(case: Case) -> Iterator[Explanation]:
    """Random masks of the same size."""
    return _control("matched_random", case)


def matched_window(case: Case) -> Iterator[Explanation]:
    """The same number of nearest words."""
    return _control("matched_window", case)


def matched_distance(case: Case) -> Iterator[Explanation]:
    """Random masks with the same distances from the span."""
    return _control("matched_distance", case)


def _control(name: str, case: Case) -> Iterator[Explanation]:
    for variant, mask in case.masks.items():
        if isinstance(mask, str):
            yield Explanation(name, variant, None, reason=mask)
            continue
        drawn = draw(
            name,
            mask,
            case.mention.start,
            case.mention.end,
            draws=case.draws,
            generator=case.generator(name, variant),
        )
        scores = importance(case.attention, drawn, case.renormalise)
        yield Explanation(name, variant, scores, kept=int(mask.sum()), passes=1)
