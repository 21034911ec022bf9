"""Semantic roles: sentences and their parses -> the frames of each sentence's predicates (PropBank, Palmer et al. 2005).

One file a backend, imported only when it is asked for; each has `open_labelling(settings)`, a context whose value labels sentences
and parses, call after call, with one model. `frames.py` holds what they share: the settings, which words are predicates, the cache.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import AbstractContextManager

from liap.errors import InputError
from liap.linguistics.srl.frames import Labelling, Settings
from liap.records import Frame, Parse, Sentence

BACKENDS = {
    "archive": "liap.linguistics.srl.archive",  # an AllenNLP SRL-BERT archive, read without AllenNLP
    "allennlp": "liap.linguistics.srl.allennlp",  # AllenNLP 2.10.1 itself, in an environment of its own
    "dependency": "liap.linguistics.srl.dependency_roles",  # read off the tree, where no labeller is at hand
    "gold": "liap.linguistics.srl.gold",  # the frames that the corpus carries
    "none": "liap.linguistics.srl.none",  # no frames
}


def label(
    sentences: Sequence[Sentence], parses: Sequence[Parse], backend: str, *, settings: Settings | None = None
) -> list[tuple[Frame, ...]]:
    """The frames of each sentence, in order of its predicates; a sentence too long for the labeller has none.

    Raises InputError for an unknown backend, and whatever the backend finds wrong with what it is given.
    """
    if len(sentences) != len(parses):
        raise ValueError(f"expected one parse a sentence, got {len(sentences)} sentences and {len(parses)} parses")
    with open_labelling(backend, settings or Settings()) as labelling:
        return labelling(sentences, parses)


def open_labelling(backend: str, settings: Settings) -> AbstractContextManager[Labelling]:
    """The same for call after call: what a backend loads is loaded once, and released at the end."""
    if backend not in BACKENDS:
        raise InputError(f"--srl: unknown role labeller {backend!r}; expected one of {', '.join(BACKENDS)}")
    return importlib.import_module(BACKENDS[backend]).open_labelling(settings)
