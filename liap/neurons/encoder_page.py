"""The tables about a transformer's neurons -> blocks of `docs/neurons.md`; `neuron_page` puts them there."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from liap.errors import InputError, first_line
from liap.neurons.encoder_study import LAYERS, PROBES
from liap.reports.layout import bounds, markdown, number, signed
from liap.tables import unescape


def table_of(path: Path) -> pd.DataFrame:
    """A table of the study; InputError where there is none."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the study that writes it first")
    table = pd.read_csv(path, dtype={"published": str})
    for column in table.select_dtypes(["object", "string"]):
        table[column] = [unescape(text) if isinstance(text, str) else text for text in table[column]]
    return table


def _largest(folders: Sequence[Path]) -> pd.DataFrame:
    """The rows of the largest share of top neurons by attribution, of all folders, and whether the drop's interval lies above the random draws."""
    table = pd.concat([table_of(folder / LAYERS) for folder in folders], ignore_index=True)
    order = {site: place for place, site in enumerate(table["site"].unique())}
    table = table.sort_values(["site", "layer"], key=lambda part: part.map(order).fillna(part), kind="stable")
    own = (table["ranker"] == "attribution") & (table["order"] == "most")
    table = table[own & (table["share"] == table["share"].max())]
    return table.assign(excess=table["drop"] - table["chance"], beyond=table["low"] > table["chance_high"])


def encoder_layers(folders: Sequence[Path]) -> str:
    """The drop of each type's recall by site and layer; in bold where its interval lies above the random draws."""
    table = _largest(folders)
    types = list(table["type"].unique())
    lines = []
    for (site, layer, fill), own in table.groupby(["site", "layer", "fill"], sort=False):
        cells = []
        for kind in types:
            row = own[own["type"] == kind].iloc[0]
            text = f"{signed(row['drop'], 2)} ({signed(row['chance'], 2)})"
            cells.append(f"**{text}**" if row["beyond"] else text)
        removed = f"{own['removed'].iloc[0]} of {own['width'].iloc[0]}"
        lines.append([site.replace("_", " "), str(layer), removed, fill, *cells])
    first = table.drop_duplicates("type").set_index("type")
    words = ", ".join(f"{kind} {int(first['words_of_type'][kind])}" for kind in types)
    note = f"Drop of recall (random neurons: mean of the draws); bold: its 95% interval lies above 95% of the draws. Words of each type: {words}."
    return f"{markdown(['site', 'layer', 'removed', 'set to', *types], lines)}\n\n{note}"


def encoder_types(folders: Sequence[Path]) -> str:
    """Per type, site and fill: the layer whose neurons take most beyond random ones, and the layers whose intervals lie above the draws."""
    table = _largest(folders)
    lines = []
    for (kind, site, fill), own in table.dropna(subset=["drop"]).groupby(["type", "site", "fill"], sort=False):
        row = own.loc[own["excess"].idxmax()]
        drop, low, high, chance, chance_low, chance_high = (
            float(row[name]) for name in ("drop", "low", "high", "chance", "chance_low", "chance_high")
        )
        beyond = ", ".join(str(layer) for layer in own[own["beyond"]]["layer"])
        lines.append([
            kind, site.replace("_", " "), fill, str(row["layer"]),
            f"{signed(drop, 2)} {bounds(low, high, with_sign=True, digits=2)}",
            f"{signed(chance, 2)} {bounds(chance_low, chance_high, with_sign=True, digits=2)}",
            signed(row["others"], 2), beyond or "none",
        ])  # fmt: skip
    heading = ["type", "site", "set to", "layer with the most beyond random", "drop of recall [95%]", "random neurons [95% of draws]",
               "other types' neurons", "layers above the draws"]  # fmt: skip
    return markdown(heading, lines, 3)


def encoder_probes(folders: Sequence[Path]) -> str:
    """How well types are read from each site: all neurons, their control task, and the top ones of each ranking."""
    table = table_of(folders[0] / PROBES)
    few = [name for name in table["neurons"].unique() if name != "all"]
    lines = []
    for (site, layer), own in table.groupby(["site", "layer"], sort=False):
        by_name = own.set_index("neurons")
        whole = [number(by_name[part]["all"], 3) for part in ("accuracy", "control", "selectivity")]
        top = [number(by_name["accuracy"][name], 3) for name in few]
        lines.append([site.replace("_", " "), str(layer), *whole, *top])
    count = int(table[table["neurons"] != "all"]["count"].iloc[0])
    note = (
        f"Accuracy over test words; the most frequent label has {number(table['majority'].iloc[0], 3)}. "
        f"From *{few[0]}* on: a probe that sees {count} neurons, the best of a ranking over all types."
    )
    heading = ["site", "layer", "all neurons", "control task", "selectivity", *few]
    return f"{markdown(heading, lines)}\n\n{note}"


def encoder_speed(folders: Sequence[Path]) -> str:
    """What sharing the layers below a removal saves, as `run.json` has it."""
    path = folders[0] / "run.json"
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        layers, seconds = (facts[f"{unit}_naively"] / facts[ours] for unit, ours in
                           (("layers", "layers_computed"), ("seconds", "seconds_shared")))  # fmt: skip
        removals = int(facts["removals"])
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise InputError(f"{path}: no record of the study's speed ({first_line(error)}); run it again") from None
    return (
        f"The study made {removals:,} removals, and one pass answers for every type. Layers below a removal are computed once, so it computed "
        f"{layers:.2f} times fewer layers than whole passes; three removals timed both ways, at the lowest, a middle and the last site, took "
        f"{seconds:.2f} times less processor time."
    )


BLOCKS: dict[str, Callable[[Sequence[Path]], str]] = {
    "encoder": encoder_layers,
    "encoder_types": encoder_types,
    "encoder_probes": encoder_probes,
    "encoder_speed": encoder_speed,
}
