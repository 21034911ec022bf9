"""The published experiment on the model at hand: sentences in, a score for each mention, step and strategy out.

1. Gold mentions (see `selection`) and the recogniser's own are grouped by sentence; each sentence is measured once.
2. Gold mentions are scored under every step but the last, which takes the recogniser's own.
3. Under the published protocol, each of five truly different strategies is scored, and so is `best`, the maximum of the five;
   for random importances, `best` is the maximum of five draws.

LIAP and random importances are scored on the same mentions. Randomness depends on the seed and the mention's place alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from liap import corpora
from liap.errors import InputError
from liap.explainers.liap_published import STRATEGIES
from liap.linguistics.annotation import Item, open_annotator
from liap.published.protocol_settings import PublishedProtocolSettings
from liap.published.selection import LONGEST, SHORTEST, StudyMention, gold_mentions, predicted_mentions
from liap.published.steps import STEPS, Measured, protocol_lfs
from liap.records import Sentence

if TYPE_CHECKING:
    from liap.taggers.transformer import TransformerTagger

BEST = "best"
LAST = len(STEPS) - 1


@dataclass(frozen=True, slots=True)
class ProtocolScore:
    """One mention under one protocol: LFS of LIAP, and the mean LFS of random importances; NaN if it is not scored."""

    mention: StudyMention
    step: int
    strategy: str
    liap: float
    random: float
    lime_answered: bool | None = None
    lime_saw_mention: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MentionGroup:
    """A sentence with its gold mentions and the recogniser's."""

    sentence: Sentence
    gold: tuple[StudyMention, ...]
    predicted: tuple[StudyMention, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatedGroup:
    """A group whose sentence was annotated as the corpus splits it and as the parser does."""

    corpus: Item
    text: Item
    gold: tuple[StudyMention, ...]
    predicted: tuple[StudyMention, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read, as the document says it."""

    model: str
    corpus: str
    parser: str
    roles: str
    draws: int
    too_long: int  # sentences that exceed the recogniser's limit
    lime_saw_mention: int = 0  # of the published mentions, those that hold the piece at the centre


def choose_mentions(tagger: TransformerTagger, settings: PublishedProtocolSettings) -> tuple[list[MentionGroup], Facts]:
    """The sentences to measure, with their mentions, and what was read."""
    from liap.taggers.prediction import predict

    sentences = corpora.load(settings.corpus, settings.split, limit=settings.sentences)
    gold = gold_mentions(sentences, settings.examples_per_type)
    predictions = predict(tagger, sentences)
    fitting = {sentence.index for sentence, tags in zip(sentences, predictions.tags, strict=True) if tags is not None}
    predicted = predicted_mentions([mention for mentions in predictions.mentions for mention in mentions])
    groups = group_mentions(sentences, [mention for mention in gold if mention.sentence in fitting], predicted)
    if not any(group.gold for group in groups):
        raise InputError(
            f"{settings.corpus} ({settings.split}) has no gold mention in a sentence of {SHORTEST} to {LONGEST} words; "
            "check --corpus"
        )
    config = tagger.model.config
    layers, heads = tagger.layers_and_heads
    facts = Facts(
        model=f"{config.model_type}, {layers} layers, {heads} heads, width {config.hidden_size}",
        corpus=f"{Path(settings.corpus).name}, {settings.split}, {len(sentences)} sentences",
        parser=Path(settings.parser).name,
        roles=f"{settings.srl} {Path(settings.srl_archive).name}".strip(),
        draws=settings.draws,
        too_long=len(sentences) - len(fitting),
    )
    return groups, facts


def group_mentions(
    sentences: Sequence[Sentence], gold: Iterable[StudyMention], predicted: Iterable[StudyMention]
) -> list[MentionGroup]:
    """The sentences that hold a mention, each with its gold and predicted ones, in file order."""
    gold_of, predicted_of = _by_sentence(gold), _by_sentence(predicted)
    return [
        MentionGroup(sentence, gold_of.get(sentence.index, ()), predicted_of.get(sentence.index, ()))
        for sentence in sentences
        if sentence.index in gold_of or sentence.index in predicted_of
    ]


def _by_sentence(mentions: Iterable[StudyMention]) -> dict[int, tuple[StudyMention, ...]]:
    grouped: dict[int, tuple[StudyMention, ...]] = {}
    for mention in mentions:
        grouped[mention.sentence] = (*grouped.get(mention.sentence, ()), mention)
    return grouped


def annotate(groups: Sequence[MentionGroup], settings: PublishedProtocolSettings) -> list[AnnotatedGroup]:
    """Parses and frames of the corpus's words, and, for sentences with gold mentions, of the text as the parser splits it."""
    with_gold = [group.sentence for group in groups if group.gold]
    if "gold" not in (settings.parser, settings.srl):  # gold annotation knows the corpus's words alone
        with_gold = as_the_parser_splits(with_gold, settings.parser)
    with open_annotator(settings, progress=True) as annotator:
        corpus, text = (
            annotator(sentences, [()] * len(sentences)).items
            for sentences in ([group.sentence for group in groups], with_gold)
        )
    texts = iter(text)
    return [
        AnnotatedGroup(item, next(texts) if group.gold else item, group.gold, group.predicted)
        for item, group in zip(corpus, groups, strict=True)
    ]


def as_the_parser_splits(sentences: Sequence[Sentence], parser: str) -> list[Sentence]:
    """The joined texts in the tokens of a spaCy pipeline, without anything that belongs to the corpus's words."""
    import spacy

    tokenizer = spacy.load(parser).tokenizer
    return [
        Sentence(sentence.index, sentence.document, tuple(token.text for token in tokenizer(" ".join(sentence.words))))
        for sentence in sentences
    ]


def scores_of(tagger: TransformerTagger, group: AnnotatedGroup, *, seed: int, draws: int) -> Iterator[ProtocolScore]:
    """Every score of a sentence's mentions."""
    from liap.published.measure import ALL_WAYS, measure

    ways = ALL_WAYS if group.gold else ALL_WAYS[-1:]
    measured = measure(tagger, group.corpus, group.text, group.gold + group.predicted, ways=ways)
    for mention, facts in zip(group.gold, measured, strict=False):
        yield from by_step(facts, mention, seed=seed, draws=draws)
        yield from by_strategy(facts, mention, seed=seed, draws=draws)
    for mention, facts in zip(group.predicted, measured[len(group.gold) :], strict=True):
        liap, random = protocol_lfs(facts, STEPS[LAST][1], _generator(seed, mention), draws)
        yield ProtocolScore(mention, LAST, "both", liap, float(random.mean()))


def by_step(measured: Measured, mention: StudyMention, *, seed: int, draws: int) -> Iterator[ProtocolScore]:
    """A gold mention under every step but the last."""
    lime = measured.lime_answered, measured.lime_saw_mention
    for step, (_, protocol) in enumerate(STEPS[:LAST]):
        liap, random = protocol_lfs(measured, protocol, _generator(seed, mention), draws)
        yield ProtocolScore(mention, step, "both", liap, float(random.mean()), *lime)


def by_strategy(measured: Measured, mention: StudyMention, *, seed: int, draws: int) -> Iterator[ProtocolScore]:
    """A gold mention under the published protocol, with each strategy but the published one and with the best of the five."""
    generator = _generator(seed, mention)
    pairs = [protocol_lfs(measured, STEPS[0][1], generator, draws, strategy) for strategy in STRATEGIES]
    for strategy, (liap, random) in zip(STRATEGIES, pairs, strict=True):
        if strategy != "both":  # the published call is step 0
            yield ProtocolScore(mention, 0, strategy, liap, float(random.mean()))
    yield ProtocolScore(mention, 0, BEST, *published_best(pairs))


def published_best(pairs: Sequence[tuple[float, np.ndarray]]) -> tuple[float, float]:
    """The maximum of LIAP's LFS over strategies, and the mean over draws of the maximum over as many random draws."""
    return max(liap for liap, _ in pairs), float(np.max([random for _, random in pairs], axis=0).mean())


def _generator(seed: int, mention: StudyMention) -> np.random.Generator:
    return np.random.default_rng([seed, mention.sentence, mention.start, mention.end])
