"""Spans of semantic roles against gold: precision, recall and F1 of role labellers on a corpus that carries frames.

    python studies/role_quality.py --corpus data/propbank_ewt --srl-archive model.tar.gz --parsers gold en_core_web_sm

Every labeller is asked about the same predicates: the gold predicates that the parse tags as verbs. A span is right if its first and
last word are right, and for the labelled figures also its role. The predicate's own span (V) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli
from liap.settings import Settings

if TYPE_CHECKING:
    from liap.linguistics.annotation import Item
    from liap.records import Frame

    Pairs = Sequence[tuple[Frame, Frame | None]]

CORPUS = "data/propbank_ewt"  # a folder of .jsonl files with words, parses and frames
SPLIT = "test"  # which part of the corpus: train, validation, test
LABELLERS = ("dependency", "archive")  # role labellers to measure
PARSERS = ("gold",)  # where the trees come from: gold, spaCy pipelines or their folders
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one, downloaded once
SRL_ENCODER = ""  # a folder with the role labeller's vocabulary; none: beside the archive, else from the hub
CACHE = ".cache"  # folder where parses and frames are kept


@dataclass(frozen=True, kw_only=True)
class RoleQualitySettings(Settings):
    """Which labellers are measured, and on what."""

    corpus: str
    split: str
    labellers: tuple[str, ...]
    parsers: tuple[str, ...]
    srl_archive: str
    srl_encoder: str
    cache: str


def main() -> None:
    from liap import corpora

    settings = cli.settings(__file__, RoleQualitySettings)
    sentences = corpora.load(settings.corpus, settings.split)
    print("| parser | labeller | predicates | spans | P | R | F1 | P | R | F1 |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    print("| | | | | unlabelled | | | labelled | | |")
    for parser in settings.parsers:
        for labeller in settings.labellers:
            show(Path(parser).name, labeller, annotate(sentences, parser, labeller, settings))


def annotate(sentences, parser: str, labeller: str, settings: RoleQualitySettings) -> list[Item]:
    """The sentences with the parser's trees and the labeller's frames."""
    from liap.linguistics.annotation import open_annotator
    from liap.settings import AnnotationSettings

    annotation = AnnotationSettings(
        parser=parser,
        srl=labeller,
        srl_archive=settings.srl_archive,
        srl_encoder=settings.srl_encoder,
        cache=settings.cache,
    )
    with open_annotator(annotation, progress=True) as annotator:
        return annotator(sentences, [()] * len(sentences)).items


def show(parser: str, labeller: str, items: Sequence[Item]) -> None:
    """One line of the table."""
    pairs = list(same_predicates(items))
    unlabelled, labelled = counts(pairs, labelled=False), counts(pairs, labelled=True)
    cells = [f"{value:.3f}" for spans in (unlabelled, labelled) for value in precision_recall_f1(*spans)]
    print(f"| {parser} | {labeller} | {len(pairs)} | {unlabelled[1]} | {' | '.join(cells)} |")


def same_predicates(items: Sequence[Item]) -> Iterator[tuple[Frame, Frame | None]]:
    """The gold frame of each predicate that the parse tags as a verb, and the labeller's; None where it has none."""
    for item in items:
        by_predicate = {frame.predicate: frame for frame in item.frames}
        for gold in item.sentence.frames or ():
            if item.parse.parts_of_speech[gold.predicate] == "VERB":
                yield gold, by_predicate.get(gold.predicate)


def counts(pairs: Pairs, *, labelled: bool) -> tuple[int, int, int]:
    """Spans that are right, spans in gold, and spans that the labeller gives."""
    right = expected = answered = 0
    for gold, frame in pairs:
        gold_spans, own_spans = spans_of(gold, labelled), spans_of(frame, labelled)
        right += len(gold_spans & own_spans)
        expected += len(gold_spans)
        answered += len(own_spans)
    return right, expected, answered


def spans_of(frame: Frame | None, labelled: bool) -> set[tuple[str, int, int]]:
    roles = frame.roles if frame is not None else ()
    return {(role if labelled else "", start, end) for role, start, end in roles if role != "V"}


def precision_recall_f1(right: int, expected: int, answered: int) -> tuple[float, float, float]:
    """Each in [0, 1], higher is better; 0 where there is no span."""
    precision, recall = right / max(answered, 1), right / max(expected, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


if __name__ == "__main__":
    cli.run(main)
