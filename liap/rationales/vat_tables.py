"""The VAT study's tables: accuracy, AOPC and post-hoc accuracy, words of known polarity, and the published claims.

A text's value is its mean over seeds; intervals are 95%, texts resampled (`liap.reports.statistics`). Differences between methods are paired by text. Beside them stands the
standard deviation over seeds.

The claims are those of the paper's abstract: great advantages in performance and in interpretability, by fine-tuning and compressing in turn. The numbers of its tables
are of other encoders and data and are not repeated here, so `published` says the direction.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from liap.rationales.rationale_blocks import HEADLINE, OWN_MASK, own_scorer
from liap.rationales.vat_measures import POLAR_SIZES, SIZES, Measures
from liap.reports.statistics import RESAMPLES, SEED, document_weights, estimate

MEASURED = tuple(f"{kind}_{size}" for kind in ("aopc", "post_hoc") for size in SIZES)
POLAR = tuple(f"{name}_{size}" for size in POLAR_SIZES for name in ("precision", "recall", "f1"))
WHERE = ["judge", "operator"]
CONTROL_NAMES = {"random": "random scores", "nearest_words": "the first words", "frequency": "rare words"}
JOINT = "VMASK, trained jointly,"  # as the subject of a claim


def with_interval(values: pd.Series) -> dict[str, float]:
    """n, mean and the ends of its interval; a value per text."""
    column = values.to_numpy(dtype=float)[:, None]
    weights = document_weights(len(column), RESAMPLES, np.random.default_rng(SEED))
    answer = estimate(column, np.arange(len(column)), weights)
    return {
        "n": int(answer.n[0]),
        "mean": float(answer.mean[0]),
        "low": float(answer.low[0]),
        "high": float(answer.high[0]),
    }


def by_text(rows: pd.DataFrame, column: str) -> pd.Series:
    """Each text's mean over seeds."""
    return rows.groupby("text")[column].mean()


def accuracies(measures: Measures) -> pd.DataFrame:
    """A row per method."""
    return pd.DataFrame([
        {"method": method, **with_interval(by_text(rows, "correct")), **_over_seeds(rows, "correct")}
        for method, rows in measures.correct.groupby("method", sort=False)
    ])  # fmt: skip


def explanations(measures: Measures) -> pd.DataFrame:
    """A row per method, scorer, judge, operator and measure."""
    return _summarised(measures.judged, ["method", "scorer", *WHERE], MEASURED)


def polarities(measures: Measures) -> pd.DataFrame:
    """A row per method, scorer and measure; none where words have no gold polarity."""
    return _summarised(measures.polarity, ["method", "scorer"], POLAR)


def _summarised(rows: pd.DataFrame, keys: list[str], columns: Sequence[str]) -> pd.DataFrame:
    lines = []
    for values, group in rows.groupby(keys, sort=False) if len(rows) else ():
        named = dict(zip(keys, values, strict=True))
        lines += [
            named | {"measure": column} | with_interval(by_text(group, column)) | _over_seeds(group, column)
            for column in columns
        ]
    return pd.DataFrame(lines)


def _over_seeds(rows: pd.DataFrame, column: str) -> dict[str, float]:
    means = rows.groupby("seed")[column].mean()
    return {"seeds": len(means), "sd": float(means.std(ddof=1)) if len(means) > 1 else float("nan")}


def curves(measures: Measures) -> pd.DataFrame:
    """Means over seeds for every K."""
    keys = ["method", "scorer", *WHERE, "K"]
    return measures.curves.groupby(keys, sort=False)[["aopc", "post_hoc"]].mean().reset_index()


def claims(measures: Measures, cycles: pd.DataFrame) -> pd.DataFrame:
    """A row per claim and measure: VAT less a baseline, with interval, and whether that is above 0."""
    rows = [_accuracy_claim(measures, other) for other in ("attention", "no_attention") if _has(measures, other)]
    rows += [_polarity_claim(measures, size) for size in POLAR_SIZES if len(measures.polarity)]
    rows += _cycle_claim(cycles)
    if _has(measures, OWN_MASK) and _has(measures, "no_attention"):
        correct = (_of(measures.correct, {"method": method}) for method in (OWN_MASK, "no_attention"))
        rows.append(_claim("more accurate than no attention", *correct, "correct", subject=JOINT))
    for judge in ("base", "itself"):
        for operator in dict.fromkeys(measures.judged["operator"]):
            for measure in (f"aopc_{HEADLINE}", f"post_hoc_{HEADLINE}"):
                rows += _explanation_claims(measures, measure, judge, operator)
                rows += _joint_explanation_claims(measures, measure, judge, operator)
    return pd.DataFrame(rows)


