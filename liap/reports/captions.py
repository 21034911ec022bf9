"""What each plot of an analysis shows, in plain words: a text beside each picture, to go under it in a paper."""

from __future__ import annotations

from liap.reports.analysis import Analysis

_INTERVALS = "Intervals are 95% bootstrap intervals that resample documents."
_MEANING = "LFS is 1 where the words ranked first are those that the recogniser relies on; 0.5 is chance."


def captions(analysis: Analysis) -> dict[str, str]:
    """Caption by the plot's name, without an ending; plots that were not drawn have one too."""
    panel, method = analysis.panel, analysis.method.label
    name, measure = panel.primary.name, panel.primary.label
    mentions, documents = len(panel.mentions), int(panel.document.max()) + 1
    counts = f"{mentions:,} mentions in {documents:,} documents."
    meaning = f" {_MEANING}" if panel.has_lfs else ""
    insensitive = (
        " Hatched: mentions where hiding the words ranked first and last hardly changes p (I + U < 0.01)."
        if panel.has_lfs
        else ""
    )
    own = {
        f"{name}_boxplot_by_entity": f"{measure} of {method} by predicted entity type. Boxes are quartiles, lines medians, diamonds means.{meaning} {counts}",
        f"{name}_distribution": f"Distribution of {measure} of {method}.{insensitive}{meaning} {counts}",
        f"{name}_vs_sentence_length": f"{measure} of {method} by sentence length: mentions, and means of length groups. {_INTERVALS}{meaning} {counts}",
        f"{name}_curve": f"Mean LFS with K words at each end of the ranking. {_INTERVALS} {counts}",
        "evidence_by_family": f"Share of the words that decide a mention's type that each explainer ranks first, by how they hang together with the mention. {_INTERVALS} {counts}",
        "metrics_by_evidence": f"How often each metric prefers the explanation that finds the known evidence, of two of one mention; 0.5 is chance. {_INTERVALS} {counts}",
        "attention_structure": "Attention from mentions to their syntactic heads, their dependents and the members of their frames, by layer and head, over that "
        f"of words at the same distances. {counts}",
    }
    return own | {
        f"{one.name}_by_explainer": _by_explainer(analysis, one.label, one.name == name) + counts
        for one in panel.measures
    }


def _by_explainer(analysis: Analysis, measure: str, primary: bool) -> str:
    panel = analysis.panel
    beside = any(method.declaration.role == "control" for method in panel.methods)
    lines = " A method and its matched controls share a line." if beside else ""
    meaning = f" {_MEANING}{panel.ceiling_note}" if primary and panel.has_lfs else ""
    return f"Mean {measure} by explainer.{lines} {_INTERVALS}{meaning} "
