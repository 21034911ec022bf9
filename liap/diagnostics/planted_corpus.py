"""Is the planted corpus what it says? Its declared families against the pruning code, and what distracts from the evidence.

In: sentences of the planted corpus with the trees and frames that pruning is to work on, gold ones or a parser's. Out: data frames.

1. *Families.* A template declares in which relation its construction puts the evidence to the mention. The pruning code computes
   one from tree and frames: `dependency` if the syntactic mask keeps the evidence, else `frame` if the frame mask does, else
   `neither`. `families` counts one against the other, and `disagreements` shows where they differ, by template, with an example.
   Only where both agree is it clear before any model has run which masks can find the evidence.
2. *Distractors.* A nearer distractor is an evidence word for another type with fewer words between it and the mention than the
   mention's own evidence has. `distractors` has their share by family, and the share of mentions whose own evidence is the nearest
   evidence word of all: no other one, for whichever type, is nearer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from liap.corpora.planted import FAMILIES
from liap.corpora.planted.generate import drawn_from
from liap.corpora.planted.wordlists import KEY
from liap.pruning import distances, semantic, syntactic
from liap.records import Evidence, Frame, Parse, Sentence
from liap.reports.style import BLACK, BLUE, GREY, ORANGE, SKY, VERMILION, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Annotated:
    """A sentence, the structure that pruning works on, and the template that it comes from."""

    sentence: Sentence
    parse: Parse
    frames: tuple[Frame, ...]
    template: str


def gold(split: str, seed: int = 0, size: int | None = None) -> list[Annotated]:
    """The split's first `size` sentences (default: all) with their gold trees and frames."""
    return [
        Annotated(made.sentence, made.sentence.parse, made.sentence.frames, made.template)
        for made in drawn_from(split, seed, size)
    ]


def computed_family(parse: Parse, frames: Sequence[Frame], known: Evidence) -> str:
    """How the pruning code connects the evidence with the mention: one of FAMILIES."""
    words = list(known.words)
    if syntactic(parse, known.start, known.end)[words].all():
        return "dependency"
    shared = semantic(frames, known.start, known.end)
    return "frame" if shared is not None and shared[words].all() else "neither"


def families(annotated: Sequence[Annotated]) -> pd.DataFrame:
    """A line per declared family: `mentions`, how many are `computed_*` as each family, and the share that `agree`."""
    pairs = pd.DataFrame(
        [
            (known.family, computed_family(one.parse, one.frames, known))
            for one in annotated
            for known in one.sentence.evidence
        ],
        columns=["declared", "computed"],
    )
    lines = []
    for declared in FAMILIES:
        computed = pairs.loc[pairs["declared"] == declared, "computed"]
        counts = {family: int((computed == family).sum()) for family in FAMILIES}
        agree = counts[declared] / len(computed) if len(computed) else np.nan
        by_family = {f"computed_{family}": count for family, count in counts.items()}
        lines.append({"declared": declared, "mentions": len(computed), **by_family, "agree": agree})
    return pd.DataFrame(lines)


def disagreements(annotated: Sequence[Annotated]) -> pd.DataFrame:
    """A line per template, declared and computed family that differ: how many `mentions`, and the first as an `example`.

    In the example the mention stands in square brackets and its evidence between asterisks.
    """
    columns = ["declared", "computed", "template", "example"]
    lines = [
        (known.family, computed, one.template, shown(one.sentence, known))
        for one in annotated
        for known in one.sentence.evidence
        if (computed := computed_family(one.parse, one.frames, known)) != known.family
    ]
    table = pd.DataFrame(lines, columns=columns).groupby(columns[:3], sort=False, as_index=False)
    table = table.agg(mentions=("example", "size"), example=("example", "first"))
    order = {family: place for place, family in enumerate(FAMILIES)}
    return table.sort_values(
        ["declared", "computed", "mentions"],
        key=lambda cells: cells.map(order) if cells.name != "mentions" else -cells,
        ignore_index=True,
        kind="stable",
    )


def distractors(sentences: Sequence[Sentence]) -> pd.DataFrame:
    """A line per family: distances in words, and shares of its mentions and sentences with a nearer distractor.

    `sentences_with` is the share of the sentences with a mention of the family in which one such mention has a nearer distractor;
    `nearest_is_own` the share of mentions to which no other evidence word is nearer than their own.
    """
    lines = [
        (known.family, sentence.index, *_nearness(sentence, known))
        for sentence in sentences
        for known in sentence.evidence
    ]
    table = pd.DataFrame(lines, columns=["family", "sentence", "distance", "distracted", "own"])
    rows = []
    for family in FAMILIES:
        part = table[table["family"] == family]
        by_sentence = part.groupby("sentence")["distracted"].any()
        rows.append(
            {
                "family": family,
                "mentions": len(part),
                "sentences": len(by_sentence),
                "nearer_distractor": part["distracted"].mean(),
                "sentences_with": by_sentence.mean(),
                "nearest_is_own": part["own"].mean(),
                "median_distance": part["distance"].median(),
            }
        )
    return pd.DataFrame(rows)


def _nearness(sentence: Sentence, known: Evidence) -> tuple[int, bool, bool]:
    """The evidence's distance, whether a nearer word is evidence for another type, and whether none is evidence for any."""
    steps = distances(len(sentence.words), known.start, known.end).tolist()
    own = max(steps[word] for word in known.words)
    nearer = [word.lower() for word, step in zip(sentence.words, steps, strict=True) if 0 < step < own]
    types = [KEY[word][1] for word in nearer if word in KEY]
    return own, any(name != sentence.tags[known.start][2:] for name in types), not types


def shown(sentence: Sentence, known: Evidence) -> str:
    """The sentence with [the mention] and its *evidence* marked."""
    words = [f"*{word}*" if place in known.words else word for place, word in enumerate(sentence.words)]
    words[known.start] = f"[{words[known.start]}"
    words[known.end - 1] += "]"
    return " ".join(words)


CAPTION = (
    "The planted corpus against the pruning code. Left: where the code finds the words that decide a mention's type, for each declared family. Right: the share of "
    "mentions with nearer evidence words for another type."
)


def plot(families: pd.DataFrame, distractors: pd.DataFrame) -> Axes:
    """Left: what the pruning code computes for each declared family. Right: shares of distracted mentions. Returns the left axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    colours = dict(zip(FAMILIES, (BLUE, ORANGE, GREY), strict=True))
    start = np.zeros(len(families))
    for family in FAMILIES:
        share = families[f"computed_{family}"].to_numpy() / families["mentions"].clip(lower=1).to_numpy()
        left.barh(families["declared"], share, left=start, color=colours[family], height=0.6, label=family)
        start += share
    left.set(xlabel="share of mentions", ylabel="declared family", title="computed by the pruning code", xlim=(0, 1))
    left.set_yticks(range(len(families)), [f"{row.declared}\n(n = {row.mentions})" for row in families.itertuples()])
    left.invert_yaxis()
    height = {
        "nearer_distractor": (-0.18, VERMILION, "a nearer distractor"),
        "nearest_is_own": (0.18, SKY, "own is nearest"),
    }
    for name, (offset, colour, label) in height.items():
        right.barh(np.arange(len(distractors)) + offset, distractors[name], height=0.32, color=colour, label=label)
    right.axvline(0.5, color=BLACK, linestyle=":", linewidth=1.2)
    right.set(xlabel="share of mentions", title="evidence words nearer than their own", xlim=(0, 1))
    for axes in (left, right):
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(
            handles, labels, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3, frameon=False, fontsize=8
        )
        bare(axes)
    return left
