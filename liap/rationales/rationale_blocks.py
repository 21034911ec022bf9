"""Tables of studies/vat.py and studies/rationales.py -> Markdown, for documents whose tables are generated (`liap.reports.readme`).

In: `accuracy.csv`, `explanations.csv`, `polarity.csv` where there is one, and `claims.csv` of the VAT study. Of explanations, the published
table's five words, deleted. `by_dataset_table` reads a folder of such studies. Those of the other study are in `trained_blocks`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from liap.errors import InputError
from liap.rationales.trained_blocks import kept_table, layers_table, matched_evidence_table, read_table, steps_table
from liap.reports.display import Shown
from liap.reports.layout import MISSING, bounds, markdown, number, with_interval

NAMES = {
    "vat": "VAT", "attention": "plain attention", "random_attention": "random attention", "beta0": "VAT, beta 0",
    "no_bottleneck": "VAT, no bottleneck", "one_cycle": "VAT, one cycle", "random": "random scores", "nearest_words": "first words",
    "frequency": "rare words", "no_attention": "no attention", "vmask": "VMASK", "gradient_x_input": "gradient x input",
    "joint_vmask": "VMASK, trained jointly",
}  # fmt: skip
OWN = "pooling_attention"  # the scorer that is the classifier's own attention
OWN_MASK = "joint_vmask"  # the method whose classifiers have a mask of their own, and the scorer that it is
HEADLINE = 5  # words, K of the published table
BESIDE = (
    ("vat", "random"), ("vat", "nearest_words"), ("vat", "frequency"), ("no_attention", "vmask"), ("no_attention", "gradient_x_input"),
    ("joint_vmask", "gradient_x_input"), ("joint_vmask", "random"), ("joint_vmask", "nearest_words"), ("joint_vmask", "frequency"),
)  # fmt: skip  # (method, scorer): what stands beside attention
SHOWN = (("aopc", "base"), ("aopc", "itself"), ("post_hoc", "base"))  # (measure, judge)
JUDGES = {"base": "base model", "itself": "the model itself"}
MEASURES = {"aopc": f"AOPC, {HEADLINE} words deleted", "post_hoc": f"post-hoc, {HEADLINE} words"}
CLAIMS = {
    "more accurate than plain attention": "VAT more accurate than attention",
    "more accurate than no attention": "VAT more accurate than no attention",
    "AOPC, base model: than plain attention": f"VAT explains better than attention (aopc_{HEADLINE} by base, delete)",
    "than random attention": f"VAT explains better than random attention (aopc_{HEADLINE} by base, delete)",
    "than VAT without bottleneck": f"VAT explains better than no bottleneck (aopc_{HEADLINE} by base, delete)",
    "than random scores": f"VAT explains better than random scores (aopc_{HEADLINE} by base, delete)",
    "than the first words": f"VAT explains better than the first words (aopc_{HEADLINE} by base, delete)",
    "AOPC, the model itself: than plain attention": f"VAT explains better than attention (aopc_{HEADLINE} by itself, delete)",
    "post-hoc, base model: than plain attention": f"VAT explains better than attention (post_hoc_{HEADLINE} by base, delete)",
    "polarity of words: than plain attention": f"VAT marks words of the class's polarity better than attention (F1 at {HEADLINE})",
}  # line of the table over data sets -> `claim`
DATASETS = {"sst_trees:binary": "SST-2", "sst_trees": "SST-1", "trec": "TREC", "subj": "Subj"}
MARKS = {"holds": "▲", "reversed": "▼", "not told apart": "="}


def methods_table(folder: Path, methods: Sequence[str] = ()) -> str:
    """Accuracy of each method (or of these) with its standard deviation over seeds, and how well its attention explains, beside controls and other explainers."""
    accuracy, rows = (read_table(folder / name, "studies/vat.py") for name in ("accuracy.csv", "explanations.csv"))
    accuracy = accuracy[accuracy["method"].isin(methods or NAMES)]
    means = rows[rows["operator"] == "delete"].set_index(["method", "scorer", "judge", "measure"]).sort_index()
    polar = _polar(folder)
    lines = []
    for row in accuracy.to_dict("records"):
        spread = "" if pd.isna(row["sd"]) else f" ({number(row['sd'])})"
        method = row["method"]
        own = own_scorer(method)
        lines.append(
            [NAMES[method], number(row["mean"]) + spread, *_explained(means, method, own), *polar(method, own)]
        )
    for method, scorer in BESIDE:
        if (method, scorer) in {key[:2] for key in means.index} and method in set(accuracy["method"]):
            lines.append(
                [f"{NAMES[scorer]}, on {NAMES[method]}", "", *_explained(means, method, scorer), *polar(method, scorer)]
            )
    header = ["", "accuracy (sd over seeds)", *(f"{MEASURES[measure]}, {JUDGES[judge]}" for measure, judge in SHOWN)]
    header += [f"F1 of {HEADLINE} words, polarity"] if polar("vat", OWN) else []
    texts = f"Accuracy: {accuracy['n'].iloc[0]} test texts; explanations: {means['n'].iloc[0]}; {accuracy['seeds'].iloc[0]} seeds; intervals: 95%, texts resampled."
    return f"{markdown(header, lines)}\n\n{texts}"


def own_scorer(method: str) -> str:
    """The scorer that is a part of the method's classifiers."""
    return OWN_MASK if method == OWN_MASK else OWN


