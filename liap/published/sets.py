"""Important and unimportant words as the published code took them, and LFS over them.

Many importances (draws) are handled at once. A drop that is NaN (the place that is read was shifted away) counts as no drop.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

PUBLISHED_K = 10


def two_sorts(
    importance: Float[np.ndarray, "draws words"], k: int
) -> tuple[Int[np.ndarray, "draws top"], Int[np.ndarray, "draws bottom"]]:
    """The k most and the k least important words, from two stable sorts: they overlap below 2k words, and where words tie."""
    return (
        np.argsort(-importance, axis=1, kind="stable")[:, :k],
        np.argsort(importance, axis=1, kind="stable")[:, :k],
    )


def one_ranking(
    importance: Float[np.ndarray, "draws words"], k: int
) -> tuple[Int[np.ndarray, "draws top"], Int[np.ndarray, "draws bottom"]]:
    """Both ends of one stable sort: k words each, at most half of them, so that they never overlap."""
    order = np.argsort(-importance, axis=1, kind="stable")
    k = min(k, importance.shape[1] // 2)
    return order[:, :k], order[:, order.shape[1] - k :]


def published_lfs(
    importance: Float[np.ndarray, "draws words"],
    drops: Float[np.ndarray, " words"],
    mention: Bool[np.ndarray, " words"],
    k: int = PUBLISHED_K,
) -> Float[np.ndarray, " draws"]:
    """LFS of the published sets: the mention's importance is 0; it may be important, but never counts as unimportant.

    The mention is usually the least important word, so that k words are compared with k - 1.
    """
    top, bottom = two_sorts(np.where(mention, 0, importance), k)
    counted = np.where(mention, 0, drops)
    return ratio(drops[top], counted[bottom])


def ratio(
    important: Float[np.ndarray, "draws top"], unimportant: Float[np.ndarray, "draws bottom"]
) -> Float[np.ndarray, " draws"]:
    """I / (I + U) of the positive drops, 0.5 if there are none."""
    important_sum, unimportant_sum = (
        np.maximum(np.nan_to_num(side), 0).sum(axis=1) for side in (important, unimportant)
    )
    total = important_sum + unimportant_sum
    return np.divide(important_sum, total, out=np.full(len(total), 0.5), where=total > 0)
