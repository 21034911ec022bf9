"""The one loop: mentions x explainers x metrics -> rows.

`predict` reads the recogniser's tags for sentences; `evaluate` takes a chunk of sentences with their mentions, parses and
frames and gives everything that lands in `results/` for them. A chunk's outcome depends on the chunk alone, so that chunks can
be redone, spread over processes, or come in any order.

1. All single-word masks of the chunk's sentences are scored in shared batches, once for each operator that is needed.
2. Attention is read for the mentions' rows alone.
3. Each explainer scores each mention's context; all its rankings are made and scored together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
from jaxtyping import Float, Int

from liap.diagnostics.attention_structure import StructureSums
from liap.explainers import EXPLAINERS, Case
from liap.explainers.liap_published import published_head
from liap.faithfulness.rows import score_mention
from liap.perturbation.engine import Engine, Meter, Request
from liap.perturbation.scorer import SentenceScorer, drops, precompute
from liap.pruning import masks
from liap.records import Explanation, Frame, Mention, Parse, ScoreRow, Sentence
from liap.settings import EvaluationSettings
from liap.taggers.alignment import Encoding
from liap.taggers.attention import piece_attention, word_attention
from liap.taggers.mentions import find_mentions
from liap.taggers.transformer import Recogniser


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A sentence with the mentions to explain in it, its parse and its frames."""

    sentence: Sentence
    mentions: tuple[Mention, ...]
    parse: Parse
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MentionExplanations:
    """One mention's scores a word, by `explainer` or `explainer/variant`; explainers with random draws are left out."""

    mention: Mention
    sentence: Sentence
    scores: dict[str, Float[np.ndarray, " words"]]


@dataclass(slots=True, eq=False)
class Outcome:
    """What a chunk gives."""

    rows: list[ScoreRow]
    explanations: list[MentionExplanations]
    structure: StructureSums
    meter: Meter


@dataclass(slots=True)
class Predictions:
    """The recogniser's tags of each sentence (None: longer than its limit) and the mentions they make."""

    tags: list[tuple[str, ...] | None] = field(default_factory=list)
    mentions: list[tuple[Mention, ...]] = field(default_factory=list)


def predict(engine: Engine, sentences: Sequence[Sentence]) -> Predictions:
    """Tag sentences and find their mentions; a sentence longer than the model's limit has none."""
    recogniser = engine.recogniser
    encodings = [recogniser.encode(sentence.words) for sentence in sentences]
    fitting = [index for index, encoding in enumerate(encodings) if recogniser.fits(encoding)]
    requests = [_unperturbed(encodings[index]) for index in fitting]
    found = Predictions([None] * len(sentences), [()] * len(sentences))
    for index, answer in zip(fitting, engine.probabilities(requests), strict=True):
        found.tags[index], found.mentions[index] = _read(recogniser, sentences[index], answer[0])
    return found


def _unperturbed(encoding: Encoding) -> Request:
    """Every word kept, and read; `delete` of no word asks no special token of the tokenizer."""
    return Request(encoding, np.ones((1, encoding.words), dtype=bool), "delete", np.arange(encoding.words))


def _read(
    recogniser: Recogniser, sentence: Sentence, probabilities: Float[np.ndarray, "words labels"]
) -> tuple[tuple[str, ...], tuple[Mention, ...]]:
    known = ~np.isnan(probabilities[:, 0])
    best = np.where(known, np.nan_to_num(probabilities).argmax(axis=1), -1)
    tags = tuple(recogniser.labels[label] if label >= 0 else "O" for label in best)
    return tags, find_mentions(sentence, tags, probabilities.max(axis=1))


def evaluate(engine: Engine, items: Sequence[Item], settings: EvaluationSettings) -> Outcome:
    """Rows, explanations and attention sums of a chunk; the engine's meter counts this chunk alone."""
    engine.meter = Meter()
    encodings = [engine.recogniser.encode(item.sentence.words) for item in items]
    read = [_mention_words(item.mentions) for item in items]
    scorers = _scorers(engine, items, encodings, read, settings)
    per_piece = engine.meter.seconds / max(engine.meter.pieces, 1)
    began = time.perf_counter()
    attention = word_attention(engine.recogniser, encodings, read)
    engine.meter.seconds += time.perf_counter() - began
    outcome = Outcome(
        [], [], StructureSums(*attention[0].shape[:2]) if attention else StructureSums(0, 0), engine.meter
    )
    for index, item in enumerate(items):
        one = {operator: of[index] for operator, of in scorers.items()}
        seconds = per_piece * encodings[index].pieces
        matrix = cache(partial(_published_matrix, engine, encodings[index]))
        for mention in item.mentions:
            rows = attention[index][:, :, np.searchsorted(read[index], np.arange(mention.start, mention.end))]
            outcome.structure.add(rows, mention, item.parse, item.frames)
            labels = np.array([engine.recogniser.labels.index(tag) for tag in mention.tags])
            case = _case(item, mention, rows, scorers=one, labels=labels, matrix=matrix, settings=settings)
            _add(outcome, case, explain(case, settings, engine.meter, seconds), settings)
    return outcome


