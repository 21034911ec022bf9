"""Known evidence: of the words that decide a mention's type, the share that a ranking puts first.

For a corpus that knows its evidence (E words): |top |E| of the ranking, intersected with E| / |E|, a precision and a recall at
once. In [0, 1], higher is better; a random ranking finds |E| / context. NaN where a mention's evidence is not known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from liap.explainers import Case
from liap.faithfulness.metric import Column, metric
from liap.faithfulness.ranking import Rankings
from liap.records import Evidence

COLUMNS = (
    Column("evidence_found", "evidence ranked first", low=0.0, high=1.0, better="higher"),
    Column("family", "family of the evidence", kind="str"),
)


def about_mention(case: Case) -> dict[str, str]:
    """The family of the mention's evidence; empty where none is known."""
    known = known_evidence(case)
    return {"family": known.family if known else ""}


@metric(columns=COLUMNS, about_mention=about_mention, joint=False)
def evidence_found(case: Case, rankings: Rankings) -> dict[str, np.ndarray]:
    """The share of the words that decide a mention's type which a ranking puts first."""
    known = known_evidence(case)
    if known is None:
        return {"evidence_found": np.full(rankings.explanations, np.nan)}
    return {"evidence_found": share_found(rankings, np.searchsorted(rankings.context, known.words).tolist())}


def known_evidence(case: Case) -> Evidence | None:
    """The mention's evidence, where its corpus knows it."""
    span = (case.mention.start, case.mention.end)
    return next((known for known in case.sentence.evidence if (known.start, known.end) == span), None)


def share_found(rankings: Rankings, evidence: Sequence[int]) -> Float[np.ndarray, " explanations"]:
    """The share of the evidence words (places within the context) ranked first, a mean over each explanation's rankings."""
    return rankings.mean(np.isin(rankings.order[:, : len(evidence)], list(evidence)).mean(axis=1))
