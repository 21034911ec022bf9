"""Important and unimportant words as the published code took them, and LFS over them.

Everything is done for many importances (draws) at once. A drop that is NaN (its place was shifted away) counts as none.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

PUBLISHED_K = 10


def two_sorts(
    importance: Float[np.ndarray, "draws words"], k: int
) -> tuple[Int[np.ndarray, "draws top"], Int[np.ndarray, "draws bottom"]]:
    """The k most and the k least important words, from two stable sorts: they overlap below 2k words, and wherever ties let them."""
    return (
        np.argsort(-importance, axis=1, kind="stable")[:, :k],
        np.argsort(importance, axis=1, kind="stable")[:, :k],
    )


def one_ranking(
    importance: Float[np.ndarray, "draws words"], k: int
) -> tuple[Int[np.ndarray, "draws top"], Int[np.ndarray, "draws bottom"]]:
    """Both ends of one stable sort, k words each and at most half: they never overlap."""
    order = np.argsort(-importance, axis=1, kind="stable")
    k = min(k, importance.shape[1] // 2)
    return order[:, :k], order[:, order.shape[1] - k :]


def published_lfs(
    importance: Float[np.ndarray, "draws words"],
    drops: Float[np.ndarray, " words"],
    mention: Bool[np.ndarray, " words"],
    k: int = PUBLISHED_K,
) -> Float[np.ndarray, " draws"]:
    """LFS of the published sets: the mention's importance is 0, it may be important, and it is dropped from the unimportant.

    As a rule the mention is the least important word, so that k words stand against k - 1.
    """
    top, bottom = two_sorts(np.where(mention, 0, importance), k)
    counted = np.where(mention, 0, drops)
    return ratio(drops[top], counted[bottom])


def ratio(
    important: Float[np.ndarray, "draws top"], unimportant: Float[np.ndarray, "draws bottom"]
) -> Float[np.ndarray, " draws"]:
    """I / (I + U) of the positive drops, 0.5 where there are none."""
    of_important, of_unimportant = (np.maximum(np.nan_to_num(side), 0).sum(axis=1) for side in (important, unimportant))
    total = of_important + of_unimportant
    return np.divide(of_important, total, out=np.full(len(total), 0.5), where=total > 0)
