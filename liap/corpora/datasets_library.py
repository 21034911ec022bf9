"""Data sets of the `datasets` library -> sentences: from the hub, from a folder that the library saved, or from parquet files.

A data set needs a column of words (`tokens`) and one of tags (`ner_tags`). Tags are strings, or numbers that the data set's
features name.

1. A hub name is `owner/name` or `name`, followed by `:configuration` if the data set has several.
2. `datasets` has run no scripts since version 4. A data set that a script defines, such as CoNLL-2003, is read from the
   parquet revision that the hub makes of it.
3. If the hub cannot be reached, the library's own cache is used. It cannot tell the configurations of a scripted data set
   apart: save those in a folder.
4. A row that holds only the word `-DOCSTART-` starts a document and is not a sentence, as in column files.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from liap.corpora import SPLIT_NAMES
from liap.corpora.tags import detect_scheme, parse_tag, to_iob2
from liap.errors import InputError
from liap.hub import REPOSITORY_NAME, reach_hub
from liap.records import Sentence

if TYPE_CHECKING:
    from datasets import Dataset

ALIASES = {"conll2003": "eriktks/conll2003"}
PARQUET_REVISION = "refs/convert/parquet"
SCRIPTED = ("eriktks/conll2003",)  # known to be defined by a script, so the hub need not be asked
HUB_NAME = re.compile(rf"(?P<repository>{REPOSITORY_NAME.pattern})(?::(?P<configuration>[\w.-]+))?", re.ASCII)
WORDS, TAGS = "tokens", "ner_tags"


class NoSplitError(InputError):
    """A data set lacks the split that is asked for."""


def read_hub(name: str, split: str) -> tuple[Sentence, ...]:
    """Every sentence of a data set's split on the hub. Raises InputError, within ten seconds if the hub cannot be reached."""
    return _read_rows(*hub_rows(name, split))


def hub_rows(name: str, split: str) -> tuple[Dataset, str]:
    """The rows of a data set's split on the hub, and what messages call them; InputError as for `read_hub`."""
    match = HUB_NAME.fullmatch(name)
    if not match:
        raise InputError(
            f"corpus {name!r}: no such folder, and not a hub name (owner/name or owner/name:configuration)"
        )
    repository = ALIASES.get(match["repository"], match["repository"])
    try:
        reach_hub(f"the corpus {repository!r} (no folder of that name)")
    except InputError:
        splits = _from_cache(repository, match["configuration"])
        if splits is None:
            raise
    else:
        splits = _from_hub(repository, match["configuration"])
    return _rows_of_split(splits, split, name)


def read_saved(folder: Path, split: str) -> tuple[Sentence, ...]:
    """Every sentence of a split, from what `save_to_disk` wrote: a `DatasetDict`, or one `Dataset`, which is then the split.

    Raises InputError.
    """
    return _read_rows(*saved_rows(folder, split))


def saved_rows(folder: Path, split: str) -> tuple[Dataset, str]:
    """The rows of a split, from what `save_to_disk` wrote, and what messages call them; InputError as for `read_saved`."""
    from datasets import DatasetDict, load_from_disk

    with _errors_in_one_line(str(folder)):
        saved = load_from_disk(str(folder))
    if not isinstance(saved, DatasetDict):
        return saved, str(folder)
    return _rows_of_split(dict(saved), split, str(folder))


def read_parquet(folder: Path, split: str) -> tuple[Sentence, ...]:
    """Every sentence of a split, from a folder whose parquet files or subfolders are named after the splits."""
    return _read_rows(*parquet_rows(folder, split))


def parquet_rows(folder: Path, split: str) -> tuple[Dataset, str]:
    """The rows of a split in such a folder, and what messages call them. Raises InputError."""
    from datasets import load_dataset

    with _errors_in_one_line(str(folder)):
        splits = load_dataset(str(folder.resolve()))
    return _rows_of_split(dict(splits), split, str(folder))


def _from_hub(repository: str, configuration: str | None) -> dict[str, Dataset]:
    from datasets import load_dataset
    from huggingface_hub import HfApi

    with _errors_in_one_line(repository):
        # Ask first: `load_dataset` refuses a script only after looking for any configuration in its cache.
        script = f"{repository.split('/')[-1]}.py"
        if repository in SCRIPTED or HfApi().file_exists(repository, script, repo_type="dataset"):
            _check_configuration(repository, configuration)
            return dict(load_dataset(repository, data_dir=configuration, revision=PARQUET_REVISION))
        return dict(load_dataset(repository, configuration))


