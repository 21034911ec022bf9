"""A model that answers a sentence with no numbers ends the run in one line that names the sentence.

Weights may be damaged in a place that few sentences reach: a row of the embedding, or of the positions beyond the sixteenth. The
check when a model is loaded does not find those, and a NaN among the answers would quietly count as a word without a piece.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from liap.errors import InputError, quoted
from liap.taggers.tagger import Request, Words

SHOWN = 8  # words of the sentence
MEND = "its weights are damaged, or training diverged: use another --model"


class NoNumbersError(InputError):
    """The model's answer to a sentence holds NaN or infinite numbers."""

    place = 0  # of the sentence among those that were asked about


def check_probabilities(
    requests: Sequence[Request],
    places: Sequence[Int[np.ndarray, "_masks _read"]],
    answers: Sequence[Float[np.ndarray, "_masks _read labels"]],
) -> None:
    """NoNumbersError if an answer is undefined at a word that has a piece (its place is not negative)."""
    failed = [
        index
        for index, (place, answer) in enumerate(zip(places, answers, strict=True))
        if (np.isnan(answer[:, :, 0]) & (place >= 0)).any()  # softmax leaves all labels undefined, or none
    ]
    if failed:
        request = requests[worst := _longest([request.words for request in requests], failed)]
        operator = "" if request.masks.all() else f" under the operator {request.operator!r}"
        raise _no_numbers(f"probabilities{operator}", request.words, worst)


def check_finite(what: str, sentences: Sequence[Words], values: Sequence[np.ndarray]) -> None:
    """NoNumbersError if a sentence has a value that is not finite."""
    failed = [index for index, array in enumerate(values) if not np.isfinite(array).all()]
    if failed:
        worst = _longest(sentences, failed)
        raise _no_numbers(what, sentences[worst], worst)


def _longest(sentences: Sequence[Words], failed: Sequence[int]) -> int:
    """The sentence to name: undefined positions also spoil the shorter ones that are padded to reach them."""
    return max(failed, key=lambda index: len(sentences[index]))


def _no_numbers(what: str, words: Words, place: int) -> NoNumbersError:
    start = quoted(" ".join(words[:SHOWN]) + (" ..." if len(words) > SHOWN else ""))
    error = NoNumbersError(f"the model's {what} for the sentence {start} are not finite numbers; {MEND}")
    error.place = place
    return error
