"""The settings of an evaluation: what decides its rows, checked once, each message naming the flag to mend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.errors import InputError
from liap.faithfulness.ranking import TIE_BREAKS
from liap.perturbation.operators import OPERATORS
from liap.pruning import VARIANTS

RANKINGS = ("signed", "absolute")
TIES = ("random", "attention")
LARGEST_SEED = 2**32 - 2  # LIME takes seeds below 2^32, and a comparison of two takes the next one


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """How mentions are explained and explanations are scored."""

    explainers: tuple[str, ...]  # names of `liap.explainers.EXPLAINERS`
    variants: tuple[str, ...] = VARIANTS  # of pruning, for LIAP and its controls
    operator: str = "mask"  # the metric's
    explainer_operator: str = "unk"  # of explainers that perturb
    k: int = 3  # words at each end of a ranking
    ranking: str = "signed"  # rank by signed support, or by its absolute value
    ties: str = "random"  # 64 random tie-breaks, or by unpruned attention
    draws: int = TIE_BREAKS  # masks a random control draws, scores a random explainer draws
    layers: tuple[int, ...] = ()  # of the attention; () = all
    heads: tuple[int, ...] = ()
    hops: int = 1  # steps in the dependency tree
    siblings: bool = False
    renormalise: bool = False
    lime_samples: int = 1000  # perturbed sentences that LIME draws for a mention, the sentence itself among them
    seed: int = 0

    def __post_init__(self) -> None:
        from liap.explainers import EXPLAINERS

        _among("--explainers", self.explainers, tuple(EXPLAINERS))
        _among("--variants", self.variants, VARIANTS)
        _among("--operator", (self.operator,), OPERATORS)
        _among("--explainer-operator", (self.explainer_operator,), OPERATORS)
        _among("--ranking", (self.ranking,), RANKINGS)
        _among("--ties", (self.ties,), TIES)
        check_number("--k", self.k, 1)
        check_number("--hops", self.hops, 1)
        check_number("--draws", self.draws, 20, 10_000)
        check_number("--lime-samples", self.lime_samples, 20, 1_000_000)
        check_number("--seed", self.seed, 0, LARGEST_SEED)

    def of_chosen(self, attention: Float[np.ndarray, "layers heads rows words"]) -> np.ndarray:
        """The attention of the chosen layers and heads alone."""
        if self.layers:
            attention = attention[list(self.layers)]
        return attention[:, list(self.heads)] if self.heads else attention

    def check_attention(self, layers: int, heads: int) -> None:
        """The chosen layers and heads must be the model's; they count from 0."""
        for flag, chosen, size in (("--layers", self.layers, layers), ("--heads", self.heads, heads)):
            for value in chosen:
                if not 0 <= value < size:
                    raise InputError(f"{flag} must lie in 0..{size - 1} for this model, got {value}")


def check_number(flag: str, value: int, least: int, most: int | None = None) -> None:
    """InputError that names the flag where the number lies outside."""
    if value < least:
        raise InputError(f"{flag} must be at least {least}, got {value}")
    if most is not None and value > most:
        raise InputError(f"{flag} must be at most {most}, got {value}")


def _among(flag: str, values: tuple[str, ...], known: tuple[str, ...]) -> None:
    if not values:
        raise InputError(f"{flag} must name at least one of {', '.join(known)}")
    for value in values:
        if value not in known:
            raise InputError(f"{flag} must be among {', '.join(known)}, got {value!r}")


def numbers(flag: str, text: str) -> tuple[int, ...]:
    """`all` -> (), `0,3` -> (0, 3)."""
    if text == "all":
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{flag} must be all, or numbers from 0 with commas, got {text!r}") from None
