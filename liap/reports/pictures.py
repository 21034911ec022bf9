"""A picture of one explanation: the sentence's tree and roles, the words' importances, and attention before and after pruning.

In: an `Example`, plain arrays and tuples. Out: a figure with, from top to bottom,

1. dependency arcs (a triangle at the dependent; arcs that meet the mention are drawn strong), and the roles of the words that are kept;
2. each context word's importance as a bar, and LIME's beside it where there is one, both scaled to their largest size;
3. word attention, a mean over layers and heads: as it is, pruned (each row by its own word's mask, the mention's rows by the
   mention's), and what pruning took.

The mention is marked throughout. No torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from liap.records import Frame, Mention, Parse
from liap.reports.style import BLUE, GREY, ORANGE, VERMILION, literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST_LABEL = 14  # characters; longer words are cut, with an ellipsis
LONGEST_TITLE = 60  # characters of the mention itself
SHADE = "#FFF3C4"


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What a picture shows of one mention under one pruning variant."""

    words: tuple[str, ...]
    mention: Mention
    variant: str
    parse: Parse
    frames: tuple[Frame, ...]
    kept: Bool[np.ndarray, " words"]
    importance: Float[np.ndarray, " words"]
    lime: Float[np.ndarray, " words"] | None
    before: Float[np.ndarray, "words words"]  # attention from the row's word to the column's
    after: Float[np.ndarray, "words words"]
    lfs: float


def draw(example: Example) -> Figure:
    """The whole picture; it widens with the sentence."""
    from matplotlib.figure import Figure

    words = len(example.words)
    width = float(np.clip(3 + 0.42 * words, 9, 22))
    side = width / 3 + 0.6
    figure = Figure(figsize=(width, 6.2 + side), layout="constrained")
    figure.suptitle(title(example), fontsize=11)
    top, bottom = figure.subfigures(2, 1, height_ratios=(6.2, side))
    arcs, bars = top.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    plot_tree(example, arcs)
    plot_importance(example, bars)
    panels = bottom.subplots(1, 3)
    plot_attention(example, panels)
    return figure


def title(example: Example) -> str:
    """The mention with its type, outcome, p and LFS."""
    mention = example.mention
    text = " ".join(example.words[mention.start : mention.end])
    text = literal(text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1] + "…")
    outcome = mention.outcome.replace("_", " ")
    gold = f", gold {mention.gold_type}" if mention.gold_type not in (None, mention.predicted_type) else ""
    score = "undefined" if np.isnan(example.lfs) else f"{example.lfs:.2f}"
    return (
        f"{text}: {mention.predicted_type} ({outcome}{gold}), p = {mention.probability:.2f}, "
        f"LFS of LIAP {example.variant.replace('_', ' ')} = {score}"
    )


def labels(words: tuple[str, ...]) -> list[str]:
    """Words as axis labels: long ones cut, nothing read as markup."""
    return [literal(word if len(word) <= LONGEST_LABEL else word[: LONGEST_LABEL - 1] + "…") for word in words]


def _mark(axes: Axes, mention: Mention) -> None:
    axes.axvspan(mention.start - 0.5, mention.end - 0.5, color=SHADE, zorder=0, linewidth=0)


def plot_tree(example: Example, axes: Axes) -> Axes:
    """Dependency arcs over the words, relations at their tops; under them the roles of the words that are kept."""
    _mark(axes, example.mention)
    highest = _draw_arcs(example, axes)
    lanes = _role_lanes(example)
    step = highest / 8
    for lane, (predicate, roles) in enumerate(lanes):
        _draw_roles(axes, roles, height=-(lane + 1) * step)
        name = literal(example.words[predicate])[:LONGEST_LABEL]
        axes.text(-0.7, -(lane + 1) * step, name, ha="right", va="center", fontsize=7)
    axes.set_ylim(-(len(lanes) + 0.7) * step, 0.82 * highest)
    axes.set_xlim(-0.5, len(example.words) - 0.5)
    axes.set_yticks([])
    axes.set_ylabel("dependencies\nand kept roles")
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    return axes


