"""Corpora: files, the hub, a generator or raw text -> sentences.

`load` takes the name of a corpus:
- a folder with a file for each split: column files (`column_files`), JSON (`jsonl`), CoNLL-U (`conllu`), CSV or TSV (`csv_files`),
  parquet or what the `datasets` library saved (`datasets_library`);
- one such file, or one of human triggers (`triggers`);
- a data set on the hub, such as `eriktks/conll2003`, or `conll2003` for short (`datasets_library`);
- `planted`, the generated corpus (`planted`), or `ewt`, sentences of the English Web Treebank that the package holds (`ewt/README.md`).
  A folder of such a name is `./planted`;
- `texts:` and the name of a text classification corpus (`texts`), whose texts are sentences with one mention, the pseudo-word `[CLS]` in front.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from liap.corpora.raw_text import from_text as from_text
from liap.errors import InputError
from liap.files import digest_of
from liap.records import Sentence

DEFAULT = "eriktks/conll2003"
PLANTED = "planted"
EWT = "ewt"
TEXTS = "texts:"  # before the name of a text classification corpus
EWT_FOLDER = Path(__file__).parent / "ewt"
SPLIT_NAMES = {  # the first is LIAP's own
    "train": ("train",),
    "validation": ("validation", "valid", "dev", "testa"),
    "test": ("test", "testb"),
}
SPLITS = {name: split for split, names in SPLIT_NAMES.items() for name in names}


def load(corpus: str, split: str, *, limit: int = 0) -> tuple[Sentence, ...]:
    """The first `limit` sentences (0: all) of a corpus's split, with tags in IOB2. Raises InputError.

    The limit changes neither indices nor documents nor the tag scheme that is detected. A corpus that is a single file is read
    whole, whatever the split (see `holds_one_split`).
    """
    if split not in SPLITS:
        raise InputError(f"split {split!r}: expected one of {', '.join(SPLITS)}")
    if limit < 0:
        raise InputError(f"limit on sentences: expected 0 (all) or more, got {limit}")
    sentences = _read(corpus, SPLITS[split])
    return sentences[:limit] if limit else sentences


def load_splits(corpus: str, *, train: int = 0, dev: int = 0, test: int = 0) -> tuple[tuple[Sentence, ...], ...]:
    """The first so many sentences (0: all) of the training, dev and test split. Raises InputError."""
    limits = {"train": train, "validation": dev, "test": test}
    return tuple(load(corpus, split, limit=limit) for split, limit in limits.items())


def holds_one_split(corpus: str) -> bool:
    """Whether the corpus is a single file or a single saved `Dataset`: `load` then gives the same sentences for every split."""
    path = Path(corpus).expanduser()
    if corpus in ("", PLANTED, EWT):
        return False
    return path.is_file() or (path.is_dir() and _is_saved(path) and not (path / "dataset_dict.json").exists())


def digest_of_sentences(sentences: Iterable[Sentence]) -> str:
    """A digest of everything that a corpus says: words, gold tags, documents, parses, frames and evidence, in order."""
    return digest_of(json.dumps(sentence, default=_values) for sentence in sentences)


def _values(record: object) -> list[object]:
    """A record's fields, for JSON."""
    return [getattr(record, field.name) for field in fields(record)]


def _read(corpus: str, split: str) -> tuple[Sentence, ...]:
    if corpus == PLANTED:
        from liap.corpora import planted

        return planted.sentences(split)
    if corpus == EWT:
        return _read_folder(EWT_FOLDER, split)
    if corpus.startswith(TEXTS):
        from liap.corpora.texts import labelled_sentences

        return labelled_sentences(corpus.removeprefix(TEXTS), split)
    if not corpus:
        raise InputError("corpus: no name given; expected a folder, the name of a data set on the hub, planted or ewt")
    path = Path(corpus).expanduser()
    if path.is_dir():
        return _read_folder(path, split)
    if path.is_file():
        return _read_file(path)
    if path.exists():
        raise InputError(
            f"corpus {corpus!r} is neither a file nor a folder; expected one of them, or a name on the hub"
        )
    if path.is_absolute() or corpus.startswith((".", "~")) or corpus.count("/") > 1:
        raise InputError(
            f"corpus {corpus!r}: no such folder; expected one with train, valid|dev|testa and test|testb files "
            f"(.txt, .conll, .tsv, .iob, .jsonl, .json, .conllu or .csv), one saved by `datasets`, a file, the name of a data set "
            f"on the hub, planted or ewt"
        )
    from liap.corpora.datasets_library import read_hub

    return read_hub(corpus, split)


def _read_folder(folder: Path, split: str) -> tuple[Sentence, ...]:
    """Read a folder by the files in it. If the split has files in several formats, the first in this order counts."""
    from liap.corpora import column_files, conllu, csv_files, datasets_library, jsonl
    from liap.corpora.split_files import find_file, find_files

    if _is_saved(folder):
        return datasets_library.read_saved(folder, split)
    others = (jsonl.EXTENSION, jsonl.LIST_EXTENSION, conllu.EXTENSION, csv_files.EXTENSION)
    for extensions in (column_files.EXTENSIONS, *((extension,) for extension in others)):
        if find_files(folder, split, extensions):
            return _read_file(find_file(folder, split, extensions))
    if next(folder.rglob("*.parquet"), None):
        return datasets_library.read_parquet(folder, split)
    return _read_file(find_file(folder, split, (*column_files.EXTENSIONS, *others)))


def _read_file(path: Path) -> tuple[Sentence, ...]:
    """Read one file by its extension. A file of any other name is a column file, or one of human triggers."""
    from liap.corpora import column_files, conllu, csv_files, jsonl, triggers

    readers = {".jsonl": jsonl, ".json": jsonl, ".conllu": conllu, ".csv": csv_files, ".tsv": csv_files}
    reader = readers.get(path.suffix.lower()) or (triggers if triggers.is_trigger_file(path) else column_files)
    return reader.read_file(path)


def _is_saved(folder: Path) -> bool:
    """Whether the `datasets` library saved the folder."""
    return (folder / "dataset_dict.json").exists() or (folder / "state.json").exists()
