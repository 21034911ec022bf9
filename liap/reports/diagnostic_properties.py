"""The files of studies/diagnostics.py -> tables, and sentences that follow from them by rule.

A cell is the value, half of its 95% interval, and in brackets the value of untrained models. An explainer *survives* in a property where it is better
than each control that has a value there (a random explainer, the nearest words, word rarity, the sentence's length, the same explainer of an untrained model), every
interval on one side of 0. Errors and areas of an untrained model are no control: its confidence hardly varies, and its F1 is low whatever is masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from liap.columns import NO_VARIANT
from liap.errors import InputError
from liap.explainers import EXPLAINERS
from liap.reports.explainer_costs import FILE as COSTS
from liap.reports.layout import MISSING, listed, markdown, number, rounded, signed
from liap.reports.metric_agreement import reads_no_model

ROWS, DEFECTS_FILE = "diagnostics.csv", "diagnostic_defects.csv"
PROPERTIES: dict[str, tuple[str, str]] = {
    "human_agreement": ("human agreement", "higher"),
    "confidence_mae": ("confidence, error", "lower"),
    "confidence_r2": ("confidence, R2", "higher"),
    "faithfulness": ("faithfulness, area", "lower"),
    "rationale_consistency": ("rationale consistency", "higher"),
    "rationale_ranks": ("the same by ranks", "higher"),
    "dataset_consistency": ("dataset consistency", "higher"),
}
ARROWS = {"higher": "↑", "lower": "↓"}
LENGTH = "sentence_length"
UNTRAINED = "untrained"  # the control that is the same explainer of such a model
OWN_SCALE = ("confidence_mae", "faithfulness")  # in which an untrained model is no control
KNOWS_NOTHING = frozenset(
    {LENGTH, *(name for name, one in EXPLAINERS.items() if reads_no_model(one.declaration))}
)  # of the model
COST_COLUMNS = ("passes", "GFLOP", "ms", "MB")
COST_FIELDS = ("forward_alone", "backward_alone", "gigaflops_alone", "cpu_seconds_alone", "memory_mb")
DIFFERENCE, BOUNDS = "minus_", ("_low", "_high")  # columns: an explainer less a control, and the ends of the interval


def label_of(explainer: str, variant: str = NO_VARIANT) -> str:
    """As tables name it."""
    if explainer == LENGTH:
        return "sentence length alone"
    label = EXPLAINERS[explainer].declaration.label if explainer in EXPLAINERS else explainer.replace("_", " ")
    return label if variant == NO_VARIANT else f"{label}, {variant.replace('_', ' ')}"


def read_rows_of(folder: Path, name: str = ROWS) -> pd.DataFrame:
    """The file; InputError where it is missing or is none of ours."""
    path = folder / name
    try:
        rows = pd.read_csv(path)
        rows[["explainer", "variant", "property"]] = rows[["explainer", "variant", "property"]].astype(str)
        return rows
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: {error}; expected the file that studies/diagnostics.py writes, run it again"
        ) from None


def properties_of(folder: Path) -> str:
    """The table of explainers by properties as Markdown."""
    rows = read_rows_of(folder)
    cells = {(row["models"], row["explainer"], row["variant"], row["property"]): row for row in rows.to_dict("records")}
    methods = list(dict.fromkeys(rows[["explainer", "variant"]].itertuples(index=False, name=None)))
    methods.sort(key=lambda method: method[0] in KNOWS_NOTHING)  # stable: controls last
    measured = _read_costs(folder)
    costs = _costs(measured)
    lines = [
        [
            label_of(*method),
            *(_cell(cells, method, name) for name in PROPERTIES),
            *costs.get(method[0] if method[1] == NO_VARIANT else "", [MISSING] * len(COST_COLUMNS)),
        ]
        for method in methods
    ]
    header = ["explainer", *(f"{label} {ARROWS[better]}" for label, better in PROPERTIES.values())]
    trained = rows[rows["models"] == "trained"]
    return f"{markdown([*header, *COST_COLUMNS], lines)}\n\n{_note(trained)}{_note_of_costs(measured)}"


def _cell(cells: Mapping[tuple, dict], method: tuple[str, str], name: str) -> str:
    trained, untrained = (cells.get((models, *method, name)) for models in ("trained", "untrained"))
    if trained is None:
        return MISSING
    value, low, high = (float(trained[part]) for part in ("value", "low", "high"))
    if pd.isna(value):
        return MISSING
    half = "" if pd.isna(low) else f" ±{(high - low) / 2:.3f}"
    other = "" if untrained is None or pd.isna(untrained["value"]) else f" ({float(untrained['value']):.3f})"
    return number(value) + half + other


def _note(rows: pd.DataFrame) -> str:
    sizes = rows.groupby("property", sort=False)["n"].max()
    scored = sizes.get("human_agreement", 0)
    compared = rows.loc[rows["property"] == "confidence_mae", "compared"].max()
    return (
        f"{sizes.get('faithfulness', 0)} instances, {scored} with words that people marked, {compared} models. ±: half of the 95% interval, documents resampled; "
        "in brackets: the same explainer of an untrained model (rationale consistency: of a trained and an untrained one). Arrows: which way is better. –: does not apply, or "
        "is undefined because the explainer says the same of every model."
    )


def _read_costs(folder: Path) -> list[dict]:
    """A row per explainer; empty where costs were not measured."""
    path = folder / COSTS
    if not path.is_file():
        return []
    try:
        rows = pd.read_csv(path)
        return rows[["explainer", "mentions", *COST_FIELDS]].to_dict("records")
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: {error}; expected the file that studies/diagnostics.py writes, run it again"
        ) from None


def _costs(rows: list[dict]) -> dict[str, list[str]]:
    """Passes, operations, milliseconds and memory by explainer."""
    return {
        row["explainer"]: [
            number(row["forward_alone"] + row["backward_alone"], 1),
            rounded(row["gigaflops_alone"]),
            rounded(1000 * row["cpu_seconds_alone"]),
            number(row["memory_mb"], 1),
        ]
        for row in rows
    }


def _note_of_costs(rows: list[dict]) -> str:
    if not rows:
        return " Costs were not measured."
    return (
        f" Costs are those of one explanation on its own by the first model, a mean over {rows[0]['mentions']} instances: passes forwards and backwards, billions of "
        "floating-point operations, milliseconds of the processor; MB: most memory beside the loaded model, over all of them."
    )


def survivors_of(folder: Path) -> str:
    """A line per property: who is best, who is better than every control, and the controls' own values."""
    rows = read_rows_of(folder)
    trained = rows[(rows["models"] == "trained")]
    lines = []
    for name, (label, better) in PROPERTIES.items():
        part = trained[(trained["property"] == name) & trained["value"].notna()]
        if not len(part):
            continue
        methods = part[~part["explainer"].isin(KNOWS_NOTHING)]
        best = methods.loc[(methods["value"].idxmin if better == "lower" else methods["value"].idxmax)()]
        alive = [
            label_of(row["explainer"], row["variant"]) for row in methods.to_dict("records") if _survives(row, better)
        ]
        controls = {
            row["explainer"]: number(row["value"])
            for row in part.to_dict("records")
            if row["explainer"] in KNOWS_NOTHING
        }
        shown = ", ".join(f"{label_of(name)} {value}" for name, value in controls.items()) or "none is defined"
        lines.append(
            [
                label,
                f"{label_of(best['explainer'], best['variant'])} {number(best['value'])}",
                shown,
                listed(alive) if alive else "none",
            ]
        )
    return markdown(["property", "best", "what knows nothing of the model", "better than every control"], lines, left=4)


