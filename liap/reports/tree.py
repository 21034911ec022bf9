"""A dependency tree over a row of words, and below it the roles of the words that pruning keeps. Heights are in inches.

A long sentence is cut into rows; each row shows its own stretch, and an arc that leads to another row leaves at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool

from liap.records import Frame, Mention, Parse
from liap.reports.style import BLUE, GREY, ORANGE, VERMILION, literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LANE = 0.24  # height of a frame's roles
_LETTER, _LINE = 0.06, 0.14  # width of a letter, and height of a line, of a relation's name
_LONGEST_PREDICATE = 14  # characters
_FARTHEST = 40  # words; longer arcs are no higher
Role = tuple[str, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What is drawn of one sentence; `lanes` holds a predicate and its roles for each frame."""

    words: tuple[str, ...]
    mention: Mention
    parse: Parse
    lanes: tuple[tuple[int, tuple[Role, ...]], ...] = ()

    @property
    def arcs(self) -> float:
        """Height of the highest arc."""
        longest = max((abs(word - head) for word, head in enumerate(self.parse.heads) if head >= 0), default=1)
        return float(np.clip(0.4 + 0.14 * longest, 0.7, 2.0))

    @property
    def height(self) -> float:
        return self.arcs + 3 * _LINE + LANE * len(self.lanes)


def lanes_of(
    frames: tuple[Frame, ...], kept: Bool[np.ndarray, " words"], mention: Mention
) -> tuple[tuple[int, tuple[Role, ...]], ...]:
    """The roles that hold a kept word or a word of the mention, frame by frame; frames without any are left out."""
    shown = kept.copy()
    shown[mention.start : mention.end] = True
    lanes = [
        (frame.predicate, tuple(role for role in frame.roles if shown[role[1] : role[2]].any())) for frame in frames
    ]
    return tuple((predicate, roles) for predicate, roles in lanes if roles)


def plot_tree(tree: Tree, axes: Axes, first: int, end: int, *, cell: float) -> Axes:
    """The stretch of words from `first` to `end`; `cell` is the width of a word in inches."""
    names = _draw_arcs(tree, axes, first, end)
    for x, y, name in _apart([one for one in names if first - 0.5 <= one[0] <= end - 0.5], first, end, cell):
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
        axes.text(x, y, literal(name), ha="center", va="center", fontsize=7, bbox=box, zorder=4)
    for lane, (predicate, roles) in enumerate(tree.lanes):
        height = -LANE * (lane + 1)
        _draw_roles(axes, roles, height, first, end)
        name = literal(tree.words[predicate][:_LONGEST_PREDICATE])
        axes.text(first - 0.6, height, name, ha="right", va="center", fontsize=7)
    axes.set_ylim(-LANE * len(tree.lanes) - 0.5 * _LINE, tree.arcs + 2.5 * _LINE)
    axes.set_yticks([])
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    return axes


def _draw_arcs(tree: Tree, axes: Axes, first: int, end: int) -> list[tuple[float, float, str]]:
    """An arc for each word that has a head, with a triangle at the dependent; (x, y, relation) of those from or to the mention."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    lengths = [abs(word - head) if head >= 0 else 0 for word, head in enumerate(tree.parse.heads)]
    longest, names = min(max(*lengths, 1), _FARTHEST), []
    for word, head in enumerate(tree.parse.heads):
        if head < 0 or max(word, head) < first or min(word, head) >= end:  # no arc, or none in this row
            continue
        strong = (tree.mention.start <= word < tree.mention.end) != (tree.mention.start <= head < tree.mention.end)
        height = tree.arcs * (min(lengths[word], longest) / longest) ** 0.75 / 0.75  # of the control points
        curve = Path([(head, 0), (head, height), (word, height), (word, 0)], [1, 4, 4, 4])
        colour, line = (BLUE, 1.8) if strong else (GREY, 0.7)
        axes.add_patch(PathPatch(curve, fill=False, edgecolor=colour, linewidth=line, zorder=3 if strong else 2))
        axes.plot(word, 0.0, marker="v", color=colour, markersize=5 if strong else 3, zorder=3)
        if strong:
            names.append(((word + head) / 2, 0.75 * height, tree.parse.relations[word]))
    return names


def _apart(names: list[tuple[float, float, str]], first: int, end: int, cell: float) -> list[tuple[float, float, str]]:
    """The names moved into the row, and each upwards until it covers no other."""
    placed: list[tuple[float, float, float, str]] = []
    for x, y, name in sorted(names, key=lambda one: (one[1], one[0])):
        half = 0.5 * (len(name) + 1) * _LETTER / cell
        x = float(np.clip(x, first - 0.5 + half, max(end - 0.5 - half, first - 0.5 + half)))
        while any(abs(x - other) < half + reach and abs(y - level) < _LINE for other, level, reach, _ in placed):
            y += _LINE
        placed.append((x, y, half, name))
    return [(x, y, name) for x, y, _, name in placed]


def _draw_roles(axes: Axes, roles: tuple[Role, ...], height: float, first: int, end: int) -> None:
    for role, start, stop in roles:
        start, stop = max(start, first), min(stop, end)
        if start < stop:
            colour = ORANGE if role == "V" else VERMILION
            axes.plot([start - 0.4, stop - 0.6], [height, height], color=colour, linewidth=2.2)
            name = literal(role.replace("ARGM-", ""))
            axes.text((start + stop - 1) / 2, height + 0.02, name, ha="center", va="bottom", fontsize=6)
