"""Shared by comprehensiveness and sufficiency: a share of the context is hidden, or kept, jointly (DeYoung et al. 2020, ERASER).

ERASER averages over the top 1, 5, 10, 20 and 50% of the words (its AOPC). Here these are shares of the *context*; each is
rounded up, so the top of a ranking holds at least one word. The mention's own words are always kept.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from liap.faithfulness.metric import Answers, Column

SHARES = (1, 5, 10, 20, 50)  # per cent of the context


def columns(name: str, better: str) -> tuple[Column, ...]:
    """The mean over all shares, and each share's own column."""
    mean = Column(name, name, low=-1.0, high=1.0, better=better, headline=True)
    parts = (Column(f"{name}_{share}", f"{name}, {share}%", low=-1.0, high=1.0, better=better) for share in SHARES)
    return (mean, *parts)


def erase(
    name: str, masks: Callable[[int], np.ndarray], context: int
) -> Generator[np.ndarray, Answers, dict[str, Any]]:
    """The drop of p under the masks that `masks(count)` gives for the top `count` words, for each share."""
    counts = [-(-share * context // 100) for share in SHARES]
    answers = yield np.concatenate([masks(count) for count in counts])
    drops = (answers.intact - answers.probability).reshape(len(SHARES), -1)
    by_share = {f"{name}_{share}": drop for share, drop in zip(SHARES, drops, strict=True)}
    return {name: drops.mean(axis=0), **by_share}
