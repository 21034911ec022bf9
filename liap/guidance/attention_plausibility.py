"""Does attention look at the words that people marked? The same marked mentions for every model, whatever it predicts there.

In: sentences with evidence that no model was trained on. A mention's context words with a letter or a digit are ranked by the attention
that the mention's words pay them, and the ranking is judged by its average precision (see `liap.faithfulness.plausibility`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.faithfulness.plausibility import agreement, with_letters
from liap.records import Evidence, Sentence
from liap.taggers.transformer import TransformerTagger

NAN = float("nan")
SENTENCES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Plausibility:
    """Mean average precision over marked mentions, in [0, 1]."""

    marked: int = 0  # mentions
    precision_all: float = NAN  # of the attention of all heads
    precision_guided: float = NAN  # of that of the guided heads
    precision_nearest: float = NAN  # of the words by distance alone


def unseen(marked: Sequence[Sentence], *seen: Sequence[Sentence], limit: int) -> tuple[Sentence, ...]:
    """The first `limit` sentences with evidence whose words (ignoring case) are those of no seen sentence."""
    known = {_folded(sentence) for part in seen for sentence in part}
    return tuple(one for one in marked if one.evidence and _folded(one) not in known)[:limit]


def _folded(sentence: Sentence) -> tuple[str, ...]:
    return tuple(map(str.casefold, sentence.words))


def plausibility(
    tagger: TransformerTagger, sentences: Sequence[Sentence], layer: int, heads: Sequence[int]
) -> Plausibility:
    """The means; `layer` and `heads` are the guided ones. Mentions without a marked word that counts are left out."""
    fitting = [sentence for sentence in sentences if tagger.fits(sentence.words)]
    found = [
        precisions
        for begin in range(0, len(fitting), SENTENCES_AT_ONCE)
        for precisions in _of_chunk(tagger, fitting[begin : begin + SENTENCES_AT_ONCE], layer, list(heads))
    ]
    return Plausibility(len(found), *map(float, np.mean(found, axis=0))) if found else Plausibility()


def _of_chunk(
    tagger: TransformerTagger, sentences: Sequence[Sentence], layer: int, heads: list[int]
) -> Iterator[tuple[float, float, float]]:
    words = [sentence.words for sentence in sentences]
    for sentence, matrix in zip(
        sentences, tagger.attention(words, [np.arange(len(one)) for one in words]), strict=True
    ):
        for evidence in sentence.evidence:
            attended = matrix[:, :, evidence.start : evidence.end]
            places = np.arange(len(sentence.words))
            distance = np.maximum(evidence.start - places, places - evidence.end + 1)
            rankings = (attended.mean((0, 1, 2)), attended[layer, heads].mean((0, 1)), -distance.astype(float))
            values = [average_precision(sentence, evidence, scores) for scores in rankings]
            if not np.isnan(values[0]):
                yield tuple(values)


def average_precision(sentence: Sentence, evidence: Evidence, scores: Float[np.ndarray, " words"]) -> float:
    """Of the ranking of the context's words by score, ties in the order of the sentence; NaN where no marked word counts."""
    context = with_letters(sentence.words)
    context[evidence.start : evidence.end] = False
    places = np.flatnonzero(context)
    order = places[np.argsort(-scores[places], kind="stable")]
    return float(agreement(np.isin(order, evidence.words)[None])["average_precision"][0])
