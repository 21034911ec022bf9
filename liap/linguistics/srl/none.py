"""No roles: what needs a frame is then undefined (`uncovered`), and the rest runs without a role labeller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from liap.linguistics.srl.frames import Labelling, Settings


@contextmanager
def open_labelling(settings: Settings) -> Iterator[Labelling]:
    """An empty tuple a sentence."""
    yield lambda sentences, parses: [()] * len(sentences)