def _published_matrix(engine: Engine, encoding: Encoding) -> Float[np.ndarray, "pieces pieces"]:
    """The one head that `liap_published` reads, from every piece to every piece; asked for by that explainer alone."""
    began = time.perf_counter()
    attention = piece_attention(engine.recogniser, [encoding], [np.arange(encoding.pieces)])[0]
    engine.meter.seconds += time.perf_counter() - began
    return published_head(attention)


def _mention_words(mentions: Sequence[Mention]) -> Int[np.ndarray, " words"]:
    return np.unique(np.concatenate([np.arange(mention.start, mention.end) for mention in mentions]))


def _scorers(
    engine: Engine,
    items: Sequence[Item],
    encodings: Sequence[Encoding],
    read: Sequence[Int[np.ndarray, " _words"]],
    settings: EvaluationSettings,
) -> dict[str, list[SentenceScorer]]:
    """Operator -> a scorer a sentence, with the single masks that are needed scored already."""
    scorers = {
        operator: [
            SentenceScorer(engine, encoding, operator, words) for encoding, words in zip(encodings, read, strict=True)
        ]
        for operator in {settings.operator, settings.explainer_operator}
    }
    wanted = {settings.operator} | ({settings.explainer_operator} if "occlusion" in settings.explainers else set())
    for operator in sorted(wanted):
        precompute(scorers[operator], [item.mentions for item in items])
    return scorers


def _drops(
    scorers: Mapping[str, SentenceScorer], mention: Mention, labels: Int[np.ndarray, " span"]
) -> Callable[[str], Float[np.ndarray, " words"]]:
    """`Case.drops` of a mention: each operator's drops, computed once."""

    @cache
    def under(operator: str) -> Float[np.ndarray, " words"]:
        scorer = scorers[operator]
        return drops(scorer.at(mention), mention, labels, scorer.encoding.words)

    return under


def _add(outcome: Outcome, case: Case, explanations: Sequence[Explanation], settings: EvaluationSettings) -> None:
    outcome.rows += score_mention(case, explanations, settings)
    scores = {
        "/".join(filter(None, (one.explainer, one.variant))): one.scores[0]
        for one in explanations
        if one.scores is not None and len(one.scores) == 1
    }
    outcome.explanations.append(MentionExplanations(case.mention, case.sentence, scores))


def _case(
    item: Item,
    mention: Mention,
    attention: Float[np.ndarray, "layers heads span words"],
    *,
    scorers: Mapping[str, SentenceScorer],
    labels: Int[np.ndarray, " span"],
    matrix: Callable[[], np.ndarray],
    settings: EvaluationSettings,
) -> Case:
    found = masks(item.parse, item.frames, mention.start, mention.end, hops=settings.hops, siblings=settings.siblings)
    return Case(
        sentence=item.sentence,
        mention=mention,
        attention=settings.of_chosen(attention),
        masks={variant: found[variant] for variant in settings.variants},
        drops=_drops(scorers, mention, labels),
        metric_operator=settings.operator,
        explainer_operator=settings.explainer_operator,
        seed=settings.seed,
        draws=settings.draws,
        renormalise=settings.renormalise,
        scorer=lambda operator: scorers[operator].at(mention),
        labels=labels,
        parse=item.parse,
        frames=item.frames,
        matrix=matrix,
        lime_samples=settings.lime_samples,
    )


def explain(case: Case, settings: EvaluationSettings, meter: Meter, seconds_per_pass: float = 0.0) -> list[Explanation]:
    """What each explainer says, with the seconds it would need alone: its own, and those of the passes it asks for."""
    explanations = []
    for name in settings.explainers:
        began, in_model = time.perf_counter(), meter.seconds
        found = list(EXPLAINERS[name](case))
        each = (time.perf_counter() - began - (meter.seconds - in_model)) / max(len(found), 1)
        explanations += [replace(one, seconds=each + one.passes * seconds_per_pass) for one in found]
    return explanations
