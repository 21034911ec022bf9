"""Tables of studies/rationales.py -> Markdown, for documents whose tables are generated (`liap.reports.readme`).

In: `layers.csv`, `kept.csv` and `evidence_by_family.csv` of a run; of several runs in one folder, the records of the trained networks and `evidence_by_family.csv`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from liap.errors import InputError
from liap.explainers.gate_network import read_network
from liap.reports.display import Shown
from liap.reports.layout import MISSING, markdown, number, with_interval

TRAINED = {"diffmask": "DiffMask", "vmask": "VMASK"}
MASKS = {
    "liap": "LIAP",
    "matched_random": "random mask",
    "matched_window": "nearest words",
    "matched_distance": "same distances",
}


def layers_table(folder: Path) -> str:
    """The mean probability that DiffMask's gates let a word through after layers 0 to l; a line per group of words."""
    rows = read_table(folder / "layers.csv", "studies/rationales.py")
    layers = sorted(rows["layer"].unique())
    lines = [
        [group, str(part["words"].iloc[0]), *(number(stays) for stays in part.sort_values("layer")["stays"])]
        for group, part in rows.groupby("group", sort=False)
    ]
    return markdown(["context words", "number", *(f"0 to {layer}" if layer else "0" for layer in layers)], lines)


def kept_table(folder: Path) -> str:
    """Which words each trained mask keeps and puts first; a line per explainer and group of words."""
    rows = read_table(folder / "kept.csv", "studies/rationales.py")
    lines = [
        [
            TRAINED[row.explainer],
            row.group,
            str(row.words),
            number(row.stays),
            number(row.first),
            number(row.near_best, 2),
        ]
        for row in rows.itertuples()
    ]
    header = ["explainer", "context words", "number", "kept", "best of its mention", "near the best"]
    return Shown(header, lines, left=2).markdown()


def matched_evidence_table(folder: Path) -> str:
    """The share of the deciding words that each of LIAP's masks and its controls rank first; a line per variant, a column per family of evidence."""
    rows = read_table(folder / "evidence_by_family.csv", "studies/rationales.py")
    means = rows[rows["n"] > 0].set_index(["variant", "family", "explainer"])["mean"]
    families = list(dict.fromkeys(rows["family"]))
    lines = []
    for variant in dict.fromkeys(rows[rows["explainer"] == "liap"]["variant"]):
        keys = [[(variant, family, explainer) for explainer in MASKS] for family in families]
        cells = [" / ".join(number(means[key]) if key in means.index else MISSING for key in each) for each in keys]
        lines.append([variant.replace("_", " "), *cells])
    return f"{markdown(['mask', *families], lines)}\n\nEach cell: {' / '.join(MASKS.values())}; controls have as many words as the mask."


def steps_table(folder: Path) -> str:
    """Of runs that differ in the steps of training: the share of the evidence that is ranked first, words kept, how far the answer moves, and the cost; a line per explainer and run."""
    families, lines = [], []
    for name, label in TRAINED.items():
        records = [(path, _record(path, name)) for path in folder.glob(f"*/trained/{name}.safetensors")]
        for path, record in sorted(records, key=lambda pair: pair[1]["steps"]):
            found = read_table(path.parents[1] / "evidence_by_family.csv", "studies/rationales.py")
            found = found[(found["explainer"] == name) & (found["n"] > 0)].set_index("family")
            families = list(found.index)
            shares = [with_interval(*found.loc[family, ["mean", "low", "high"]]) for family in families]
            numbers = [number(record["share_open"]), number(record["divergence"]), f"{record['seconds']:.0f}"]
            lines.append([label, f"{record['steps']:,}", *shares, *numbers])
    if not lines:
        raise InputError(f"{folder}: no runs of studies/rationales.py; run it with several --steps first")
    header = ["explainer", "steps", *families, "words kept", "answer moves, nats", "processor seconds"]
    return markdown(header, lines)


def _record(path: Path, name: str) -> dict:
    return read_network(str(path), f"--{name}")[1]


def read_table(path: Path, script: str) -> pd.DataFrame:
    """A table of a study; InputError names the script that writes it."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; run {script} first")
    return pd.read_csv(path)
