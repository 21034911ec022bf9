"""What readers of corpus files share: which file of a folder holds a split, its lines, and the numbers of its documents."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from liap.corpora import SPLIT_NAMES
from liap.errors import InputError
from liap.files import read_text

LANGUAGE = "[a-z][a-z][a-z]."  # the original CoNLL files are called eng.train, deu.testa, ...
TREEBANK = ".conllu"  # Universal Dependencies calls its files en_ewt-ud-train.conllu, ...


def find_file(folder: Path, split: str, extensions: tuple[str, ...]) -> Path:
    """The folder's one file for the split. Raises InputError if there is none, or more than one."""
    files = find_files(folder, split, extensions)
    if len(files) > 1:
        names = ", ".join(file.name for file in files)
        raise InputError(f"{folder}: more than one file for the {split} split ({names}); keep one of them")
    if not files:
        names = SPLIT_NAMES[split]
        endings = ", ".join(extension for extension in extensions if extension)
        raise InputError(
            f"{folder}: no file for the {split} split; looked for {'|'.join(names)}, with or without {endings}, and for "
            f"eng.{names[-1]} and the like; rename one of the folder's files, or give another --corpus"
        )
    return files[0]


def find_files(folder: Path, split: str, extensions: tuple[str, ...]) -> list[Path]:
    """All files of the folder that are named after the split."""
    files = {folder / f"{name}{extension}" for name in SPLIT_NAMES[split] for extension in extensions}
    if "" in extensions:
        files |= {file for name in SPLIT_NAMES[split] for file in folder.glob(LANGUAGE + name)}
    if TREEBANK in extensions:
        files |= {file for name in SPLIT_NAMES[split] for file in folder.glob(f"*-{name}{TREEBANK}")}
    return sorted(file for file in files if file.is_file())


def lines_of(path: Path) -> list[str]:
    """The file's lines. They end in a line feed, with or without a carriage return; in a file without any line feed, in a
    carriage return alone."""
    text = read_text(path)
    end = "\r" if "\r" in text and "\n" not in text else "\n"
    return [line.removesuffix("\r") for line in text.split(end)]


def document_numbers(starts: Sequence[bool]) -> list[int]:
    """Each sentence's document, from whether it starts one. If none does, each sentence is a document."""
    if not any(starts):
        return list(range(len(starts)))
    return [number - starts[0] for number in accumulate(map(int, starts))]
