"""How plots look: colours that colour-blind readers can tell apart (Okabe & Ito 2008), and a colour and marker per explainer.

Figures are made without pyplot, so there is no window, backend or global state. matplotlib loads when the first one is made.
"""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Sequence
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
    """A new figure's only axes; sizes in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


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
