"""The settings of the project's scripts, each made of the groups that it reads."""

from __future__ import annotations

from dataclasses import dataclass

from liap.settings.flag_values import among, check_number
from liap.settings.setting_groups import (
    LARGEST_SEED,
    AnnotationSettings,
    CorpusSettings,
    ExecutorSettings,
    MethodSettings,
    RunSettings,
    SampleSettings,
    Settings,
    TaggerSettings,
    TextSettings,
    elsewhere,
)

PLOT_FORMATS = ("png", "pdf", "svg")


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
):
    """Of run_liap_evaluation.py."""

    pictures: int = elsewhere(8)
    picture_variant: str = elsewhere("syntactic")

    def check(self) -> None:
        check_number("--pictures", self.pictures, 0)


@dataclass(frozen=True, kw_only=True)
class LimeBaselineSettings(MethodSettings, SampleSettings, CorpusSettings, TextSettings, TaggerSettings, RunSettings):
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
class AnalysisSettings(Settings):
    """Of analyze_results.py."""

    results: str = elsewhere("results")
    explainer: str = "liap"  # looked at closely: by type and stratum, in the plots, in the top and bottom lists
    variant: str = "syntactic"  # of that explainer; "" where it has none
    resamples: int = 2000  # bootstrap resamples of the documents
    seed: int = 13  # of the bootstrap
    extremes: int = 5  # mentions in the top list, and in the bottom list
    plots: bool = elsewhere(True)
    page: bool = elsewhere(True)  # report.html
    formats: tuple[str, ...] = elsewhere(("png",))  # of the plots
    font_size: float = elsewhere(10.0)  # points, of the plots
    column_width: float = elsewhere(0.0)  # inches, of the plots; 0: their own
    latex: bool = elsewhere(False)  # tables as LaTeX too
    verbose: bool = elsewhere(False)  # every table, in place of one screen

    def check(self) -> None:
        check_number("--resamples", self.resamples, 100, 1_000_000)  # fewer give no 95% interval
        check_number("--seed", self.seed, 0, LARGEST_SEED)
        check_number("--extremes", self.extremes, 1)
        among("--formats", self.formats, PLOT_FORMATS)
        check_number("--font-size", self.font_size, 4, 40)
        if self.column_width:
            check_number("--column-width", self.column_width, 2, 20)
