"""Tweets in SemEval 2013's format (task 2, Nakov et al. 2013) -> labelled texts.

Columns are separated by tabs. Of contextual polarity (subtask A) a line marks one span of a tweet:

    264183816548130816	15140428	0	2	positive	Gas by my house hit $3.39 !

(two numbers of the tweet, the first and the last word of the span, its polarity, the text; words are separated by blanks). Of message polarity (subtask B)
a line is a tweet, without the span:

    264183816548130816	15140428	positive	Gas by my house hit $3.39 !

1. Lines of one tweet are joined. Its words have the polarity of the spans that hold them, and are neutral elsewhere.
2. In subtask A the tweet's class is the polarity of most of its spans; of a tie, the first one's.
3. `objective`, `neutral` and `objective-OR-neutral` are neutral. Tweets that are gone (`Not Available`) are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from liap.corpora.texts.text_lines import lines_in
from liap.errors import InputError, quoted
from liap.records import LabelledText

POLARITY = re.compile(r'"?(positive|negative|neutral|objective|objective-OR-neutral)"?')
GONE = "Not Available"
EXPECTED = (
    "expected two numbers of the tweet, the span's first and last word, its polarity and the text, separated by tabs"
)


def is_semeval_file(path: Path) -> bool:
    """Whether the first line has the columns of either subtask."""
    with path.open("rb") as file:
        start = file.read(4096).decode("utf-8", "replace").removeprefix("\ufeff").partition("\n")[0]
    parts = start.rstrip("\r").split("\t")
    return len(parts) in (4, 6) and POLARITY.fullmatch(parts[-2]) is not None


def read_file(path: Path) -> tuple[LabelledText, ...]:
    """A text for each tweet, in the order of their first lines. InputError names the line."""
    tweets: dict[tuple[str, ...], tuple[tuple[str, ...], list[tuple[int, int, str]]]] = {}
    for number, line in enumerate(lines_in(path), 1):
        if not line.strip():
            continue
        parts = line.split("\t")
        if len(parts) not in (4, 6) or not POLARITY.fullmatch(parts[-2]):
            raise InputError(f"{path}:{number}: {quoted(line)}; {EXPECTED}")
        words = tuple(parts[-1].split())
        if parts[-1].strip() == GONE or not words:
            continue
        known, spans = tweets.setdefault((parts[0], parts[1], parts[-1]), (words, []))
        spans.append((*_span(parts, known, f"{path}:{number}"), _polarity(parts[-2])))
    return tuple(_text(index, words, spans) for index, (words, spans) in enumerate(tweets.values()))


def _span(parts: list[str], words: tuple[str, ...], where: str) -> tuple[int, int]:
    """Half-open; an empty one for a whole message."""
    if len(parts) == 4:
        return 0, 0
    if not (parts[2].isdecimal() and parts[3].isdecimal() and int(parts[2]) <= int(parts[3]) < len(words)):
        raise InputError(f"{where}: the span {parts[2]} to {parts[3]} of {len(words)} words; {EXPECTED}")
    return int(parts[2]), int(parts[3]) + 1


def _polarity(said: str) -> str:
    polarity = said.strip('"')
    return polarity if polarity in ("positive", "negative") else "neutral"


def _text(index: int, words: tuple[str, ...], spans: list[tuple[int, int, str]]) -> LabelledText:
    polarities = ["neutral"] * len(words)
    for start, end, polarity in spans:
        polarities[start:end] = [polarity] * (end - start)
    marked = any(end for _, end, _ in spans)
    label = Counter(polarity for _, _, polarity in spans).most_common(1)[0][0]
    return LabelledText(index, words, label, tuple(polarities) if marked else None)
