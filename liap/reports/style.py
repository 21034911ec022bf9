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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liap import manifest
from liap.explainers import Declaration
from liap.explainers.explainer import PALETTE, SHAPES
from liap.files import write_whole
from liap.settings import FigureSettings

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK, GREY = "#CC79A7", "#56B4E9", "#B8A800", "#000000", "#7F7F7F"
DPI = 150
_HANDLE, _LETTER, _LEGEND_LINE = 34, 4.4, 0.17  # points of a legend's mark and letter, inches of its line
_WIDEST_OF_TWO = 4.0  # inches: a page holds two columns of up to this width

DESIGNED = FigureSettings()
_LOOK: ContextVar[FigureSettings] = ContextVar("look", default=DESIGNED)


@contextlib.contextmanager
def drawn_for(settings: FigureSettings) -> Iterator[None]:
    """Plots that are made and saved inside have these formats, this size of text and this width."""
    token = _LOOK.set(settings)
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


def new_axes(width: float = 7.0, height: float = 4.5, *, wide: bool = False, square: bool = False) -> Axes:
    """A new figure's only axes; sizes in inches. A paper's column narrows it, and keeps the height of its lines, or the shape of its `square` cells.

    One that is `wide` is drawn over two columns.
    """
    from matplotlib.figure import Figure

    if for_a_column():
        narrow = in_columns(width if wide else 0.0)
        width, height = narrow, height * (narrow / width if square else _enlarged())
    axes = Figure(figsize=(width, height), layout="constrained").subplots()
    if for_a_column():
        axes.locator_params(axis="x", nbins=6)
    return axes


def in_columns(width: float) -> float:
    """The width, in inches, that a figure of a designed width gets: that of a paper's column, or of two where it is wider and a page holds two."""
    column = _LOOK.get().column_width
    return column * (2 if width > 1.5 * column and column <= _WIDEST_OF_TWO else 1) or width


