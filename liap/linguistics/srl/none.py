"""No roles: what needs a frame is then undefined (`uncovered`), and the rest runs without a role labeller."""

from __future__ import annotations

from collections.abc import Sequence

from liap.linguistics.srl.frames import Settings
from liap.records import Frame, Parse, Sentence


def label(sentences: Sequence[Sentence], parses: Sequence[Parse], settings: Settings) -> list[tuple[Frame, ...]]:
    """An empty tuple a sentence."""
    return [()] * len(sentences)
