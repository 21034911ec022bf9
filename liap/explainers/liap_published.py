"""LIAP as its published code ran: row sums of one head's pruned piece-level attention (Farokhrouz 2025).

In: one head's attention between all pieces, a parse, frames, and one *position*: the mention's first word. Out: a number per
word. It is kept to explain the published table, flaws included; `liap.py` is the intended method.

1. The matrix: second-to-last layer, first head, pieces x pieces, [CLS] and [SEP] with it; each row sums to 1.
2. The relation set: the position, its head, its dependents; then, walking the words from left to right, every word whose head
   is in the set *by then*. It grows while it is walked, so it takes siblings and most of what hangs to the right.
3. The role set: every word with a role in a frame in which the position has a role. Without such a frame nothing is pruned by roles.
4. A mask keeps (i, j) where i *or* j is in the set, and nothing beyond the number of words. Its indices are words, those of the
   matrix are pieces ([CLS] is 0): from [CLS] on they are out of step by one, and by one more for every further piece.
5. Both masks are multiplied on, each row is summed, and the sums are cut, or padded with 0, to the number of words.

A row whose index is in the sets keeps nearly its whole sum, 1, whatever it attends to. What is left to rank by is how much
rows attend to the cut-off end (rows in the sets) or to the sets' columns (others); unpruned, it is rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.records import Explanation, Frame, Parse

STRATEGIES = ("syntactic", "semantic", "both", "either", "none")


@explainer(
    family="pruning",
    label="LIAP as published",
    needs=("attention", "parse", "frames"),
    colour="#004C77",
    marker="p",
)
def liap_published(case: Case) -> Explanation:
    """LIAP as its published code ran: one forward pass; scores are parts of row sums, in [0, 1]."""
    assert case.parse is not None
    matrix = published_head(case.view.piece_attention().matrix)
    scores = importance(matrix, case.parse, case.frames, position=case.mention.start, words=len(case.words))
    return Explanation(np.where(case.context, scores, 0)[None].astype(np.float64), passes=1)


def published_head(
    attention: Float[np.ndarray, "layers heads rows columns"],
) -> Float[np.ndarray, "rows columns"]:
    """The first head of the second-to-last layer; of the only layer where a model has one."""
    return attention[max(len(attention) - 2, 0), 0]


def importance(
    matrix: Float[np.ndarray, "pieces pieces"],
    parse: Parse,
    frames: Sequence[Frame],
    *,
    position: int,
    words: int,
    strategy: str = "both",
) -> Float[np.ndarray, " words"]:
    """Row sums after pruning, for as many words as asked for; the position's own is not taken out."""
    kept = mask(parse, frames, position=position, size=len(matrix), strategy=strategy)
    return fitted((matrix * kept).sum(axis=1), words)


def mask(
    parse: Parse, frames: Sequence[Frame], *, position: int, size: int, strategy: str = "both"
) -> Bool[np.ndarray, "size size"]:
    """What a strategy keeps of a matrix of `size`; `both`, the published call, is the intersection of the two masks.

    `either` is their union, or the relation set's mask if no frame holds the position; `none` keeps everything.
    """
    assert strategy in STRATEGIES, strategy
    everything = np.ones((size, size), dtype=bool)
    tree, roles = relation_set(parse, position), role_set(frames, position)
    by_tree = everything if tree is None else either_end(tree, size)
    by_roles = everything if roles is None else either_end(roles, size)
    if strategy == "either":
        return by_tree if roles is None else by_tree | by_roles
    return {"syntactic": by_tree, "semantic": by_roles, "both": by_tree & by_roles, "none": everything}[strategy]


def relation_set(parse: Parse, position: int) -> Bool[np.ndarray, " words"] | None:
    """Step 2; a root is its own head. None (nothing is pruned) for a position outside the parse."""
    heads = [word if head < 0 else head for word, head in enumerate(parse.heads)]
    if position >= len(heads):
        return None
    related = np.array(heads) == position
    related[[position, heads[position]]] = True
    for word, head in enumerate(heads):
        related[word] |= related[head]
    return related


def role_set(frames: Sequence[Frame], position: int) -> Bool[np.ndarray, " words"] | None:
    """Step 3; None where no frame gives the position a role."""
    roles = [[tag != "O" for tag in frame.tags] for frame in frames]
    holding = [frame for frame in roles if position < len(frame) and frame[position]]
    return np.any(holding, axis=0) if holding else None


def either_end(words: Bool[np.ndarray, " words"], size: int) -> Bool[np.ndarray, "size size"]:
    """Step 4: a `size` x `size` mask, True where the row's or the column's index is in the set, and both are below its length."""
    kept = np.zeros((size, size), dtype=bool)
    inside = words[:size]
    kept[: len(inside), : len(inside)] = inside[:, None] | inside
    return kept


def fitted(values: Float[np.ndarray, " pieces"], words: int) -> Float[np.ndarray, " words"]:
    """Cut to `words` numbers, or padded with 0."""
    return np.pad(values[:words], (0, max(words - len(values), 0)))
