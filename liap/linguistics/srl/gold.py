"""The frames that the corpus itself carries."""

from __future__ import annotations

from collections.abc import Sequence

from liap.errors import InputError
from liap.linguistics.srl.frames import Settings
from liap.records import Frame, Parse, Sentence


def label(sentences: Sequence[Sentence], parses: Sequence[Parse], settings: Settings) -> list[tuple[Frame, ...]]:
    """Gold frames; InputError for the first sentence that has none on record (an empty record is fine)."""
    for sentence in sentences:
        if sentence.frames is None:
            raise InputError(
                f"sentence {sentence.index} of the corpus carries no frames, which --srl gold needs; "
                f"expected a corpus with semantic roles, or --srl archive, or --srl none"
            )
    return [sentence.frames for sentence in sentences]
