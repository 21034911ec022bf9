"""The settings of the project's scripts, each made of the groups that it reads."""

from __future__ import annotations

from dataclasses import dataclass

from liap.settings.flag_values import check_number
from liap.settings.setting_groups import (
    LARGEST_SEED,
    AnnotationSettings,
    CorpusSettings,
    ExecutorSettings,
    FigureSettings,
    MethodSettings,
    RunSettings,
    SampleSettings,
    TaggerSettings,
    TextSettings,
    elsewhere,
)


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings(
    MethodSettings,
    SampleSettings,
    CorpusSettings,
    TextSettings,
    TaggerSettings,
    AnnotationSettings,
    RunSettings,
    ExecutorSettings,
    FigureSettings,
):
    """Of run_liap_evaluation.py."""

    pictures: int = elsewhere(8)
    picture_variant: str = elsewhere("syntactic")

    def check(self) -> None:
        check_number("--pictures", self.pictures, 0)


@dataclass(frozen=True, kw_only=True)
class LimeBaselineSettings(
    MethodSettings, SampleSettings, CorpusSettings, TextSettings, TaggerSettings, RunSettings, FigureSettings
):
    """Of lime_baseline.py."""

    explainers: tuple[str, ...] = ("lime",)
    examples: int = 10
    instability_per_type: int = 5
    instability_samples: tuple[int, ...] = (100, 300, 1000, 3000)

    def check(self) -> None:
        check_number("--examples", self.examples, 0)
        check_number("--instability-per-type", self.instability_per_type, 0)
        for value in self.instability_samples:
            check_number("--instability-samples", value, 20, 1_000_000)


@dataclass(frozen=True, kw_only=True)
class AnalysisSettings(FigureSettings):
    """Of analyze_results.py."""

    results: str = elsewhere("results")
    explainer: str = "liap"  # looked at closely: by type and stratum, in the plots, in the top and bottom lists
    variant: str = "syntactic"  # of that explainer; "" where it has none
    resamples: int = 2000  # bootstrap resamples of the documents
    seed: int = 13  # of the bootstrap
    extremes: int = 5  # mentions in the top list, and in the bottom list
    plots: bool = elsewhere(True)
    page: bool = elsewhere(True)  # report.html
    latex: bool = elsewhere(False)  # tables as LaTeX too
    verbose: bool = elsewhere(False)  # every table, in place of one screen

    def check(self) -> None:
        check_number("--resamples", self.resamples, 100, 1_000_000)  # fewer give no 95% interval
        check_number("--seed", self.seed, 0, LARGEST_SEED)
        check_number("--extremes", self.extremes, 1)
