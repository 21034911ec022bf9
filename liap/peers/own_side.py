"""LIAP's side: the same explanations as the peers', and the same benchmark, each timed as a whole.

An explainer is timed as the one loop runs it: readings, shared passes, and the explainer itself; the tagger is loaded beforehand, and nothing
is remembered from one call to the next but how the tokenizer splits the sentences. `one_by_one` gives each mention a reading of its own,
so that nothing is shared between mentions.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.evaluation import evaluate, explain
from liap.explainers import Case, find_explainers
from liap.explainers.integrated_gradients import IntegratedGradientsSettings
from liap.explainers.lime import LimeSettings
from liap.explainers.shapley import KernelSettings
from liap.linguistics.annotation import without_structure
from liap.peers.peer_cases import PeerCase
from liap.perturbation.view import Reading
from liap.settings import MethodSettings
from liap.taggers.tagger import Tagger

OWN_NAMES = {
    "gradient": "gradient",
    "gradient_x_input": "gradient_x_input",
    "integrated_gradients": "integrated_gradients",
    "lime": "lime",
    "shap": "kernel_shap",
    "leave_one_out": "occlusion",
}
OF_BENCHMARK = ("gradient", "gradient_x_input", "integrated_gradients", "lime", "shap")  # as ferret's own list
METRICS = ("comprehensiveness", "sufficiency", "tau")
OPERATOR = "mask"  # as the peers' own
TARGET = "tag"  # the peers explain one label


@dataclass(frozen=True, slots=True)
class Budget:
    """How much work an explanation is."""

    steps: int  # points of integrated gradients
    samples: int  # perturbed sentences of LIME
    evaluations: int  # of SHAP
    seed: int

    @property
    def message(self) -> dict[str, int]:
        """As the peers' process reads it."""
        return {"steps": self.steps, "samples": self.samples, "evaluations": self.evaluations, "seed": self.seed}


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock, and of the processor."""

    seconds: float
    cpu: float


def settings_for(explainers: Sequence[str], budget: Budget) -> MethodSettings:
    """Of a run of these explainers with this much work each."""
    options = {
        "lime": LimeSettings(lime_samples=budget.samples),
        "kernel_shap": KernelSettings(kernel_samples=budget.evaluations),
        "integrated_gradients": IntegratedGradientsSettings(ig_steps=budget.steps),
    }
    names = tuple(OWN_NAMES[name] for name in explainers)
    return MethodSettings(
        explainers=names, metrics=METRICS, target=TARGET, operator=OPERATOR, explainer_operator=OPERATOR,
        options=options, seed=budget.seed,
    )  # fmt: skip


def explained(
    tagger: Tagger, cases: Sequence[PeerCase], explainer: str, budget: Budget, *, one_by_one: bool = False
) -> tuple[Spent, list[Float[np.ndarray, " words"]]]:
    """Seconds for all cases together, and the word scores of each."""
    groups = [[case] for case in cases] if one_by_one else [list(cases)]
    began, worked = time.perf_counter(), time.process_time()
    scores = {number: found for group in groups for number, found in _explained(tagger, group, explainer, budget)}
    spent = Spent(time.perf_counter() - began, time.process_time() - worked)
    return spent, [scores[id(case)] for case in cases]


def _explained(
    tagger: Tagger, group: Sequence[PeerCase], explainer: str, budget: Budget
) -> list[tuple[int, Float[np.ndarray, " words"]]]:
    settings = settings_for((explainer,), budget)
    (method,) = find_explainers(settings.explainers)
    reading = Reading(tagger, [case.sentence.words for case in group], [(case.mention,) for case in group], TARGET)
    if method.drops:
        reading.score_single_words(OPERATOR)
    cases = [Case(case.sentence, case.mention, view, settings) for case, view in zip(group, reading.views, strict=True)]
    reading.prepare(set(method.needs))
    answers = explain((method,), cases, settings, tagger.meter)
    return [(id(case), parts[0].scores[0]) for case, parts in zip(group, answers, strict=True)]


def benchmarked(tagger: Tagger, cases: Sequence[PeerCase], budget: Budget) -> Spent:
    """Seconds of all explainers and metrics over all cases, in the one loop."""
    items = without_structure(
        list({case.sentence.index: case.sentence for case in cases}.values()), [case.mention for case in cases]
    )
    began, worked = time.perf_counter(), time.process_time()
    evaluate(tagger, items, settings_for(OF_BENCHMARK, budget))
    return Spent(time.perf_counter() - began, time.process_time() - worked)
