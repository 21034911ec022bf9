"""The templates, by split. Those of validation and test never occur in training, but all splits share the same phrases.

Each file holds the templates whose mention A is of one family, which the slot of its evidence declares. Any sentence may have an opening (`@lead`) before the template.
"""

from liap.corpora.planted.templates import dependency_family, frame_family, neither_family, pairs

_FILES = (dependency_family, frame_family, neither_family, pairs)


def _lines(name: str) -> tuple[str, ...]:
    return tuple(f"@lead {line}" for file in _FILES for line in getattr(file, name).strip().splitlines())


TEMPLATES: dict[str, tuple[str, ...]] = {
    "train": _lines("TRAIN"),
    "validation": _lines("VALIDATION"),
    "test": _lines("TEST"),
}
