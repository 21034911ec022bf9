"""The genre of a sentence, from its words alone: capitals, running prose, or a table or list.

1. `capitals`: at least two words hold a letter with case, and at least two thirds of these hold no small letter: headlines, bylines.
2. `prose`: at least three words, and at least 30% of all words, are small: they hold a letter and no capital. In a script without case every
   word with a letter is small.
3. `table`: everything else: results, standings, datelines, names alone.
"""

from __future__ import annotations

from collections.abc import Sequence

GENRES = ("prose", "table", "capitals")
CAPITALS, FEWEST_CASED = 2 / 3, 2
SMALL, FEWEST_SMALL = 0.3, 3


def genre(words: Sequence[str]) -> str:
    """One of `GENRES`."""
    cased = [word for word in words if word.lower() != word.upper()]
    if len(cased) >= FEWEST_CASED and sum(word == word.upper() for word in cased) >= CAPITALS * len(cased):
        return "capitals"
    small = sum(word == word.lower() and any(map(str.isalpha, word)) for word in words)
    return "prose" if small >= max(FEWEST_SMALL, SMALL * len(words)) else "table"
