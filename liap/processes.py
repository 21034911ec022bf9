"""One run as several processes: their ranks, the values they exchange, and which of them prints.

In: the environment in which torchrun, `accelerate launch` or mpirun starts each process. Out: shares of the work, and values that all
processes have in common. Without a launcher, every function here acts as in a run of one process and costs nothing.

1. `join` connects the processes: gloo for objects and CPU tensors, NCCL for tensors on GPUs.
2. Steps that fail on bad user input go through `agree`: if such a step fails in one process, it fails in all.
3. `speaking_once` silences every process but the first. A launcher ends all processes as soon as one has failed, so the others wait
   until the first has printed its error.

Processes on several machines need no shared disk.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from datetime import timedelta
from typing import Any, TypeVar

from liap.errors import InputError

# torchrun's name -> the names that Open MPI, MPICH (Hydra) and MVAPICH use
NUMBERS = {
    "WORLD_SIZE": ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"),
    "RANK": ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK"),
    "LOCAL_RANK": ("OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "MV2_COMM_WORLD_LOCAL_RANK"),
}
SAID = "the first process has printed its error"
PATIENCE = timedelta(seconds=30)  # how long the others wait for the first
ALONE = (
    "accelerate launch --cpu started one process, as it always does without mpirun; for several, use "
    "torchrun --nproc-per-node 2 ..., or accelerate launch --multi_gpu --num_processes 2 ... --device cpu"
)

Value = TypeVar("Value")


def number(name: str) -> int | None:
    """WORLD_SIZE, RANK or LOCAL_RANK as the launcher set it; None if it did not."""
    values = [os.environ[variable] for variable in (name, *NUMBERS[name]) if os.environ.get(variable)]
    return int(values[0]) if values else None


def launched() -> bool:
    """Whether this is one of several processes."""
    return (number("WORLD_SIZE") or 1) > 1


def is_first() -> bool:
    """Whether this process is the one that prints and writes files."""
    return not launched() or not number("RANK")


def local_rank() -> int:
    """The rank of this process on its machine, from 0."""
    return (number("LOCAL_RANK") or 0) if launched() else 0


def on_cpu() -> bool:
    """Whether `accelerate launch` was told to stay on the CPU."""
    return os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true"


def join() -> None:
    """Connect the processes, once; does nothing in a run of one process."""
    if not launched() or _joined():
        return
    import torch
    from torch import distributed

    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() and distributed.is_nccl_available() else "gloo"
    distributed.init_process_group(
        backend, store=_meet(), rank=number("RANK") or 0, world_size=number("WORLD_SIZE") or 1
    )


def leave() -> None:
    """Disconnect the processes: from here on each runs on its own."""
    if _joined():
        from torch import distributed

        distributed.destroy_process_group()


def count() -> int:
    """The number of processes that have joined."""
    if not _joined():
        return 1
    from torch import distributed

    return distributed.get_world_size()


def rank() -> int:
    """The rank of this process among those that have joined, from 0."""
    if not _joined():
        return 0
    from torch import distributed

    return distributed.get_rank()


def share(items: Sequence[Value]) -> Sequence[Value]:
    """Every `count`-th item: each item belongs to one process, and a share may be empty."""
    return items[rank() :: count()]


def gather(value: Value) -> list[Value]:
    """The values of all processes, ordered by rank; every process receives them."""
    if count() == 1:
        return [value]
    from torch import distributed

    values: list[Any] = [None] * count()
    distributed.all_gather_object(values, value)
    return values


def from_first(make: Callable[[], Value]) -> Value:
    """What `make` returns in the first process; only that process calls it."""
    if count() == 1:
        return make()
    from torch import distributed

    box: list[Any] = [None if rank() else make()]
    distributed.broadcast_object_list(box, src=0)
    return box[0]


def agree(step: Callable[[], Value]) -> Value:
    """What `step` returns in this process; if one process raises an InputError, all do.

    The first process of each machine runs `step` before the others, so that downloads happen once per machine.
    """
    if count() == 1:
        return step()
    result, complaint = None, None
    for ahead in (True, False):
        if (local_rank() == 0) == ahead:
            try:
                result = step()
            except InputError as error:
                complaint = str(error)
        complaints = [text for text in gather(complaint) if text is not None]
        if complaints:
            raise InputError(complaints[0])
    return result


def speaking_once(call: Callable[[], None]) -> None:
    """Run `call`, the body of a script, so that only the first process prints; another one prints its error if the first cannot.

    `call` ends a script that failed with SystemExit. Processes that have connected end here without Python's usual clean-up, which may
    abort them: gloo's threads are then still releasing tensors.
    """
    if not launched():
        if _told_of_several():
            print(f"{os.path.basename(sys.argv[0])}: {ALONE}", file=sys.stderr)
        return call()
    hidden, status = io.StringIO(), 0
    try:
        with ExitStack() as stack:
            if not is_first():
                stack.enter_context(redirect_stdout(io.StringIO()))
                stack.enter_context(redirect_stderr(hidden))
            call()
    except SystemExit as ended:
        if ended.code and not _first_has_spoken():
            print(hidden.getvalue(), end="", file=sys.stderr)
        if not _store:
            raise
        status = ended.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    if _store:
        os._exit(status)


def _first_has_spoken() -> bool:
    """True once the first process has arrived here; False if it does not in time, or cannot be reached."""
    try:
        store = _meet()
        store.set(SAID, "") if is_first() else store.wait([SAID], PATIENCE)
    except RuntimeError:
        return False
    return True


def _told_of_several() -> bool:
    """Whether `accelerate launch --cpu` was asked for several processes: it then sets a port for them to connect to."""
    return on_cpu() and "MASTER_PORT" in os.environ


_store: list[Any] = []


def _meet() -> Any:
    """The launcher's key-value store, through which the processes find each other."""
    if not _store:
        from torch import distributed

        for name in NUMBERS:
            os.environ.setdefault(name, str(number(name) or 0))
        store, _, _ = next(distributed.rendezvous("env://"))
        _store.append(store)
    return _store[0]


def _joined() -> bool:
    if "torch" not in sys.modules:
        return False
    from torch import distributed

    return distributed.is_available() and distributed.is_initialized()
