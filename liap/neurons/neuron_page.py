"""The tables of the study -> the blocks of `docs/neurons.md` and of the README. Every number there comes from here.

The text between `<!-- neurons:begin NAME -->` and `<!-- neurons:end NAME -->` is replaced; a block whose results folder is not given stays.
Blocks about transformers are in `encoder_page`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from liap.errors import InputError
from liap.files import read_text, write_whole
from liap.neurons import encoder_page
from liap.neurons.encoder_page import table_of
from liap.neurons.neuron_findings import over_seeds
from liap.neurons.neuron_measures import RANDOM
from liap.neurons.neuron_study import FINDINGS
from liap.reports.blocks import find_blocks, replaced
from liap.reports.layout import MISSING, bounds, markdown, number, signed, with_interval

MARKER = "neurons"
BASELINES = "baselines.csv"
REMOVAL = re.compile(r"(\d+) top neurons of (\S+) take it away( more than other labels')? \((\w+)\)")
WORD_LAYER = re.compile(r"-word([a-z]+)\b")  # in a tagger's name
ONE_TYPE = re.compile(r"B-(?!x )(\w+) and I-\1 correlate")  # a line per type of a finding that stands above
Folders = Sequence[str | Path]


def rewrite(document: Path, neurons: Folders = (), recurrent: Folders = (), encoder: Folders = ()) -> list[str]:
    """Put the numbers of these results folders into the document; the names of its blocks that were written.

    Of several `neurons`, the first is the tagger of most blocks. InputError for a document without a block, or with an unknown one.
    """
    text = read_text(document)
    given = {kind: [Path(folder) for folder in folders] for kind, folders in
             (("neurons", neurons), ("recurrent", recurrent), ("encoder", encoder))}  # fmt: skip
    blocks = find_blocks(text, str(document), MARKER)
    if not blocks:
        raise InputError(f"{document}: no <!-- {MARKER}:begin NAME --> marker; put one where a table belongs")
    contents: dict[str, str] = {}
    for block in blocks:
        if block.name not in BLOCKS:
            raise InputError(
                f"{document}:{block.line}: unknown block {block.name!r}; expected one of {', '.join(BLOCKS)}"
            )
        kind, made = BLOCKS[block.name]
        if given[kind]:
            contents[block.name] = made(given[kind])
    write_whole(document, replaced(text, contents, str(document), MARKER))
    return list(contents)


HEADING = ["finding", "measure", "published", "ours [95%]", "agrees", "chance [95%]", "beyond chance"]


def _shown(table: pd.DataFrame) -> str:
    """Findings as a table."""
    lines = [
        [
            row.finding, row.measure, MISSING if row.published == "-" else row.published, with_interval(row.mean, row.low, row.high, digits=2),
            row.agrees.replace("-", MISSING),
            number(row.chance, 2) + ("" if math.isnan(row.chance_low) else f" {bounds(row.chance_low, row.chance_high, digits=2)}"),
            row.beyond_chance.replace("-", MISSING),
        ]
        for row in table.itertuples()
    ]  # fmt: skip
    return markdown(HEADING, lines, 2)


def findings(folders: Sequence[Path]) -> str:
    """A line per finding; of removals, those of labels with a published one."""
    table = table_of(folders[0] / FINDINGS)
    return _shown(table[~_is_removal(table) | (table["published"] != "-") | _beside_published(table)])


def _is_removal(table: pd.DataFrame) -> pd.Series:
    return table["finding"].str.fullmatch(REMOVAL.pattern)


def _beside_published(table: pd.DataFrame) -> pd.Series:
    """Which lines say how the drop of a label with a published one is when removed neurons are set to something else."""
    removals = table[_is_removal(table) & (table["published"] != "-")]["finding"]
    labels = {found[2] for found in map(REMOVAL.fullmatch, removals) if found}
    matched = [REMOVAL.fullmatch(said) for said in table["finding"]]
    beside = [bool(at and at[2] in labels and not at[3]) for at in matched]
    return pd.Series(beside, index=table.index) & (table["published"] == "-")


def published_findings(folder: Path) -> pd.DataFrame:
    """The lines of what was published, and of the same removals with another fill."""
    table = table_of(folder / FINDINGS)
    published = (table["published"] != "-") & ~table["finding"].str.fullmatch(ONE_TYPE.pattern)
    return table[published | _beside_published(table)]


def brief(folders: Sequence[Path]) -> str:
    """The lines of what was published as a table, and how many agree."""
    table = published_findings(folders[0])
    published = table[table["published"] != "-"]
    agrees = published["agrees"].value_counts()
    agree, unclear, disagree = (int(agrees.get(said, 0)) for said in ("yes", "unclear", "no"))
    within = int((published["beyond_chance"] == "no").sum())
    return f"{_shown(table)}\n\nOf {len(published)} published findings: {agree} agree, {unclear} unclear, {disagree} disagree; {within} within chance."


def removal(folders: Sequence[Path]) -> str:
    """What the top neurons of each label take of its recall, by what they are set to, beside both controls; and how many halve its F1."""
    table = table_of(folders[0] / FINDINGS)
    fewest = table_of(folders[0] / "rankers.csv").groupby(["label", "fill", "ranker"])["take_away"].mean()
    matched = [(REMOVAL.fullmatch(row.finding), row) for row in table.itertuples()]
    rows = {(at[2], at[4], bool(at[3])): row for at, row in matched if at}
    counts = {at[1] for at, _ in matched if at}
    lines = []
    for (label, fill, compared), row in rows.items():
        if not compared:
            more = rows[label, fill, True]
            lines.append([
                label, fill, with_interval(row.mean, row.low, row.high, digits=2),
                f"{number(row.chance, 2)} {bounds(row.chance_low, row.chance_high, digits=2)}", number(row.mean - more.mean, 2),
                with_interval(more.mean, more.low, more.high, with_sign=True, digits=2),
                *(number(float(fewest[label, fill, ranker]), 1) for ranker in ("sensitivity", RANDOM)),
            ])  # fmt: skip
    lines.sort(key=lambda line: line[0])
    heading = ["label", f"its {'/'.join(sorted(counts))} neurons set to", "drop of its recall [95%]", "random neurons [95% of draws]",
               "other labels' neurons", "own less other labels' [95%]", "fewest to halve F1", "at random"]  # fmt: skip
    return markdown(heading, lines, 2)


def by_tagger(folders: Sequence[Path]) -> str:
    """What was published, in every tagger, a table for each word layer; a star marks what lies within chance."""
    layers: dict[str, dict[str, Path]] = {}
    for folder in folders:
        name = str(table_of(folder / "label_pairs.csv")["tagger"].iloc[0])
        found = WORD_LAYER.search(name)
        layers.setdefault(found[1] if found else "", {})[name] = folder
    parts = [
        f"Word layer {layer.upper()}:\n\n{_beside({name.replace(f'-word{layer}', ''): folder for name, folder in own.items()})}"
        if layer
        else _beside(own)
        for layer, own in layers.items()
    ]
    return "\n\n".join([*parts, "*: within chance."])


def _beside(taggers: dict[str, Path]) -> str:
    """A row per published finding, a column per tagger."""
    columns: dict[str, dict[str, str]] = {}
    lines: dict[str, str] = {}
    for name, folder in taggers.items():
        table = published_findings(folder)
        lines |= {row.finding: MISSING if row.published == "-" else row.published for row in table.itertuples()}
        seeds = int(table["seeds"].iloc[0])
        columns[f"`{name}`, {seeds} seed{'s' if seeds > 1 else ''}"] = {
            row.finding: with_interval(row.mean, row.low, row.high, digits=2) + "*" * (row.beyond_chance == "no")
            for row in table.itertuples()
        }
    cells = [
        [said, published, *(of_tagger.get(said, MISSING) for of_tagger in columns.values())]
        for said, published in lines.items()
    ]
    return markdown(["finding", "published", *columns], cells)


def rankers(folders: Sequence[Path]) -> str:
    """Each ranker's means over labels, with intervals over seeds; over the same labels in every column."""
    table = table_of(folders[0] / "rankers.csv")
    measures = ["take_away", "keep", "area_removed", "area_kept"]
    falls = table.groupby("label", sort=False)["take_away"].apply(lambda own: bool(own.notna().all()))
    table = table[table["label"].map(falls)]
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
    heading = [
        "removed are set to",
        "ranker",
        "removed to halve F1",
        "kept for 90% of F1",
        "area, removed",
        "area, kept",
    ]
    left_out = ", ".join(falls.index[~falls])
    note = f"Means over {int(falls.sum())} labels" + (
        f", without {left_out}, whose F1 does not always fall by half" if left_out else ""
    )
    return f"{markdown(heading, lines, 2)}\n\n{note}."


