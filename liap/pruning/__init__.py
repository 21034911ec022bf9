"""From a parse to masks over a mention's context: which words' attention survives (True = kept).

`masks` gives all the variants at once. A variant without a mask carries the reason instead: `uncovered` (no frame holds the
mention) or `empty` (the mask keeps no word); neither is ever a silent 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from liap.pruning.semantic import SEMANTIC_VARIANTS, semantic
from liap.pruning.syntactic import syntactic
from liap.records import Frame, Parse

VARIANTS = ("syntactic", *SEMANTIC_VARIANTS, "both", "either")
UNCOVERED, EMPTY = "uncovered", "empty"

__all__ = ["EMPTY", "UNCOVERED", "VARIANTS", "masks", "semantic", "syntactic"]


def masks(
    parse: Parse, frames: Sequence[Frame], start: int, end: int, *, hops: int = 1, siblings: bool = False
) -> dict[str, Bool[np.ndarray, " words"] | str]:
    """Variant -> the mask over the sentence's words (the mention's own are never kept), or the reason why there is none.

    `both` and `either` join the syntactic mask with the semantic variant `frame`; without a frame, `both` is uncovered and
    `either` is the syntactic mask.
    """
    tree = syntactic(parse, start, end, hops=hops, siblings=siblings)
    found: dict[str, Bool[np.ndarray, " words"] | None] = {"syntactic": tree}
    found |= {variant: semantic(frames, start, end, variant) for variant in SEMANTIC_VARIANTS}
    frame = found["frame"]
    found["both"] = None if frame is None else tree & frame
    found["either"] = tree if frame is None else tree | frame
    return {
        variant: UNCOVERED if mask is None else (mask if mask.any() else EMPTY)
        for variant, mask in ((variant, found[variant]) for variant in VARIANTS)
    }
