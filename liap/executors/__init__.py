"""Where work is done: an executor maps a function over numbered tasks, in this process or in worker processes.

A *worker* holds what a task needs (models, a parser). It is made in this process and pickled before it has loaded anything;
`worker.elsewhere()` is the worker to send to other processes, whose `check` raises InputError if it would give other rows there than
here. Answers come in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, runtime_checkable

from liap.executors.local import LocalExecutor
from liap.settings import ExecutorSettings

__all__ = ["Executor", "LocalExecutor", "open_executor"]


@runtime_checkable
class Executor(Protocol):
    """What a run asks of an executor."""

    facts: dict[str, Any]  # for the run's record

    def map(self, function: Callable[[Any, Any], Any], tasks: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        """(number, `function(worker, task)`) of each task, in the order in which tasks finish."""


def open_executor(settings: ExecutorSettings, worker: Any) -> AbstractContextManager[Executor]:
    """The executor that `--engine` names."""
    if settings.engine == "local":
        return nullcontext(LocalExecutor(worker))
    from liap.executors.ray_executor import open_ray

    return open_ray(settings, worker)
