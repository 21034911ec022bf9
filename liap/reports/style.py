"""How plots look: colours that colour-blind readers can tell apart (Okabe & Ito 2008), and a colour and marker per explainer.

Figures are made without pyplot, so there is no window, backend or global state. matplotlib loads when the first one is made.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liap import manifest
from liap.explainers import Declaration
from liap.explainers.explainer import PALETTE, SHAPES
from liap.files import write_whole

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK, GREY = "#CC79A7", "#56B4E9", "#B8A800", "#000000", "#7F7F7F"
DPI = 150
_HANDLE, _LETTER, _LEGEND_LINE = 34, 4.4, 0.17  # points of a legend's mark and letter, inches of its line
FONT_SIZE = 10.0  # points, of the text that plots are designed with; small print is smaller


@dataclass(frozen=True, slots=True)
class Look:
    """Size of a plot's text in points, and of a paper's column in inches; 0: each plot has its own width."""

    font_size: float = FONT_SIZE
    column_width: float = 0.0

    @property
    def enlarged(self) -> float:
        return self.font_size / FONT_SIZE


DESIGNED = Look()
_LOOK: ContextVar[Look] = ContextVar("look", default=DESIGNED)


@contextlib.contextmanager
def drawn_for(look: Look) -> Iterator[None]:
    """Plots that are made inside have this look once they are saved."""
    token = _LOOK.set(look)
    try:
        yield
    finally:
        _LOOK.reset(token)


def looks(declarations: Sequence[Declaration]) -> dict[str, tuple[str, str]]:
    """Each explainer's colour and marker: its declared ones, or the next ones that no other explainer has."""
    from matplotlib.colors import is_color_like
    from matplotlib.lines import Line2D

    markers = {str(marker) for marker in Line2D.filled_markers} | set(SHAPES)
    colours = _filled([one.colour if is_color_like(one.colour) else "" for one in declarations], PALETTE)
    shapes = _filled([one.marker if one.marker in markers else "" for one in declarations], SHAPES)
    return {one.name: (colour, shape) for one, colour, shape in zip(declarations, colours, shapes, strict=True)}


def _filled(declared: list[str], spare: Sequence[str]) -> list[str]:
    free = itertools.cycle([value for value in spare if value not in declared] or spare)
    return [value or next(free) for value in declared]


def new_axes(width: float = 7.0, height: float = 4.5) -> Axes:
    """A new figure's only axes; sizes in inches. A paper's column narrows it and keeps its lines' height."""
    from matplotlib.figure import Figure

    look = _LOOK.get()
    narrow = look.column_width or width
    height *= look.enlarged if look.column_width else 1.0
    return Figure(figsize=(narrow, height), layout="constrained").subplots()


def place_legend(axes: Axes, handles: Mapping[str, Artist], columns: int) -> None:
    """A legend in small print above the axes, in fewer columns and on a taller figure where a paper's column is narrow."""
    look, labels, where = _LOOK.get(), list(handles), {"bbox_to_anchor": (0.0, 1.01)}
    if look.column_width:
        room = 72 * 0.94 * look.column_width / look.enlarged  # points of the design
        labels = [textwrap.fill(label, int((room - _HANDLE) / _LETTER)) for label in labels]
        longest = max((len(line) for label in labels for line in label.splitlines()), default=0)
        fewer = int(min(columns, max(1, room // (_HANDLE + _LETTER * longest))))
        lines = sum(label.count("\n") for label in labels) + -(-len(labels) // fewer) - -(-len(labels) // columns)
        figure = axes.get_figure()
        figure.set_figheight(figure.get_figheight() + lines * _LEGEND_LINE * look.enlarged)
        columns, where = fewer, _from_the_edge(axes)
    axes.legend(list(handles.values()), labels, loc="lower left", ncols=columns, frameon=False, fontsize=8, **where)


def _from_the_edge(axes: Axes) -> dict[str, Any]:
    """Above the axes, from the figure's left edge."""
    from matplotlib.transforms import blended_transform_factory

    both = blended_transform_factory(axes.get_figure().transFigure, axes.transAxes)
    return {"bbox_to_anchor": (0.01, 1.01), "bbox_transform": both}


def for_a_column() -> bool:
    """Whether plots are drawn for a paper's column."""
    return _LOOK.get().column_width > 0


def save_plot(axes: Axes, folder: Path, name: str, formats: Sequence[str]) -> None:
    """The axes' whole figure in each format, in the look that is set. The same plot gives the same bytes."""
    from matplotlib import rc_context

    figure, look = axes.get_figure(), _LOOK.get()
    if look.column_width and figure.get_figwidth() != look.column_width:  # of several panels: over two columns
        width = min(figure.get_figwidth(), 2 * look.column_width)
        figure.set_size_inches(width, figure.get_figheight() * (width / figure.get_figwidth()) ** 0.5)
    if look.enlarged != 1:
        _enlarge(figure, look.enlarged)
    if look.column_width:
        _wrap_labels(figure, look.enlarged)
    for ending in formats:
        buffer, about = io.BytesIO(), {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
        with warnings.catch_warnings(), rc_context({"svg.hashsalt": name, "pdf.fonttype": 42}):
            warnings.filterwarnings("ignore", message="Glyph .* missing")  # it is drawn as a box
            figure.savefig(buffer, format=ending, dpi=DPI, metadata=about.get(ending))
        write_whole(folder / f"{name}.{ending}", buffer.getvalue())


def _wrap_labels(figure: Figure, factor: float) -> None:
    """The axes' labels on as many lines as their sides need."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # long labels may leave no room before they are wrapped
        figure.draw_without_rendering()  # which places the axes
    for axes in figure.axes if len(figure.axes) == 1 else ():
        sides = axes.get_window_extent()
        letters = 72 / figure.dpi / (0.5 * FONT_SIZE * factor)  # a pixel has
        axes.set_xlabel(textwrap.fill(axes.get_xlabel(), max(12, int(0.9 * letters * sides.width))))
        axes.set_ylabel(textwrap.fill(axes.get_ylabel(), max(12, int(letters * sides.height))))


def _enlarge(figure: Figure, factor: float) -> None:
    """Every text of the figure by this factor."""
    from matplotlib.text import Text

    ticks = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = axis.get_ticklabels()
            ticks |= set(labels) | set(axis.get_ticklabels(minor=True))
            if labels:
                axis.set_tick_params(labelsize=labels[0].get_size() * factor)
    for text in set(figure.findobj(Text)) - ticks:
        text.set_fontsize(text.get_size() * factor)


def save(axes: Axes, path: Path, caption: str = "") -> None:
    """The axes' whole figure as a PNG file that appears whole; what it shows, in plain words, goes into a text beside it."""
    save_figure(axes.get_figure(), path, caption)


def save_figure(figure: Figure, path: Path, caption: str = "") -> None:
    """The figure as a PNG file that appears whole; what it shows, in plain words, goes into a text beside it."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # it is drawn as a box
        figure.savefig(buffer, format="png", dpi=DPI)
    write_whole(path, buffer.getvalue())
    if caption:
        name = path.with_suffix(".txt").name
        manifest.record(path.parent, [name])
        write_whole(path.parent / name, f"{caption}\n")


def literal(text: str) -> str:
    """Text as matplotlib shows it literally: a dollar sign starts no formula, and half a surrogate pair becomes `?`."""
    return text.encode("utf-8", errors="replace").decode("utf-8").replace("$", r"\$")


def bare(axes: Axes) -> Axes:
    """Without the frame's upper and right side."""
    axes.spines[["top", "right"]].set_visible(False)
    return axes
