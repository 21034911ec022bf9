"""The tables of the study -> the blocks of `docs/neurons.md`. Every number in the document comes from here.

The text between `<!-- neurons:begin NAME -->` and `<!-- neurons:end NAME -->` is replaced; a block whose results folder is not given stays.
"""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from liap.errors import InputError
from liap.files import read_text, write_whole
from liap.neurons.encoder_study import LAYERS
from liap.neurons.neuron_findings import over_seeds
from liap.neurons.neuron_measures import RANDOM
from liap.neurons.neuron_study import FINDINGS
from liap.reports.blocks import replaced
from liap.reports.layout import MISSING, bounds, markdown, number, signed, with_interval
from liap.tables import unescape

MARKER = "neurons"
BASELINES = "baselines.csv"


def rewrite(document: Path, neurons: str = "", recurrent: str = "", encoder: str = "") -> list[str]:
    """Put the numbers of these results folders into the document; the names of its blocks that were written."""
    contents: dict[str, str] = {}
    if neurons:
        contents |= {"findings": findings(Path(neurons)), "rankers": rankers(Path(neurons))}
        contents |= {"seeds": seeds(Path(neurons)), "probes": probes(Path(neurons))}
    if recurrent:
        contents["taggers"] = taggers(Path(recurrent))
    if encoder:
        contents["encoder"] = encoder_layers(Path(encoder))
    write_whole(document, replaced(read_text(document), contents, str(document), MARKER))
    return list(contents)


def table_of(path: Path) -> pd.DataFrame:
    """A table of the study; InputError where there is none."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the study that writes it first")
    table = pd.read_csv(path, dtype={"published": str})
    for column in table.select_dtypes(["object", "string"]):
        table[column] = [unescape(text) if isinstance(text, str) else text for text in table[column]]
    return table


def findings(folder: Path) -> str:
    """A line per finding."""
    lines = [
        [
            row.finding, row.measure, "–" if row.published == "-" else row.published,
            with_interval(row.mean, row.low, row.high, digits=2), row.agrees.replace("-", MISSING),
            number(row.chance, 2) + ("" if math.isnan(row.chance_low) else f" {bounds(row.chance_low, row.chance_high, digits=2)}"),
            row.beyond_chance.replace("-", MISSING),
        ]
        for row in table_of(folder / FINDINGS).itertuples()
    ]  # fmt: skip
    heading = ["finding", "measure", "published", "ours [95%]", "agrees", "chance [95%]", "beyond chance"]
    return markdown(heading, lines, 2)


def rankers(folder: Path) -> str:
    """Each ranker's means over labels, with intervals over seeds."""
    table = table_of(folder / "rankers.csv")
    measures = ["take_away", "keep", "area_removed", "area_kept"]
    lines = []
    for fill in table["fill"].unique():
        part = table[table["fill"] == fill]
        for ranker in part["ranker"].unique():
            own = part[part["ranker"] == ranker].groupby("seed")[measures].mean()
            shown = [
                with_interval(*over_seeds(own[name].tolist())[:3], digits=1 if name in measures[:2] else 2)
                for name in measures
            ]
            lines.append([fill, f"*{ranker}*" if ranker == RANDOM else f"`{ranker}`", *shown])
    return markdown(
        ["removed are set to", "ranker", "removed to halve F1", "kept for 90% of F1", "area, removed", "area, kept"],
        lines,
        2,
    )


def seeds(folder: Path) -> str:
    """Per label: how alike two seeds' sensitivities are once their neurons are matched."""
    table = table_of(folder / "seed_matching.csv")
    if table.empty:
        return "One seed: nothing to match."
    lines = [
        [
            label, number(own["sensitivity_correlation"].mean(), 2), number(own["unmatched"].mean(), 2),
            bounds(own["chance_low"].mean(), own["chance_high"].mean(), digits=2), number(own["shared"].mean(), 1),
            number(own["expected"].mean(), 1),
        ]
        for label, own in table.groupby("label", sort=False)
    ]  # fmt: skip
    pairs = len(table.groupby(["seed", "other_seed"]))
    heading = [
        "label",
        "r, neurons matched",
        "r, by number",
        "r, random matchings [95%]",
        "shared top neurons",
        "chance",
    ]
    note = f"{pairs} pair{'s' if pairs > 1 else ''} of seeds; matched neurons correlate with {table['matched'].mean():.2f} on average, with shuffled words with {table['matched_chance'].mean():.2f}."
    return f"{markdown(heading, lines)}\n\n{note}"


def probes(folder: Path) -> str:
    """Accuracy on labels and on the control task, means over seeds."""
    table = table_of(folder / "probes.csv")
    lines = [
        [f"`{name}`", str(int(own["count"].iloc[0])), *(number(own[part].mean(), 3) for part in ("accuracy", "control", "selectivity", "majority"))]
        for name, own in table.groupby("neurons", sort=False)
    ]  # fmt: skip
    return markdown(["neurons", "count", "accuracy", "control task", "selectivity", "most frequent label"], lines)


def taggers(folder: Path) -> str:
    """Test F1 of each tagger beside the published one."""
    table = table_of(folder / BASELINES)
    lines = []
    for (name, recipe), own in table.groupby(["tagger", "recipe"], sort=False):
        f1 = over_seeds(own["test_f1"].tolist())
        published = float(own["published_f1"].iloc[0])
        lines.append(
            [
                f"`{name}`", recipe, str(len(own)), number(own["dev_f1"].mean(), 4), with_interval(*f1[:3], digits=4),
                number(published, 4), signed(f1[0] - published, 4),
            ]
        )  # fmt: skip
    return markdown(["tagger", "recipe", "seeds", "dev F1", "test F1 [95%]", "published, GloVe", "difference"], lines)


def encoder_layers(folder: Path) -> str:
    """The drop of each type's recall by site and layer, beyond the random draws in bold."""
    table = table_of(folder / LAYERS)
    table = table[
        (table["ranker"] == "attribution") & (table["order"] == "most") & (table["share"] == table["share"].max())
    ]
    types = list(table["type"].unique())
    lines = []
    for (site, layer), own in table.groupby(["site", "layer"], sort=False):
        cells = []
        for kind in types:
            row = own[own["type"] == kind].iloc[0]
            text = f"{signed(row['drop'], 2)} ({signed(row['chance'], 2)})"
            cells.append(f"**{text}**" if row["drop"] > row["chance_high"] else text)
        lines.append(
            [site.replace("_", " "), str(layer), f"{own['removed'].iloc[0]} of {own['width'].iloc[0]}", *cells]
        )
    words = ", ".join(f"{kind} {int(table[table['type'] == kind]['words_of_type'].iloc[0])}" for kind in types)
    note = f"Drop of recall (random neurons: mean of the draws); bold: beyond 95% of the draws. Words of each type: {words}."
    return f"{markdown(['site', 'layer', 'removed', *types], lines)}\n\n{note}"
