"""Spans of semantic roles against gold: precision, recall and F1 of role labellers on a corpus that carries frames.

    python benchmarks/srl_quality.py --corpus data/propbank_ewt --srl-archive model.tar.gz --parsers gold en_core_web_sm

Every labeller is asked about the same predicates: the gold predicates that the parse tags as verbs. A span counts where
its first and last word are right; with its role for the labelled figures. The predicate's own span (V) is left out.
"""

from liap import cli

CORPUS = "data/propbank_ewt"  # a folder of .jsonl files with words, parses and frames
SPLIT = "test"  # which part of the corpus: train, validation, test
LABELLERS = ("dependency", "archive")  # role labellers to measure
PARSERS = ("gold",)  # where the trees come from: gold, spaCy pipelines or their folders
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one, downloaded once
CACHE = ".cache"  # folder where parses and frames are kept


def main() -> None:
    given = cli.settings(__file__)
    cli.quiet_libraries()
    from pathlib import Path

    from liap.corpora.jsonl import read_jsonl
    from liap.linguistics import dependency, srl

    sentences = read_jsonl(Path(given.corpus), given.split)
    cache = Path(given.cache) if given.cache else None
    settings = srl.Settings(archive=given.srl_archive, cache=cache, progress=True)
    print("| parser | labeller | predicates | spans | P | R | F1 | P | R | F1 |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    print("| | | | | unlabelled | | | labelled | | |")
    for parser in given.parsers:
        parses = dependency.parse(sentences, parser, cache=cache, progress=True)
        for labeller in given.labellers:
            frames = srl.label(sentences, parses, labeller, settings=settings)
            show(Path(parser).name, labeller, sentences, parses, frames)


def show(parser: str, labeller: str, sentences, parses, frames) -> None:
    """One line of the table."""
    pairs = list(same_predicates(sentences, parses, frames))
    figures = [counts(pairs, labelled) for labelled in (False, True)]
    cells = [f"{value:.3f}" for found in figures for value in precision_recall_f1(*found)]
    print(f"| {parser} | {labeller} | {len(pairs)} | {figures[0][1]} | {' | '.join(cells)} |")


def same_predicates(sentences, parses, frames):
    """(gold, answered) frames of each gold predicate that the parse tags as a verb; None where nothing was answered."""
    for sentence, parse, answered in zip(sentences, parses, frames, strict=True):
        by_predicate = {frame.predicate: frame for frame in answered}
        for gold in sentence.frames or ():
            if parse.parts_of_speech[gold.predicate] == "VERB":
                yield gold, by_predicate.get(gold.predicate)


def counts(pairs, labelled: bool) -> tuple[int, int, int]:
    """Spans that are right, in gold, and answered."""
    right = expected = answered = 0
    for gold, frame in pairs:
        wanted, found = spans(gold, labelled), spans(frame, labelled)
        right += len(wanted & found)
        expected += len(wanted)
        answered += len(found)
    return right, expected, answered


def spans(frame, labelled: bool) -> set[tuple[str, int, int]]:
    roles = frame.roles if frame is not None else ()
    return {(role if labelled else "", start, end) for role, start, end in roles if role != "V"}


def precision_recall_f1(right: int, expected: int, answered: int) -> tuple[float, float, float]:
    """Each in 0..1, higher is better; 0 where nothing was answered or expected."""
    precision, recall = right / max(answered, 1), right / max(expected, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


if __name__ == "__main__":
    cli.run(main)
