"""Corpora: files, a hub or a generator -> sentences with gold tags.

A corpus is named by
- a folder of column files (`columns`), of JSON lines with parses and frames (`jsonl`), or saved by `datasets` (`hub`);
- the name of a data set on the hub, such as `eriktks/conll2003`, for which `conll2003` is short (`hub`);
- `planted`, which is generated (`planted`); a folder of that name is `./planted`.
"""

from __future__ import annotations

from pathlib import Path

from liap.errors import InputError
from liap.records import Sentence

DEFAULT = "eriktks/conll2003"
PLANTED = "planted"
SPLITS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "dev": "validation",
    "testa": "validation",
    "test": "test",
    "testb": "test",
}


def load(corpus: str, split: str, *, limit: int = 0) -> tuple[Sentence, ...]:
    """The first `limit` sentences (0: all) of a corpus's split, tags in IOB2. Raises InputError.

    Indices, documents and the tag scheme do not depend on the limit.
    """
    if split not in SPLITS:
        raise InputError(f"split {split!r}: expected one of {', '.join(SPLITS)}")
    if limit < 0:
        raise InputError(f"limit on sentences: expected 0 (all) or more, got {limit}")
    sentences = _read(corpus, SPLITS[split])
    return sentences[:limit] if limit else sentences


def _read(corpus: str, split: str) -> tuple[Sentence, ...]:
    if corpus == PLANTED:
        from liap.corpora import planted

        return planted.sentences(split)
    if not corpus:
        raise InputError("corpus: no name given; expected a folder, the name of a data set on the hub, or planted")
    folder = Path(corpus).expanduser()
    if folder.is_dir():
        return _read_folder(folder, split)
    if folder.exists():
        raise InputError(f"corpus {corpus!r} is a file; expected its folder, or the name of a data set on the hub")
    if folder.is_absolute() or corpus.startswith((".", "~")) or corpus.count("/") > 1:
        raise InputError(
            f"corpus {corpus!r}: no such folder; expected one with train, valid|dev|testa and test|testb files "
            f"(.txt, .conll, .tsv, .iob or .jsonl), one saved by `datasets`, the name of a data set on the hub, or planted"
        )
    from liap.corpora.hub import read_hub

    return read_hub(corpus, split)


def _read_folder(folder: Path, split: str) -> tuple[Sentence, ...]:
    """What the folder holds tells its kind; column files come first."""
    from liap.corpora import columns, hub, jsonl

    if (folder / "dataset_dict.json").exists() or (folder / "state.json").exists():
        return hub.read_saved(folder, split)
    if not columns.find_files(folder, split):
        if columns.find_files(folder, split, (jsonl.EXTENSION,)):
            return jsonl.read_jsonl(folder, split)
        if next(folder.rglob("*.parquet"), None):
            return hub.read_parquet(folder, split)
    return columns.read_columns(folder, split)
