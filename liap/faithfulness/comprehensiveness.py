"""Comprehensiveness: how far p falls when the most important words are taken away together (DeYoung et al. 2020, section 4)."""

from __future__ import annotations

from liap.explainers import Case
from liap.faithfulness.erasure import columns, erase
from liap.faithfulness.metric import MetricSteps, metric
from liap.faithfulness.ranking import Rankings


@metric(columns=columns("comprehensiveness", better="higher"))
def comprehensiveness(case: Case, rankings: Rankings) -> MetricSteps:
    """p less p without the top 1, 5, 10, 20 and 50% of the context words, and the mean of the five."""
    yield (yield from erase("comprehensiveness", rankings.without_top, len(rankings.context)))
