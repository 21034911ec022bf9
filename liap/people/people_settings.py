"""The settings of studies/people.py."""

from __future__ import annotations

from dataclasses import dataclass

from liap.errors import InputError
from liap.settings import (
    AnnotationSettings,
    CorpusSettings,
    FigureSettings,
    MethodSettings,
    RunSettings,
    SampleSettings,
    TaggerSettings,
    check_number,
    elsewhere,
)

METRICS = ("lfs", "plausibility")


@dataclass(frozen=True, kw_only=True)
class PeopleSettings(
    MethodSettings, SampleSettings, CorpusSettings, TaggerSettings, AnnotationSettings, RunSettings, FigureSettings
):
    """What people marked, and what it is compared with."""

    triggers: str = "data/triggerner/conll_trigger_20.txt"
    split: str = "train"  # of the corpus, in which the triggers' sentences are
    metrics: tuple[str, ...] = METRICS
    examples_per_type: int = 0  # all mentions are looked through for targets
    targets_per_type: int = 0  # targets sampled for each predicted type; 0: every target that is found
    variant: str = elsewhere("syntactic")  # of pruning, in sentences and the plot, and as a prior
    resamples: int = elsewhere(2000)  # bootstrap resamples of the documents
    results: str = elsewhere("results/people")

    def check(self) -> None:
        missing = [name for name in METRICS if name not in self.metrics]
        if missing:
            raise InputError(f"--metrics must name {missing[0]}, which this study reads")
        if self.variant not in self.variants:
            raise InputError(f"--variant must be one of --variants ({', '.join(self.variants)}), got {self.variant!r}")
        check_number("--targets-per-type", self.targets_per_type, 0)
        check_number("--resamples", self.resamples, 100, 1_000_000)
