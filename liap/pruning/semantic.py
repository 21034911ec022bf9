"""The semantic masks: words that share a predicate-argument frame with the mention (PropBank roles).

A frame covers the mention where any word of the span carries one of its roles or is its predicate. A continued or referring
role (`C-ARG1`, `R-ARG1`) counts as the role it continues or refers to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from liap.records import Frame

SEMANTIC_VARIANTS = ("frame", "predicate", "core", "same_role")
NUMBERED = re.compile(r"(ARG|A)(\d|A)")


def semantic(
    frames: Sequence[Frame], start: int, end: int, variant: str = "frame"
) -> Bool[np.ndarray, " words"] | None:
    """True for context words that the span's frames keep; None where no frame covers the span.

    `frame`: all roles and the predicate. `predicate`: the predicates alone. `core`: numbered arguments and the predicate.
    `same_role`: the words of the role that holds the span.
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
    """Whether a word of the span carries a role of the frame, or is its predicate."""
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
    """`B-C-ARG1` -> `ARG1`; "" for a word outside every role."""
    return "" if tag == "O" else re.sub(r"^[CR]-", "", tag[2:])
