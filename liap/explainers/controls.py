"""LIAP's matched controls as explainers: attention pruned by masks that ignore structure (see `liap.pruning.matched`).

Each yields its draws one by one; metrics average the *scores* of the draws, never the importances.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool

from liap.explainers.case import Case
from liap.explainers.explainer import FITTED, explainer
from liap.explainers.fitted import read_fitted
from liap.explainers.importance import importance
from liap.pruning.matched import draw, draw_weighted, freedom
from liap.records import Explanation

LEARNED = "matched_learned"
CONTROL = {"role": "control", "family": "pruning", "control_of": "liap", "needs": ("attention", "parse", "frames")}


@explainer(**CONTROL, label="random mask", phrase="random masks of the same size", colour="#E69F00", marker="s")
def matched_random(case: Case) -> Iterator[Explanation]:
    """Random masks of the same size."""
    return drawn_explanations("matched_random", case)


@explainer(**CONTROL, label="nearest words", phrase="the same number of nearest words", colour="#009E73", marker="^")
def matched_window(case: Case) -> Iterator[Explanation]:
    """The same number of nearest words."""
    return drawn_explanations("matched_window", case)


@explainer(
    **CONTROL, label="same distances", phrase="random masks with the same distances", colour="#D55E00", marker="D"
)
def matched_distance(case: Case) -> Iterator[Explanation]:
    """Random masks with the same distances from the span."""
    return drawn_explanations("matched_distance", case)


@explainer(**CONTROL | {"needs": (*CONTROL["needs"], FITTED)}, label="learned distances",
           phrase="masks drawn by distance as drops fall", colour="#DDCC77", marker="v")  # fmt: skip
def matched_learned(case: Case) -> Iterator[Explanation]:
    """Masks of the same size, drawn word by word with odds in proportion to the mean drop at the word's distance."""
    return drawn_explanations(LEARNED, case)


def drawn_masks(
    name: str, case: Case, variant: str, mask: Bool[np.ndarray, " words"]
) -> Bool[np.ndarray, "draws words"]:
    """The masks that the control draws like a variant's own; they are the same whichever explainer's scores they prune."""
    generator, draws = case.generator(name, variant), case.settings.draws
    if name == LEARNED:
        weights = read_fitted(case.settings.fitted).at(case)
        return draw_weighted(weights, int(mask.sum()), case.context, draws, generator)
    start, end = case.mention.start, case.mention.end
    return draw(name, mask, start, end, draws=draws, generator=generator, context=case.context)


def drawn_explanations(name: str, case: Case) -> Iterator[Explanation]:
    """An explanation per variant: attention pruned by masks that the control draws like the variant's own."""
    for variant, mask in case.masks.items():
        if isinstance(mask, str):
            yield Explanation(None, variant, reason=mask)
            continue
        drawn = drawn_masks(name, case, variant, mask)
        scores = importance(case.attention, drawn, case.settings.renormalise)
        yield Explanation(scores, variant, kept=int(mask.sum()), freedom=freedom(mask, drawn), passes=1)
