"""The Python API: explain a sentence, read the word scores, score an explanation, and show it in a notebook.

Everything here is made of the functions that the scripts use; a notebook and a script give the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from liap import corpora
from liap.columns import method_name
from liap.errors import InputError
from liap.evaluation import check_needs, check_settings, evaluate
from liap.explainers import Case
from liap.explainers.frequency import count_forms
from liap.faithfulness import find_metrics
from liap.faithfulness.scoring import columns_of
from liap.faithfulness.scoring import score as score_explanations
from liap.linguistics.annotation import Item, group_by_sentence, open_annotator, without_structure
from liap.perturbation.view import Reading, marginal_of
from liap.records import Explanation, Mention, Sentence
from liap.reports import shading
from liap.settings import AnnotationSettings, MethodSettings
from liap.taggers.prediction import predict
from liap.taggers.tagger import Tagger


@dataclass(frozen=True, eq=False)
class ExplainedMention(shading.ShownMention):
    """A mention with its word scores and their faithfulness, by method: `occlusion`, `liap/syntactic`. A notebook shows it as HTML."""

    def top_words(self, method: str, count: int = 3) -> list[tuple[str, float]]:
        """The context words of the highest scores, highest first, with their scores."""
        scores, context = self.scores[method], np.flatnonzero(self.mention.context(len(self.sentence.words)))
        best = context[np.argsort(-scores[context], kind="stable")][:count]
        return [(self.sentence.words[word], float(scores[word])) for word in best]

    def html(self, methods: Sequence[str] = ()) -> str:
        """The sentence once for each method, its words shaded by their scores."""
        return shading.html(self, methods or tuple(self.scores))

    def shaded(self, methods: Sequence[str] = (), *, colour: bool = True) -> str:
        """The same for a terminal; without colour, the top words are underlined by stars."""
        return shading.terminal(self, methods or tuple(self.scores), colour=colour)

    def _repr_html_(self) -> str:
        return self.html()


def read_text(text: str, *, sentences_as_given: bool = False) -> tuple[Sentence, ...]:
    """Sentences of raw text, split by spaCy's rules; no parser is needed. With `sentences_as_given` each line is a sentence."""
    return corpora.from_text(text, "", as_given=sentences_as_given)


def explain(
    tagger: Tagger,
    sentences: str | Sentence | Sequence[Sentence],
    *,
    explainers: Sequence[str] = ("occlusion", "attention"),
    metrics: Sequence[str] = ("lfs",),
    settings: MethodSettings | None = None,
    parser: str = "",
    srl: str = "none",
    srl_archive: str = "",
    type_map: Sequence[str] = (),
) -> list[ExplainedMention]:
    """Every mention that the tagger finds, explained and scored.

    `explainers` and `metrics` are names as on the command line, `mine.py:nearness` among them; `settings` has everything else.
    LIAP and its controls need a `parser` (a spaCy pipeline, or `gold`) and may use a role labeller `srl`. Without a parser
    (`none`, or empty) the other explainers run, and `srl` is not used.
    """
    settings = replace(settings or MethodSettings(), explainers=tuple(explainers), metrics=tuple(metrics))
    check_settings(settings)
    annotation = AnnotationSettings(parser=parser, srl=srl, srl_archive=srl_archive, cache="")
    check_needs(tagger, settings, parsed=annotation.parsed)
    chosen = _sentences(sentences)
    mentions = [
        mention
        for of_one in predict(tagger, chosen, type_map=type_map, target=settings.target).mentions
        for mention in of_one
    ]
    items = _items(chosen, mentions, annotation)
    outcome = evaluate(tagger, items, settings, counts=count_forms(chosen))
    numbers = [
        name for name, kind in columns_of(settings).items() if name in _metric_columns(settings) and kind != "str"
    ]
    rows: dict[tuple[int, int, int], dict[str, dict[str, float]]] = {}
    for row in outcome.rows:
        method = method_name(row["explainer"], row["variant"])
        of_mention = rows.setdefault((row["sentence"], row["start"], row["end"]), {})
        of_mention[method] = {name: float(row[name]) for name in numbers}
    return [
        ExplainedMention(
            one.sentence, one.mention, one.scores, rows[one.mention.sentence, one.mention.start, one.mention.end]
        )
        for one in outcome.scores
    ]


def score(
    tagger: Tagger,
    sentence: Sentence,
    mention: Mention,
    word_scores: Sequence[float] | Float[np.ndarray, " words"],
    *,
    metrics: Sequence[str] = ("lfs",),
    settings: MethodSettings | None = None,
) -> dict[str, float]:
    """The metrics' columns for word scores of your own: one number per word of the sentence, higher is more important."""
    scores = np.asarray(word_scores, dtype=float)
    if scores.shape != (len(sentence.words),) or not np.isfinite(scores).all():
        raise InputError(
            f"word scores of shape {scores.shape}; expected one number for each of the {len(sentence.words)} words"
        )
    settings = replace(settings or MethodSettings(), explainers=("random",), metrics=tuple(metrics))
    reading = Reading(tagger, [sentence.words], [(mention,)], settings.target, marginal_of(settings, tagger))
    case = Case(sentence, mention, reading.views[0], settings)
    explanation = Explanation(scores[None]).named("own")
    (row,) = score_explanations([case], [[explanation]], find_metrics(settings.metrics), settings)
    names = [name for name in _metric_columns(settings) if not isinstance(row[name], str)]
    return {name: float(row[name]) for name in names if not math.isnan(row[name])}


def _sentences(sentences: str | Sentence | Sequence[Sentence]) -> tuple[Sentence, ...]:
    if isinstance(sentences, str):
        return read_text(sentences)
    return (sentences,) if isinstance(sentences, Sentence) else tuple(sentences)


def _items(sentences: Sequence[Sentence], mentions: Sequence[Mention], annotation: AnnotationSettings) -> list[Item]:
    if not annotation.parsed or not mentions:
        return without_structure(sentences, mentions)
    with open_annotator(annotation) as annotator:
        return annotator(*group_by_sentence(sentences, mentions)).items


def _metric_columns(settings: MethodSettings) -> list[str]:
    return [column.name for one in find_metrics(settings.metrics) for column in one.columns]
