"""What explanations cost, measured: passes, processor seconds and memory, each explainer in a process of its own.

In: settings of an evaluation, and its sentences, parses and mentions. Out: a row per explainer, and one for all of them together.

1. A new process loads the recogniser and explains one mention, which is not counted. So no explainer profits from what another has loaded, and
   the peak of memory is its own.
2. *Alone*: every mention is read by itself, as for a single question. *Shared*: all mentions are read together, as in the one loop.
3. Passes are rows that the model reads, counted by hooks on it: forwards, and backwards where a gradient comes back.
4. Floating-point operations are counted by PyTorch's own counter, each mention by itself: see `operations`.
5. Memory is the largest resident size while the mentions are explained, less the size before the first of them (Linux alone). What the uncounted
   mention has freed is given back to the system before that, or it would be used again and not count.
"""

from __future__ import annotations

import ctypes
import gc
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from liap.diagnostics.operations import counted_operations
from liap.evaluation import explain_items
from liap.explainers import explainers_of
from liap.explainers.frequency import count_forms
from liap.linguistics.annotation import Item
from liap.records import Sentence
from liap.taggers.tagger import Tagger
from liap.taggers.transformer import open_tagger

TOGETHER = "all together"  # in place of an explainer's name
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class ExplainerCost:
    """What an explanation costs, a mean over mentions."""

    explainer: str
    mentions: int
    forward_alone: float
    backward_alone: float
    cpu_seconds_alone: float
    forward_shared: float
    backward_shared: float
    cpu_seconds_shared: float
    gigaflops_alone: float  # billions of operations
    memory_mb: float  # of all mentions together


@dataclass(slots=True)
class Passes:
    """Rows that a model has read."""

    forward: int = 0
    backward: int = 0


def measure(settings: Any, items: Sequence[Item], sentences: Sequence[Sentence]) -> Iterator[ExplainerCost]:
    """A row per explainer of the settings, without those that prune others' scores, then one for all of several; each as it is measured."""
    counts = dict(count_forms(sentences))
    names = [one.name for one in explainers_of(replace(settings, prune=()))]
    groups = [(name,) for name in names] + ([tuple(names)] if len(names) > 1 else [])
    for chosen in groups:
        own = replace(settings, explainers=chosen, prune=())
        with ProcessPoolExecutor(max_workers=1, mp_context=_processes()) as pool:
            yield pool.submit(measured, own, list(items), counts).result()


def _processes() -> BaseContext:
    """Processes that begin alike: forked from one that has imported what they need and done nothing else; without forks, new ones."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def measured(settings: Any, items: list[Item], counts: dict[str, int]) -> ExplainerCost:
    """The row of the settings' explainers, as this process measures it."""
    tagger = open_tagger(settings)
    single = [replace(item, mentions=(mention,)) for item in items for mention in item.mentions]
    _explain(tagger, single[:1], settings, counts)
    give_back_memory()
    before = resident_memory("VmRSS")
    with suppress(OSError):
        _CLEAR.write_text("5", encoding="ascii")  # the peak begins anew: man 5 proc
    alone = _counted(tagger, [[one] for one in single], settings, counts)
    shared = _counted(tagger, [items], settings, counts)
    memory = resident_memory("VmHWM") - before
    with counted_operations() as operations:
        for one in single:
            _explain(tagger, [one], settings, counts)
    each = [value / len(single) for value in (*alone, *shared, operations() / 1e9)]
    name = settings.explainers[0] if len(settings.explainers) == 1 else TOGETHER
    return ExplainerCost(name, len(single), *each, memory_mb=memory)


def _counted(
    tagger: Tagger, readings: Sequence[list[Item]], settings: Any, counts: dict[str, int]
) -> tuple[float, float, float]:
    """(passes forwards, backwards, processor seconds) of explaining each reading in turn."""
    began = time.process_time()
    with counted_passes(tagger) as passes:
        for items in readings:
            _explain(tagger, items, settings, counts)
    return passes.forward, passes.backward, time.process_time() - began


def _explain(tagger: Tagger, items: list[Item], settings: Any, counts: dict[str, int]) -> None:
    explain_items(tagger, items, settings, explainers_of(settings), counts=counts)


@contextmanager
def counted_passes(tagger: Tagger) -> Iterator[Passes]:
    """Count the rows that the tagger's model reads, while the context lasts."""
    passes = Passes()

    def forward(_module: Any, _given: Any, output: Any) -> None:
        logits = output.logits if hasattr(output, "logits") else output
        rows = len(logits)
        passes.forward += rows
        if logits.requires_grad:
            logits.register_hook(lambda _gradient: backward(rows))

    def backward(rows: int) -> None:
        passes.backward += rows

    model = tagger.model if hasattr(tagger, "model") else tagger.network
    hook = model.register_forward_hook(forward)
    try:
        yield passes
    finally:
        hook.remove()


def give_back_memory() -> None:
    """Freed memory goes back to the system, where its allocator can (glibc)."""
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def resident_memory(field: str) -> float:
    """The process's resident memory now (`VmRSS`) or at its peak (`VmHWM`), in MB; NaN where the system does not say."""
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return math.nan
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith(f"{field}:")), math.nan)
