"""The frames that the corpus itself carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from liap.errors import InputError
from liap.linguistics.srl.frames import Labelling, Settings
from liap.records import Frame, Parse, Sentence


@contextmanager
def open_labelling(settings: Settings) -> Iterator[Labelling]:
    """The corpus's frames; see `liap.linguistics.srl.label`."""
    yield _label


def _label(sentences: Sequence[Sentence], parses: Sequence[Parse]) -> list[tuple[Frame, ...]]:
    """Gold frames; InputError for the first sentence that has none on record (an empty record is fine)."""
    for sentence in sentences:
        if sentence.frames is None:
            raise InputError(
                f"sentence {sentence.index} of the corpus carries no frames, which --srl gold needs; "
                f"expected a corpus with semantic roles, or --srl archive, or --srl none"
            )
    return [sentence.frames for sentence in sentences]
