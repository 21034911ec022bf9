"""A parse and frames -> masks over a mention's context: the words whose attention is kept (True).

`syntactic` keeps words near the mention in its dependency tree, following edges in both directions. One hop reaches the
mention's heads and dependents. The parser's scheme matters: in `plays in Paris`, one hop from `Paris` reaches `in` if
prepositions are heads (ClearNLP), and `plays` and `in` in Universal Dependencies.

`semantic` keeps words that share a predicate-argument frame with the mention (PropBank roles). A frame covers the mention if
any word of the span has one of its roles or is its predicate. A continued or referring role (`C-ARG1`, `R-ARG1`) counts as the
role that it continues or refers to.

`masks` returns all variants at once. If a variant has no mask, it has a reason instead: `uncovered` (no frame covers the
mention) or `empty` (the mask keeps no word). Neither is ever a silent 0. The controls are in `matched.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from liap.pruning.matched import distances
from liap.records import Frame, Parse

__all__ = ["EMPTY", "UNCOVERED", "VARIANTS", "distances", "masks", "semantic", "syntactic"]

SEMANTIC_VARIANTS = ("frame", "predicate", "core", "same_role")
VARIANTS = ("syntactic", *SEMANTIC_VARIANTS, "both", "either")
UNCOVERED, EMPTY = "uncovered", "empty"
NUMBERED = re.compile(r"(ARG|A)(\d|A)")


def masks(
    parse: Parse, frames: Sequence[Frame], start: int, end: int, *, hops: int = 1, siblings: bool = False
) -> dict[str, Bool[np.ndarray, " words"] | str]:
    """Variant -> the mask over the sentence's words, or the reason why there is none. The mention's own words are never kept.

    `both` and `either` combine the syntactic mask with the semantic variant `frame`. Without a frame, `both` is uncovered and
    `either` is the syntactic mask.
    """
    tree = syntactic(parse, start, end, hops=hops, siblings=siblings)
    by_variant: dict[str, Bool[np.ndarray, " words"] | None] = {"syntactic": tree}
    by_variant |= {variant: semantic(frames, start, end, variant) for variant in SEMANTIC_VARIANTS}
    frame = by_variant["frame"]
    by_variant["both"] = None if frame is None else tree & frame
    by_variant["either"] = tree if frame is None else tree | frame
    return {
        variant: UNCOVERED if mask is None else (mask if mask.any() else EMPTY)
        for variant, mask in ((variant, by_variant[variant]) for variant in VARIANTS)
    }


def syntactic(
    parse: Parse, start: int, end: int, *, hops: int = 1, siblings: bool = False
) -> Bool[np.ndarray, " words"]:
    """True for context words within `hops` steps of the span. `siblings` adds the other dependents of the span's heads."""
    heads = np.asarray(parse.heads)
    span = np.zeros(len(heads), dtype=bool)
    span[start:end] = True
    reached = span.copy()
    for _ in range(hops):
        wider = reached | neighbours(heads, reached)
        if (wider == reached).all():
            break
        reached = wider
    if siblings:
        outside = [head for head in heads[span] if head >= 0 and not span[head]]
        reached |= np.isin(heads, outside)
    return reached & ~span


def neighbours(heads: np.ndarray, words: Bool[np.ndarray, " words"]) -> Bool[np.ndarray, " words"]:
    """True for the heads and dependents of `words`."""
    adjacent = (heads >= 0) & words[heads]
    above = heads[words]
    adjacent[above[above >= 0]] = True
    return adjacent


def semantic(
    frames: Sequence[Frame], start: int, end: int, variant: str = "frame"
) -> Bool[np.ndarray, " words"] | None:
    """True for the context words that the variant keeps; None if no frame covers the span.

    `frame` keeps the predicate and all roles, `predicate` only the predicate, `core` the predicate and its numbered arguments,
    and `same_role` the other words of the span's role.
    """
    assert variant in SEMANTIC_VARIANTS, variant
    covering = [frame for frame in frames if covers(frame, start, end)]
    if not covering:
        return None
    kept = np.zeros(len(covering[0].tags), dtype=bool)
    for frame in covering:
        kept |= _frame_words(frame, start, end, variant)
    kept[start:end] = False
    return kept


def covers(frame: Frame, start: int, end: int) -> bool:
    """Whether a word of the span has a role in the frame or is its predicate."""
    return any(tag != "O" for tag in frame.tags[start:end]) or start <= frame.predicate < end


def _frame_words(frame: Frame, start: int, end: int, variant: str) -> Bool[np.ndarray, " words"]:
    roles = [role_name(tag) for tag in frame.tags]
    if variant == "same_role":
        wanted = {role for role in roles[start:end] if role}
        return np.array([role in wanted for role in roles])
    if variant == "core":
        kept = np.array([bool(NUMBERED.fullmatch(role)) for role in roles])
    elif variant == "frame":
        kept = np.array([bool(role) for role in roles])
    else:
        kept = np.zeros(len(roles), dtype=bool)
    kept[frame.predicate] = True
    return kept


def role_name(tag: str) -> str:
    """`B-C-ARG1` -> `ARG1`; "" for a word without a role."""
    return "" if tag == "O" else re.sub(r"^[CR]-", "", tag[2:])