def _check_configuration(repository: str, configuration: str | None) -> None:
    """Each configuration is a folder of the parquet revision; without a choice all of them would be read as one."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFolder

    tree = HfApi().list_repo_tree(repository, revision=PARQUET_REVISION, repo_type="dataset")
    folders = [entry.path for entry in tree if isinstance(entry, RepoFolder)]
    if configuration not in folders and (configuration or len(folders) > 1):
        raise InputError(
            f"corpus {repository!r}: expected one of its configurations, such as {repository}:{folders[0]}; "
            f"it has {', '.join(folders)}"
        )


def _from_cache(repository: str, configuration: str | None) -> dict[str, Dataset] | None:
    """What the library prepared while the hub could be reached, or None. The library itself reports that it reads its cache."""
    from datasets.packaged_modules.cache.cache import Cache

    with contextlib.suppress(ValueError, OSError):
        cached = Cache(
            repo_id=repository,
            dataset_name=repository.split("/")[-1],
            config_name=configuration,
            version="auto",
            hash="auto",
        )
        return dict(cached.as_dataset())
    return None


def _rows_of_split(splits: dict[str, Dataset], split: str, where: str) -> tuple[Dataset, str]:
    present = [name for name in SPLIT_NAMES[split] if name in splits]
    if not present:
        raise NoSplitError(
            f"{where}: no {split} split; it has {', '.join(map(str, splits))}, expected {'|'.join(SPLIT_NAMES[split])}"
        )
    return splits[present[0]], f"{where}, {present[0]} split"


def _read_rows(dataset: Dataset, where: str) -> tuple[Sentence, ...]:
    missing = [column for column in (WORDS, TAGS) if column not in dataset.column_names]
    if missing:
        raise InputError(
            f"{where}: no column {missing[0]!r}; expected {WORDS!r} (words) and {TAGS!r} (tags), "
            f"it has {', '.join(dataset.column_names)}"
        )
    word_type = getattr(getattr(dataset.features[WORDS], "feature", None), "dtype", "")
    if word_type not in ("string", "large_string", "null"):  # null: no row has a word
        raise InputError(f"{where}: {WORDS!r} is {dataset.features[WORDS]}; expected lists of strings, one per word")
    names = getattr(getattr(dataset.features[TAGS], "feature", None), "names", None)
    rows = dataset.select_columns([WORDS, TAGS]).with_format(None)[:]
    return _sentences(rows[WORDS], rows[TAGS], names=names, where=where)


def _sentences(
    words: list[list[str]], tags: list[list[int | str]], *, names: Sequence[str] | None, where: str
) -> tuple[Sentence, ...]:
    """Sentences from a split's rows, with tags in IOB2."""
    rows = []
    document, has_documents = 0, False
    for row, (row_words, row_tags) in enumerate(zip(words, tags, strict=True)):
        if not row_words:
            continue
        if row_words == ["-DOCSTART-"]:
            document += bool(rows)
            has_documents = True
            continue
        rows.append((document, _checked(row_words, row_tags, names=names, where=f"{where}, row {row}")))
    if not rows:
        raise InputError(f"{where}: no sentence; expected rows with {WORDS!r} and {TAGS!r}")
    scheme = detect_scheme([row_tags for _, (_, row_tags) in rows])
    return tuple(
        Sentence(
            index=index,
            document=document if has_documents else index,
            words=row_words,
            tags=to_iob2(row_tags, scheme),
        )
        for index, (document, (row_words, row_tags)) in enumerate(rows)
    )


def _checked(
    words: list[str], tags: list[int | str] | None, *, names: Sequence[str] | None, where: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A row's words and its tags as strings. Raises InputError with the row."""
    if tags is None or len(words) != len(tags):
        raise InputError(f"{where}: {len(words)} words but {len(tags or ())} tags; expected one per word")
    if not all(words):  # empty or missing
        raise InputError(f"{where}: word {[bool(word) for word in words].index(False)} is empty")
    strings = []
    for tag in tags:
        if isinstance(tag, int) and names is not None and 0 <= tag < len(names):
            tag = names[tag]
        if not isinstance(tag, str):
            raise InputError(
                f"{where}: the tag {tag!r} has no name; expected strings, or numbers whose names the features hold"
            )
        try:
            parse_tag(tag)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        strings.append(tag)
    return tuple(words), tuple(strings)


@contextlib.contextmanager
def _errors_in_one_line(what: str) -> Iterator[None]:
    """Turn whatever the libraries raise for a missing, gated, broken or unsuitable data set into an InputError."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # errors of network, files, Arrow and configuration share no other base
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"corpus {what!r} cannot be read: {reason}; expected a data set with {WORDS!r} and {TAGS!r} "
            f"(name:configuration if it has several), or a local folder"
        ) from error
