"""Attention over the words of chosen texts, as a picture and as a page: a line per classifier, the more attention the darker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from jaxtyping import Float

from liap.reports.style import literal

DARKEST = (0, 114, 178)  # of a word with the largest share of its line
WIDTH = 11.0  # inches
MARGIN = 2.2  # inches, of the names of classifiers
LINE = 0.34  # inches
PER_WORD = 0.085  # inches for a letter
STYLE = (
    "body{font:16px/1.9 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#111;background:#fff}"
    "h2{font-size:1rem;margin:1.6rem 0 .3rem}p{margin:.2rem 0}b{display:inline-block;min-width:10rem;font-weight:600}"
    "span{padding:.1rem .2rem;border-radius:.2rem}u{text-decoration-thickness:2px}"
)


@dataclass(frozen=True, slots=True, eq=False)
class ShownText:
    """A text, its class and what each classifier says."""

    words: tuple[str, ...]
    label: str
    polar: frozenset[int]  # words of its class's polarity
    weights: Mapping[str, Float[np.ndarray, " words"]]  # by classifier
    classes: Mapping[str, str]


def shade(weight: float, largest: float) -> tuple[float, float, float]:
    """White for no attention, the darkest colour for the largest share; 0..1 each."""
    share = weight / largest if largest else 0.0
    return tuple(1 - share * (1 - part / 255) for part in DARKEST)


def ink(weight: float, largest: float) -> str:
    """Letters that can be read on the shade."""
    return "white" if largest and weight / largest > 0.6 else "black"


def page(texts: Sequence[ShownText], title: str) -> str:
    """All texts as one HTML file without scripts; words of the class's polarity are underlined, and a share stands in each word's title."""
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    ]
    parts.append(
        f"<h1>{escape(title)}</h1><p>The darker a word, the larger its share of attention in its line; underlined words have the polarity of the "
        "class. Point at a word to read its share.</p>"
    )
    for text in texts:
        parts.append(f"<h2>{escape(text.label)}</h2>")
        for name, weights in text.weights.items():
            words = " ".join(_word(text, place, weights) for place in range(len(text.words)))
            parts.append(f"<p><b>{escape(name)} ({escape(text.classes[name])})</b> {words}</p>")
    return "\n".join(parts) + "</html>\n"


def _word(text: ShownText, place: int, weights: np.ndarray) -> str:
    largest = float(weights.max())
    red, green, blue = (round(255 * part) for part in shade(float(weights[place]), largest))
    word = escape(text.words[place].encode("utf-8", "replace").decode())
    word = f"<u>{word}</u>" if place in text.polar else word
    style = f"background:rgb({red},{green},{blue});color:{ink(float(weights[place]), largest)}"
    return f'<span style="{style}" title="{weights[place]:.3f}">{word}</span>'


def draw(texts: Sequence[ShownText]) -> Any:
    """The same as a figure; a text of more words than a line holds goes on in the next."""
    from matplotlib.figure import Figure

    lines = [(text, name, line) for text in texts for name in text.weights for line in _lines(text.words)]
    height = LINE * (len(lines) + len(texts)) + 0.3
    figure = Figure(figsize=(WIDTH, height))
    y = height - 0.3
    for number, (text, name, line) in enumerate(lines):
        first = number == 0 or lines[number - 1][0] is not text
        if first:
            _write(figure, 0.1, y, f"class: {text.label}", height, weight="bold")
            y -= LINE
        if first or lines[number - 1][1] != name:
            _write(figure, 0.1, y, f"{name} ({text.classes[name]})", height)
        x, weights = MARGIN, text.weights[name]
        for place in line:
            colour = shade(float(weights[place]), float(weights.max()))
            box = {"facecolor": colour, "edgecolor": "none", "pad": 1.5}
            _write(
                figure,
                x,
                y,
                text.words[place],
                height,
                color=ink(float(weights[place]), float(weights.max())),
                bbox=box,
            )
            x += _width(text.words[place])
        y -= LINE
    return figure


def _write(figure: Any, x: float, y: float, text: str, height: float, **options: Any) -> None:
    figure.text(x / WIDTH, y / height, literal(text), fontsize=9, family="monospace", va="center", **options)


def _width(word: str) -> float:
    return PER_WORD * len(word) + 0.12


def _lines(words: Sequence[str]) -> list[list[int]]:
    """Places of words, as many in a line as it holds."""
    lines: list[list[int]] = [[]]
    x = MARGIN
    for place, word in enumerate(words):
        if x + _width(word) > WIDTH and lines[-1]:
            lines.append([])
            x = MARGIN
        lines[-1].append(place)
        x += _width(word)
    return lines
