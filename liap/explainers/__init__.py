"""Explainers: a mention in its sentence -> a score for each context word.

Each is one function in one file, declared there by the decorator `explainer`. To add one to the project, write its file and
list it below, in the order of tables and plots. A function in a file of your own needs no listing: `--explainers mine.py:nearness`.
"""

from __future__ import annotations

from liap.errors import InputError
from liap.explainers.attention import attention
from liap.explainers.case import Case
from liap.explainers.controls import matched_distance, matched_learned, matched_random, matched_window
from liap.explainers.diffmask import diffmask
from liap.explainers.explainer import Declaration, Explainer, explainer, setting
from liap.explainers.fitted import attention_kernel, dev_heads
from liap.explainers.frequency import frequency
from liap.explainers.gradient import gradient
from liap.explainers.gradient_x_input import gradient_x_input
from liap.explainers.greedy import greedy
from liap.explainers.integrated_gradients import integrated_gradients
from liap.explainers.joint_vmask import joint_vmask
from liap.explainers.liap import liap
from liap.explainers.liap_published import liap_published
from liap.explainers.lime import lime
from liap.explainers.marginalisation import marginalisation
from liap.explainers.nearest_words import nearest_words
from liap.explainers.occlusion import occlusion, occlusion_ceiling
from liap.explainers.pooling_attention import pooling_attention
from liap.explainers.pruned import pruned_explainers
from liap.explainers.random import random
from liap.explainers.rollout import rollout
from liap.explainers.shapley import kernel_shap, shapley_sampling
from liap.explainers.value_attention import value_attention
from liap.explainers.vmask import vmask
from liap.plugins import from_file
from liap.settings import MethodSettings

EXPLAINERS: dict[str, Explainer] = {
    declared.name: declared
    for declared in (
        liap,
        matched_random,
        matched_window,
        matched_distance,
        matched_learned,
        liap_published,
        attention,
        attention_kernel,
        dev_heads,
        rollout,
        value_attention,
        gradient,
        gradient_x_input,
        integrated_gradients,
        lime,
        shapley_sampling,
        kernel_shap,
        occlusion,
        marginalisation,
        diffmask,
        vmask,
        joint_vmask,
        pooling_attention,
        greedy,
        occlusion_ceiling,
        nearest_words,
        frequency,
        random,
    )
}

__all__ = ["EXPLAINERS", "Case", "Declaration", "Explainer", "explainer", "explainers_of", "find_explainers", "setting"]


def find_explainers(names: tuple[str, ...]) -> tuple[Explainer, ...]:
    """The explainers of these names (`FILE.py:FUNCTION` names one in a user's file); InputError if a name is unknown."""
    return from_file("--explainers", names, EXPLAINERS, Explainer, explainer)


def explainers_of(settings: MethodSettings) -> tuple[Explainer, ...]:
    """The explainers that run, in an order in which each finds what it reads: those of `--explainers`, those whose scores
    `--prune` prunes, and what it makes of them."""
    names = (*settings.explainers, *(name for name in settings.prunings if name not in settings.explainers))
    chosen = find_explainers(names)
    by_name = dict(zip(names, chosen, strict=True))
    pruned = [
        one
        for name, variants in settings.prunings.items()
        for one in pruned_explainers(by_name[name], variants, fitted=bool(settings.fitted))
    ]
    taken = {one.name for one in chosen} & {one.name for one in pruned}
    if taken:
        raise InputError(
            f"--prune makes an explainer {min(taken)}, and --explainers names one; give yours another name"
        )
    return (*chosen, *pruned)
