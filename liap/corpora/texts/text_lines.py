"""Lines of a class and its text -> labelled texts: the format in which SST-2, Subj and TREC are passed on.

1. A line is a class, a blank and the text, whose words are separated by blanks. Blank lines are skipped.
2. Classes that are numbers get the names of a known data set, which is told by its folder's name; of another one they become `class_0` and so on.
3. A file that is not UTF-8 is read as Windows-1252, which has Latin-1's letters and, as Subj needs, dashes and ellipses beside them.
4. Words stay as they are written, such as SST-2's `-lrb-` for a bracket.
"""

from __future__ import annotations

from pathlib import Path

from liap.errors import InputError, quoted
from liap.files import read_text
from liap.records import LabelledText

NAMES = {
    "sst2": ("negative", "positive"),
    "subj": ("subjective", "objective"),
    "trec": ("description", "entity", "abbreviation", "person", "location", "number"),
    "sst1": ("very_negative", "negative", "neutral", "positive", "very_positive"),
}


def read_file(path: Path, name: str = "") -> tuple[LabelledText, ...]:
    """The texts of a file; `name` is the data set's. InputError names the line."""
    texts: list[LabelledText] = []
    for number, line in enumerate(lines_in(path), 1):
        if not line.strip():
            continue
        label, _, text = line.strip().partition(" ")
        words = tuple(text.split())
        if not words:
            raise InputError(f"{path}:{number}: {quoted(line)}; expected a class, a blank and a text")
        texts.append(LabelledText(len(texts), words, label_name(label, name)))
    return tuple(texts)


def lines_in(path: Path) -> list[str]:
    """The lines of a file in UTF-8, or else in Windows-1252; they end in a line feed, with or without a carriage return."""
    try:
        text = read_text(path)
    except InputError:
        text = _western(path.read_bytes())
    return [line.removesuffix("\r") for line in text.split("\n")]


def _western(content: bytes) -> str:
    """Windows-1252, or Latin-1 where a byte has no character in it."""
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def label_name(label: str, name: str = "") -> str:
    """The name of a class: as it is written, or that of the known data set for its number."""
    if not label.isdecimal():
        return label
    known = NAMES.get(name.lower(), ())
    return known[int(label)] if int(label) < len(known) else f"class_{label}"
