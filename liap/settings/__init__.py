"""The settings of a script: one frozen dataclass, made from its constants and flags, and checked once.

A script's dataclass (`script_settings`) joins groups (`setting_groups`). A function takes the group that it reads, never the whole. A run's
identity holds the fields that decide its rows; a field that decides none says so with `elsewhere`. Error messages name the flag to change;
`flag_values` has the checks of single values.

Whether explainers and metrics exist is checked by `liap.evaluation.check_settings`, because their rooms are built on this one.
"""

from liap.settings.flag_values import among, check_number, numbers, refuse_repeats
from liap.settings.script_settings import AnalysisSettings, EvaluationSettings, LimeBaselineSettings
from liap.settings.setting_groups import (
    LARGEST_SEED,
    MARGINAL,
    NO_PARSER,
    OPERATORS,
    PRECISIONS,
    TARGETS,
    TIES,
    AnnotationSettings,
    CorpusSettings,
    ExecutorSettings,
    FigureSettings,
    MethodSettings,
    RunSettings,
    SampleSettings,
    Settings,
    TaggerSettings,
    TextSettings,
    elsewhere,
)

__all__ = [
    "LARGEST_SEED",
    "MARGINAL",
    "NO_PARSER",
    "OPERATORS",
    "PRECISIONS",
    "TARGETS",
    "TIES",
    "AnalysisSettings",
    "AnnotationSettings",
    "CorpusSettings",
    "EvaluationSettings",
    "ExecutorSettings",
    "FigureSettings",
    "LimeBaselineSettings",
    "MethodSettings",
    "RunSettings",
    "SampleSettings",
    "Settings",
    "TaggerSettings",
    "TextSettings",
    "among",
    "check_number",
    "elsewhere",
    "numbers",
    "refuse_repeats",
]
