"""How plots look: a palette that colour-blind readers can tell apart (Okabe & Ito 2008), one colour and marker an explainer.

Figures are made without pyplot, so no window, no backend and no global state; matplotlib loads when the first one is made.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from liap.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK, GREY = "#CC79A7", "#56B4E9", "#B8A800", "#000000", "#7F7F7F"
COLOURS = {
    "liap": BLUE,
    "matched_random": ORANGE,
    "matched_window": GREEN,
    "matched_distance": VERMILION,
    "attention": PURPLE,
    "occlusion": BLACK,
    "occlusion_ceiling": GREY,
    "random": SKY,
    "lime": YELLOW,
    "liap_published": "#004C77",
}
MARKERS = {
    "liap": "o",
    "matched_random": "s",
    "matched_window": "^",
    "matched_distance": "D",
    "attention": "P",
    "occlusion": "X",
    "occlusion_ceiling": "*",
    "random": "v",
    "lime": "h",
    "liap_published": "p",
}
VARIANT_COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW, BLACK)
DASHES = ("-", (0, (5, 2)), (0, (2, 1)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)), "-")
DPI = 150


def new_axes(width: float = 7.0, height: float = 4.5) -> Axes:
    """Axes alone on a new figure; sizes in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


def save(axes: Axes, path: Path) -> None:
    """The axes' whole figure as a PNG file that appears whole."""
    save_figure(axes.get_figure(), path)


def save_figure(figure: Figure, path: Path) -> None:
    """The figure as a PNG file that appears whole."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # drawn as a box, which says as much
        figure.savefig(buffer, format="png", dpi=DPI)
    write_whole(path, buffer.getvalue())


def literal(text: str) -> str:
    """Text of a corpus as matplotlib shows it literally: a dollar sign starts no formula, half a surrogate pair is a `?`."""
    return text.encode("utf-8", errors="replace").decode("utf-8").replace("$", r"\$")


def bare(axes: Axes) -> Axes:
    """Without the frame's upper and right side."""
    axes.spines[["top", "right"]].set_visible(False)
    return axes
