"""Which words a trained mask keeps, and which it puts first: those that decide the mention's type, other words of the same kind, or words that decide nothing.

In: mentions with known evidence (Evidence of their sentences). Out: a row per explainer and group of context words.

1. `deciding`: the mention's own evidence. `evidence elsewhere`: words that are evidence for some mention of the sentences that are read, not for this one: those of another mention, and
   distractors. `other`: the rest. Where no evidence is known there is one group, `context`.
2. A mask that reads words without their sentence can tell the first two groups from the third, but not from each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from liap.explainers import EXPLAINERS, Case
from liap.faithfulness.evidence_found import known_evidence
from liap.records import Evidence, Sentence

NEAR = 0.01  # of a score: how far below the best a word is as good as first


@dataclass(frozen=True, slots=True)
class KeptRow:
    """Context words of one group, as one trained explainer scores them."""

    explainer: str
    group: str
    words: int
    stays: float  # mean score, which is the probability of being kept
    first: float  # share of mentions whose best word is of the group; words that tie share their place
    near_best: float  # words of the group within NEAR of the mention's best score; a mean over mentions


@dataclass(frozen=True, slots=True, eq=False)
class ScoredMention:
    """What is needed of a case, which holds its whole reading."""

    sentence: Sentence
    context: Bool[np.ndarray, " words"]
    evidence: Evidence | None
    scores: Mapping[str, Float[np.ndarray, " words"]]  # by explainer


def kept_rows(cases: Iterable[Case], paths: Mapping[str, Path]) -> list[KeptRow]:
    """Rows of every trained explainer, over the mentions whose evidence is known, or over all where none is."""
    mentions = [scored(case, paths) for case in cases]
    forms = evidence_forms([mention.sentence for mention in mentions])
    mentions = [mention for mention in mentions if mention.evidence] or mentions
    groups = [groups_of(mention, forms) for mention in mentions]
    return [
        row_of(name, group, [mention.scores[name] for mention in mentions], groups)
        for name in paths
        for group in (groups[0] if groups else ())
    ]


def scored(case: Case, paths: Mapping[str, Path]) -> ScoredMention:
    """The mention's scores by every trained explainer."""
    explainers = {name: EXPLAINERS[name] for name in paths}
    scores = {name: one(case, one.settings(str(paths[name])))[0].scores[0] for name, one in explainers.items()}
    return ScoredMention(case.sentence, case.context, known_evidence(case), scores)


def evidence_forms(sentences: Iterable[Sentence]) -> frozenset[str]:
    """The words, in lower case, that are evidence for some mention of these sentences."""
    return frozenset(
        sentence.words[word].lower() for sentence in sentences for known in sentence.evidence for word in known.words
    )


def groups_of(mention: ScoredMention, forms: frozenset[str]) -> dict[str, Bool[np.ndarray, " words"]]:
    """Which words are in each group."""
    context, words = mention.context, mention.sentence.words
    if mention.evidence is None:
        return {"context": context}
    own = context & np.isin(np.arange(len(words)), mention.evidence.words)
    of_form = context & np.array([word.lower() in forms for word in words])
    return {"deciding": own, "evidence elsewhere": of_form & ~own, "other": context & ~own & ~of_form}


def row_of(
    explainer: str,
    group: str,
    scores: Sequence[Float[np.ndarray, " _words"]],
    groups: Sequence[Mapping[str, Bool[np.ndarray, " _words"]]],
) -> KeptRow:
    """One explainer's words of one group."""
    inside, first, near = [], [], []
    for row, of_case in zip(scores, groups, strict=True):
        context, chosen = np.logical_or.reduce(list(of_case.values())), of_case[group]
        best = row[context].max()
        inside.append(row[chosen])
        first.append(float((row[chosen] == best).sum() / (row[context] == best).sum()))
        near.append(float((row[chosen] >= best - NEAR).sum()))
    kept = np.concatenate(inside)
    return KeptRow(
        explainer,
        group,
        len(kept),
        float(kept.mean()) if len(kept) else float("nan"),
        float(np.mean(first)),
        float(np.mean(near)),
    )
