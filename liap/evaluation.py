"""The one loop: mentions x explainers x metrics -> rows.

`evaluate` takes a chunk of sentences with their mentions, parses and frames, and gives the rows of `scores.csv` and the lines
of `explanations.jsonl` for them. Its outcome depends only on the chunk, so chunks can be redone, spread over processes,
or come in any order.

1. Masks of single words are scored in shared batches, once for each operator that an explainer or a metric reads.
2. Each explainer scores each mention's context.
3. All explanations of a mention are ranked together, and every metric reads the rankings. Metrics with masks of their own queue
   them; the masks of all mentions are then scored in shared batches.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from liap.errors import InputError
from liap.explainers import Case, Explainer, explainers_of
from liap.explainers.explainer import CAPABILITIES, FITTED, PIECE_ATTENTION, STRUCTURE
from liap.explainers.fitted import MAKE, read_fitted
from liap.explainers.gate_files import check_trained
from liap.faithfulness import Metric, find_metrics
from liap.faithfulness.scoring import Row, columns_of, score
from liap.files import digest_of_files
from liap.linguistics.annotation import Item
from liap.perturbation.view import Reading, View, device_of, marginal_of
from liap.records import Explanation, Mention, Sentence
from liap.settings import MARGINAL, MethodSettings
from liap.taggers.tagger import Meter, Tagger


@dataclass(frozen=True, slots=True, eq=False)
class MentionScores:
    """One mention's word scores by method; explainers with random draws are left out."""

    mention: Mention
    sentence: Sentence
    scores: dict[str, Float[np.ndarray, " words"]]
    drops: Float[np.ndarray, " words"] | None = None  # under the metrics' operator; None where nothing reads them


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The rows, word scores and work of a chunk."""

    rows: list[Row]
    scores: list[MentionScores]
    meter: Meter


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The cases of a chunk, the explanations of each, and the operators whose drops are known."""

    cases: list[Case]
    explanations: list[list[Explanation]]
    operators: set[str]


def methods_of(settings: MethodSettings) -> tuple[tuple[Explainer, ...], tuple[Metric, ...]]:
    """The explainers and metrics that run; InputError where a name is unknown."""
    return explainers_of(settings), find_metrics(settings.metrics)


def check_settings(settings: MethodSettings) -> None:
    """InputError if an explainer or a metric does not exist, or if two of them write one column. Needs no tagger."""
    columns_of(settings)


def settings_of_methods(settings: MethodSettings) -> dict[str, object]:
    """The own settings of the explainers and metrics that run, by name: with the run's settings, they decide its rows."""
    return {
        field.name: digest_of_files([Path(value)])
        if (value := getattr(own, field.name)) and "file" in field.metadata
        else value
        for methods in methods_of(settings)
        for method in methods
        if (own := settings.option(method.name, method.settings)) is not None
        for field in fields(own)
    }


def check_needs(tagger: Tagger, settings: MethodSettings, *, parsed: bool) -> None:
    """InputError if an explainer or a setting asks for something that the tagger or the run cannot give."""
    for explainer in explainers_of(settings):
        flag = "--prune" if explainer.declaration.base else "--explainers"
        needs = explainer.needs | ({"attention"} if PIECE_ATTENTION in explainer.needs else set())
        lacking = [name for name in CAPABILITIES if name in needs and name not in tagger.capabilities]
        if lacking:
            raise InputError(
                f"{flag} {explainer.name} needs {lacking[0].replace('_', ' ')}, which this recogniser does not give; "
                "choose explainers that only perturb, such as occlusion and lime"
            )
        if not parsed and explainer.needs & set(STRUCTURE):
            raise InputError(
                f"{flag} {explainer.name} needs a parse of each sentence; give a parser (--parser), or leave it out"
            )
        if FITTED in explainer.needs:
            _check_fitted(explainer.name, tagger, settings)
        check_trained(explainer, settings)
    if settings.ties == "attention" and "attention" not in tagger.capabilities:
        raise InputError("--ties attention needs attention, which this recogniser does not give; choose --ties random")
    for operator in (settings.operator, settings.explainer_operator):
        if operator != MARGINAL:  # which hands other words to the tagger
            tagger.check_operator(operator)
    check_language_model(settings, device_of(tagger))
    settings.check_attention(*tagger.layers_and_heads)


def uses_marginal(settings: MethodSettings) -> bool:
    """Whether the settings name the operator marginal, or an explainer that runs reads it."""
    read = {explainer.drops for explainer in explainers_of(settings)}
    return MARGINAL in read | {settings.operator, settings.explainer_operator}


def check_language_model(settings: MethodSettings, device: str = "auto") -> None:
    """InputError if the operator marginal runs without a masked language model that can be read."""
    if not uses_marginal(settings):
        return
    if not settings.language_model:
        raise InputError(
            "the operator marginal needs a masked language model; name one: --language-model FOLDER (studies/pretrain.py makes one)"
        )
    from liap.taggers.masked_model import open_masked_model

    open_masked_model(settings.language_model, device)


