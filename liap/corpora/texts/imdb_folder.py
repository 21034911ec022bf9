"""IMDB's folder -> labelled texts: `train/pos/*.txt`, `train/neg/*.txt`, and the same of `test` (Maas et al. 2011).

1. A file is a review. Its words are found by spaCy's rules; `<br />` is white space.
2. The corpus has no dev split: every tenth training review is one, and no longer in training.
"""

from __future__ import annotations

from pathlib import Path

from liap.corpora.texts.tokenised import words_in
from liap.errors import InputError
from liap.files import read_text
from liap.records import LabelledText

FOLDERS = {"pos": "positive", "neg": "negative"}
EVERY = 10


def is_imdb(folder: Path) -> bool:
    """Whether the folder has reviews of both classes for training."""
    return all((folder / "train" / name).is_dir() for name in FOLDERS)


def read_folder(folder: Path, split: str) -> tuple[LabelledText, ...]:
    """The reviews of a split, classes in turn. Raises InputError."""
    source = folder / ("test" if split == "test" else "train")
    by_class = []
    for name in FOLDERS:
        files = sorted((source / name).glob("*.txt"))
        if split != "test":
            files = [file for place, file in enumerate(files) if (place % EVERY == 0) == (split == "validation")]
        if not files:
            raise InputError(f"{source / name}: no review for the {split} split; expected .txt files")
        by_class.append([(file, FOLDERS[name]) for file in files])
    longest = max(map(len, by_class))
    ordered = [files[place] for place in range(longest) for files in by_class if place < len(files)]
    texts = [(words_in(read_text(file)), label) for file, label in ordered]
    return tuple(
        LabelledText(index, words, label) for index, (words, label) in enumerate((w, y) for w, y in texts if w)
    )