def _survives(row: dict, better: str) -> bool:
    """Whether every control with a value is beaten by an interval that leaves 0 out; False without any."""
    bound = "high" if better == "lower" else "low"
    controls = [name for name in row if name.startswith(DIFFERENCE) and not name.endswith(BOUNDS)]
    if row["property"] in OWN_SCALE:
        controls.remove(DIFFERENCE + UNTRAINED)
    known = [row[f"{name}_{bound}"] for name in controls if not pd.isna(row[name])]
    return bool(known) and all(value < 0 if better == "lower" else value > 0 for value in known)


def defects_of(folder: Path) -> str:
    """A line per defect and property: the mean change over explainers, the greatest, and how many intervals leave 0 out."""
    rows = read_rows_of(folder, DEFECTS_FILE)
    lines = []
    for (defect, name), part in rows.groupby(["defect", "property"], sort=False):
        moved = (part["low"] > 0) | (part["high"] < 0)
        most = part.loc[part["difference"].abs().idxmax()]
        order = part["fair"].corr(part["published"], method="spearman") if len(part) > 2 else float("nan")
        lines.append(
            [
                defect.replace("_", " "),
                PROPERTIES[name][0],
                signed(part["difference"].mean()),
                f"{label_of(most['explainer'], most['variant'])} {number(most['fair'])} to {number(most['published'])}",
                f"{int(moved.sum())} of {len(part)}",
                number(order, 2),
            ]
        )
    header = ["defect", "property", "mean change", "greatest change", "intervals without 0", "order kept"]
    note = f"{rows['n'].min()} instances or more, {rows['compared'].max()} models. *Order kept*: rank correlation of the explainers' values before and after."
    return f"{markdown(header, lines, left=2)}\n\n{note}"


TABLES = {
    "diagnostic_properties": properties_of,
    "diagnostic_survivors": survivors_of,
    "diagnostic_defects": defects_of,
}
