"""Metrics: explanations -> numbers that say how faithful they are to the recogniser.

Each is one function in one file, declared there by the decorator `metric`. To add one to the project, write its file and list it
below, in the order of its columns. A function in a file of your own needs no listing: `--metrics mine.py:first_word`.
"""

from __future__ import annotations

from liap.faithfulness.agreement_with_drops import tau
from liap.faithfulness.comprehensiveness import comprehensiveness
from liap.faithfulness.cumulative import cumulative
from liap.faithfulness.evidence_found import evidence_found
from liap.faithfulness.lfs import lfs
from liap.faithfulness.lfs_choices import lfs_choices
from liap.faithfulness.metric import Column, Metric, metric
from liap.faithfulness.plausibility import plausibility
from liap.faithfulness.post_hoc import post_hoc
from liap.faithfulness.sufficiency import sufficiency
from liap.plugins import from_file

METRICS: dict[str, Metric] = {
    declared.name: declared
    for declared in (
        lfs,
        evidence_found,
        comprehensiveness,
        sufficiency,
        lfs_choices,
        cumulative,
        tau,
        post_hoc,
        plausibility,
    )
}

__all__ = ["METRICS", "Column", "Metric", "find_metrics", "metric"]


def find_metrics(names: tuple[str, ...]) -> tuple[Metric, ...]:
    """The metrics of these names (`FILE.py:FUNCTION` names one in a user's file); InputError if a name is unknown."""
    return from_file("--metrics", names, METRICS, Metric, metric)
