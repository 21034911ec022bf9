"""Plausibility: does a ranking put first the words that people marked, or that a corpus knows to decide the type?

For a mention with E evidence words among its C context words (in [0, 1], higher is better; NaN where there is no evidence word):

1. `average_precision`: the mean, over evidence words, of the precision at their rank. Its mean over mentions is the mean average precision.
2. `auprc`: the area under the precision-recall curve by the trapezoidal rule, from precision 1 at recall 0, as in ERASER (DeYoung et al.
   2020, section 4).
3. `token_f1`: F1 of the top E words; precision and recall are equal there.
4. `iou`: the top E words' intersection with the evidence over their union.

Each stands twice: over all context words, and, ending in `_words`, over those with a letter or a digit, where evidence without one is left
out too. `evidence_share` is E / C: what a random ranking's token F1 has for expectation, and its average precision for a lower bound.

Differences from ERASER: ties are broken at random, and each number is the mean over an explanation's rankings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from liap.explainers import Case
from liap.faithfulness.evidence_found import known_evidence
from liap.faithfulness.metric import Column, metric
from liap.faithfulness.ranking import Rankings

MEASURES = {
    "average_precision": "average precision",
    "auprc": "AUPRC",
    "token_f1": "token F1",
    "iou": "IOU",
}
WORDS = "_words"  # the ending of columns that leave out punctuation
COLUMNS = tuple(
    Column(f"{name}{ending}", f"{label}{about}", low=0.0, high=1.0, better="higher", headline=name == "average_precision")
    for ending, about in (("", ""), (WORDS, ", no punctuation"))
    for name, label in MEASURES.items()
) + tuple(
    Column(f"evidence_share{ending}", f"share of evidence words{about}", low=0.0, high=1.0)
    for ending, about in (("", ""), (WORDS, ", no punctuation"))
)  # fmt: skip


def about_mention(case: Case) -> dict[str, float]:
    """The shares of evidence words, which no ranking changes."""
    known, lettered = known_evidence(case), with_letters(case.words)
    marked = np.zeros(len(case.words), dtype=bool)
    marked[list(known.words if known else ())] = True
    return {
        f"evidence_share{ending}": _share(marked[words]) if known else float("nan")
        for ending, words in (("", case.context), (WORDS, case.context & lettered))
    }


@metric(columns=COLUMNS, about_mention=about_mention, joint=False)
def plausibility(case: Case, rankings: Rankings) -> dict[str, np.ndarray]:
    """Agreement of a ranking with the words that people marked."""
    known = known_evidence(case)
    if known is None:
        return {
            f"{name}{ending}": np.full(rankings.explanations, np.nan) for name in MEASURES for ending in ("", WORDS)
        }
    columns = {}
    evidence = np.isin(rankings.of_words, known.words)
    lettered = with_letters(case.words)[rankings.of_words]
    for ending, found in (("", evidence), (WORDS, evidence[lettered].reshape(len(evidence), -1))):
        columns |= {f"{name}{ending}": rankings.mean(values) for name, values in agreement(found).items()}
    return columns


def agreement(found: Bool[np.ndarray, "rankings words"]) -> dict[str, Float[np.ndarray, " rankings"]]:
    """The four measures of each ranking; `found` says which of its words are evidence, the most important first."""
    count = int(found[0].sum()) if found.size else 0
    if count == 0:
        return {name: np.full(len(found), np.nan) for name in MEASURES}
    precision = np.cumsum(found, axis=1) / np.arange(1, found.shape[1] + 1)
    before = np.concatenate([np.ones((len(found), 1)), precision[:, :-1]], axis=1)
    top = found[:, :count].sum(axis=1)
    return {
        "average_precision": (precision * found).sum(axis=1) / count,
        "auprc": ((precision + before) / 2 * found).sum(axis=1) / count,
        "token_f1": top / count,
        "iou": top / (2 * count - top),
    }


def with_letters(words: Sequence[str]) -> Bool[np.ndarray, " words"]:
    """True for the words with a letter or a digit; the others are punctuation."""
    return np.array([any(map(str.isalnum, word)) for word in words], dtype=bool)


def _share(values: Bool[np.ndarray, " _"]) -> float:
    return float(values.mean()) if len(values) else float("nan")
