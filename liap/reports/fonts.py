"""Fonts for the words of a corpus: matplotlib's default font lacks Chinese, Devanagari and many other scripts.

1. The letters that the default font lacks are looked up in the fonts that matplotlib knows on this machine, well-known ones first.
2. A font that has some of them joins the list of families, which matplotlib tries in turn for every letter.
3. Letters that no font has are drawn as boxes; `Fonts.note` names their scripts, so that a picture can say so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontEntry

WELL_KNOWN = (
    "Noto Sans", "Source Han Sans", "WenQuanYi", "Droid Sans Fallback", "PingFang", "Hiragino", "Microsoft YaHei", "SimHei",
    "Nirmala", "Mangal", "Lohit", "Arial Unicode", "FreeSans", "Unifont",
)  # fmt: skip
_UNUSABLE = ("Last Resort", "Emoji")  # placeholders for every letter; bitmaps that matplotlib cannot draw
_INVISIBLE = ("Cc", "Cf", "Cn", "Co", "Cs", "Zs", "Zl", "Zp")  # categories that need no glyph
_NAMES = {"CJK": "Chinese characters", "HANGUL": "Korean", "HIRAGANA": "Japanese", "KATAKANA": "Japanese"}


@dataclass(frozen=True, slots=True)
class Fonts:
    """Families to try in turn, and the scripts that none of them has."""

    families: tuple[str, ...]
    missing: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """A sentence for the picture; empty where every letter can be drawn."""
        if not self.missing:
            return ""
        return f"Boxes: no font on this machine has {', '.join(self.missing)}. The Noto fonts have most scripts."


def fonts_for(text: str) -> Fonts:
    """The default families, followed by the installed fonts that have the other letters of the text."""
    from matplotlib import rcParams

    families = list(rcParams["font.family"])
    lacking = {ord(letter) for letter in text if unicodedata.category(letter) not in _INVISIBLE and letter > "\x7f"}
    lacking -= _letters(_default_path()) if lacking else set()
    for family, path in _candidates() if lacking else ():
        if lacking & _letters(path):
            families.append(family)
            lacking -= _letters(path)
        if not lacking:
            break
    return Fonts(tuple(families), tuple(sorted({script_of(chr(code)) for code in lacking})))


def script_of(letter: str) -> str:
    """The letter's script, by the first word of its Unicode name."""
    if unicodedata.category(letter) in ("So", "Sk"):
        return "emoji and symbols"
    first = unicodedata.name(letter, "unknown letters").partition(" ")[0]
    return _NAMES.get(first, first.capitalize())


def _default_path() -> str:
    from matplotlib.font_manager import findfont

    return str(findfont(None))


def _candidates() -> Iterator[tuple[str, str]]:
    """(family, file) of every usable installed font, well-known families first, each in its most regular style."""
    from matplotlib.font_manager import fontManager

    regular: dict[str, FontEntry] = {}
    for entry in sorted(fontManager.ttflist, key=_irregularity):
        if not any(word in entry.name for word in _UNUSABLE):
            regular.setdefault(entry.name, entry)
    for name in sorted(regular, key=lambda name: (_rank(name), name)):
        yield name, str(regular[name].fname)


def _irregularity(entry: FontEntry) -> tuple[bool, bool, str]:
    return entry.style != "normal", entry.weight not in (400, "normal", "regular"), str(entry.fname)


def _rank(name: str) -> int:
    return next((place for place, start in enumerate(WELL_KNOWN) if name.startswith(start)), len(WELL_KNOWN))


@cache
def _letters(path: str) -> frozenset[int]:
    """The code points that the font file has; none where it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()
