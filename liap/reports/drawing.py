"""An analysis -> the PNG files of a results folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from liap.reports.analysis import Analysis
from liap.reports.evidence import plot_evidence
from liap.reports.plots import (
    plot_boxplot_by_entity,
    plot_by_explainer,
    plot_curve,
    plot_distribution,
    plot_vs_sentence_length,
)
from liap.reports.structure import draw_structure
from liap.reports.style import save


def draw_all(analysis: Analysis, results: Path, structure: pd.DataFrame | None = None) -> list[str]:
    """Draw every plot into `results/`; the names of the files. The heat map is left out where the run has no `structure`."""
    panel, chosen, method = analysis.panel, analysis.chosen, analysis.method
    drawn = {
        "lfs_boxplot_by_entity.png": plot_boxplot_by_entity(panel, chosen),
        "lfs_distribution.png": plot_distribution(panel, chosen),
        "lfs_vs_sentence_length.png": plot_vs_sentence_length(panel, chosen, analysis.of_chosen(analysis.strata)),
        "lfs_by_explainer.png": plot_by_explainer(analysis.explainers),
        "lfs_curve.png": plot_curve(analysis.curve, method.explainer, method.variant),
    }
    if len(analysis.evidence):
        drawn["evidence_by_family.png"] = plot_evidence(analysis.evidence)
    if structure is not None and len(structure):
        drawn["attention_structure.png"] = draw_structure(structure)
    for name, axes in drawn.items():
        save(axes, results / name)
    return list(drawn)
