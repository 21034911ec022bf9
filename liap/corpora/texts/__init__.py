"""Text classification corpora: files or the `datasets` library -> labelled texts.

`load_texts` takes the name of a corpus:
- a folder with a file for each split, or one such file: lines of a class and its text (`text_lines`), trees of the Stanford
  Sentiment Treebank (`sentiment_trees`), or tweets in SemEval 2013's format (`semeval`); what is in the file decides;
- a folder with one file `all.txt`, whose texts are divided among the splits: of every ten the first goes to test, the second to dev;
- a folder without a dev file: the second of every ten training texts is the dev split, and no longer in training;
- IMDB's folder: `train/pos/*.txt`, `train/neg/*.txt` and the same of `test` (`imdb_folder`);
- what the `datasets` library saved, a folder of parquet files, or a data set on the hub (`text_sets`).

Behind the name may stand `:binary`: trees of the five classes then give two, without the neutral ones, as SST-2 has them.
`labelled_sentences` are the same texts as sentences with one mention each, the pseudo-word `[CLS]` in front, for everything that explains mentions.
"""

from __future__ import annotations

from pathlib import Path

from liap.corpora import SPLITS
from liap.corpora.split_files import find_file, find_files
from liap.errors import InputError
from liap.records import LabelledText, Sentence

BINARY = "binary"
WHOLE = "all.txt"
EXTENSIONS = (".txt", ".tsv", "")
FOLDS = 10  # of a corpus without splits
EXPECTED = (
    "expected a folder with train, dev and test files, one with all.txt, IMDB's folder, one saved by `datasets`, a file, "
    "or the name of a data set on the hub"
)


def load_texts(corpus: str, split: str, *, limit: int = 0) -> tuple[LabelledText, ...]:
    """The first `limit` texts (0: all) of a corpus's split. Raises InputError.

    A corpus that is a single file is read whole, whatever the split.
    """
    if split not in SPLITS:
        raise InputError(f"split {split!r}: expected one of {', '.join(SPLITS)}")
    if limit < 0:
        raise InputError(f"limit on texts: expected 0 (all) or more, got {limit}")
    path, binary = _named(corpus)
    texts = _read(path, corpus, SPLITS[split], binary)
    if not texts:
        raise InputError(f"corpus {corpus!r}: its {split} split has no text; expected some")
    return texts[:limit] if limit else texts


def labelled_sentences(corpus: str, split: str, *, limit: int = 0) -> tuple[Sentence, ...]:
    """The texts of `load_texts` as sentences whose mention is the pseudo-word in front."""
    return tuple(text.sentence for text in load_texts(corpus, split, limit=limit))


def classes_of(texts: tuple[LabelledText, ...]) -> tuple[str, ...]:
    """The classes, in alphabetical order. InputError for fewer than two."""
    classes = tuple(sorted({text.label for text in texts}))
    if len(classes) < 2:
        raise InputError(f"--corpus: its texts have the classes {', '.join(classes) or 'none'}; expected two or more")
    return classes


def _named(corpus: str) -> tuple[Path, bool]:
    name, colon, choice = corpus.rpartition(":")
    if colon and choice == BINARY:
        return Path(name).expanduser(), True
    return Path(corpus).expanduser(), False


def _read(path: Path, corpus: str, split: str, binary: bool) -> tuple[LabelledText, ...]:
    from liap.corpora.texts import imdb_folder, sentiment_trees

    if not corpus:
        raise InputError(f"corpus: no name given; {EXPECTED}")
    if path.is_file():
        return _read_file(path, binary, path.parent.name)
    if not path.is_dir():
        return _read_library(path, corpus, split)
    if imdb_folder.is_imdb(path):
        return imdb_folder.read_folder(path, split)
    if (path / WHOLE).is_file():
        texts = _read_file(path / WHOLE, binary, path.name)
        return tuple(text for text in texts if _fold(text.index) == split)
    without_dev = split != "test" and not find_files(path, "validation", EXTENSIONS)
    if not find_files(path, "train" if without_dev else split, EXTENSIONS):
        return _read_library(path, corpus, split)
    if without_dev:
        texts = _read_file(find_file(path, "train", EXTENSIONS), binary, path.name)
        return training_part(texts, split)
    file = find_file(path, split, EXTENSIONS)
    if split == "train" and sentiment_trees.is_tree_file(file):
        return sentiment_trees.read_training(path, file, binary=binary)
    return _read_file(file, binary, path.name)


def _read_file(path: Path, binary: bool, name: str) -> tuple[LabelledText, ...]:
    from liap.corpora.texts import semeval, sentiment_trees, text_lines

    if sentiment_trees.is_tree_file(path):
        return sentiment_trees.read_file(path, binary=binary)
    if binary:
        raise InputError(
            f"{path}:{BINARY}: only trees of sentiment have five classes to be made two; leave :{BINARY} out"
        )
    if semeval.is_semeval_file(path):
        return semeval.read_file(path)
    return text_lines.read_file(path, name)


def _read_library(path: Path, corpus: str, split: str) -> tuple[LabelledText, ...]:
    from liap.corpora.texts import text_sets

    if path.exists():
        return text_sets.read_folder(path, split)
    if path.is_absolute() or corpus.startswith((".", "~")) or corpus.count("/") > 1:
        raise InputError(f"corpus {corpus!r}: no such folder; {EXPECTED}")
    return text_sets.read_hub(corpus, split)


def training_part(texts: tuple[LabelledText, ...], split: str) -> tuple[LabelledText, ...]:
    """Training texts of a corpus without a dev split: those that are its dev split, or the others."""
    return tuple(text for text in texts if (_fold(text.index) == "validation") == (split == "validation"))


def _fold(index: int) -> str:
    """The split of a text of a corpus without splits: the first of every ten to test, the second to validation."""
    return {0: "test", 1: "validation"}.get(index % FOLDS, "train")
