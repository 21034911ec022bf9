"""Measured models -> the rows of alignment.csv, alignment_summary.csv and masked_attention.csv."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from liap.guidance.alignment_measures import NAN, Counts, Faithfulness, Measured, f1, f1_difference
from liap.guidance.alignment_settings import NONE, AlignmentSettings
from liap.guidance.attention_plausibility import Plausibility
from liap.guidance.guided_models import Plan
from liap.guidance.masked_attention import Extent, MaskPlan

ALIGNMENT, SUMMARY, MASKED = "alignment.csv", "alignment_summary.csv", "masked_attention.csv"
SUMMARISED = (
    "test_f1", "f1_difference", "dev_f1", "head_share_guided", "head_share_all", "ratio_guided", "ratio_all", "lfs_attention",
    "lfs_syntactic", "lfs_window", "lfs_difference", "evidence_found", "precision_all",
    "precision_guided", "precision_nearest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Common:
    """What every measured model has."""

    test_f1: float
    documents: int = 0  # over which intervals resample
    f1_difference: float = NAN  # to the control, or to the untouched model
    f1_low: float = NAN
    f1_high: float = NAN
    structure_difference: float = NAN  # of a control: its structure's F1 less its own
    structure_low: float = NAN
    structure_high: float = NAN
    head_share_all: float = NAN
    ratio_all: float = NAN
    mentions: int = 0
    lfs_attention: float = NAN
    lfs_syntactic: float = NAN
    lfs_window: float = NAN
    lfs_difference: float = NAN
    lfs_low: float = NAN
    lfs_high: float = NAN
    evidence_found: float = NAN


PLAUSIBILITY_COLUMNS = tuple(field.name for field in fields(Plausibility))
MODEL_COLUMNS = (
    "target", "weight", "seed", "layer", "heads", "dev_f1", "head_share_guided", "ratio_guided", *PLAUSIBILITY_COLUMNS,
)  # fmt: skip
MASK_COLUMNS = ("restriction", "rows", "layers", "weight", "spans", "uncovered", "kept")
COMMON_COLUMNS = tuple(field.name for field in fields(Common))
Row = dict[str, object]


def common(measured: Measured, control: Counts | None, structure: Counts | None, *, resamples: int) -> Row:
    """The columns of any measured model; `control` and `structure` are the counts that it is compared with, where it is."""
    unknown = (NAN, NAN, NAN)
    difference = unknown if control is None else f1_difference(measured.counts, control, resamples=resamples)
    of_structure = unknown if structure is None else f1_difference(structure, measured.counts, resamples=resamples)
    own = Common(
        float(f1(measured.counts.sum(axis=0).astype(float))),
        len(measured.counts),
        *difference,
        *of_structure,
        head_share_all=mean_of(measured.head_shares),
        ratio_all=mean_of(measured.ratios),
        **asdict(measured.faithfulness),
    )
    return asdict(own)


def mean_of(values: np.ndarray) -> float:
    """The mean of the heads that have a value; NaN without one."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else NAN


def model_row(
    plan: Plan,
    dev_f1: float,
    measured: Measured,
    settings: AlignmentSettings,
    *,
    control: Counts | None,
    structure: Counts | None = None,
) -> Row:
    """A line of alignment.csv."""
    place = settings.layer, list(settings.chosen_heads)
    return {
        **asdict(plan),
        "layer": settings.layer,
        "heads": settings.heads,
        "dev_f1": dev_f1,
        "head_share_guided": mean_of(measured.head_shares[place]),
        "ratio_guided": mean_of(measured.ratios[place]),
        **asdict(measured.plausibility),
        **common(measured, control, structure, resamples=settings.resamples),
    }


def mask_row(
    plan: MaskPlan,
    extent: Extent,
    measured: Measured,
    settings: AlignmentSettings,
    *,
    control: Counts | None,
    structure: Counts | None = None,
) -> Row:
    """A line of masked_attention.csv."""
    shared = common(measured, control, structure, resamples=settings.resamples)
    return {**asdict(plan), "restriction": plan.restriction or NONE, **asdict(extent), **shared}


def summarise(rows: Sequence[Row]) -> list[Row]:
    """For each target and weight, means and standard deviations over seeds; `chosen` marks the weight with the best mean dev F1.

    The smallest of equally good weights is chosen. A standard deviation needs two seeds.
    """
    groups: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        groups.setdefault((str(row["target"]), float(row["weight"])), []).append(row)
    lines = []
    for (target, weight), own in groups.items():
        line: Row = {"target": target, "weight": weight, "seeds": len(own), "chosen": False}
        for name in SUMMARISED:
            values = np.array([float(row[name]) for row in own])
            line[name] = float(values.mean())
            line[f"{name}_sd"] = float(values.std(ddof=1)) if len(values) > 1 else NAN
        lines.append(line)
    for target in {line["target"] for line in lines}:
        best = max(
            (line for line in lines if line["target"] == target), key=lambda one: (one["dev_f1"], -one["weight"])
        )
        best["chosen"] = True
    return lines


def summary_columns() -> list[str]:
    """Of alignment_summary.csv."""
    return ["target", "weight", "seeds", "chosen", *(name + end for name in SUMMARISED for end in ("", "_sd"))]


def packed(measured: Measured, more: Mapping[str, object]) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """A measured model as the texts and arrays of a run's chunk."""
    means = {"faithfulness": asdict(measured.faithfulness), "plausibility": asdict(measured.plausibility)}
    texts = {"facts": json.dumps({**means, **more})}
    arrays = {"counts": measured.counts, "head_shares": measured.head_shares, "ratios": measured.ratios}
    return texts, arrays


def unpacked(chunk: Mapping[str, np.ndarray]) -> tuple[Measured, dict]:
    """The inverse of `packed`."""
    facts = json.loads(chunk["facts"].tobytes())
    faithfulness = Faithfulness(**facts.pop("faithfulness"))
    plausibility = Plausibility(**facts.pop("plausibility"))
    return Measured(chunk["counts"], chunk["head_shares"], chunk["ratios"], faithfulness, plausibility), facts
