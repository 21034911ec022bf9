"""Parses and frames for the sentences to explain. A run loads its parser and role labeller once.

In: chunks of sentences, with the mentions in each. Out: an `Item` per sentence, what the run's record says about them, and the
seconds spent. A chunk's items depend on that chunk alone, never on what was annotated before it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from liap.linguistics import dependency, srl
from liap.linguistics.dependency import Parser
from liap.linguistics.srl.frames import Labelling
from liap.records import Frame, Mention, Parse, Sentence
from liap.settings import NO_PARSER, AnnotationSettings


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A sentence, the mentions to explain in it, and its structure: `parse` is None in a run without a parser."""

    sentence: Sentence
    mentions: tuple[Mention, ...]
    parse: Parse | None
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """Items in the order of their sentences."""

    items: list[Item]
    too_long: frozenset[int]  # indices of the sentences that exceed the role labeller's limit
    seconds: dict[str, float]  # by step: parse, roles

    def facts(self, items: Sequence[Item]) -> dict[str, object]:
        """What the run's record says about some of the items."""
        return {
            "scheme": items[0].parse.scheme,
            "frames": sum(len(item.frames) for item in items),
            "too_long": sum(item.sentence.index in self.too_long for item in items),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Annotator:
    """A parser and a role labeller."""

    parser: Parser
    labelling: Labelling
    progress: bool = False

    def __call__(self, sentences: Sequence[Sentence], mentions: Sequence[tuple[Mention, ...]]) -> Annotated:
        """An item for each sentence and its mentions."""
        began = time.perf_counter()
        parses = self.parser(sentences, self.progress)
        parsed = time.perf_counter()
        labelled = self.labelling(sentences, parses)
        seconds = {"parse": parsed - began, "roles": time.perf_counter() - parsed}
        rows = list(zip(sentences, mentions, parses, labelled, strict=True))
        items = [Item(sentence, inside, parse, frames or ()) for sentence, inside, parse, frames in rows]
        too_long = frozenset(sentence.index for sentence, _, _, frames in rows if frames is None)
        return Annotated(items, too_long, seconds)


@contextmanager
def open_annotator(settings: AnnotationSettings, *, progress: bool = False) -> Iterator[Annotator]:
    """The parser and the role labeller that the settings name. What they hold open is closed at the end."""
    labeller = _labeller_settings(settings, progress)
    with srl.open_labelling(settings.srl, labeller) as labelling:
        yield Annotator(Parser(settings.parser, cache=labeller.cache), labelling, progress)


def identity_of_annotation(settings: AnnotationSettings) -> dict[str, str]:
    """What parses and frames depend on: digests of the contents of the files that are read, versions, and precision.

    An archive that is not on this machine yet is downloaded. Digests of big files are kept in the cache's folder.
    """
    if not settings.parsed:
        return {"parser": NO_PARSER, "srl": "none"}
    labeller = _labeller_settings(settings, progress=True)
    return dependency.identity(settings.parser, cache=labeller.cache) | srl.identity(settings.srl, labeller)


def _labeller_settings(settings: AnnotationSettings, progress: bool) -> srl.Settings:
    return srl.Settings(
        archive=settings.srl_archive,
        encoder=settings.srl_encoder,
        environment=settings.srl_environment,
        precision=settings.srl_precision,
        cache=Path(settings.cache) if settings.cache else None,
        progress=progress,
    )


def without_structure(sentences: Sequence[Sentence], mentions: Iterable[Mention]) -> list[Item]:
    """Items for a run without a parser: no parse, no frames."""
    pairs = zip(*group_by_sentence(sentences, mentions), strict=True)
    return [Item(sentence, inside, parse=None, frames=()) for sentence, inside in pairs]


def group_by_sentence(
    sentences: Sequence[Sentence], mentions: Iterable[Mention]
) -> tuple[list[Sentence], list[tuple[Mention, ...]]]:
    """The sentences that hold at least one of the mentions, in their own order, and the mentions of each."""
    by_sentence: dict[int, list[Mention]] = {}
    for mention in mentions:
        by_sentence.setdefault(mention.sentence, []).append(mention)
    chosen = [sentence for sentence in sentences if sentence.index in by_sentence]
    return chosen, [tuple(by_sentence[sentence.index]) for sentence in chosen]