def seeds(folders: Sequence[Path]) -> str:
    """Per label: how alike two seeds' sensitivities are once their neurons are matched."""
    table = table_of(folders[0] / "seed_matching.csv")
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


def probes(folders: Sequence[Path]) -> str:
    """Accuracy on labels and on the control task, means over seeds."""
    table = table_of(folders[0] / "probes.csv")
    lines = [
        [f"`{name}`", str(int(own["count"].iloc[0])), *(number(own[part].mean(), 3) for part in ("accuracy", "control", "selectivity", "majority"))]
        for name, own in table.groupby("neurons", sort=False)
    ]  # fmt: skip
    return markdown(["neurons", "count", "accuracy", "control task", "selectivity", "most frequent label"], lines)


def taggers(folders: Sequence[Path]) -> str:
    """Test F1 of each tagger beside the published one."""
    table = pd.concat([table_of(folder / BASELINES) for folder in folders])
    lines = []
    for (name, vectors, recipe), own in table.groupby(["tagger", "embeddings", "recipe"], sort=False):
        f1 = over_seeds(own["test_f1"].tolist())
        published = float(own["published_f1"].iloc[0])
        lines.append(
            [
                f"`{name}`", vectors, recipe, str(len(own)), number(own["dev_f1"].mean(), 4), with_interval(*f1[:3], digits=4),
                number(published, 4), signed(f1[0] - published, 4),
            ]
        )  # fmt: skip
    return markdown(
        ["tagger", "vectors", "recipe", "seeds", "dev F1", "test F1 [95%]", "published, GloVe", "difference"], lines, 3
    )


BLOCKS: dict[str, tuple[str, Callable[[Sequence[Path]], str]]] = {
    "findings": ("neurons", findings), "brief": ("neurons", brief), "removal": ("neurons", removal),
    "by_tagger": ("neurons", by_tagger), "rankers": ("neurons", rankers), "seeds": ("neurons", seeds),
    "probes": ("neurons", probes), "taggers": ("recurrent", taggers),
    **{name: ("encoder", made) for name, made in encoder_page.BLOCKS.items()},
}  # fmt: skip
