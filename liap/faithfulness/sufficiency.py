"""Sufficiency: how far p falls when only the most important words are kept (DeYoung et al. 2020, section 4)."""

from __future__ import annotations

from liap.explainers import Case
from liap.faithfulness.erasure import columns, erase
from liap.faithfulness.metric import MetricSteps, metric
from liap.faithfulness.ranking import Rankings


@metric(columns=columns("sufficiency", better="lower"))
def sufficiency(case: Case, rankings: Rankings) -> MetricSteps:
    """p less p with the top 1, 5, 10, 20 and 50% of the context words alone, and the mean of the five."""
    yield (yield from erase("sufficiency", rankings.only_top, len(rankings.context)))
