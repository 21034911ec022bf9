"""Trees of the Stanford Sentiment Treebank -> labelled texts with the polarity of every word (Socher et al. 2013).

1. A line is a tree in brackets, with a number from 0 (very negative) to 4 (very positive) on every word and phrase: `(3 (2 a) (4 gem))`.
2. The number of the whole is the class: five of them (SST-1), or with `binary` two, without the neutral texts (SST-2).
3. A word's own number is its polarity: 0 and 1 negative, 2 neutral, 3 and 4 positive. `-LRB-` and `-RRB-` are brackets; the treebank's other
   escapes, `\\/` and `\\*`, stay as they are written.
4. A training file that ends with the lines of the dev file, as one that is passed on does, is read without them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from liap.corpora.split_files import find_files
from liap.corpora.texts.text_lines import NAMES, lines_in
from liap.errors import InputError, quoted
from liap.records import LabelledText

CLASSES = NAMES["sst1"]
POLARITIES = ("negative", "negative", "neutral", "positive", "positive")
TREE = re.compile(r"\(\s*[0-4]\s")
TOKEN = re.compile(r"\(|\)|[^\s()]+")
UNESCAPED = {"-LRB-": "(", "-RRB-": ")"}
EXPECTED = "expected a tree in brackets with a number from 0 to 4 on every word and phrase, such as (3 (2 a) (4 gem))"
EXTENSIONS = (".txt", "")


def is_tree_file(path: Path) -> bool:
    """Whether the file's first line that is not blank begins like a tree."""
    with path.open("rb") as file:
        start = file.read(4096).decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    return TREE.match(start) is not None


def read_file(path: Path, *, binary: bool = False) -> tuple[LabelledText, ...]:
    """The texts of a file of trees. InputError names the line."""
    return texts_of(lines_in(path), str(path), binary=binary)


def read_training(folder: Path, path: Path, *, binary: bool = False) -> tuple[LabelledText, ...]:
    """The texts of the training file, without those of the folder's dev file where it ends with these."""
    lines = _filled(lines_in(path))
    for other in find_files(folder, "validation", EXTENSIONS):
        dev = _filled(lines_in(other))
        if dev and lines[-len(dev) :] == dev:
            lines = lines[: -len(dev)]
    return texts_of(lines, str(path), binary=binary)


def texts_of(lines: Sequence[str], where: str, *, binary: bool = False) -> tuple[LabelledText, ...]:
    """A text for each tree; indices count the texts that are kept."""
    texts: list[LabelledText] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        whole, leaves = read_tree(line, f"{where}:{number}")
        if binary and POLARITIES[whole] == "neutral":
            continue
        label = POLARITIES[whole] if binary else CLASSES[whole]
        words = tuple(word for word, _ in leaves)
        texts.append(LabelledText(len(texts), words, label, tuple(POLARITIES[own] for _, own in leaves)))
    return tuple(texts)


def read_tree(line: str, where: str) -> tuple[int, list[tuple[str, int]]]:
    """The number of the whole, and each word with its own."""
    numbers: list[int] = []  # of the brackets that are open
    leaves: list[tuple[str, int]] = []
    tokens = TOKEN.findall(line)
    place, whole = 0, -1
    while place < len(tokens):
        token = tokens[place]
        if token == "(":
            number = tokens[place + 1] if place + 1 < len(tokens) else ""
            if number not in ("0", "1", "2", "3", "4") or (whole >= 0 and not numbers):
                raise InputError(f"{where}: {quoted(line)}; {EXPECTED}")
            whole = int(number) if whole < 0 else whole
            numbers.append(int(number))
            place += 1
        elif not numbers:
            raise InputError(f"{where}: {quoted(line)}; {EXPECTED}")
        elif token == ")":
            numbers.pop()
        else:
            leaves.append((UNESCAPED.get(token, token), numbers[-1]))
        place += 1
    if numbers or not leaves:
        raise InputError(f"{where}: {quoted(line)}; {EXPECTED}")
    return whole, leaves


def _filled(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.strip()]
