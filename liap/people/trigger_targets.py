"""The sentences that people marked, in their corpus, and which of their targets the recogniser finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from liap import corpora
from liap.corpora.triggers import match, read_triggers
from liap.errors import InputError
from liap.people.people_settings import PeopleSettings
from liap.records import Mention, Sentence


@dataclass(frozen=True, slots=True)
class TargetCounts:
    """How many targets there are, and how many are explained."""

    targets: int  # with a trigger, in sentences that the corpus has
    found: int  # the recogniser's mention has the same span; these are explained
    other_type: int  # of those found, another type is predicted


def read_marked(settings: PeopleSettings) -> Sequence[Sentence]:
    """The corpus's sentences with triggers, the first `--sentences` of them (0: all); what was read is printed."""
    path = Path(settings.triggers).expanduser()
    if not path.is_file():
        raise InputError(f"--triggers {settings.triggers}: no such file; expected a file of human triggers")
    file = read_triggers(path)
    matched = match(file, corpora.load(settings.corpus, settings.split))
    if not matched.sentences:
        raise InputError(
            f"--corpus {settings.corpus} ({settings.split}) has no sentence of {settings.triggers}; expected the corpus it was made from"
        )
    print(
        f"{path.name}: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in asdict(file.counts).items())
    )
    print(
        f"{len(matched.sentences)} sentences are in {settings.corpus} ({settings.split}), {matched.unmatched} are not; "
        f"{matched.ambiguous} stand there several times, and of {matched.disagreeing} not all targets are mentions there"
    )
    return matched.sentences[: settings.sentences or None]


def found_targets(sentences: Sequence[Sentence], mentions: Sequence[Mention]) -> tuple[list[Mention], TargetCounts]:
    """The mentions whose span is a target's, and how many targets are lost. InputError where none is found."""
    types = {
        (sentence.index, known.start, known.end): sentence.tags[known.start][2:] if sentence.tags else ""
        for sentence in sentences
        for known in sentence.evidence
    }
    found = [mention for mention in mentions if (mention.sentence, mention.start, mention.end) in types]
    if not found:
        raise InputError(
            "--model: the recogniser finds none of the mentions that people marked; check --model and --type-map"
        )
    other = sum(mention.predicted_type != types[mention.sentence, mention.start, mention.end] for mention in found)
    return found, TargetCounts(len(types), len(found), other)
