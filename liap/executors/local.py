"""Tasks done in this process, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class LocalExecutor:
    """An executor with one worker, in this process."""

    worker: Any
    facts: dict[str, Any] = field(default_factory=dict)  # for the run's record

    def map(self, function: Callable[[Any, Any], Any], tasks: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        """(number, `function(worker, task)`) of each task, in order."""
        for number, task in tasks:
            yield number, function(self.worker, task)
