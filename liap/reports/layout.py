"""A table's cells -> aligned text for a terminal, or Markdown.

Cells are text; the small functions below format numbers. A missing number is an en dash. Text of a corpus may hold anything, so
control characters are shown escaped in a terminal, and the special characters of Markdown and HTML are escaped in Markdown.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence

from liap.errors import printable

MISSING = "–"
Lines = list[list[str]]


def number(value: float, digits: int = 3) -> str:
    return MISSING if math.isnan(value) else f"{value:.{digits}f}"


def rounded(value: float, digits: int = 2) -> str:
    """With so many significant digits, never as a power of ten; whole numbers keep all of theirs."""
    if math.isnan(value) or not value:
        return MISSING if math.isnan(value) else "0"
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def signed(value: float, digits: int = 3) -> str:
    """With its sign, and no sign where it rounds to 0."""
    if math.isnan(value):
        return MISSING
    return f"{value:+.{digits}f}" if round(value, digits) else f"{0:.{digits}f}"


def percent(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:.0%}"


def bounds(low: float, high: float, *, with_sign: bool = False, digits: int = 3) -> str:
    """`[low, high]`; an en dash where there is no interval."""
    if math.isnan(low) or math.isnan(high):
        return MISSING
    shown = signed if with_sign else number
    return f"[{shown(low, digits)}, {shown(high, digits)}]"


def with_interval(value: float, low: float, high: float, *, with_sign: bool = False, digits: int = 3) -> str:
    """`mean [low, high]`, or the mean alone where there is no interval."""
    shown = signed if with_sign else number
    interval = bounds(low, high, with_sign=with_sign, digits=digits)
    return shown(value, digits) + ("" if interval == MISSING else f" {interval}")


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def aligned(header: list[str], lines: Iterable[list[str]], left: int = 1) -> str:
    """Columns side by side: the first `left` flush left, the others flush right."""
    cells = [[printable(cell) for cell in line] for line in (header, *lines)]
    widths = [max(columns(cell) for cell in column) for column in zip(*cells, strict=True)]
    shown = []
    for line in cells:
        parts = []
        for column, (cell, width) in enumerate(zip(line, widths, strict=True)):
            blanks = " " * (width - columns(cell))
            parts.append(cell + blanks if column < left else blanks + cell)
        shown.append("  ".join(parts).rstrip())
    return "\n".join(shown)


def markdown(header: list[str], lines: Iterable[list[str]], left: int = 1) -> str:
    """The same as a Markdown table."""
    rule = ["---" if column < left else "---:" for column in range(len(header))]
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, rule, *lines])


def escaped(text: str) -> str:
    """Text of a corpus as Markdown shows it literally."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]|$~" else letter for letter in text)


def columns(text: str) -> int:
    """Terminal columns: wide letters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
