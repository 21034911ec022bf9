"""LIME: a linear model of the mention's probability around the sentence (Ribeiro, Singh & Guestrin 2016).

In: a case. Out: a weight for each context word, in probability: what keeping the word adds, all else equal.

1. The context words are given to the `lime` package by position, one private character a word, so that it has nothing to
   split and equal words at two places stay apart. The mention's own words are no part of that text and are never perturbed.
2. The package draws its neighbourhood: the sentence itself, then samples in which 1 to all context words, chosen at random,
   are masked.
3. Each perturbed text is read back as a mask over words and scored by the case's scorer: masks in place of deletion, under
   the explainers' operator. The classifier is binary: the mention's probability p (the geometric mean over its words of the
   predicted tags' probabilities) against 1 - p.
4. The package fits its ridge regression, weighted by its exponential kernel on cosine distance; width, distance and penalty
   are its defaults. No feature selection: words left out would tie.

Differences from the package's own use: masks instead of deletion, positions instead of a bag of words, and one mention of a
sentence instead of a document's class. Its sampling, kernel and regression are the package's code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.explainers.case import Case
from liap.records import Explanation

FIRST_PLACE = 0xF0000  # characters for private use: the i-th context word is the i-th of them
MASKED = "_"


def lime(case: Case) -> Iterator[Explanation]:
    """`lime_samples` passes, the sentence itself among them; scores in probability, unbounded but rarely beyond [-1, 1]."""
    context = np.flatnonzero(case.mention.context(case.words))
    classify = classifier(case, context)
    said = {"operator": case.explainer_operator, "passes": case.lime_samples}
    if np.isnan(classify([text_of(len(context))])).any():
        yield Explanation("lime", "", None, reason="no_pieces", **said)
        return
    scores = np.zeros((1, case.words))
    if len(context):
        scores[0, context] = _weights(case, len(context), classify)
    yield Explanation("lime", "", scores, **said)


def text_of(places: int) -> str:
    """The context as the package sees it: a character a word, none twice."""
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
    case: Case, context: Int[np.ndarray, " context"]
) -> Callable[[Sequence[str]], Float[np.ndarray, "masks 2"]]:
    """Texts -> the probability that the recogniser does not, and does, predict the mention as it did."""
    from liap.perturbation.scorer import mention_probability

    scorer = case.scorer(case.explainer_operator)

    def classify(texts: Sequence[str]) -> Float[np.ndarray, "masks 2"]:
        probability = mention_probability(scorer(masks_of(texts, context, case.words)), case.labels)
        return np.stack([1 - probability, probability], axis=1)

    return classify


def _weights(case: Case, places: int, classify: Callable[[Sequence[str]], np.ndarray]) -> Float[np.ndarray, " context"]:
    from lime.lime_text import LimeTextExplainer

    explainer = LimeTextExplainer(
        class_names=["other", case.mention.predicted_type],
        feature_selection="none",
        bow=False,  # by position
        char_level=True,  # a character is a word
        mask_string=MASKED,
        random_state=np.random.RandomState(case.generator("lime").bit_generator),
    )
    found = explainer.explain_instance(
        text_of(places), classify, labels=(1,), num_features=places, num_samples=case.lime_samples
    )
    weights = np.zeros(places)
    for place, weight in found.local_exp[1]:
        weights[place] = weight
    return weights
