"""The templates, by split: those of validation and test are never seen in training, though they draw on the same phrases.

A file holds the templates whose mention A was meant for one family; which family a mention is in is nevertheless computed
from each sentence (`linearise.family`). Any sentence may have an opening (`@lead`) before the template.
"""

from liap.corpora.planted.templates import dependency, frame, neither, pairs

_FILES = (dependency, frame, neither, pairs)


def _lines(name: str) -> tuple[str, ...]:
    return tuple(f"@lead {line}" for file in _FILES for line in getattr(file, name).strip().splitlines())


TEMPLATES: dict[str, tuple[str, ...]] = {
    "train": _lines("TRAIN"),
    "validation": _lines("VALIDATION"),
    "test": _lines("TEST"),
}
