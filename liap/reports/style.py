"""How plots look: colours that colour-blind readers can tell apart (Okabe & Ito 2008), and a colour and marker per explainer.

Figures are made without pyplot, so there is no window, backend or global state. matplotlib loads when the first one is made.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import warnings
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liap.explainers import Declaration
from liap.explainers.explainer import PALETTE, SHAPES
from liap.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK, GREY = "#CC79A7", "#56B4E9", "#B8A800", "#000000", "#7F7F7F"
DPI = 150
FONT_SIZE = 10.0  # points, of the text that plots are designed with; small print is smaller


@dataclass(frozen=True, slots=True)
class Look:
    """Size of a plot's text in points, and of a paper's column in inches; 0: each plot has its own width."""

    font_size: float = FONT_SIZE
    column_width: float = 0.0

    @property
    def enlarged(self) -> float:
        return self.font_size / FONT_SIZE


_LOOK: ContextVar[Look] = ContextVar("look", default=Look())  # noqa: B039 - frozen


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
    """A new figure's only axes; sizes in inches. A paper's column narrows it, and lowers it less, so that lines of text fit."""
    from matplotlib.figure import Figure

    look = _LOOK.get()
    narrow = look.column_width or width
    height *= (narrow / width * look.enlarged) ** 0.5
    return Figure(figsize=(narrow, height), layout="constrained").subplots()


def legend_columns(axes: Axes, labels: Sequence[str], most: int) -> int:
    """How many columns of a legend in small print fit above the axes; `most` unless a paper's column is narrow."""
    look = _LOOK.get()
    if not look.column_width:
        return most
    room, longest = 72 * 0.8 * axes.get_figure().get_figwidth(), max(map(len, labels), default=0)
    return int(min(most, max(1, room // (look.enlarged * (34 + 3.9 * longest)))))


def save_plot(axes: Axes, folder: Path, name: str, formats: Sequence[str]) -> None:
    """The axes' whole figure in each format, in the look that is set. The same plot gives the same bytes."""
    from matplotlib import rc_context

    figure, look = axes.get_figure(), _LOOK.get()
    if look.column_width and figure.get_figwidth() != look.column_width:  # of several panels: over two columns
        width = min(figure.get_figwidth(), 2 * look.column_width)
        figure.set_size_inches(width, figure.get_figheight() * (width / figure.get_figwidth() * look.enlarged) ** 0.5)
    if look.enlarged != 1:
        _enlarge(figure, look.enlarged)
    for ending in formats:
        buffer, about = io.BytesIO(), {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
        with warnings.catch_warnings(), rc_context({"svg.hashsalt": name, "pdf.fonttype": 42}):
            warnings.filterwarnings("ignore", message="Glyph .* missing")  # it is drawn as a box
            figure.savefig(buffer, format=ending, dpi=DPI, metadata=about.get(ending))
        write_whole(folder / f"{name}.{ending}", buffer.getvalue())


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


def save(axes: Axes, path: Path) -> None:
    """The axes' whole figure as a PNG file that appears whole."""
    save_figure(axes.get_figure(), path)


def save_figure(figure: Figure, path: Path) -> None:
    """The figure as a PNG file that appears whole."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # it is drawn as a box
        figure.savefig(buffer, format="png", dpi=DPI)
    write_whole(path, buffer.getvalue())


def literal(text: str) -> str:
    """Text as matplotlib shows it literally: a dollar sign starts no formula, and half a surrogate pair becomes `?`."""
    return text.encode("utf-8", errors="replace").decode("utf-8").replace("$", r"\$")


def bare(axes: Axes) -> Axes:
    """Without the frame's upper and right side."""
    axes.spines[["top", "right"]].set_visible(False)
    return axes
