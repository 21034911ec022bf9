"""From the explanations of mentions to rows of `scores.csv`: ranked together, scored by every metric, and written out flat."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from liap.columns import EXPLANATION_COLUMNS, LAST_COLUMNS, MENTION_COLUMNS, NO_VARIANT
from liap.corpora.genre import genre
from liap.errors import InputError
from liap.explainers import Case, explainers_of
from liap.faithfulness import Metric, find_metrics
from liap.faithfulness.metric import Answers
from liap.faithfulness.ranking import Rankings, rank
from liap.records import Explanation
from liap.settings import MethodSettings

NAN = float("nan")
UNDEFINED = {"float": NAN, "bool": False, "int": 0, "str": ""}
Row = dict[str, Any]


def columns_of(settings: MethodSettings) -> dict[str, str]:
    """The columns of `scores.csv` and their kinds, in order: they follow from the metrics and explainers that run."""
    kinds = dict([*MENTION_COLUMNS, *EXPLANATION_COLUMNS])
    last = dict(LAST_COLUMNS)
    for metric in find_metrics(settings.metrics):
        for column in metric.columns:
            _check_free(column.name, kinds | last, metric.where)
            kinds[column.name] = column.kind
    for explainer in explainers_of(settings):
        for name in explainer.columns:
            _check_free(name, kinds | last, explainer.where)
            kinds[name] = "float"
    return kinds | last


def _check_free(column: str, taken: Mapping[str, str], where: str) -> None:
    """InputError where two would write the same column."""
    if column in taken:
        raise InputError(f"{where} has a column {column!r}, which scores.csv already has; give the column another name")


def score(
    cases: Sequence[Case],
    explanations: Sequence[Sequence[Explanation]],
    metrics: Sequence[Metric],
    settings: MethodSettings,
) -> list[Row]:
    """A row for each explanation, mention after mention; undefined numbers are NaN, with the reason."""
    scorings = [_Scoring(case, parts, settings) for case, parts in zip(cases, explanations, strict=True)]
    for scoring in scorings:
        for metric in metrics:
            scoring.begin(metric)
    reading = cases[0].view.reading if cases else None
    if reading is not None and reading.scorer.queued:
        reading.scorer.answer()
    undefined = {name: UNDEFINED[kind] for name, kind in columns_of(settings).items()}
    return [undefined | row for scoring in scorings for row in scoring.rows()]


class _Scoring:
    """One mention's explanations on their way to rows."""

    def __init__(self, case: Case, explanations: Sequence[Explanation], settings: MethodSettings) -> None:
        self.case, self.explanations, self.settings = case, explanations, settings
        self.context = np.flatnonzero(case.context)
        self.reason = self._reason()
        self.defined = (
            [] if self.reason else [explanation for explanation in explanations if explanation.scores is not None]
        )
        self.rankings = self._rank() if self.defined else None
        self.about: Row = {}
        self.columns: dict[str, Any] = {}
        self.waiting: list[tuple[Metric, Any, np.ndarray]] = []

    def _reason(self) -> str:
        """Why no explanation of this mention can be scored."""
        if len(self.context) < 2:
            return "no_context"
        return "no_pieces" if np.isnan(self.case.mention.probability) else ""

    def _rank(self) -> Rankings:
        """All explanations' rankings, explanation by explanation."""
        scores = np.concatenate([self._draws(explanation) for explanation in self.defined])[:, self.context]
        ties = np.tile(self._tie_breaks()[:, self.context], (len(self.defined), 1))
        return rank(
            np.abs(scores) if self.settings.ranking == "absolute" else scores,
            ties,
            context=self.context,
            words=len(self.case.words),
            explanations=len(self.defined),
        )

    def _draws(self, explanation: Explanation) -> Float[np.ndarray, "rankings words"]:
        """As many rows for each explanation: a single score is ranked under every tie-break, each draw under its own."""
        if len(explanation.scores) == 1:
            return np.repeat(explanation.scores, self.settings.draws, axis=0)
        assert len(explanation.scores) == self.settings.draws, "explanations are checked when they are made"
        return explanation.scores

    def _tie_breaks(self) -> Int[np.ndarray, "rankings words"]:
        """The same for every explanation of the mention: two that score words alike are ranked alike."""
        shape = (self.settings.draws, len(self.case.words))
        if self.settings.ties == "attention":
            return np.broadcast_to(self.case.places_by_attention, shape)
        return self.case.generator("ties").integers(0, 1 << 31, size=shape)

    def begin(self, metric: Metric) -> None:
        """Ask the metric; it answers at once, or queues its masks."""
        option = self.settings.option(metric.name, metric.settings)
        extra = () if option is None else (option,)
        if metric.about_mention is not None:
            self.about |= metric.about_mention(self.case, *extra)
        if self.rankings is None:
            return
        rankings = self.rankings.first(self.settings.joint_rankings) if metric.joint else self.rankings
        answer = metric.ask(self.case, rankings, *extra)
        if not inspect.isgenerator(answer):
            self._keep(metric, answer, rankings)
            return
        masks = metric.masks(answer, self.case)
        with_intact = np.concatenate([np.ones((1, len(self.case.words)), dtype=bool), masks])
        self.case.view.reading.scorer.ask(self.case.view.sentence, self.settings.operator, with_intact)
        self.waiting.append((metric, (answer, rankings), with_intact))

    def _keep(self, metric: Metric, columns: Any, rankings: Rankings) -> None:
        """The columns as a number per explanation."""
        for name, values in metric.checked(columns, rankings, self.case).items():
            self.columns[name] = rankings.mean(values) if len(values) != len(self.defined) else values

    def rows(self) -> list[Row]:
        """The rows, once the queued masks are scored."""
        for metric, (steps, rankings), masks in self.waiting:
            view, operator = self.case.view, self.settings.operator
            probability, labels = view.probability(masks, operator), view.label_probabilities(masks[1:], operator)
            answers = Answers(float(probability[0]), probability[1:], labels)
            self._keep(metric, metric.send(steps, answers, self.case), rankings)
        place = {id(explanation): index for index, explanation in enumerate(self.defined)}
        columns = {name: np.asarray(values).tolist() for name, values in self.columns.items()}
        about = _about_mention(self.case)
        return [
            {
                **about,
                **_about_explanation(self.case, explanation, self.settings),
                "reason": self.reason or explanation.reason,
                **self.about,
                **(
                    {name: values[place[id(explanation)]] for name, values in columns.items()}
                    if id(explanation) in place
                    else {}
                ),
                **explanation.columns,
                "passes": explanation.passes,
                "seconds": explanation.seconds,
            }
            for explanation in self.explanations
        ]


def _about_mention(case: Case) -> Row:
    """The columns about the mention."""
    mention = case.mention
    return {
        "sentence": mention.sentence,
        "document": mention.document,
        "start": mention.start,
        "end": mention.end,
        "text": " ".join(case.words[mention.start : mention.end]),
        "sentence_length": len(case.words),
        "genre": genre(case.words),
        "context": int(case.context.sum()),
        "gold_type": mention.gold_type or "",
        "predicted_type": mention.predicted_type,
        "outcome": mention.outcome,
        "probability": mention.probability,
    }


def _about_explanation(case: Case, explanation: Explanation, settings: MethodSettings) -> Row:
    """The columns about one explanation."""
    context = int(case.context.sum())
    kept = NAN if explanation.kept is None else float(explanation.kept)
    return {
        "explainer": explanation.explainer,
        "variant": explanation.variant or NO_VARIANT,
        "explainer_operator": explanation.operator,
        "metric_operator": settings.operator,
        "seed": settings.seed,
        "kept": kept,
        "coverage": kept / context if context else NAN,
        "freedom": NAN if explanation.freedom is None else explanation.freedom,
    }
