"""Tables of studies/vat.py and studies/rationales.py -> Markdown, for documents whose tables are generated (`liap.reports.readme`).

In: `accuracy.csv`, `explanations.csv` and `claims.csv` of the VAT study; `layers.csv` of the other. Of explanations, the published table's five words, deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from liap.errors import InputError
from liap.reports.display import Shown
from liap.reports.layout import MISSING, bounds, markdown, number, with_interval

NAMES = {
    "vat": "VAT", "attention": "plain attention", "random_attention": "random attention", "beta0": "VAT, beta 0",
    "no_bottleneck": "VAT, no bottleneck", "one_cycle": "VAT, one cycle", "random": "random scores", "nearest_words": "first words",
    "frequency": "rare words", "no_attention": "no attention", "vmask": "VMASK", "gradient_x_input": "gradient x input",
}  # fmt: skip
OWN = "pooling_attention"  # the scorer that is the classifier's own attention
HEADLINE = 5  # words, K of the published table
BESIDE = (
    ("vat", "random"), ("vat", "nearest_words"), ("vat", "frequency"), ("no_attention", "vmask"), ("no_attention", "gradient_x_input"),
)  # fmt: skip  # (method, scorer): what stands beside attention
SHOWN = (("aopc", "base"), ("aopc", "itself"), ("post_hoc", "base"))  # (measure, judge)
JUDGES = {"base": "base model", "itself": "the model itself"}
MEASURES = {"aopc": f"AOPC, {HEADLINE} words deleted", "post_hoc": f"post-hoc, {HEADLINE} words"}


def methods_table(folder: Path) -> str:
    """Accuracy of each method with its standard deviation over seeds, and how well its attention explains, beside controls and other explainers."""
    accuracy, rows = (_read(folder / name, "studies/vat.py") for name in ("accuracy.csv", "explanations.csv"))
    means = rows[rows["operator"] == "delete"].set_index(["method", "scorer", "judge", "measure"]).sort_index()
    lines = []
    for row in accuracy.to_dict("records"):
        spread = "" if pd.isna(row["sd"]) else f" ({number(row['sd'])})"
        lines.append([NAMES[row["method"]], number(row["mean"]) + spread, *_explained(means, row["method"], OWN)])
    for method, scorer in BESIDE:
        if (method, scorer) in {key[:2] for key in means.index}:
            lines.append([f"{NAMES[scorer]}, on {NAMES[method]}", "", *_explained(means, method, scorer)])
    header = ["", "accuracy (sd over seeds)", *(f"{MEASURES[measure]}, {JUDGES[judge]}" for measure, judge in SHOWN)]
    texts = f"Accuracy: {accuracy['n'].iloc[0]} test texts; explanations: {means['n'].iloc[0]}; {accuracy['seeds'].iloc[0]} seeds; intervals: 95%, texts resampled."
    return f"{markdown(header, lines)}\n\n{texts}"


def _explained(means: pd.DataFrame, method: str, scorer: str) -> list[str]:
    cells = []
    for measure, judge in SHOWN:
        key = (method, scorer, judge, f"{measure}_{HEADLINE}")
        cells.append(with_interval(*means.loc[key, ["mean", "low", "high"]]) if key in means.index else MISSING)
    return cells


def headline_claims(claims: pd.DataFrame) -> pd.DataFrame:
    """Of claims about explanations, those that are judged as published: by the base model, words deleted."""
    return claims[claims["claim"].str.contains("by base, delete") | ~claims["claim"].str.contains("explains better")]


def claims_shown(claims: pd.DataFrame) -> Shown:
    """The published claims: their direction, the difference that was measured, and whether they hold."""
    lines = [
        [row.claim, row.published, f"{row.difference:+.3f} {bounds(row.low, row.high, with_sign=True)}", row.verdict]
        for row in headline_claims(claims).itertuples()
    ]
    return Shown(["claim", "published", "ours", ""], lines, left=2)


def claims_table(folder: Path) -> str:
    """`claims.csv` of the folder as a Markdown table."""
    return claims_shown(_read(folder / "claims.csv", "studies/vat.py")).markdown()


def layers_table(folder: Path) -> str:
    """The mean probability that DiffMask's gates let a word through after layers 0 to l; a line per group of words."""
    rows = _read(folder / "layers.csv", "studies/rationales.py")
    layers = sorted(rows["layer"].unique())
    lines = [
        [group, str(part["words"].iloc[0]), *(number(stays) for stays in part.sort_values("layer")["stays"])]
        for group, part in rows.groupby("group", sort=False)
    ]
    return markdown(["context words", "number", *(f"0 to {layer}" if layer else "0" for layer in layers)], lines)


TABLES: dict[str, Callable[[Path], str]] = {
    "vat_methods": methods_table,
    "vat_claims": claims_table,
    "words_by_layer": layers_table,
}


def _read(path: Path, script: str) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; run {script} first")
    return pd.read_csv(path)
