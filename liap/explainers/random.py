"""Chance: scores drawn at random, many times; its LFS is 0.5 in expectation."""

from __future__ import annotations

from collections.abc import Iterator

from liap.explainers.case import Case
from liap.records import Explanation


def random(case: Case) -> Iterator[Explanation]:
    """No forward pass; scores uniform in [0, 1)."""
    yield Explanation("random", "", case.generator("random").random((case.draws, case.words)))
