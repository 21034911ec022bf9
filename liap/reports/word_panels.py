"""What a picture of one mention shows, and the panels of it that lie in the words' columns: bars of word scores, attention maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from liap.records import Frame, Mention, Parse
from liap.reports.layout import columns
from liap.reports.style import GREY, literal
from liap.reports.tree import Tree, lanes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

LONGEST_LABEL = 14  # columns of a terminal, two for a wide letter; longer words are cut, with an ellipsis
LONGEST_METHOD = 28
MAP_ROW, TALLEST_MAP = 0.22, 2.0  # inches: height of a word of the mention in a map, of a whole map


@dataclass(frozen=True, slots=True, eq=False)
class MethodScores:
    """A method's word scores, and its looks."""

    label: str
    colour: str
    scores: Float[np.ndarray, " words"]
    lfs: float = float("nan")
    measured: bool = True  # whether LFS ran
    pruned: bool = False  # whether its scores are those of the words that the mask keeps


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What a picture shows of one mention; None or empty where a run does not have it."""

    words: tuple[str, ...]
    mention: Mention
    methods: tuple[MethodScores, ...]
    parse: Parse | None = None
    frames: tuple[Frame, ...] = ()  # of a pruning variant that uses them
    kept: Bool[np.ndarray, " words"] | None = None
    before: Float[np.ndarray, "rows words"] | None = None  # attention from the mention's words to every word
    after: Float[np.ndarray, "rows words"] | None = None

    @property
    def maps(self) -> list[tuple[str, Float[np.ndarray, "rows words"]]]:
        """Title and values of each attention map."""
        if self.before is None:
            return []
        pruned = (
            []
            if self.after is None
            else [("after pruning", self.after), ("removed by pruning", self.before - self.after)]
        )
        return [("attention from the mention", self.before), *pruned]

    @property
    def tree(self) -> Tree | None:
        if self.parse is None:
            return None
        kept = np.zeros(len(self.words), dtype=bool) if self.kept is None else self.kept
        return Tree(self.words, self.mention, self.parse, lanes_of(self.frames, kept, self.mention))


def labels(words: tuple[str, ...]) -> list[str]:
    """Words as axis labels: long ones cut, nothing read as markup."""
    return [literal(cut(word, LONGEST_LABEL)) for word in words]


def cut(text: str, longest: int) -> str:
    """The text in so many columns, and in no more than twice as many characters, with an ellipsis where it was cut."""
    if columns(text) <= longest and len(text) <= 2 * longest:
        return text
    cut = text[: 2 * longest - 1]
    while columns(cut) > longest - 1:
        cut = cut[:-1]
    return cut + "…"


def plot_bars(
    example: Example, method: MethodScores, axes: Axes, first: int, end: int, *, with_words: bool = True
) -> Axes:
    """A bar per word, scaled to the method's largest size in the sentence; the words below where `with_words` says so."""
    from matplotlib import rcParams

    largest = float(np.abs(method.scores).max(initial=0.0))
    scaled = method.scores / largest if largest > 0 else method.scores
    places = np.arange(first, end)
    axes.bar(places, scaled[first:end], 0.7, color=method.colour, label=method.label, zorder=3)
    if method.pruned and example.kept is not None:
        removed = np.flatnonzero(example.mention.context(len(example.words)) & ~example.kept)
        removed = removed[(removed >= first) & (removed < end)]
        axes.plot(removed, np.zeros(len(removed)), ".", color=GREY, markersize=4, zorder=4)
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.set_ylim(-1.08 if (scaled < 0).any() else -0.12, 1.08)
    lfs = "LFS undefined" if np.isnan(method.lfs) else f"LFS {method.lfs:.2f}"
    about = literal(cut(method.label, LONGEST_METHOD)) + (f"\n{lfs}" if method.measured else "")
    beside = {"ha": "right", "va": "center", "rotation": 0, "fontsize": 7.5}
    axes.set_ylabel(about, labelpad=4, **beside)
    axes.set_yticks([])
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    if with_words:
        axes.set_xticks(places, labels(example.words[first:end]), rotation=90, fontsize=8)
        bold = (
            "bold" if len(rcParams["font.family"]) == 1 else "normal"
        )  # fonts for other scripts often have no bold letters
        for place, tick in zip(places, axes.get_xticklabels(), strict=True):
            tick.set_fontweight(bold if example.mention.start <= place < example.mention.end else "normal")
    else:
        axes.set_xticks([])
    return axes


def scale_end(example: Example) -> float:
    """Where the colour scale ends: the largest attention that a word outside the mention receives."""
    if example.before is None:
        return 1.0
    context = example.mention.context(len(example.words))
    return max(float((example.before[:, context] if context.any() else example.before).max(initial=0.0)), 1e-9)


def plot_map(
    example: Example,
    name: str,
    values: Float[np.ndarray, "rows words"],
    axes: Axes,
    first: int,
    end: int,
    *,
    limit: float,
) -> AxesImage:
    """Attention from each of the mention's words (rows) to the words from `first` to `end`."""
    extent = (first - 0.5, end - 0.5, len(values) - 0.5, -0.5)
    shown = values[:, first:end]
    image = axes.imshow(
        shown, cmap="cividis", vmin=0, vmax=limit, aspect="auto", extent=extent, interpolation="nearest"
    )
    inside = labels(example.words[example.mention.start : example.mention.end])
    axes.set_yticks(range(len(inside)), inside, fontsize=7.5 if len(inside) * MAP_ROW <= TALLEST_MAP else 5)
    axes.set_xticks([])
    axes.set_title(name, loc="left", fontsize=8, pad=2)
    return image
