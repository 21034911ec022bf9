"""Parses and frames of the sentences to explain: a run's parser and role labeller, each loaded once, for call after call.

In: sentences with their mentions. Out: items for `liap.evaluation`, what the run's record says of them, and where the time went.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from liap.evaluation import Item
from liap.linguistics import srl
from liap.linguistics.dependency import Parser
from liap.linguistics.srl.frames import Labelling
from liap.records import Mention, Sentence


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """Items in the order of their sentences."""

    items: list[Item]
    too_long: frozenset[int]  # sentences that the role labeller does not take, by index
    seconds: dict[str, float]  # parse, roles

    def facts(self, items: Sequence[Item]) -> dict[str, object]:
        """What the run's record says of some of the items."""
        return {
            "scheme": items[0].parse.scheme,
            "frames": sum(len(item.frames) for item in items),
            "too_long": sum(item.sentence.index in self.too_long for item in items),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Annotator:
    """A parser and a role labelling."""

    parser: Parser
    labelling: Labelling
    too_long: set[int]  # what the labelling has called too long, by the sentence's index
    progress: bool = False

    def __call__(self, sentences: Sequence[Sentence], mentions: Sequence[tuple[Mention, ...]]) -> Annotated:
        """An item for each sentence and its mentions."""
        self.too_long.clear()
        began = time.perf_counter()
        parses = self.parser(sentences, self.progress)
        parsed = time.perf_counter()
        frames = self.labelling(sentences, parses)
        items = [Item(*one) for one in zip(sentences, mentions, parses, frames, strict=True)]
        seconds = {"parse": parsed - began, "roles": time.perf_counter() - parsed}
        return Annotated(items, frozenset(self.too_long), seconds)


@contextmanager
def open_annotator(given, *, progress: bool = False) -> Iterator[Annotator]:
    """The annotator that a script's settings ask for."""
    too_long: set[int] = set()
    cache = Path(given.cache) if given.cache else None
    settings = srl.Settings(
        archive=given.srl_archive,
        encoder=given.srl_encoder,
        environment=given.srl_environment,
        precision=given.srl_precision,
        cache=cache,
        progress=progress,
        on_too_long=too_long.add,
    )
    with srl.open_labelling(given.srl, settings) as labelling:
        yield Annotator(Parser(given.parser, cache=cache), labelling, too_long, progress)
