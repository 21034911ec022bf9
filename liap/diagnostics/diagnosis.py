"""Models and instances -> every property of every explainer, with the published code's defects on or off.

`read` explains the instances with every model; `measure` makes the numbers of what was read. A property is taken of trained models and of untrained ones,
by the same functions. Untrained models have no rationale consistency of their own: theirs is between a trained and an untrained model.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

from tqdm import tqdm

from liap.diagnostics.class_scores import Answer, Instance, Model, explain_classes, with_states
from liap.diagnostics.confidence_indication import confidence_indication, length_indication
from liap.diagnostics.dataset_consistency import dataset_consistency, pair_activations
from liap.diagnostics.diagnostic_settings import DiagnosticSettings
from liap.diagnostics.human_agreement import human_agreement
from liap.diagnostics.published_defects import (
    FIRST,
    LAST,
    item_with_special_words,
    special_ends,
    training_mode,
    with_l1,
    with_special_words,
)
from liap.diagnostics.rationale_consistency import LENGTH, activation_distances, rationale_consistency
from liap.diagnostics.resampled_values import Resamples, Value
from liap.diagnostics.threshold_performance import Outcomes, outcomes, threshold_performance
from liap.explainers import explainers_of
from liap.linguistics.annotation import Item

HUMAN, FAITHFUL = "human_agreement", "faithfulness"
RATIONALE, RANKS, DATASET = "rationale_consistency", "rationale_ranks", "dataset_consistency"


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """What is explained; every item has one mention. `marked` are those with words that people marked; None: the instances themselves."""

    items: Sequence[Item]
    counts: Mapping[str, int]
    marked: Sequence[Item] | None = None
    marked_counts: Mapping[str, int] | None = None

    def first(self, places: Sequence[int], marked_places: Sequence[int]) -> Questions:
        """Some of them."""
        marked = None if self.marked is None else [self.marked[place] for place in marked_places]
        return replace(self, items=[self.items[place] for place in places], marked=marked)


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What one model says; `curves` are its outcomes as words are masked."""

    model: Model
    answers: list[Answer]
    curves: list[Outcomes]
    marked: list[Answer]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Instances, and every model's answers to them."""

    instances: list[Instance]
    marked: list[Instance]
    reads: list[Read]

    @property
    def methods(self) -> list[str]:
        """Those that score an instance, in the order of the explainers."""
        return list(dict.fromkeys(name for read in self.reads for one in read.answers for name in one.scores))

    def of(self, trained: bool) -> list[Read]:
        return [read for read in self.reads if read.model.trained == trained]

    def first(self, places: Sequence[int], marked_places: Sequence[int], models: Sequence[int]) -> Panel:
        """Some of the instances, as some of the models (by number) answer them."""
        reads = [
            Read(
                read.model,
                [read.answers[place] for place in places],
                [read.curves[place] for place in places],
                [read.marked[place] for place in marked_places],
            )
            for read in self.reads
            if read.model.number in models
        ]
        return Panel(
            [self.instances[place] for place in places], [self.marked[place] for place in marked_places], reads
        )


def read(
    models: Sequence[Model],
    questions: Questions,
    settings: DiagnosticSettings,
    defects: Sequence[str] = (),
    *,
    only: str = "",
) -> Panel:
    """Every model's answers; `only` names the one explainer that is asked."""
    explainers = explainers_of(replace(settings, explainers=(only,), prune=()) if only else settings)
    if "l1" in defects:
        explainers = with_l1(explainers)
    instances: list[Instance] = []
    marked: list[Instance] = []
    reads = []
    for model in tqdm(models, desc=" + ".join(defects) or "explaining", unit="model"):
        model, asked = _prepared(model, questions, defects)
        quiet = training_mode(model.tagger, settings.seed) if "dropout" in defects else nullcontext()
        with quiet:
            instances, answers = explain_classes(model, asked.items, settings, explainers, asked.counts)
            if asked.marked is None:
                marked, of_marked = instances, answers
            else:
                marked, of_marked = explain_classes(
                    model, asked.marked, settings, explainers, asked.marked_counts or {}, every_class=False
                )
        answers = with_states(model, asked.items, answers)
        curves = outcomes(
            model, asked.items, instances, answers, settings, step=settings.threshold_step, summed="summed_classes" in defects
        )  # fmt: skip
        reads.append(Read(model, answers, curves, of_marked))
    return Panel(instances, marked, reads)