def _draw_arcs(example: Example, axes: Axes) -> float:
    """One arc for each word that has a head; the height of the highest arc's control points."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    inside = range(example.mention.start, example.mention.end)
    highest = 1.0
    for word, head in enumerate(example.parse.heads):
        if head < 0:
            continue
        strong = (word in inside) != (head in inside)
        height = abs(word - head) ** 0.75
        highest = max(highest, height)
        curve = Path([(head, 0), (head, height), (word, height), (word, 0)], [1, 4, 4, 4])
        colour, line = (BLUE, 1.8) if strong else (GREY, 0.7)
        axes.add_patch(PathPatch(curve, fill=False, edgecolor=colour, linewidth=line, zorder=3 if strong else 2))
        axes.plot(word, 0.0, marker="v", color=colour, markersize=5 if strong else 3, zorder=3)
        if strong:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
            relation, middle = example.parse.relations[word], (word + head) / 2
            axes.text(middle, 0.76 * height, relation, ha="center", va="center", fontsize=7, bbox=box, zorder=4)
    return highest


def _draw_roles(axes: Axes, roles: list[tuple[str, int, int]], height: float) -> None:
    for role, start, end in roles:
        axes.plot([start - 0.4, end - 0.6], [height, height], color=ORANGE if role == "V" else VERMILION, linewidth=2.2)
        name = role.replace("ARGM-", "")
        axes.text((start + end - 1) / 2, height, name, ha="center", va="bottom", fontsize=6)


def _role_lanes(example: Example) -> list[tuple[int, list[tuple[str, int, int]]]]:
    """(predicate, roles that hold a kept word or the mention) of each frame that has any."""
    shown = example.kept.copy()
    shown[example.mention.start : example.mention.end] = True
    lanes = []
    for frame in example.frames:
        roles = [role for role in frame.roles if shown[role[1] : role[2]].any()]
        if roles:
            lanes.append((frame.predicate, roles))
    return lanes


def plot_importance(example: Example, axes: Axes) -> Axes:
    """A bar a word, LIME's beside it; each explainer scaled to its largest size, pruned words marked by a dot."""
    places = np.arange(len(example.words))
    _mark(axes, example.mention)
    shift = 0.2 if example.lime is not None else 0.0
    bar = 0.38 if example.lime is not None else 0.7
    axes.bar(places - shift, _scaled(example.importance), bar, color=BLUE, label="LIAP")
    if example.lime is not None:
        axes.bar(places + shift, _scaled(example.lime), bar, color=ORANGE, label="LIME")
    context = example.mention.context(len(places))
    pruned = np.flatnonzero(context & ~example.kept)
    if len(pruned):
        axes.plot(pruned - shift, np.zeros(len(pruned)), ".", color=GREY, markersize=4, label="pruned", zorder=4)
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.set_ylabel("importance\n(largest = 1)")
    axes.set_xticks(places, labels(example.words), rotation=90, fontsize=8)
    for place in range(example.mention.start, example.mention.end):
        axes.get_xticklabels()[place].set_fontweight("bold")
    axes.tick_params(axis="x", labelbottom=True)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8, frameon=False)
    return axes


def _scaled(scores: np.ndarray) -> np.ndarray:
    largest = np.abs(scores).max()
    return scores / largest if largest > 0 else scores


def plot_attention(example: Example, panels: np.ndarray) -> None:
    """Three maps side by side on one scale: before, after, and the difference."""
    largest = max(float(example.before.max()), 1e-9)
    shown = (
        (panels[0], example.before, "word attention"),
        (panels[1], example.after, "after pruning"),
        (panels[2], example.before - example.after, "taken away"),
    )
    words = labels(example.words)
    size = float(np.clip(260 / max(len(words), 1), 3.6, 8))
    for axes, matrix, name in shown:
        image = axes.imshow(matrix, cmap="cividis", vmin=0, vmax=largest, aspect="equal", interpolation="nearest")
        axes.set_title(name, fontsize=9)
        axes.set_xticks(range(len(words)), words, rotation=90, fontsize=size)
        axes.set_yticks(range(len(words)), words, fontsize=size)
        axes.set_xlabel("attention to", fontsize=8)
        for edge in (example.mention.start - 0.5, example.mention.end - 0.5):
            axes.axhline(edge, color=VERMILION, linewidth=0.8)
    panels[0].set_ylabel("attention from", fontsize=8)
    panels[0].figure.colorbar(image, ax=list(panels), shrink=0.7, label="mean over layers and heads")
