"""Data sets of the `datasets` library -> labelled texts: from the hub, a folder that the library saved, or parquet files.

1. A data set needs a column of texts (`text`, `sentence`, `content` or `tokens`) and one of classes (`label`, `coarse_label`, `label-coarse` or `sentiment`).
2. `tokens` are words already. A text whose every mark stands between blanks, as in SST and Rotten Tomatoes, is split at blanks; another by spaCy's rules.
   All texts of a split are split in the same way.
3. Classes are texts, or numbers that the data set's features name. Rows without a class (`-1`, as in GLUE's test split) are refused.
4. Without a dev split, the second of every ten training texts is dev, and no longer in training.
5. Names on the hub are those of `liap.corpora.datasets_library`, such as `stanfordnlp/imdb` or `cardiffnlp/tweet_eval:sentiment`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from liap.corpora.datasets_library import NoSplitError, hub_rows, parquet_rows, saved_rows
from liap.corpora.texts import training_part
from liap.corpora.texts.text_lines import label_name
from liap.corpora.texts.tokenised import words_in
from liap.errors import InputError, quoted
from liap.records import LabelledText

if TYPE_CHECKING:
    from datasets import Dataset

TEXTS = ("text", "sentence", "content", "tokens")
CLASSES = ("label", "coarse_label", "label-coarse", "sentiment")
MARKS = ".,!?;:"  # that stand alone in a text which is split into words


def read_hub(name: str, split: str) -> tuple[LabelledText, ...]:
    """The texts of a data set's split on the hub. InputError within ten seconds if the hub cannot be reached."""
    return _split(partial(hub_rows, name), split)


def read_folder(folder: Path, split: str) -> tuple[LabelledText, ...]:
    """The texts of a split, from what `save_to_disk` wrote or from parquet files. Raises InputError."""
    if (folder / "dataset_dict.json").exists() or (folder / "state.json").exists():
        return _split(partial(saved_rows, folder), split)
    if next(folder.rglob("*.parquet"), None):
        return _split(partial(parquet_rows, folder), split)
    raise InputError(
        f"{folder}: no file for the {split} split; expected train, dev and test files of `class text` lines or trees, all.txt, "
        "parquet files or a folder saved by `datasets`"
    )


def _split(rows_of: Callable[[str], tuple[Dataset, str]], split: str) -> tuple[LabelledText, ...]:
    """A split; without a dev split, as IMDB, part of the training split is dev."""
    if split == "test":
        return texts_of(*rows_of(split))
    try:
        dev = rows_of("validation")
    except NoSplitError:
        return training_part(texts_of(*rows_of("train")), split)
    return texts_of(*(dev if split == "validation" else rows_of(split)))


def texts_of(dataset: Dataset, where: str) -> tuple[LabelledText, ...]:
    """The rows of a split as labelled texts; rows without a word are left out."""
    texts, classes = _column(dataset, TEXTS, where), _column(dataset, CLASSES, where)
    rows = dataset.select_columns([texts, classes]).with_format(None)[:]
    names = getattr(dataset.features[classes], "names", None)
    split = _splitter(rows[texts])
    answers: list[LabelledText] = []
    for number, (text, label) in enumerate(zip(rows[texts], rows[classes], strict=True)):
        words = split(text or "")
        if words:
            answers.append(LabelledText(len(answers), words, _label(label, names, f"{where}, row {number}")))
    return tuple(answers)


def _column(dataset: Dataset, known: Sequence[str], where: str) -> str:
    for name in known:
        if name in dataset.column_names:
            return name
    raise InputError(f"{where}: no column {'|'.join(known)}; it has {', '.join(dataset.column_names)}")


def _splitter(texts: Sequence[str | list[str]]):
    if any(isinstance(text, list) for text in texts):
        return lambda words: tuple(map(str, words))
    joined = [text for text in texts if text]
    if joined and all(not _has_joined_mark(text) for text in joined):
        return lambda text: tuple(text.split())
    return words_in


def _has_joined_mark(text: str) -> bool:
    """Whether a word ends with a mark, as in running text: `good.`"""
    return any(len(word) > 1 and word[-1] in MARKS and word[-2].isalnum() for word in text.split())


def _label(label: object, names: Sequence[str] | None, where: str) -> str:
    if isinstance(label, int) and names is not None and 0 <= label < len(names):
        label = names[label]
    elif isinstance(label, int) and label >= 0:
        label = str(label)
    if not isinstance(label, str) or not label.strip():
        raise InputError(
            f"{where}: the class {quoted(label)} has no name; expected texts, or numbers that the features name"
        )
    return label_name(label.strip().replace(" ", "_"))
