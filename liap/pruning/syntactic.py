"""The syntactic mask: words near the mention in its dependency tree, edges taken in both directions.

One hop is the mention's heads and dependents. The tree is taken as the parser drew it: where prepositions are heads (ClearNLP
style labels) one hop from `Paris` in `plays in Paris` reaches `in`; in Universal Dependencies it reaches `plays` and `in`.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

from liap.records import Parse


def syntactic(
    parse: Parse, start: int, end: int, *, hops: int = 1, siblings: bool = False
) -> Bool[np.ndarray, " words"]:
    """True for context words within `hops` steps of the span; `siblings` adds the words under the span's heads."""
    heads = np.asarray(parse.heads)
    span = np.zeros(len(heads), dtype=bool)
    span[start:end] = True
    reached = span.copy()
    for _ in range(hops):
        reached |= neighbours(heads, reached)
    if siblings:
        outside = [head for head in heads[span] if head >= 0 and not span[head]]
        reached |= np.isin(heads, outside)
    return reached & ~span


def neighbours(heads: np.ndarray, words: Bool[np.ndarray, " words"]) -> Bool[np.ndarray, " words"]:
    """True for the heads and the dependents of `words`."""
    found = (heads >= 0) & words[heads]
    above = heads[words]
    found[above[above >= 0]] = True
    return found
