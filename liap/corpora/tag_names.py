"""The names of numbered tags, from a file beside a corpus file.

The file is `features.json` or, as the `datasets` library calls it, `dataset_info.json`. It maps `ner_tags` (or `tags`) to the names,
in the order of their numbers: to a list, or to an object that holds the list under `names`, as the library writes its features.
"""

from __future__ import annotations

import json
from pathlib import Path

from liap.errors import InputError, first_line
from liap.files import read_text

SIDE_FILES = ("features.json", "dataset_info.json")
KEYS = ("ner_tags", "tags")


def tag_names(folder: Path) -> tuple[str, ...]:
    """The names by number; empty if the folder has no such file. Raises InputError."""
    path = next((folder / name for name in SIDE_FILES if (folder / name).is_file()), None)
    if path is None:
        return ()
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not JSON ({first_line(error)}); expected {_expected()}") from None
    features = content.get("features", content) if isinstance(content, dict) else None
    names = _names(
        next((features[key] for key in KEYS if key in features), None) if isinstance(features, dict) else None
    )
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"{path}: no names of tags; expected {_expected()}")
    return tuple(names)


def _names(feature: object) -> list[object]:
    """The list of names in a feature as the library writes it: a list of class labels, or the names alone."""
    if isinstance(feature, list) and len(feature) == 1 and isinstance(feature[0], dict):
        feature = feature[0]
    while isinstance(feature, dict) and ("feature" in feature or "names" in feature):
        feature = feature["feature"] if "feature" in feature else feature["names"]
    if isinstance(feature, dict):  # number -> name
        feature = [feature.get(str(number)) for number in range(len(feature))]
    return feature if isinstance(feature, list) else []


def _expected() -> str:
    return '{"ner_tags": ["O", "B-PER", ...]}, the names in the order of their numbers'