def _explained(means: pd.DataFrame, method: str, scorer: str) -> list[str]:
    cells = []
    for measure, judge in SHOWN:
        key = (method, scorer, judge, f"{measure}_{HEADLINE}")
        cells.append(with_interval(*means.loc[key, ["mean", "low", "high"]]) if key in means.index else MISSING)
    return cells


def _polar(folder: Path) -> Callable[[str, str], list[str]]:
    """The cell of a method and scorer that says how well words of the class's polarity are marked; no cells where none have a polarity."""
    if not (folder / "polarity.csv").is_file():
        return lambda method, scorer: []
    rows = pd.read_csv(folder / "polarity.csv")
    known = rows[rows["measure"] == f"f1_{HEADLINE}"].set_index(["method", "scorer"])[["mean", "low", "high"]]
    return lambda method, scorer: [
        with_interval(*known.loc[(method, scorer)]) if (method, scorer) in known.index else MISSING
    ]


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
    return claims_shown(read_table(folder / "claims.csv", "studies/vat.py")).markdown()


def vmask_methods_table(folder: Path) -> str:
    """A classifier without attention, and the same with VMASK's mask; what explains them."""
    return methods_table(folder, ("no_attention", OWN_MASK))


def vmask_claims_table(folder: Path) -> str:
    """Of `claims.csv`, what is said of VMASK that is trained together with its classifier."""
    claims = read_table(folder / "claims.csv", "studies/vat.py")
    return claims_shown(claims[claims["claim"].str.startswith("VMASK")]).markdown()


def by_dataset_table(folder: Path) -> str:
    """A line per published claim, a column per study in the folder: the difference, its interval, and whether it is above or below 0."""
    studies = {
        path.parent: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/study.json"))
    }
    if not studies:
        raise InputError(f"{folder}: no study in its folders; run studies/vat.py first")
    tables = {place: read_table(place / "claims.csv", "studies/vat.py").set_index("claim") for place in studies}
    lines = [
        [name, *(_claim_cell(table, claim) for table in tables.values())]
        for name, claim in CLAIMS.items()
        if any(claim in table.index for table in tables.values())
    ]
    names = {place: _study_name(study["settings"]) for place, study in studies.items()}
    sizes = "; ".join(
        f"{names[place]}: {study['texts']['train']} training texts, {study['texts']['test']} test texts, "
        f"{_explained_texts(tables[place])} explained, {len(study['settings']['seeds'])} seeds"
        for place, study in studies.items()
    )
    note = "VAT less the other, paired by text; ▲: the 95% interval is above 0, ▼: below 0, =: it contains 0."
    return f"{markdown(['VAT is better:', *names.values()], lines)}\n\n{note} {sizes}."


def _claim_cell(table: pd.DataFrame, claim: str) -> str:
    if claim not in table.index:
        return MISSING
    row = table.loc[claim]
    return f"{with_interval(row['difference'], row['low'], row['high'], with_sign=True)} {MARKS[row['verdict']]}"


def _explained_texts(table: pd.DataFrame) -> int:
    return int(table.loc[CLAIMS["AOPC, base model: than plain attention"], "texts"])


def _study_name(settings: dict) -> str:
    """`SST-2, LSTM`."""
    corpus, encoder = (Path(settings[name]).name for name in ("corpus", "encoder"))
    return f"{DATASETS.get(corpus, corpus)}, {'LSTM' if encoder == 'lstm' else encoder}"


TABLES: dict[str, Callable[[Path], str]] = {
    "vat_methods": methods_table,
    "vat_claims": claims_table,
    "vat_by_dataset": by_dataset_table,
    "vmask_methods": vmask_methods_table,
    "vmask_claims": vmask_claims_table,
    "words_by_layer": layers_table,
    "kept": kept_table,
    "matched_evidence": matched_evidence_table,
    "training_steps": steps_table,
}
