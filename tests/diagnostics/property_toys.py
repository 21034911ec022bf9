"""Instances and answers with known numbers, that the tests of several properties use."""

import numpy as np

from liap.diagnostics.class_scores import Answer, Instance
from liap.diagnostics.resampled_values import Resamples

WORDS = 6


def instance(number: int, *, words=None, gold=0, reference=0, evidence=None, document=None) -> Instance:
    """One whose last word is the mention."""
    words = words or tuple(f"w{number}{place}" for place in range(WORDS))
    context = np.ones(len(words), dtype=bool)
    context[-1] = False
    return Instance(words, number, number if document is None else document, context, reference, gold, evidence)


def answer(scores, p=(0.7, 0.2, 0.1), states=None) -> Answer:
    """Scores `[classes, words]` of one method, named `method`; probabilities of two classes and of none."""
    return Answer(np.asarray(p, dtype=float), {"method": np.asarray(scores, dtype=float)}, states)


def resamples(count: int, seed: int = 0) -> Resamples:
    return Resamples.of(range(count), 200, seed)


def states_of(values, width: int = 4, layers: int = 2) -> np.ndarray:
    """States that are one number everywhere, for each word."""
    return np.broadcast_to(np.asarray(values, dtype=np.float32)[None, :, None], (layers, len(values), width)).copy()
