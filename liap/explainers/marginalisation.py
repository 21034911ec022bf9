"""Input marginalisation: the drop in log odds when a word is replaced by the words likely in its place (Kim et al. 2020, equation 5).

1. p without a word is p under the operator `marginal` with this word hidden alone: the mean over the words that a masked language model finds
   likely in its place, weighted by their probability.
2. The word's score is log(p / (1 - p)) less the same of p without the word.

The paper takes logarithms to base 2, a single piece for a word, and one class of a sentence; here logarithms are natural, a word goes as a whole, and p is that of
the mention. Within a mention the order is that of occlusion under this operator; the scores are not.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.perturbation.scorer import single_masks
from liap.records import Explanation
from liap.settings import MARGINAL

LEAST = 1e-6  # p within this of 0 and 1 is clipped


@explainer(
    family="perturbation",
    label="marginalisation",
    phrase="input marginalisation",
    drops=MARGINAL,
    columns=("mass_kept", "likely_words"),
    colour="#CC6677",
    marker="P",
)
def marginalisation(case: Case) -> Explanation:
    """The drop in log odds (nats) when a word is replaced by likely ones: a pass of the recogniser for each of these."""
    context = np.flatnonzero(case.context)
    masks = single_masks(len(case.words), context)
    odds = log_odds(case.probability(masks, MARGINAL))
    scores = np.zeros(len(case.words))
    scores[context] = odds[0] - odds[1:]
    if not len(context):
        return Explanation(scores[None], operator=MARGINAL, passes=1)
    kept, sentences = case.view.replaced(masks[1:])
    facts = {"mass_kept": float(kept.mean()), "likely_words": float(sentences.mean())}
    return Explanation(scores[None], operator=MARGINAL, passes=1 + int(sentences.sum()) + len(context), columns=facts)


def log_odds(probability: Float[np.ndarray, " masks"]) -> Float[np.ndarray, " masks"]:
    """log(p / (1 - p)) in nats."""
    clipped = np.clip(probability, LEAST, 1 - LEAST)
    return np.log(clipped / (1 - clipped))
