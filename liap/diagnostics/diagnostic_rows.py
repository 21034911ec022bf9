"""Numbers of the properties -> rows of `diagnostics.csv` and `diagnostic_defects.csv`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from liap.columns import NO_VARIANT
from liap.diagnostics.confidence_indication import ERROR, R2
from liap.diagnostics.diagnosis import DATASET, FAITHFUL, HUMAN, RANKS, RATIONALE, Numbers, Panel
from liap.diagnostics.diagnostic_settings import DiagnosticSettings
from liap.diagnostics.rationale_consistency import LENGTH
from liap.diagnostics.resampled_values import NAN, Value, bounds

SCORED = (HUMAN, ERROR, R2, FAITHFUL, RATIONALE, RANKS, DATASET)
CONTROLS = ("random", "nearest_words", "frequency", LENGTH)  # of the same models; they know nothing of them
AFFECTED = {
    "dropout": SCORED,
    "summed_classes": (FAITHFUL,),
    "special_tokens": SCORED,
    "signed_mean": (RATIONALE, RANKS, DATASET),
    "class_zero": (DATASET,),
    "l1": SCORED,
}  # the properties that a defect changes


@dataclass(frozen=True, slots=True)
class DiagnosticRow:
    """A line of `diagnostics.csv`: one property of one explainer."""

    subject: str
    models: str  # trained, untrained
    explainer: str
    variant: str
    property: str
    as_published: str  # the defects that were switched on
    n: int  # instances, or pairs of instances
    documents: int
    compared: int  # models, or pairs of models
    value: float
    low: float
    high: float
    sd: float  # between them
    minus_random: float
    minus_random_low: float
    minus_random_high: float
    minus_nearest: float
    minus_nearest_low: float
    minus_nearest_high: float
    minus_frequency: float
    minus_frequency_low: float
    minus_frequency_high: float
    minus_length: float
    minus_length_low: float
    minus_length_high: float
    minus_untrained: float
    minus_untrained_low: float
    minus_untrained_high: float
    reason: str


@dataclass(frozen=True, slots=True)
class DefectRow:
    """A line of `diagnostic_defects.csv`: what one defect alone changes in one property of one explainer."""

    subject: str
    defect: str
    explainer: str
    variant: str
    property: str
    n: int
    compared: int
    fair: float
    published: float
    difference: float
    low: float
    high: float


def rows_of(
    panel: Panel, trained: Numbers, untrained: Numbers, settings: DiagnosticSettings
) -> Iterator[DiagnosticRow]:
    """A row for each property and method, of the trained models and then of the untrained ones, each less its controls."""
    documents = {False: panel.instances, True: panel.marked}
    counts = {marked: len({one.document for one in instances}) for marked, instances in documents.items()}
    for models, numbers in (("trained", trained), ("untrained", untrained)):
        for (name, method), value in numbers.items():
            controls = [numbers.get((name, control)) for control in CONTROLS]
            controls.append(untrained.get((name, method)) if models == "trained" else None)
            yield DiagnosticRow(
                settings.subject,
                models,
                *_named(method),
                name,
                ",".join(settings.defects) or NO_VARIANT,
                value.n,
                counts[name == HUMAN],
                len(value.each),
                value.mean,
                *value.interval,
                value.sd,
                *(number for control in controls for number in _less(value, control)),
                reason=value.reason or NO_VARIANT,
            )


def _less(value: Value, control: Value | None) -> tuple[float, float, float]:
    """The difference from a control, with its interval; NaN where either is undefined, or both are one."""
    if control is None or control is value or np.isnan([value.mean, control.mean]).any():
        return NAN, NAN, NAN
    return value.mean - control.mean, *bounds(value.resampled - control.resampled)


def defect_rows(
    defect: str, fair: Panel, before: Numbers, after: Numbers, settings: DiagnosticSettings
) -> Iterator[DefectRow]:
    """A row for each property that the defect changes, of the methods that have it both ways."""
    for (name, method), value in after.items():
        if name not in AFFECTED[defect] or method not in fair.methods:
            continue
        other = before.get((name, method))
        if other is None or not _comparable(value, other):
            continue
        change = value.minus(other)
        low, high = change.interval
        yield DefectRow(
            settings.subject, defect, *_named(method), name, change.n, len(change.each), other.mean, value.mean, change.mean, low, high
        )  # fmt: skip


def _comparable(one: Value, other: Value) -> bool:
    return len(one.each) == len(other.each) > 0 and not np.isnan([one.mean, other.mean]).any()


def _named(method: str) -> tuple[str, str]:
    """`explainer`, or `explainer/variant`, as two cells."""
    explainer, _, variant = method.partition("/")
    return explainer, variant or NO_VARIANT
