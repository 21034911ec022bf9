"""F1 against alignment for trained models, and F1 lost under masks inside the forward pass. Computing is elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from liap.explainers.explainer import PALETTE
from liap.guidance.alignment_rows import Row
from liap.guidance.alignment_settings import NONE
from liap.reports.style import BLACK, BLUE, GREEN, GREY, ORANGE, bare, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLOT, MASKED_PLOT = "alignment", "masked_attention"
CAPTION = (
    "Test F1 of recognisers whose attention was taught to follow a target, against the attention that the guided heads then give to the syntactic head: a point for each target "
    "and weight of the loss, bars for the standard deviation over seeds."
)
MASKED_CAPTION = "F1 of a recogniser that may attend only to some words inside the forward pass, less that of the same recogniser without restriction; lines: 95% intervals, documents resampled."
COLOURS = {"window": GREEN, "random": ORANGE, "": BLUE}  # by control
MARKERS = "osD^vP"


def plot_alignment(summary: Sequence[Row], axes: Axes | None = None) -> Axes:
    """A point per target and weight: mean F1 over seeds against the guided heads' attention on the syntactic head."""
    axes = bare(axes or new_axes(7.5, 4.8))
    targets = list(dict.fromkeys(str(line["target"]) for line in summary))
    structure = next((target for target in targets if target != NONE), NONE)
    for number, target in enumerate(targets):
        own = sorted((line for line in summary if line["target"] == target), key=lambda line: line["weight"])
        x, y = ([line[name] for line in own] for name in ("head_share_guided", "test_f1"))
        errors = [
            [0 if math.isnan(line[f"{name}_sd"]) else line[f"{name}_sd"] for line in own]
            for name in ("head_share_guided", "test_f1")
        ]
        colour = BLACK if target == NONE else PALETTE[number % len(PALETTE)]
        colour = COLOURS.get(target.partition("/")[2], colour) if "/" in target or target == structure else colour
        axes.errorbar(
            x, y, xerr=errors[0], yerr=errors[1], color=colour, marker=MARKERS[number % len(MARKERS)], markersize=7,
            linewidth=1, elinewidth=0.8, label="no guidance" if target == NONE else target,
        )  # fmt: skip
        for line in own if target != NONE else ():
            weight = f"{line['weight']:g}{' *' if line['chosen'] and len(own) > 1 else ''}"
            axes.annotate(
                weight,
                (line["head_share_guided"], line["test_f1"]),
                xytext=(5, 5),
                textcoords="offset points",
                fontsize=8,
            )
    seeds = int(max(line["seeds"] for line in summary))
    bars = "; bars: sd over seeds" if seeds > 1 else ""
    axes.set_xlabel("attention of the guided heads on the syntactic head (share)")
    axes.set_ylabel("test F1")
    axes.set_title(
        f"F1 against alignment ({seeds} seed{'s' if seeds > 1 else ''}{bars})\nnumbers: weight of the loss, * chosen on dev",
        fontsize=10,
    )
    axes.margins(0.12)
    axes.legend(frameon=False, fontsize=8)
    return axes


def plot_masks(masked: Sequence[Row], axes: Axes | None = None) -> Axes:
    """A bar per restriction: its difference of F1 to the untouched model, with the interval over documents."""
    own = [row for row in masked if row["restriction"] != NONE]
    axes = bare(axes or new_axes(8, 1.2 + 0.22 * len(own), wide=True))
    for place, row in enumerate(own):
        value, low, high = (row[name] for name in ("f1_difference", "f1_low", "f1_high"))
        axes.barh(-place, value, color=COLOURS[str(row["restriction"]).partition("/")[2]], height=0.7)
        if not math.isnan(low):
            axes.plot([low, high], [-place, -place], color=BLACK, linewidth=0.9)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_yticks(
        [-place for place in range(len(own))],
        [f"{row['restriction']}, {row['rows']}, layers {row['layers']}, weight {row['weight']:g}" for row in own],
        fontsize=7,
    )
    axes.set_ylim(-len(own) + 0.4, 0.6)
    axes.set_xlabel("F1 less that of the untouched model (95% over documents)")
    return axes
