"""The settings of studies/diagnostics.py."""

from __future__ import annotations

from dataclasses import dataclass

from liap.errors import InputError
from liap.settings import (
    AnnotationSettings,
    CorpusSettings,
    FigureSettings,
    MethodSettings,
    SampleSettings,
    TaggerSettings,
    check_number,
    elsewhere,
    refuse_repeats,
)

DEFECTS = {
    "dropout": "the model is in training mode while it predicts and is explained",
    "summed_classes": "words are masked in the order of their scores summed over all classes",
    "special_tokens": "special tokens are words: scored, ranked, masked and compared",
    "signed_mean": "distances of activations are means of signed differences",
    "class_zero": "pairs of instances are compared by the scores of the first class",
    "l1": "the gradient's Euclidean norm is the sum of its absolute values",
}  # of the published code, and what each does
FEWEST_MODELS = 2  # between which explanations are compared


@dataclass(frozen=True, kw_only=True)
class DiagnosticSettings(
    MethodSettings, SampleSettings, CorpusSettings, TaggerSettings, AnnotationSettings, FigureSettings
):
    """Which models are diagnosed, on what, and how."""

    subject: str = "recogniser"  # what the models are, in tables
    models: tuple[str, ...] = ("seed_0", "seed_1", "seed_2")  # folders of models that differ in their seed alone
    untrained: int = 1  # models of the same shape with random weights
    triggers: str = ""  # a file of human triggers; "": the corpus's own evidence
    triggers_split: str = "train"
    triggers_per_type: int = 10
    threshold_step: int = 10  # per cent of the context words
    folds: int = 5
    shuffles: int = 10
    as_published: str = ""  # defects to switch on, with commas
    defects_per_type: int = 10  # instances on which each defect is measured alone; 0: none is
    cost_per_type: int = 1  # instances on which costs are measured; 0: they are not
    resamples: int = 1000
    results: str = elsewhere("results/diagnostics")

    def check(self) -> None:
        refuse_repeats("--models", self.models)
        if len(self.models) < FEWEST_MODELS:
            raise InputError(
                f"--models names {len(self.models)}; expected at least {FEWEST_MODELS} models that differ in their seed"
            )
        if not self.subject.replace("_", "").isalnum():
            raise InputError(f"--subject must be letters, digits and _, got {self.subject!r}")
        if self.target != "type":
            raise InputError(f"--target must be type, whose classes are compared, got {self.target!r}")
        for name in self.defects:
            if name not in DEFECTS:
                raise InputError(f"--as-published must be among {', '.join(DEFECTS)}, with commas, got {name!r}")
        refuse_repeats("--as-published", self.defects)
        for flag, value, least, most in (
            ("--untrained", self.untrained, 1, 10),
            ("--triggers-per-type", self.triggers_per_type, 0, 10_000),
            ("--threshold-step", self.threshold_step, 1, 50),
            ("--folds", self.folds, 2, 20),
            ("--shuffles", self.shuffles, 1, 1000),
            ("--defects-per-type", self.defects_per_type, 0, 10_000),
            ("--cost-per-type", self.cost_per_type, 0, 1000),
            ("--resamples", self.resamples, 100, 100_000),
        ):
            check_number(flag, value, least, most)

    @property
    def defects(self) -> tuple[str, ...]:
        """The defects that are switched on."""
        return tuple(name for name in self.as_published.split(",") if name)
