"""LIME: a linear model of the mention's probability around the sentence (Ribeiro, Singh & Guestrin 2016).

In: a case. Out: a weight for each context word: the probability that keeping the word adds, all else equal.

1. The context words are given to the `lime` package by position, one private character per word, so that it has nothing to
   split and equal words at two places stay apart. The mention's own words are not in that text and are never perturbed.
2. The package draws its neighbourhood: the sentence itself, then samples in which 1 to all context words, chosen at random,
   are masked.
3. Each perturbed text is read back as a mask over words and scored through the case, with the explainers' operator in
   place of the package's deletion. The classifier is binary: the mention's probability p (the geometric mean over its words of the
   predicted tags' probabilities) against 1 - p.
4. The package fits its ridge regression, weighted by its exponential kernel on cosine distance; width, distance and penalty
   are its defaults. No feature selection: words left out would tie.

Differences from the package's own use: masks instead of deletion, positions instead of a bag of words, and one mention of a
sentence instead of a document's class. Its sampling, kernel and regression are the package's code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.explainers.case import Case, MaskCounter
from liap.explainers.explainer import explainer, setting
from liap.records import Explanation
from liap.settings import check_number

FIRST_PLACE = 0xF0000  # characters for private use: the i-th context word is the i-th of them
MASKED = "_"


@dataclass(frozen=True, slots=True)
class LimeSettings:
    """LIME's own settings."""

    lime_samples: int = setting(
        1000, "perturbed sentences that lime draws for a mention, the sentence itself among them"
    )

    def __post_init__(self) -> None:
        check_number("--lime-samples", self.lime_samples, 20, 1_000_000)


@explainer(family="perturbation", label="LIME", settings=LimeSettings, colour="#B8A800", marker="h")
def lime(case: Case, settings: LimeSettings) -> Explanation:
    """A local linear model of the mention's probability: a pass per different sample; scores in probability, rarely beyond [-1, 1]."""
    context, asked, operator = np.flatnonzero(case.context), MaskCounter(case), case.settings.explainer_operator
    classify = classifier(asked, context)
    if np.isnan(classify([text_of(len(context))])).any():
        return Explanation(None, reason="no_pieces", operator=operator, passes=asked.passes)
    scores = np.zeros((1, len(case.words)))
    if len(context):
        scores[0, context] = _weights(case, len(context), classify, settings.lime_samples)
    return Explanation(scores, operator=operator, passes=asked.passes)


def text_of(places: int) -> str:
    """The context as the package sees it: a character for each word, none twice."""
    return "".join(chr(FIRST_PLACE + place) for place in range(places))


def masks_of(texts: Sequence[str], context: Int[np.ndarray, " context"], words: int) -> Bool[np.ndarray, "masks words"]:
    """Perturbed texts as masks over the sentence's words; the mention's own words are kept."""
    masks = np.ones((len(texts), words), dtype=bool)
    if len(context):
        codes = np.array(texts, dtype=f"<U{len(context)}").view("<u4").reshape(len(texts), len(context))
        masks[:, context] = codes == FIRST_PLACE + np.arange(len(context))
        assert (masks[:, context] | (codes == ord(MASKED))).all()
    return masks


def classifier(
    asked: MaskCounter, context: Int[np.ndarray, " context"]
) -> Callable[[Sequence[str]], Float[np.ndarray, "masks 2"]]:
    """Texts -> the probability that the recogniser does not, and does, predict the mention as it did."""

    def classify(texts: Sequence[str]) -> Float[np.ndarray, "masks 2"]:
        probability = asked.probability(masks_of(texts, context, len(asked.case.words)))
        return np.stack([1 - probability, probability], axis=1)

    return classify


def _weights(
    case: Case, places: int, classify: Callable[[Sequence[str]], np.ndarray], samples: int
) -> Float[np.ndarray, " context"]:
    from lime.lime_text import LimeTextExplainer

    text_explainer = LimeTextExplainer(
        class_names=["other", case.mention.predicted_type],
        feature_selection="none",
        bow=False,  # by position
        char_level=True,  # a character is a word
        mask_string=MASKED,
        random_state=np.random.RandomState(case.generator("lime").bit_generator),
    )
    explanation = text_explainer.explain_instance(
        text_of(places), classify, labels=(1,), num_features=places, num_samples=samples
    )
    weights = np.zeros(places)
    for place, weight in explanation.local_exp[1]:
        weights[place] = weight
    return weights