def _prepared(model: Model, questions: Questions, defects: Sequence[str]) -> tuple[Model, Questions]:
    """Special tokens as words, where that is switched on and the model has any."""
    ends = special_ends(model.tagger)
    if "special_tokens" not in defects or not any(ends):
        return model, questions
    items = [item_with_special_words(item, *ends) for item in questions.items]
    marked = None if questions.marked is None else [item_with_special_words(item, *ends) for item in questions.marked]
    counts = {name.casefold(): len(items) for name in (FIRST, LAST)}
    return replace(model, tagger=with_special_words(model.tagger)), replace(
        questions,
        items=items,
        marked=marked,
        counts={**questions.counts, **counts},
        marked_counts={**(questions.marked_counts or {}), **counts},
    )


def summed(panel: Panel, items: Sequence[Item], settings: DiagnosticSettings) -> Panel:
    """The same answers with words masked in the order of their scores summed over classes."""
    step = settings.threshold_step
    reads = [
        replace(one, curves=outcomes(one.model, items, panel.instances, one.answers, settings, step=step, summed=True))
        for one in panel.reads
    ]
    return replace(panel, reads=reads)


Numbers = dict[tuple[str, str], Value]  # (property, method) -> value


def measure(
    panel: Panel, settings: DiagnosticSettings, defects: Sequence[str] = (), *, trained: bool = True
) -> Numbers:
    """Every property of every method, of the trained or of the untrained models."""
    reads, resamples = panel.of(trained), _resamples(panel.instances, settings)
    of_marked = _resamples(panel.marked, settings)
    answers = [one.answers for one in reads]
    found: Numbers = {}
    for method in panel.methods:
        if panel.marked:
            marked = [one.marked for one in reads]
            found[HUMAN, method] = human_agreement(panel.marked, marked, method, of_marked.weights)
        folded = {"folds": settings.folds, "shuffles": settings.shuffles, "seed": settings.seed}
        confidence = confidence_indication(panel.instances, answers, method, resamples, **folded)
        found |= {(name, method): value for name, value in confidence.items()}
        found[FAITHFUL, method] = threshold_performance(
            panel.instances, [one.curves for one in reads], method, resamples.weights, step=settings.threshold_step
        )
    length = length_indication(panel.instances, answers, resamples, folds=settings.folds, seed=settings.seed)
    found |= {(name, LENGTH): value for name, value in length.items()}
    return found | _consistency(panel, resamples, settings, defects, trained)


def _consistency(
    panel: Panel, resamples: Resamples, settings: DiagnosticSettings, defects: Sequence[str], trained: bool
) -> Numbers:
    """The two kinds of consistency, of every method and of the length alone."""
    signed, answers = "signed_mean" in defects, [one.answers for one in panel.of(trained)]
    own = [one.answers for one in panel.of(True)]
    pairs = list(itertools.combinations(own, 2)) if trained else list(itertools.product(own, answers))
    between = activation_distances(pairs, signed=signed)
    within = [pair_activations(one, signed=signed) for one in answers]
    found: Numbers = {}
    for method in [*panel.methods, LENGTH]:
        rationale: Callable[..., Value] = rationale_consistency
        given = (panel.instances, pairs, between, method, resamples.weights)
        found[RATIONALE, method] = rationale(*given)
        if method != LENGTH:
            found[RANKS, method] = rationale(*given, ranks=True)
        found[DATASET, method] = dataset_consistency(
            panel.instances, answers, within, method, resamples.weights, class_zero="class_zero" in defects
        )
    return found


def _resamples(instances: Sequence[Instance], settings: DiagnosticSettings) -> Resamples:
    return Resamples.of([one.document for one in instances], settings.resamples, settings.seed)