def _has(measures: Measures, method: str) -> bool:
    return method in set(measures.correct["method"])


def _accuracy_claim(measures: Measures, other: str) -> dict:
    rows = measures.correct
    claim = f"more accurate than {other.replace('_', ' ')}"
    return _claim(claim, rows[rows["method"] == "vat"], rows[rows["method"] == other], "correct")


def _explanation_claims(measures: Measures, measure: str, judge: str, operator: str) -> list[dict]:
    """Against plain and random attention, the ablations, and the controls on VAT's own answers."""
    rows = measures.judged[(measures.judged["judge"] == judge) & (measures.judged["operator"] == operator)]
    vat, kind = _own(rows, "vat"), f"{measure} by {judge}, {operator}"
    others = {
        other: _own(rows, other) for other in ("attention", "random_attention", "beta0", "no_bottleneck", "one_cycle")
    }
    found = [
        _claim(f"explains better than {other.replace('_', ' ')} ({kind})", vat, against, measure)
        for other, against in others.items()
        if len(against)
    ]
    for scorer in ("random", "nearest_words", "frequency"):
        control = rows[(rows["method"] == "vat") & (rows["scorer"] == scorer)]
        name = CONTROL_NAMES[scorer]
        found.append(_claim(f"explains better than {name} ({kind})", vat, control, measure, published="not compared"))
    return found


def _joint_explanation_claims(measures: Measures, measure: str, judge: str, operator: str) -> list[dict]:
    """Of VMASK trained together with its classifier: its mask against controls on the same answers, and against VMASK on a classifier that stays as it is."""
    rows = _of(measures.judged, {"judge": judge, "operator": operator})
    others = {name: _of(rows, {"method": OWN_MASK, "scorer": scorer}) for scorer, name in CONTROL_NAMES.items()}
    others["VMASK on no attention"] = _of(rows, {"method": "no_attention", "scorer": "vmask"})
    others["gradient x input on the same answers"] = _of(rows, {"method": OWN_MASK, "scorer": "gradient_x_input"})
    mask, kind = _own(rows, OWN_MASK), f"{measure} by {judge}, {operator}"
    return [
        _claim(f"explains better than {name} ({kind})", mask, other, measure, published="not compared", subject=JOINT)
        for name, other in others.items()
        if len(mask) and len(other)
    ]


def _polarity_claim(measures: Measures, size: int) -> dict:
    claim = f"marks words of the class's polarity better than attention (F1 at {size})"
    rows = measures.polarity
    return _claim(claim, _own(rows, "vat"), _own(rows, "attention"), f"f1_{size}")


def _own(rows: pd.DataFrame, method: str) -> pd.DataFrame:
    return _of(rows, {"method": method, "scorer": own_scorer(method)})


def _of(rows: pd.DataFrame, values: dict[str, str]) -> pd.DataFrame:
    """The rows that have these values in these columns."""
    return rows[np.logical_and.reduce([rows[column] == value for column, value in values.items()])]


def _claim(
    claim: str,
    vat: pd.DataFrame,
    other: pd.DataFrame,
    column: str,
    *,
    published: str = "better",
    subject: str = "VAT",
) -> dict:
    """The paired difference, by text."""
    difference = (by_text(vat, column) - by_text(other, column)).dropna()
    answer = with_interval(difference)
    verdict = "holds" if answer["low"] > 0 else "reversed" if answer["high"] < 0 else "not told apart"
    return {"claim": f"{subject} {claim}", "published": published, "difference": answer["mean"], "low": answer["low"],
            "high": answer["high"], "texts": answer["n"], "verdict": verdict}  # fmt: skip


def _cycle_claim(cycles: pd.DataFrame) -> list[dict]:
    """Accuracy after the last cycle less that before the first: one number per seed, its mean and twice its standard error."""
    of_vat = cycles[cycles["method"] == "vat"]
    ends = [
        (rows.sort_values("number")["test_accuracy"].iloc[-1] - rows.sort_values("number")["test_accuracy"].iloc[0])
        for _, rows in of_vat.groupby("seed")
    ]
    if len(ends) < 2:
        return []
    mean, error = float(np.mean(ends)), float(np.std(ends, ddof=1) / np.sqrt(len(ends)))
    low, high = mean - 2 * error, mean + 2 * error
    verdict = "holds" if low > 0 else "reversed" if high < 0 else "not told apart"
    return [{"claim": "VAT is more accurate after its last cycle than before its first (by seed, mean and two standard errors)",
             "published": "better", "difference": mean, "low": low, "high": high, "texts": len(ends), "verdict": verdict}]  # fmt: skip
