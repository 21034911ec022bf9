"""Pruning as a modifier: an explainer's own scores inside one of LIAP's masks, all other words last, beside the controls of that mask.

`--prune syntactic:lime` adds to a run `pruned_lime` and its matched controls `matched_random_lime`, `matched_window_lime`,
`matched_distance_lime` and, with `--fitted`, `matched_learned_lime`: the same scores under the masks that LIAP's own controls draw.

1. The explainer runs once; its scores are shared by everything that prunes them.
2. Words inside the mask keep their scores. Words outside get 0 where no kept score is below 0, which is LIAP's own rule, and otherwise a
   score below all kept ones. They tie with each other, and ties are broken as everywhere. With `--ranking absolute` scores are
   replaced by their absolute values first.

So a mask that keeps everything gives the explainer's own ranking, and pruned `attention` is LIAP, controls included (`--renormalise`
apart, which LIAP applies inside the mask). Where LIAP has no mask, neither has this, for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from jaxtyping import Bool, Float

from liap.errors import InputError
from liap.explainers.case import Case
from liap.explainers.controls import (
    LEARNED,
    drawn_masks,
    matched_distance,
    matched_learned,
    matched_random,
    matched_window,
)
from liap.explainers.explainer import FITTED, STRUCTURE, Declaration, Explainer
from liap.pruning.matched import freedom
from liap.records import Explanation

CONTROLS = (matched_random, matched_window, matched_distance, matched_learned)


def pruned_explainers(base: Explainer, variants: Sequence[str], *, fitted: bool) -> tuple[Explainer, ...]:
    """The explainer pruned by these variants, and its controls; those of learned distances only where they are fitted."""
    if base.needs & set(STRUCTURE) or base.declaration.role not in ("method", "chance"):
        raise InputError(
            f"--prune {variants[0]}:{base.name}: expected an explainer that reads no parse and is neither a control nor a ceiling, "
            "such as lime or attention"
        )
    own = Declaration(
        name=f"pruned_{base.name}",
        family="pruning",
        label=f"pruned {base.declaration.label}",
        phrase=f"pruned {base.declaration.label}",
        base=base.name,
        about=f"The scores of {base.name} inside a mask of LIAP's; all other words come last.",
    )
    explainers = [Explainer(own, partial(_explanations, base, tuple(variants), ""), frozenset(STRUCTURE))]
    for control in CONTROLS:
        if fitted or control.name != LEARNED:
            function = partial(_explanations, base, tuple(variants), control.name)
            needs = frozenset((*STRUCTURE, FITTED) if control.name == LEARNED else STRUCTURE)
            explainers.append(Explainer(_declared(control.declaration, base, own.name), function, needs))
    return tuple(explainers)


def _declared(control: Declaration, base: Explainer, of: str) -> Declaration:
    """A control of LIAP's on another explainer's scores: it looks the same in plots."""
    return Declaration(
        name=f"{control.name}_{base.name}",
        role="control",
        family="pruning",
        label=f"{control.label} on {base.declaration.label}",
        phrase=control.phrase,
        control_of=of,
        base=base.name,
        colour=control.colour,
        marker=control.marker,
        about=control.about,
    )


def _explanations(base: Explainer, variants: Sequence[str], control: str, case: Case) -> Iterator[Explanation]:
    """An explanation per variant, under its own mask, or under those that the control draws like it."""
    whole = _whole(base, case)
    for variant in variants:
        mask = case.mask(variant)
        reason = mask if isinstance(mask, str) else whole.reason
        if isinstance(mask, str) or whole.scores is None:
            yield Explanation(None, variant, reason=reason)
            continue
        drawn = drawn_masks(control, case, variant, mask) if control else mask[None]
        yield Explanation(
            within(whole.scores, drawn, absolute=case.settings.ranking == "absolute"),
            variant,
            kept=int(mask.sum()),
            freedom=freedom(mask, drawn) if control else None,
            operator=whole.operator,
            passes=whole.passes,
            seconds=whole.seconds,
        )


def _whole(base: Explainer, case: Case) -> Explanation:
    """What the explainer said of the whole context."""
    explanations = case.explained[base.name]
    if len(explanations) != 1 or explanations[0].variant:
        raise InputError(
            f"--prune {base.name}: it gives {len(explanations)} explanations of {case.place}; expected one, without a variant"
        )
    return explanations[0]


def within(
    scores: Float[np.ndarray, "draws words"], masks: Bool[np.ndarray, "masks words"], *, absolute: bool = False
) -> Float[np.ndarray, "rankings words"]:
    """The scores inside the masks; outside 0, or a score below all inside where one of those is below 0.

    Draws of scores and masks go together one by one; a single one goes with all of the other.
    """
    scores = np.abs(scores) if absolute else scores
    lowest = np.where(masks, scores, np.inf).min(axis=1, keepdims=True)
    return np.where(masks, scores, np.where(lowest < 0, lowest - 1 - np.abs(lowest), 0.0))