def legend_columns(labels: Sequence[str], width: float) -> int:
    """How many columns of a legend in small print have room in so many inches."""
    longest = max((len(line) for label in labels for line in label.splitlines()), default=0)
    return max(1, int(_room(width) // (_HANDLE + _LETTER * longest)))


def _room(width: float) -> float:
    """Points of the design, of so many inches."""
    return 72 * 0.94 * width / _enlarged()


def add_legend(axes: Axes, **designed: Any) -> None:
    """The legend of what has a label: as it is designed, or above the axes of a paper's column."""
    if for_a_column():
        handles, labels = axes.get_legend_handles_labels()
        place_legend(axes, dict(zip(labels, handles, strict=True)), 0, title=designed.get("title"))
    else:
        axes.legend(frameon=False, **designed)


def place_legend(axes: Axes, handles: Mapping[str, Artist], columns: int, *, title: str | None = None) -> None:
    """A legend in small print above the axes, in fewer columns and on a taller figure where a paper's column is narrow.

    The design has room for a legend of so many columns; 0: for none.
    """
    look, labels, where = _LOOK.get(), list(handles), {"bbox_to_anchor": (0.0, 1.01)}
    if look.column_width:
        letters = int((_room(look.column_width) - _HANDLE) / _LETTER)
        labels = [textwrap.fill(label, letters) for label in labels]
        fewer = min(columns or len(labels), legend_columns(labels, look.column_width))
        lines = sum(label.count("\n") for label in labels) + -(-len(labels) // fewer) + bool(title)
        lines -= -(-len(labels) // columns) if columns else 0
        figure = axes.get_figure()
        figure.set_figheight(figure.get_figheight() + lines * _LEGEND_LINE * _enlarged())
        columns, where = fewer, _from_the_edge(axes)
    about = {"ncols": columns, "title": title, "title_fontsize": 8, "alignment": "left", "fontsize": 8}
    axes.legend(list(handles.values()), labels, loc="lower left", frameon=False, **about, **where)


def _from_the_edge(axes: Axes) -> dict[str, Any]:
    """Above the axes, from the figure's left edge."""
    from matplotlib.transforms import blended_transform_factory

    both = blended_transform_factory(axes.get_figure().transFigure, axes.transAxes)
    return {"bbox_to_anchor": (0.01, 1.01), "bbox_transform": both}


def for_a_column() -> bool:
    """Whether plots are drawn for a paper's column."""
    return _LOOK.get().column_width > 0


def _enlarged() -> float:
    """The size of text, of the size that plots are designed with."""
    return _LOOK.get().font_size / DESIGNED.font_size


def save(picture: Axes | Figure, folder: Path, name: str, caption: str = "") -> list[str]:
    """Write a whole figure in the formats and the look that are set, as `NAME.png` and the like, and its caption as `NAME.txt`; the pictures' names.

    Files appear whole, and are listed as the project's own. The same plot gives the same bytes.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = picture if isinstance(picture, Figure) else picture.figure.figure  # of a part of a figure: the whole
    _fit(figure)
    contents: dict[str, bytes | str] = {}
    for ending in _LOOK.get().formats:
        buffer, about = io.BytesIO(), {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
        with warnings.catch_warnings(), rc_context({"svg.hashsalt": name, "pdf.fonttype": 42}):
            warnings.filterwarnings("ignore", message="Glyph .* missing")  # it is drawn as a box
            figure.savefig(buffer, format=ending, dpi=DPI, metadata=about.get(ending))
        contents[f"{name}.{ending}"] = buffer.getvalue()
    pictures = list(contents)
    contents |= {f"{name}.txt": f"{caption}\n"} if caption else {}
    manifest.record(folder, contents)
    for file, content in contents.items():
        write_whole(folder / file, content)
    return pictures


def _fit(figure: Figure) -> None:
    """Give the figure the width and the size of text that are set; one whose texts have fixed places keeps its proportions."""
    look = _LOOK.get()
    designed = figure.get_figwidth()
    if figure.get_layout_engine() is None:
        factor = in_columns(designed) / designed if look.column_width else _enlarged()
        figure.set_size_inches(factor * figure.get_size_inches())
        _enlarge(figure, factor)
        return
    if look.column_width and designed not in (look.column_width, 2 * look.column_width):  # it has several panels
        width = in_columns(designed)
        figure.set_size_inches(width, figure.get_figheight() * (width / designed) ** 0.5)
    _enlarge(figure, _enlarged())
    if look.column_width:
        _wrap_texts(figure)


def _wrap_texts(figure: Figure) -> None:
    """Titles, and the axes' labels, on as many lines as the figure and the axes' sides need."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # long labels may leave no room before they are wrapped
        figure.draw_without_rendering()  # which places the axes
    several = len(figure.axes) > 1
    for text in figure.texts:
        if text.get_text() == figure.get_suptitle():
            text.set_text(_wrapped(text, figure.bbox.width))
    for axes in figure.axes:
        sides = axes.get_window_extent()
        beside = min(sides.x0, figure.bbox.width - sides.x1)
        for text, room in (
            (axes.title, sides.width + (0 if several else 2 * beside)),
            (axes.xaxis.label, sides.width),
            (axes.yaxis.label, sides.height),
        ):
            text.set_text(_wrapped(text, room))


def _wrapped(text: Text, room: float) -> str:
    """A text's lines, broken where they are longer than so many pixels."""
    letters = int(72 * room / text.get_figure().dpi / (0.55 * text.get_size()))
    return "\n".join(textwrap.fill(line, max(12, letters)) for line in text.get_text().splitlines())


def _enlarge(figure: Figure, factor: float) -> None:
    """Every text of the figure by this factor."""
    from matplotlib.text import Text

    if factor == 1:
        return
    lines = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    for axis in lines:
        for label in axis.get_ticklabels()[:1]:
            axis.set_tick_params(labelsize=label.get_size() * factor)
    texts = set(figure.findobj(Text))  # which adds the ticks that there is room for now
    ticks = [tick for axis in lines for tick in (*axis.majorTicks, *axis.minorTicks)]
    for text in texts - {label for tick in ticks for label in (tick.label1, tick.label2)}:
        text.set_fontsize(text.get_size() * factor)


def literal(text: str) -> str:
    """Text as matplotlib shows it literally: a dollar sign starts no formula, and half a surrogate pair becomes `?`."""
    return text.encode("utf-8", errors="replace").decode("utf-8").replace("$", r"\$")


def bare(axes: Axes) -> Axes:
    """Without the frame's upper and right side."""
    axes.spines[["top", "right"]].set_visible(False)
    return axes
