"""A run's rows -> every table of the analysis, computed once. The script prints, saves and draws them; the README quotes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from liap.reports.against_evidence import metrics_by_evidence
from liap.reports.choices import contrasts_by_choice
from liap.reports.contrasts import contrasts, contrasts_by_stratum, pairs_of
from liap.reports.declared import Declared, declared
from liap.reports.panel import Method, Panel, panel_of
from liap.reports.rows import LFS_COLUMNS
from liap.reports.statistics import document_weights
from liap.reports.summaries import (
    by_explainer,
    by_measure,
    by_stratum,
    curve,
    evidence,
    evidence_by_type,
    extremes,
    strata_of,
)
from liap.settings import AnalysisSettings


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """`chosen` is the method (a column of the panel) that is looked at closely."""

    panel: Panel
    chosen: int
    explainers: pd.DataFrame
    measures: pd.DataFrame
    strata: pd.DataFrame
    contrasts: pd.DataFrame
    contrasts_by_choice: pd.DataFrame  # empty where the run did not score LFS by choice
    contrasts_by_stratum: pd.DataFrame  # of the chosen method; empty where it is held against nothing
    curve: pd.DataFrame  # empty where LFS did not run
    extremes: pd.DataFrame
    evidence: pd.DataFrame  # empty where the corpus knows no evidence; so are the next two
    evidence_by_type: pd.DataFrame
    metrics_by_evidence: pd.DataFrame

    @property
    def method(self) -> Method:
        return self.panel.methods[self.chosen]

    def of_chosen(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table's lines of the chosen method."""
        return table[(table["explainer"] == self.method.explainer) & (table["variant"] == self.method.variant)]

    def contrasts_of(self, family: str, measure: str) -> pd.DataFrame:
        """The lines of one family and measure."""
        table = self.contrasts
        return table[(table["family"] == family) & (table["measure"] == measure)] if len(table) else table

    def files(self) -> dict[str, pd.DataFrame]:
        """File name -> table, as saved beside the rows; names begin with the primary measure, which is LFS where it ran."""
        name = self.panel.primary.name
        own = {name, *(LFS_COLUMNS if self.panel.has_lfs else ())}
        is_own = self.contrasts["measure"].isin(own) if len(self.contrasts) else np.zeros(0, dtype=bool)
        optional = {
            f"{name}_curve.csv": self.curve,
            "lfs_contrasts_by_choice.csv": self.contrasts_by_choice,
            "metrics_contrasts.csv": self.contrasts[~is_own],
            "evidence_by_family.csv": self.evidence,
            "evidence_by_type.csv": self.evidence_by_type,
            "metrics_by_evidence.csv": self.metrics_by_evidence,
        }
        return {
            f"{name}_by_explainer.csv": self.explainers,
            f"{name}_by_entity.csv": self.strata[self.strata["stratum"] == "type"],
            f"{name}_by_stratum.csv": self.strata,
            f"{name}_contrasts.csv": self.contrasts[is_own],
            f"{name}_contrasts_by_stratum.csv": self.contrasts_by_stratum,
            f"{name}_extremes.csv": self.extremes,
            f"{name}_undefined.csv": self.panel.undefined,
            "metrics_by_explainer.csv": self.measures,
            **{file: table for file, table in optional.items() if len(table)},
        }


def analyse(rows: pd.DataFrame, run: Declared | None = None, settings: AnalysisSettings | None = None) -> Analysis:
    """All tables; `run` is what the run's explainers and metrics declare. The same seed gives the same numbers."""
    settings = settings or AnalysisSettings()
    panel = panel_of(rows, run or declared())
    chosen = _chosen(panel, settings)
    documents, generator = int(panel.document.max()) + 1, np.random.default_rng(settings.seed)
    weights = document_weights(documents, settings.resamples, generator)
    strata, pairs = strata_of(panel), pairs_of(panel)
    return Analysis(
        panel=panel,
        chosen=chosen,
        explainers=by_explainer(panel, weights),
        measures=by_measure(panel, weights),
        strata=by_stratum(panel, weights, strata),
        contrasts=contrasts(panel, weights, pairs),
        contrasts_by_choice=contrasts_by_choice(panel, weights, pairs),
        contrasts_by_stratum=contrasts_by_stratum(
            panel, weights, [pair for pair in pairs if pair[1] == chosen], strata
        ),
        curve=curve(panel, weights),
        extremes=extremes(panel, chosen, settings.extremes),
        evidence=evidence(panel, weights),
        evidence_by_type=evidence_by_type(panel, weights),
        metrics_by_evidence=metrics_by_evidence(panel, weights),
    )


def _chosen(panel: Panel, settings: AnalysisSettings) -> int:
    """The method to look at closely. Where the rows lack the script's own choice, it is the first method that they hold.

    An explainer that is named without a variant has the script's own variant, or its first. InputError where the rows lack what
    the user named.
    """
    named = {
        name
        for name in ("explainer", "variant")
        if name in settings.given or getattr(settings, name) != getattr(AnalysisSettings, name)
    }
    held = {(method.explainer, method.variant) for method in panel.methods}
    if (settings.explainer, settings.variant) not in held and "variant" not in named:
        if columns := panel.columns(settings.explainer):
            return columns[0]
        if "explainer" not in named:
            roles = [method.declaration.role for method in panel.methods]
            return roles.index("method") if "method" in roles else 0
    return panel.find(settings.explainer, settings.variant)
