"""Semantic roles: sentences and their parses -> the frames of each sentence's predicates (PropBank, Palmer et al. 2005).

One file a backend; each has `label(sentences, parses, settings) -> list[tuple[Frame, ...]]`, and is imported only when
it is asked for. `frames.py` holds what they share: the settings, which words are predicates, the cache.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from liap.errors import InputError
from liap.linguistics.srl.frames import Settings
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
    if backend not in BACKENDS:
        raise InputError(f"--srl: unknown role labeller {backend!r}; expected one of {', '.join(BACKENDS)}")
    if len(sentences) != len(parses):
        raise ValueError(f"expected one parse a sentence, got {len(sentences)} sentences and {len(parses)} parses")
    return importlib.import_module(BACKENDS[backend]).label(sentences, parses, settings or Settings())
