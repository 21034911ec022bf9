"""A picture of one mention's explanations: its sentence's tree, the word scores of every method, and the mention's attention.

In: an `Example`, plain arrays and tuples. Out: a figure. Words run from left to right, in rows of up to 40; each row has, from
top to bottom and each in the words' columns,

1. dependency arcs, if there is a parse: a triangle at the dependent, thick where the mention is an end; below them the roles of the
   words that pruning keeps, if there are frames;
2. a line of bars per method, each scaled to its own largest score, with the method's LFS;
3. attention from the mention's words to every word, averaged over layers and heads: as it is, after pruning, and what pruning
   removed. The colour scale ends at the largest value of a word outside the mention.

The mention is shaded throughout. No torch.
"""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from liap.reports.fonts import fonts_for
from liap.reports.layout import columns
from liap.reports.style import literal
from liap.reports.tree import plot_tree
from liap.reports.word_panels import MAP_ROW, TALLEST_MAP, Example, cut, labels, plot_bars, plot_map, scale_end

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

WORDS_PER_ROW = 40
MOST_ROWS = 16  # beyond, rows get longer instead: a picture has at most 65536 pixels a side
LONGEST_TITLE = 60  # of the mention itself
SHADE = "#FFF3C4"
LEFT_TO_RIGHT = "\u200e"  # an invisible letter; without it, an Arabic mention would turn the whole title around
SPACE = "space"  # stands for a panel where nothing is drawn
BARS, GAP, MAP_TITLE, BETWEEN = 0.36, 0.08, 0.24, 0.45  # inches: a method's bars, below them, above a map, between rows
LEFT, RIGHT, LINE = 2.2, 1.3, 0.2  # inches: margins, height of a line of the title or the notes
NARROWEST, SMALLEST_CELL, LARGEST_CELL = 6.5, 0.38, 0.9  # inches: width of a row of words, of a word


def draw(example: Example) -> Figure:
    """The whole picture, in the fonts that the words need."""
    from matplotlib import rc_context

    fonts = fonts_for("".join((*example.words, title(example))))
    with rc_context({"font.family": list(fonts.families)}):
        return _draw(example, notes(example, fonts.note), _label_height(example, boxes=bool(fonts.missing)))


def _label_height(example: Example, *, boxes: bool) -> float:
    """Inches that the longest word takes when it is turned upright; `boxes` stand for letters that no font has, and are wide."""
    shown = labels(example.words)
    return 0.12 + max((0.13 * len(word) if boxes else 0.075 * columns(word)) for word in shown)


def _draw(example: Example, remarks: list[str], label_height: float) -> Figure:
    """Place every panel by its size in inches, from the top down."""
    from matplotlib.figure import Figure

    count = len(example.words)
    rows = min(-(-count // WORDS_PER_ROW), MOST_ROWS)
    per_row = -(-count // rows)
    cell = float(np.clip(NARROWEST / per_row, SMALLEST_CELL, LARGEST_CELL))
    width = max(LEFT + cell * per_row + RIGHT, LEFT + NARROWEST)
    heading = textwrap.wrap(title(example), int(11.5 * width), break_on_hyphens=False)
    remarks = [line for remark in remarks for line in textwrap.wrap(remark, int(15 * width))]
    panels, tree = _panels(example, label_height), example.tree
    tall = sum(size for _, size in panels)
    height = LINE * (len(heading) + len(remarks) + 2) + rows * tall
    figure = Figure(figsize=(width, height))
    figure.text(0.5, 1 - 0.5 * LINE / height, "\n".join(heading), ha="center", va="top", fontsize=11)
    figure.text(
        0.1 / width, 0.5 * LINE / height, "\n".join(remarks), ha="left", va="bottom", fontsize=8, color="#404040"
    )
    top, limit = height - LINE * (len(heading) + 1), scale_end(example)
    for row in range(rows):
        first, end = row * per_row, min(count, (row + 1) * per_row)
        if rows > 1:
            which = f"words {first + 1} to {end} of {count}"
            figure.text(0.1 / width, (top - 0.1) / height, which, ha="left", va="top", fontsize=8, color="#404040")
        for name, size in panels:
            top -= size
            if name == SPACE:
                continue
            box = (LEFT / width, top / height, cell * (end - first) / width, size / height)
            axes = figure.add_axes(box, label=f"{name} {row}")
            axes.set_xlim(first - 0.5, end - 0.5)
            axes.axvspan(example.mention.start - 0.5, example.mention.end - 0.5, color=SHADE, zorder=0, linewidth=0)
            kind, _, number = name.partition(" ")
            if kind == "tree" and tree is not None:
                plot_tree(tree, axes, first, end, cell=cell)
            elif kind == "bars":
                last = int(number) == len(example.methods) - 1
                plot_bars(example, example.methods[int(number)], axes, first, end, with_words=last)
            elif kind == "map":
                image = plot_map(example, *example.maps[int(number)], axes, first, end, limit=limit)
                if row == 0 and int(number) == 0:
                    _colour_bar(figure, image, top, size, width=width, height=height, right=LEFT + cell * per_row)
    return figure


def _panels(example: Example, label_height: float) -> list[tuple[str, float]]:
    """(name, height in inches) of the panels of one row of words, and of the spaces between them."""
    tree = example.tree
    panels = [] if tree is None else [("tree", tree.height), (SPACE, GAP)]
    for number in range(len(example.methods)):
        panels += [(f"bars {number}", BARS), (SPACE, GAP)]
    panels.append((SPACE, label_height))
    size = min(MAP_ROW * (example.mention.end - example.mention.start), TALLEST_MAP)
    for number in range(len(example.maps)):
        panels += [(SPACE, MAP_TITLE), (f"map {number}", size)]
    return [*panels, (SPACE, BETWEEN)]


def title(example: Example) -> str:
    """The mention with its type, outcome and p."""
    mention = example.mention
    text = literal(cut(" ".join(example.words[mention.start : mention.end]), LONGEST_TITLE))
    outcome = mention.outcome.replace("_", " ")
    gold = f", gold {literal(mention.gold_type)}" if mention.gold_type not in (None, mention.predicted_type) else ""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        text = f"{LEFT_TO_RIGHT}{text}{LEFT_TO_RIGHT}"
    return f"{text}: {literal(mention.predicted_type)} ({outcome}{gold}), p = {mention.probability:.2f}"


def notes(example: Example, about_fonts: str) -> list[str]:
    """What the reader must know to read the picture."""
    bars = "Bars: word scores, each method scaled to its own largest one; up speaks for the type, down against it."
    dots = " Dots: words that pruning removes." if any(method.pruned for method in example.methods) else ""
    removed = (
        " LFS: 1 if the words ranked first are those that the recogniser relies on, 0.5 is chance."
        if any(method.measured for method in example.methods)
        else ""
    )
    return [one for one in (bars + dots + removed, about_fonts) if one]


def _colour_bar(
    figure: Figure, image: AxesImage, bottom: float, size: float, *, width: float, height: float, right: float
) -> None:
    """The scale of all maps, beside the first one; its arrow is for the mention's own words, which may receive more."""
    tall = max(size, 0.8)
    box = ((right + 0.15) / width, (bottom + size - tall) / height, 0.12 / width, tall / height)
    scale = figure.colorbar(image, cax=figure.add_axes(box, label="scale"), extend="max")
    scale.set_label("mean over layers\nand heads", fontsize=7)
    scale.ax.tick_params(labelsize=7)
    scale.ax.locator_params(nbins=3)
