"""LIAP's matched controls as explainers: attention pruned by masks that ignore structure (see `liap.pruning.matched`).

Each yields its draws one by one; metrics average the *scores* of the draws, never the importances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.explainers.importance import importance
from liap.pruning.matched import draw, freedom
from liap.records import Explanation

CONTROL = {"role": "control", "family": "pruning", "control_of": "liap", "needs": ("attention", "parse", "frames")}


@explainer(**CONTROL, label="random mask", phrase="random masks of the same size", colour="#E69F00", marker="s")
def matched_random(case: Case) -> Iterator[Explanation]:
    """Random masks of the same size."""
    return _control("matched_random", case)


@explainer(**CONTROL, label="nearest words", phrase="the same number of nearest words", colour="#009E73", marker="^")
def matched_window(case: Case) -> Iterator[Explanation]:
    """The same number of nearest words."""
    return _control("matched_window", case)


@explainer(
    **CONTROL, label="same distances", phrase="random masks with the same distances", colour="#D55E00", marker="D"
)
def matched_distance(case: Case) -> Iterator[Explanation]:
    """Random masks with the same distances from the span."""
    return _control("matched_distance", case)


def _control(name: str, case: Case) -> Iterator[Explanation]:
    start, end, draws = case.mention.start, case.mention.end, case.settings.draws

    def drawn(mask: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        return draw(name, mask, start, end, draws=draws, generator=generator, context=case.context)

    return drawn_explanations(name, case, drawn)


def drawn_explanations(
    name: str, case: Case, draw_like: Callable[[np.ndarray, np.random.Generator], np.ndarray]
) -> Iterator[Explanation]:
    """An explanation per variant: attention pruned by masks `[draws, words]` that `draw_like` draws like the variant's own."""
    for variant, mask in case.masks.items():
        if isinstance(mask, str):
            yield Explanation(None, variant, reason=mask)
            continue
        drawn = draw_like(mask, case.generator(name, variant))
        scores = importance(case.attention, drawn, case.settings.renormalise)
        yield Explanation(scores, variant, kept=int(mask.sum()), freedom=freedom(mask, drawn), passes=1)
