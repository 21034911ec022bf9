"""Semantic roles: sentences and their parses -> the frames of each sentence's predicates (PropBank, Palmer et al. 2005).

A backend is either a function that labels by itself, or a module that is imported when it is asked for. Such a module has
`open_labelling(settings)`, a context that loads one model for call after call, and `identity(settings)`, which says what the
frames depend on. `frames.py` holds what they share: the settings, which words are predicates, the cache.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from liap.errors import InputError
from liap.linguistics.srl.dependency_roles import label_by_rules
from liap.linguistics.srl.frames import Labelling, Settings
from liap.records import Frame, Parse, Sentence


def gold_frames(sentences: Sequence[Sentence], parses: Sequence[Parse]) -> list[tuple[Frame, ...]]:
    """The corpus's own frames. InputError for a sentence without a list of frames; an empty list is fine."""
    for sentence in sentences:
        if sentence.frames is None:
            raise InputError(
                f"sentence {sentence.index} of the corpus carries no frames, which --srl gold needs; "
                f"expected a corpus with semantic roles, or --srl archive, or --srl none"
            )
    return [sentence.frames for sentence in sentences]


def no_frames(sentences: Sequence[Sentence], parses: Sequence[Parse]) -> list[tuple[Frame, ...]]:
    """No frames, for runs without a role labeller. Masks that need a frame are then undefined (`uncovered`)."""
    return [()] * len(sentences)


MODULES = {
    "archive": "liap.linguistics.srl.archive",  # an AllenNLP SRL-BERT archive, read without AllenNLP
    "allennlp": "liap.linguistics.srl.allennlp",  # AllenNLP 2.10.1 itself, in an environment of its own
}
FUNCTIONS: dict[str, Labelling] = {
    "dependency": label_by_rules,  # rules on the dependency tree, for when there is no trained labeller
    "gold": gold_frames,
    "none": no_frames,
}
BACKENDS = (*MODULES, *FUNCTIONS)


def label(
    sentences: Sequence[Sentence], parses: Sequence[Parse], backend: str, *, settings: Settings | None = None
) -> list[tuple[Frame, ...]]:
    """The frames of each sentence, in order of its predicates. A sentence too long for the labeller has none.

    Raises InputError for an unknown backend, and for whatever the backend finds wrong with its files.
    """
    if len(sentences) != len(parses):
        raise ValueError(f"expected one parse per sentence, got {len(sentences)} sentences and {len(parses)} parses")
    with open_labelling(backend, settings or Settings()) as labelling:
        return [frames or () for frames in labelling(sentences, parses)]


def open_labelling(backend: str, settings: Settings) -> AbstractContextManager[Labelling]:
    """A labelling for call after call. The backend loads its model once, and releases it at the end."""
    module = _module(backend)
    return module.open_labelling(settings) if module else nullcontext(FUNCTIONS[backend])


def identity(backend: str, settings: Settings) -> dict[str, str]:
    """What the backend's frames depend on, besides sentences and parses: digests of files, versions, settings."""
    module = _module(backend)
    return {"srl": backend} | (module.identity(settings) if module else {})


def _module(backend: str):
    """The backend's module; None if the backend is a function."""
    if backend not in BACKENDS:
        raise InputError(f"--srl: unknown role labeller {backend!r}; expected one of {', '.join(BACKENDS)}")
    return importlib.import_module(MODULES[backend]) if backend in MODULES else None
