"""A run's rows -> every table of the analysis, computed once; the script prints, saves and draws them, the README quotes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from liap.errors import InputError
from liap.reports.contrasts import contrasts, contrasts_by_stratum, pairs_of
from liap.reports.panel import Method, Panel, panel_of
from liap.reports.statistics import RESAMPLES, SEED, document_weights
from liap.reports.tables import by_explainer, by_stratum, curve, evidence, extremes, strata_of

MOST_RESAMPLES = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """`chosen` is the method (a column of the panel) that is looked at closely."""

    panel: Panel
    chosen: int
    explainers: pd.DataFrame
    strata: pd.DataFrame
    contrasts: pd.DataFrame
    contrasts_by_stratum: pd.DataFrame  # of the chosen method; empty where it is no variant of LIAP
    curve: pd.DataFrame
    extremes: pd.DataFrame
    evidence: pd.DataFrame  # empty where the corpus knows no evidence

    @property
    def method(self) -> Method:
        return self.panel.methods[self.chosen]

    def of_chosen(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table's lines of the chosen method."""
        return table[(table["explainer"] == self.method.explainer) & (table["variant"] == self.method.variant)]

    def files(self) -> dict[str, pd.DataFrame]:
        """File name -> table, as saved beside the rows."""
        return {
            "lfs_by_explainer.csv": self.explainers,
            "lfs_by_entity.csv": self.strata[self.strata["stratum"] == "type"],
            "lfs_by_stratum.csv": self.strata,
            "lfs_contrasts.csv": self.contrasts,
            "lfs_contrasts_by_stratum.csv": self.contrasts_by_stratum,
            "lfs_curve.csv": self.curve,
            "lfs_extremes.csv": self.extremes,
            "lfs_undefined.csv": self.panel.undefined,
            **({"evidence_by_family.csv": self.evidence} if len(self.evidence) else {}),
        }


def analyse(
    rows: pd.DataFrame,
    *,
    explainer: str = "liap",
    variant: str = "syntactic",
    resamples: int = RESAMPLES,
    seed: int = SEED,
    count: int = 5,
) -> Analysis:
    """All tables, with `resamples` draws of the documents; the same seed gives the same numbers."""
    if resamples > MOST_RESAMPLES:
        raise InputError(f"--resamples must be at most {MOST_RESAMPLES:,}, got {resamples}")
    if resamples < 100:
        raise InputError(f"--resamples must be at least 100 for a 95% interval, got {resamples}")
    if seed < 0:
        raise InputError(f"--seed must be 0 or more, got {seed}")
    if count < 1:
        raise InputError(f"--extremes must be at least 1, got {count}")
    panel = panel_of(rows)
    chosen = panel.find(explainer, variant)
    weights = document_weights(int(panel.document.max()) + 1, resamples, np.random.default_rng(seed))
    strata, pairs = strata_of(panel), pairs_of(panel)
    own = [pair for pair in pairs if pair[1] == chosen]
    return Analysis(
        panel=panel,
        chosen=chosen,
        explainers=by_explainer(panel, weights),
        strata=by_stratum(panel, weights, strata),
        contrasts=contrasts(panel, weights, pairs),
        contrasts_by_stratum=contrasts_by_stratum(panel, weights, own, strata),
        curve=curve(panel, weights),
        extremes=extremes(panel, chosen, count),
        evidence=evidence(panel, weights),
    )
