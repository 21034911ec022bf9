"""Occlusion: the drop in the mention's probability when a word is taken away alone (Zeiler & Fergus 2014; Li et al. 2016).

`occlusion` perturbs with the explainers' operator. `occlusion_ceiling` perturbs with the metric's own, and so scores, by
construction, as high as any ranking can: it is a ceiling to read others against, not a competitor.
"""

from __future__ import annotations

from collections.abc import Iterator

from liap.explainers.case import Case
from liap.records import Explanation


def occlusion(case: Case) -> Iterator[Explanation]:
    """A pass for the sentence and one a context word; scores in [-1, 1], in probability."""
    return _occlusion("occlusion", case, case.explainer_operator)


def occlusion_ceiling(case: Case) -> Iterator[Explanation]:
    """The same under the metric's operator."""
    return _occlusion("occlusion_ceiling", case, case.metric_operator)


def _occlusion(name: str, case: Case, operator: str) -> Iterator[Explanation]:
    context = int(case.mention.context(case.words).sum())
    yield Explanation(name, "", case.drops(operator)[None], operator=operator, passes=1 + context)
