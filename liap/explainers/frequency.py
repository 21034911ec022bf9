"""Rarity alone: the rarer a word's form, the more important. A control that sees neither the mention nor the recogniser.

A word's score is its surprisal `-log2(n / N)`, in bits: n is how often its form, in small letters, stands in the sentences that the run
reads (all of them, whether or not they hold a mention), and N is the number of their words. It counts itself, so n is at least 1. The
run's identity has a digest of these sentences, and every worker gets the same counts, so no score depends on chunks or restarts. Few
sentences count little: in a single one, nearly all words tie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from liap.errors import InputError
from liap.explainers.case import Case
from liap.explainers.explainer import COUNTS, explainer
from liap.records import Sentence


@explainer(
    family="position",
    label="word rarity alone",
    phrase="the rarest words",
    needs=(COUNTS,),
    colour="#6B6B00",
    marker="d",
)
def frequency(case: Case) -> np.ndarray:
    """The surprisal of the word's form in the sentences that the run reads: no forward pass; scores in bits, from 0."""
    if case.counts is None:
        raise InputError(
            "the explainer frequency needs the counts of a run's words: evaluate(..., counts=count_forms(sentences))"
        )
    forms = [word.lower() for word in case.words]
    unknown = next((form for form in forms if form not in case.counts), None)
    if unknown is not None:
        raise InputError(
            f"the counts of words lack {unknown!r}, of {case.place}; expected those of all sentences that are explained"
        )
    counts = np.array([case.counts[form] for form in forms], dtype=float)
    return np.log2(sum(case.counts.values())) - np.log2(counts)


def count_forms(sentences: Iterable[Sentence]) -> Mapping[str, int]:
    """How often each word's form, in small letters, stands in the sentences."""
    return dict(Counter(word.lower() for sentence in sentences for word in sentence.words))
