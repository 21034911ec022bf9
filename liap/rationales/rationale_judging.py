"""How well word scores explain a text classifier's answers: words removed or kept in their order, judged by a classifier.

In: texts, a score for each word, the class that the explained model gives each text, and a judge: the model itself, or one that was trained apart.

1. AOPC(K): the mean, over k = 0..K, of p(class | text) - p(class | text without its k best words) (Samek et al. 2017; Nguyen 2018). Higher is better.
2. Post-hoc accuracy(K): whether the judge gives the same class to the K best words alone (Chen & Ji 2020). Higher is better.
3. Precision and recall of the K best words against the words whose gold polarity is that of the text's class; texts without such a word are left out.

Words are removed by `delete`, as published, or hidden by another operator, which keeps the text's length. Texts with fewer than k words have none left. Ties go
to the earlier word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.records import CLASS_WORD, LabelledText
from liap.taggers.tagger import Request, Tagger

MOST = 20  # words removed or kept


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One judge's answers under one operator."""

    drops: Float[np.ndarray, "texts most"]  # of p of the class, without the 1..most best words
    same: Bool[np.ndarray, "texts most"]  # whether the best 1..most words alone get the class

    def aopc(self, words: int) -> Float[np.ndarray, " texts"]:
        """AOPC(words) of each text."""
        return self.drops[:, :words].sum(axis=1) / (words + 1)

    def post_hoc(self, words: int) -> Float[np.ndarray, " texts"]:
        """1 where the best `words` words alone get the class, else 0."""
        return self.same[:, words - 1].astype(float)


def judge(
    classifier: Tagger,
    texts: Sequence[LabelledText],
    scores: Sequence[Float[np.ndarray, " _words"]],
    classes: Int[np.ndarray, " texts"],
    operator: str,
    most: int = MOST,
) -> Judged:
    """What the judge, a text classifier, says of every text without its best words, and of these alone; `classes` are numbers of the judge's classes."""
    requests = [
        Request((CLASS_WORD, *text.words), masks_of(row, most), operator, np.zeros(1, dtype=int))
        for text, row in zip(texts, scores, strict=True)
    ]
    answers = np.stack([answer[:, 0, 1:] for answer in classifier.probabilities(requests)])
    of_class = np.take_along_axis(answers, classes[:, None, None], axis=2)[..., 0]
    drops = of_class[:, :1] - of_class[:, 1 : most + 1]
    return Judged(drops, answers[:, most + 1 :].argmax(axis=2) == classes[:, None])


def masks_of(scores: Float[np.ndarray, " words"], most: int) -> Bool[np.ndarray, "masks all_words"]:
    """Masks over the pseudo-word and the words: everything; without the 1..most best words; the best 1..most alone."""
    place = np.empty(len(scores), dtype=int)
    place[np.argsort(-np.asarray(scores), kind="stable")] = np.arange(len(scores))
    best = place < np.arange(1, most + 1)[:, None]
    rows = np.concatenate([np.ones((1, len(scores)), dtype=bool), ~best, best])
    return np.concatenate([np.ones((len(rows), 1), dtype=bool), rows], axis=1)


def against_polarity(text: LabelledText, scores: Float[np.ndarray, " words"], words: int) -> tuple[float, float, float]:
    """Precision, recall and F1 of the `words` best words; NaN for a text without a word of its class's polarity."""
    polar = set(text.polar_words)
    if not polar:
        return (float("nan"),) * 3
    best = np.argsort(-np.asarray(scores), kind="stable")[:words]
    hits = len(polar & set(best.tolist()))
    precision, recall = hits / len(best), hits / len(polar)
    return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0
