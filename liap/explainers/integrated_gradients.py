"""Integrated gradients: p's gradient, averaged on the straight path from a baseline to the sentence (Sundararajan et al. 2017).

In: cases, whose sentences are read as input embeddings. Out: a signed score per word, in probability.

1. The baseline replaces the embedding of every context piece by that of `[MASK]` (or of padding, or by 0); all other pieces stay.
2. The integral (equation 1) is captum's: Gauss-Legendre quadrature with `ig_steps` points, many mentions in a batch.
3. A word's score is the sum over its pieces and dimensions. Completeness: all scores add up to p less p at the baseline;
   `completeness_error` is their sum less that difference, in probability; it shrinks with more steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from liap.explainers.case import Case
from liap.explainers.explainer import explainer, setting
from liap.records import Explanation
from liap.settings import among, check_number

BASELINES = ("mask", "pad", "zero")


@dataclass(frozen=True, slots=True)
class IntegratedGradientsSettings:
    """The path and its points."""

    ig_baseline: str = setting("mask", "baseline of integrated_gradients for context words: mask, pad, zero")
    ig_steps: int = setting(32, "points at which integrated_gradients takes the gradient")

    def __post_init__(self) -> None:
        among("--ig-baseline", (self.ig_baseline,), BASELINES)
        check_number("--ig-steps", self.ig_steps, 2, 10_000)


LOOK = {"family": "gradient", "label": "integrated gradients", "colour": "#3D6B35", "marker": ">"}
ERROR = "completeness_error"


@explainer(**LOOK, needs=("embeddings",), settings=IntegratedGradientsSettings, batched=True, columns=(ERROR,))
def integrated_gradients(cases: Sequence[Case], settings: IntegratedGradientsSettings) -> list[Explanation]:
    """The integral of p's gradient from masked context to the sentence: two passes per point of the path, and one at each end."""
    from captum.attr import IntegratedGradients

    from liap.perturbation.view import input_batches

    explanations: dict[int, Explanation] = {}
    for places, batch in input_batches([case.view for case in cases], settings.ig_steps):
        scores, missed = IntegratedGradients(batch.probability).attribute(
            batch.embeddings,
            batch.baseline(settings.ig_baseline),
            additional_forward_args=batch.targets,
            n_steps=settings.ig_steps,
            internal_batch_size=batch.rows_at_once,
            return_convergence_delta=True,
        )
        for place, words, error in zip(places, batch.to_words(scores.sum(dim=2)), missed.tolist(), strict=True):
            columns = {ERROR: error}
            explanations[place] = Explanation(words, passes=2 * settings.ig_steps + 2, columns=columns)
    return [explanations[place] for place in range(len(cases))]
