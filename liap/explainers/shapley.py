"""Shapley values of the context words: a word's mean contribution to p over all orders in which words come back (Shapley 1953).

The game's value of a set of words is p with these words and the mention kept, and the rest of the context taken away by the explainers'
operator. Both explainers are captum's, on words, through the shared scorer:

`shapley_sampling`  the mean over random orders (Castro et al. 2009); the scores sum exactly to p less p without context;
`kernel_shap`       a weighted linear regression on random sets (Lundberg & Lee 2017).

A set that is drawn again costs no pass, so the passes of both are the different sets that they ask about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.explainers.case import Case, MaskCounter
from liap.explainers.explainer import explainer, setting
from liap.records import Explanation
from liap.settings import check_number

AT_ONCE = 128  # sets that are scored in one call
LARGEST_SEED = 2**63


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How many orders are drawn."""

    shapley_orders: int = setting(25, "orders of the context words that shapley_sampling draws for a mention")

    def __post_init__(self) -> None:
        check_number("--shapley-orders", self.shapley_orders, 1, 100_000)


@dataclass(frozen=True, slots=True)
class KernelSettings:
    """How many sets are drawn."""

    kernel_samples: int = setting(512, "sets of context words that kernel_shap draws for a mention")

    def __post_init__(self) -> None:
        check_number("--kernel-samples", self.kernel_samples, 20, 1_000_000)


@explainer(family="perturbation", label="Shapley sampling", settings=SamplingSettings, colour="#44AA99", marker="H")
def shapley_sampling(case: Case, settings: SamplingSettings) -> Explanation:
    """Sampled Shapley values: a pass per different set, at most one per order and context word; scores in [-1, 1]."""
    from captum.attr import ShapleyValueSampling

    def attribute(forward: Callable, words: int) -> object:
        return ShapleyValueSampling(forward).attribute(
            _all(words), n_samples=settings.shapley_orders, perturbations_per_eval=AT_ONCE
        )

    return _explained(case, "shapley_sampling", attribute)


@explainer(family="perturbation", label="Kernel SHAP", settings=KernelSettings, colour="#332288", marker="D")
def kernel_shap(case: Case, settings: KernelSettings) -> Explanation:
    """Shapley values by regression: a pass per different set; scores in [-1, 1] but for the regression's error."""
    from captum.attr import KernelShap

    def attribute(forward: Callable, words: int) -> object:
        return KernelShap(forward).attribute(
            _all(words), n_samples=settings.kernel_samples, perturbations_per_eval=AT_ONCE
        )

    return _explained(case, "kernel_shap", attribute)


def _all(words: int) -> object:
    import torch

    return torch.ones(1, words, dtype=torch.float64)


def _explained(case: Case, name: str, attribute: Callable) -> Explanation:
    """Scores of the context words, from captum's attribution to a row of ones; its randomness is the mention's own."""
    import torch

    context, scores, asked = np.flatnonzero(case.context), np.zeros(len(case.words)), MaskCounter(case)
    if len(context) == 1:  # a game of one player, which the regression cannot draw sets for
        everything, nothing = np.ones(len(case.words), dtype=bool), ~case.context
        scores[context] = -np.diff(asked.probability(np.stack([everything, nothing])))
    elif len(context):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(case.generator(name).integers(LARGEST_SEED)))
            found = attribute(_value_of(asked, context), len(context))
        scores[context] = found[0].double().numpy()
    return Explanation(scores, operator=case.settings.explainer_operator, passes=asked.passes)


def _value_of(asked: MaskCounter, context: np.ndarray) -> Callable:
    """Rows of ones and zeros, a column per context word -> p with the words that have a one."""
    import torch

    def value(rows: torch.Tensor) -> torch.Tensor:
        masks = np.ones((len(rows), len(asked.case.words)), dtype=bool)
        masks[:, context] = rows.numpy() > 0.5
        probability: Float[np.ndarray, " rows"] = asked.probability(masks)
        return torch.from_numpy(np.asarray(probability, dtype=np.float64))

    return value
