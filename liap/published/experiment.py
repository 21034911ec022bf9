"""The published experiment on the model at hand: sentences in, a score for each mention, step and strategy out.

1. Gold mentions (see `selection`) and the recogniser's own are gathered by sentence; each sentence is measured once.
2. Gold mentions are scored under every step but the last, which takes the recogniser's own.
3. Under the published protocol, each of five truly different strategies is scored, and `best`, the maximum of the five: for random
   importances the maximum of five draws.

LIAP and random importances are scored on the same mentions; randomness depends on the seed and the mention's place alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from liap.explainers.liap_published import STRATEGIES
from liap.perturbation.engine import Engine
from liap.published.measure import ALL_WAYS, Annotated, measure
from liap.published.selection import Target
from liap.published.steps import STEPS, Measured, lfs
from liap.records import Sentence

BEST = "best"
LAST = len(STEPS) - 1


@dataclass(frozen=True, slots=True)
class Score:
    """One mention under one protocol: LFS of LIAP, and the mean LFS of random importances; NaN where it is not scored."""

    target: Target
    step: int
    strategy: str
    liap: float
    random: float
    lime_answered: bool | None = None
    lime_saw_mention: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A sentence as the corpus and as the parser splits it, with its gold targets and the recogniser's."""

    corpus: Annotated
    text: Annotated
    gold: tuple[Target, ...]
    predicted: tuple[Target, ...]


def scores(engine: Engine, item: Item, *, seed: int, draws: int) -> Iterator[Score]:
    """Every score that a sentence's mentions give."""
    ways = ALL_WAYS if item.gold else ALL_WAYS[-1:]
    measured = measure(engine, item.corpus, item.text, item.gold + item.predicted, ways=ways)
    for target, one in zip(item.gold, measured, strict=False):
        yield from along_the_steps(one, target, seed=seed, draws=draws)
        yield from by_strategy(one, target, seed=seed, draws=draws)
    for target, one in zip(item.predicted, measured[len(item.gold) :], strict=True):
        liap, random = lfs(one, STEPS[LAST][1], _generator(seed, target), draws)
        yield Score(target, LAST, "both", liap, float(random.mean()))


def along_the_steps(measured: Measured, target: Target, *, seed: int, draws: int) -> Iterator[Score]:
    """A gold mention under every step but the last."""
    for step, (_, protocol) in enumerate(STEPS[:LAST]):
        liap, random = lfs(measured, protocol, _generator(seed, target), draws)
        yield Score(target, step, "both", liap, float(random.mean()), measured.lime_answered, measured.lime_saw_mention)


def by_strategy(measured: Measured, target: Target, *, seed: int, draws: int) -> Iterator[Score]:
    """The published protocol with each strategy but the published one, and with the best of the five."""
    generator = _generator(seed, target)
    found = [lfs(measured, STEPS[0][1], generator, draws, strategy) for strategy in STRATEGIES]
    for strategy, (liap, random) in zip(STRATEGIES, found, strict=True):
        if strategy != "both":  # the published call is step 0
            yield Score(target, 0, strategy, liap, float(random.mean()))
    yield Score(target, 0, BEST, *published_best(found))


def published_best(found: Sequence[tuple[float, np.ndarray]]) -> tuple[float, float]:
    """The maximum over strategies of LIAP's LFS, and the mean over draws of the maximum over as many random draws."""
    return max(liap for liap, _ in found), float(np.max([random for _, random in found], axis=0).mean())


def gather(
    sentences: Sequence[Sentence], gold: Iterable[Target], predicted: Iterable[Target]
) -> list[tuple[Sentence, tuple[Target, ...], tuple[Target, ...]]]:
    """The sentences that hold a target, each with its gold and predicted ones, in file order."""
    groups: tuple[dict[int, list[Target]], ...] = (defaultdict(list), defaultdict(list))
    for group, targets in zip(groups, (gold, predicted), strict=True):
        for target in targets:
            group[target.sentence].append(target)
    return [
        (sentence, tuple(groups[0][sentence.index]), tuple(groups[1][sentence.index]))
        for sentence in sentences
        if sentence.index in groups[0] or sentence.index in groups[1]
    ]


def as_the_parser_splits(sentences: Sequence[Sentence], parser: str) -> list[Sentence]:
    """The joined texts in the tokens of a spaCy pipeline, without anything that belongs to the corpus's words.

    `gold` parses know no text: the corpus's words stay.
    """
    if parser == "gold":
        return list(sentences)
    import spacy

    tokenizer = spacy.load(parser).tokenizer
    return [
        Sentence(one.index, one.document, tuple(token.text for token in tokenizer(" ".join(one.words))))
        for one in sentences
    ]


def _generator(seed: int, target: Target) -> np.random.Generator:
    return np.random.default_rng([seed, target.sentence, target.start, target.end])
