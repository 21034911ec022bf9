"""Occlusion: the drop in the mention's probability when a word is taken away alone (Zeiler & Fergus 2014; Li et al. 2016).

`occlusion` perturbs with the explainers' operator. `occlusion_ceiling` perturbs with the metric's own, and so scores, by
construction, as high as any ranking can. It is a ceiling to compare others with, not a competitor.
"""

from __future__ import annotations

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.records import Explanation


@explainer(family="perturbation", drops="explainer", colour="#000000", marker="X")
def occlusion(case: Case) -> Explanation:
    """The drop when a word is taken away alone: one pass for the sentence and one per context word; scores in [-1, 1]."""
    return _occlusion(case, case.settings.explainer_operator)


@explainer(
    family="perturbation",
    role="ceiling",
    label="occlusion, LFS's ceiling",
    drops="metric",
    colour="#7F7F7F",
    marker="*",
)
def occlusion_ceiling(case: Case) -> Explanation:
    """Occlusion under the metric's operator."""
    return _occlusion(case, case.settings.operator)


def _occlusion(case: Case, operator: str) -> Explanation:
    return Explanation(case.drops(operator)[None], operator=operator, passes=1 + int(case.context.sum()))