def _check_fitted(name: str, tagger: Tagger, settings: MethodSettings) -> None:
    if not settings.fitted:
        raise InputError(f"--explainers {name} needs --fitted, a file of what was fitted on held-out mentions; {MAKE}")
    fitted, sizes = read_fitted(settings.fitted), tagger.layers_and_heads
    if any(layer >= sizes[0] or head >= sizes[1] for layer, head in fitted.heads):
        raise InputError(
            f"--fitted {settings.fitted} names heads that this recogniser lacks: it has {sizes[0]} layers of {sizes[1]}; {MAKE}"
        )


def evaluate(
    tagger: Tagger,
    items: Sequence[Item],
    settings: MethodSettings,
    observers: Iterable[Callable[[Case], None]] = (),
    counts: Mapping[str, int] | None = None,
) -> Outcome:
    """Rows and word scores of a chunk; each observer is shown every case. `counts` are those of all words that the run reads."""
    explainers, metrics = methods_of(settings)
    explained = explain_items(tagger, items, settings, explainers, metrics, observers, counts)
    rows = score(explained.cases, explained.explanations, metrics, settings)
    scores = _word_scores(explained.cases, explained.explanations, explained.operators)
    return Outcome(rows, scores, tagger.meter)


def explain_items(
    tagger: Tagger,
    items: Sequence[Item],
    settings: MethodSettings,
    explainers: Sequence[Explainer],
    metrics: Sequence[Metric] = (),
    observers: Iterable[Callable[[Case], None]] = (),
    counts: Mapping[str, int] | None = None,
) -> Explained:
    """Each explainer's explanations of each mention of a chunk; the masks of single words that the metrics read are scored, too."""
    tagger.meter = Meter()
    sentences, mentions = [item.sentence.words for item in items], [item.mentions for item in items]
    reading = Reading(tagger, sentences, mentions, settings.target, marginal_of(settings, tagger))
    operators = _operators(explainers, metrics, settings)
    for operator in sorted(operators):
        reading.score_single_words(operator)
    seconds_per_piece = tagger.meter.seconds / max(tagger.meter.pieces, 1)
    cases = [_case(view, items[view.sentence], settings, counts) for view in reading.views]
    for observer in observers:
        for case in cases:
            observer(case)
    reading.prepare(set().union(*(explainer.needs for explainer in explainers)))
    explanations = explain(explainers, cases, settings, tagger.meter, seconds_per_piece)
    return Explained(cases, explanations, operators)


def _operators(explainers: Sequence[Explainer], metrics: Sequence[Metric], settings: MethodSettings) -> set[str]:
    """The operators under which masks of single words are read."""
    wanted = {settings.operator for metric in metrics if metric.single}
    wanted |= {settings.operator for explainer in explainers if explainer.drops == "metric"}
    wanted |= {MARGINAL for explainer in explainers if explainer.drops == MARGINAL}
    return wanted | {settings.explainer_operator for explainer in explainers if explainer.drops == "explainer"}


def _case(view: View, item: Item, settings: MethodSettings, counts: Mapping[str, int] | None) -> Case:
    return Case(item.sentence, view.mention, view, settings, item.parse, item.frames, counts)


def explain(
    explainers: Sequence[Explainer],
    cases: Sequence[Case],
    settings: MethodSettings,
    meter: Meter,
    seconds_per_piece: float = 0.0,
) -> list[list[Explanation]]:
    """Each explainer's explanations of each case, with the seconds that it would need on its own, its passes included."""
    explanations: list[list[Explanation]] = [[] for _ in cases]
    seconds_per_pass = [seconds_per_piece * _pieces(case) for case in cases]
    for explainer in explainers:
        option = settings.option(explainer.name, explainer.settings)
        for group in [list(range(len(cases)))] if explainer.batched else [[index] for index in range(len(cases))]:
            began, in_model = time.perf_counter(), meter.seconds
            answers = explainer([cases[index] for index in group], option) if group else []
            own = time.perf_counter() - began - (0.0 if explainer.batched else meter.seconds - in_model)
            each = own / max(sum(map(len, answers)), 1)
            for index, answer in zip(group, answers, strict=True):
                # The seconds of pruned scores have the passes of the explainer that they come from.
                per_pass = 0.0 if explainer.batched or explainer.declaration.base else seconds_per_pass[index]
                timed = [replace(part, seconds=part.seconds + each + part.passes * per_pass) for part in answer]
                explanations[index] += timed
                cases[index].explained[explainer.name] = timed
    return explanations


def _pieces(case: Case) -> int:
    """The number of pieces in a pass of the case's sentence; of words for a tagger without pieces."""
    encode = getattr(case.view.reading.tagger, "encode", None)
    return encode(case.words).pieces if encode else len(case.words)


def _word_scores(
    cases: Sequence[Case], explanations: Sequence[Sequence[Explanation]], operators: set[str]
) -> list[MentionScores]:
    """Drops are those that were scored anyway: nothing is asked of the tagger for them."""
    return [
        MentionScores(
            case.mention,
            case.sentence,
            {part.method: part.scores[0] for part in parts if part.scores is not None and len(part.scores) == 1},
            case.drops(case.settings.operator) if case.settings.operator in operators else None,
        )
        for case, parts in zip(cases, explanations, strict=True)
    ]
