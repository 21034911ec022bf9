"""From explanations of one mention to its rows: ranked together, scored by every metric, and written out flat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from liap.explainers.case import Case, generator
from liap.explainers.importance import importance
from liap.faithfulness import evidence
from liap.faithfulness.lfs import LARGEST_K, places, score
from liap.faithfulness.ranking import rank
from liap.records import Evidence, Explanation, ScoreRow
from liap.settings import EvaluationSettings

NAN = float("nan")


def score_mention(case: Case, explanations: Sequence[Explanation], settings: EvaluationSettings) -> list[ScoreRow]:
    """A row for each explanation of one mention; undefined scores are NaN, with the reason."""
    context = np.flatnonzero(case.mention.context(case.words))
    drop = case.drops(settings.operator)[context]
    reason = "no_context" if len(context) < 2 else ("no_pieces" if np.isnan(drop).any() else "")
    defined = [] if reason else [one for one in explanations if one.scores is not None]
    numbers = dict(zip(map(id, defined), _numbers(case, defined, settings, context, drop), strict=True))
    about = _about_mention(case)
    return [
        ScoreRow(
            **about,
            **_about_explanation(case, one, settings),
            reason=reason or one.reason,
            k=places(settings.k, len(context)),
            **numbers.get(id(one), UNDEFINED),
        )
        for one in explanations
    ]


def _numbers(
    case: Case,
    explanations: Sequence[Explanation],
    settings: EvaluationSettings,
    context: Int[np.ndarray, " context"],
    drop: Float[np.ndarray, " context"],
) -> list[dict[str, float | bool]]:
    """The metrics' columns, for each explanation in turn; all rankings are made and scored together."""
    if not explanations:
        return []
    scores = np.concatenate([_rankings_of(one, settings) for one in explanations])[:, context]
    ties = np.concatenate([_tie_break(case, one, settings) for one in explanations])[:, context]
    rankings = rank(np.abs(scores) if settings.ranking == "absolute" else scores, ties)
    found = score(rankings, drop, settings.k, len(explanations))
    known = _evidence_of(case)
    shares = np.full(len(explanations), NAN)
    if known is not None:
        shares = evidence.found(rankings, np.searchsorted(context, known.words).tolist(), len(explanations))
    columns = {
        "lfs": found.lfs,
        "important": found.important,
        "unimportant": found.unimportant,
        "signed_difference": found.signed_difference,
        "insensitive": found.insensitive,
        "tied": found.tied,
        **{f"lfs_k{size + 1}": found.curve[:, size] for size in range(LARGEST_K)},
        "evidence_found": shares,
    }
    return [
        dict(zip(columns, values, strict=True))
        for values in zip(*map(np.ndarray.tolist, columns.values()), strict=True)
    ]


NUMBERS = (
    *("lfs", "important", "unimportant", "signed_difference", "tied", "evidence_found"),
    *(f"lfs_k{size}" for size in range(1, LARGEST_K + 1)),
)
UNDEFINED = dict.fromkeys(NUMBERS, NAN) | {"insensitive": False}


def _rankings_of(one: Explanation, settings: EvaluationSettings) -> Float[np.ndarray, "rankings words"]:
    """As many rows for each explanation: a lone score is ranked under every tie-break, a draw under one of its own."""
    return np.repeat(one.scores, settings.draws, axis=0) if len(one.scores) == 1 else one.scores


def _tie_break(case: Case, one: Explanation, settings: EvaluationSettings) -> Int[np.ndarray, "rankings words"]:
    if settings.ties == "attention":
        received = importance(case.attention, case.mention.context(case.words)[None])[0]
        order = np.argsort(np.argsort(-received, kind="stable"), kind="stable")
        return np.broadcast_to(order, (settings.draws, case.words))
    source = generator(settings.seed, case.mention, f"ties of {one.explainer}", one.variant)
    return source.integers(0, 1 << 31, size=(settings.draws, case.words))


def _evidence_of(case: Case) -> Evidence | None:
    span = (case.mention.start, case.mention.end)
    return next((one for one in case.sentence.evidence if (one.start, one.end) == span), None)


def _about_mention(case: Case) -> dict[str, str | int | float]:
    mention, known = case.mention, _evidence_of(case)
    return {
        "sentence": mention.sentence,
        "document": mention.document,
        "start": mention.start,
        "end": mention.end,
        "text": " ".join(case.sentence.words[mention.start : mention.end]),
        "words": case.words,
        "context": case.words - (mention.end - mention.start),
        "gold_type": mention.gold_type or "",
        "predicted_type": mention.predicted_type,
        "outcome": mention.outcome,
        "probability": mention.probability,
        "family": known.family if known else "",
    }


def _about_explanation(case: Case, one: Explanation, settings: EvaluationSettings) -> dict[str, str | int | float]:
    context = case.words - (case.mention.end - case.mention.start)
    kept = NAN if one.kept is None else float(one.kept)
    return {
        "explainer": one.explainer,
        "variant": one.variant,
        "explainer_operator": one.operator,
        "metric_operator": settings.operator,
        "seed": settings.seed,
        "kept": kept,
        "coverage": kept / context if context else NAN,
        "passes": one.passes,
        "seconds": one.seconds,
    }
