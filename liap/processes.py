"""One run as several processes: who is who, what they tell each other, and which of them speaks.

In: the environment in which torchrun, `accelerate launch` or mpirun starts each process. Out: shares of the work, and
values that all processes have in common. Without a launcher everything here is a run of one process and costs nothing.

1. `join` brings the processes together: gloo for objects and CPU tensors, NCCL for tensors on GPUs.
2. What may fail because of what the user gave goes through `agree`: where it fails in one process it fails in all.
3. `run` lets the first process alone speak. A launcher ends all processes as soon as one of them has failed, so the others
   stay until the first has said why.

Processes on several machines need no disk in common: a `shared_folder` is the first process's own.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from typing import Any, TypeVar

from liap import cli
from liap.errors import InputError

# by the name that torchrun gives it: the names that Open MPI, MPICH (Hydra) and MVAPICH give it
NUMBERS = {
    "WORLD_SIZE": ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"),
    "RANK": ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK"),
    "LOCAL_RANK": ("OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "MV2_COMM_WORLD_LOCAL_RANK"),
}
SAID = "the first process has said why"
PATIENCE = timedelta(seconds=30)  # that the others have with the first
ALONE = (
    "accelerate launch --cpu started one process, as it always does without mpirun; for several: "
    "torchrun --nproc-per-node 2 ..., or accelerate launch --multi_gpu --num_processes 2 ... --device cpu"
)

Value = TypeVar("Value")


def number(name: str) -> int | None:
    """WORLD_SIZE, RANK or LOCAL_RANK as the launcher gave it; None where it gave none."""
    given = [os.environ[one] for one in (name, *NUMBERS[name]) if os.environ.get(one)]
    return int(given[0]) if given else None


def launched() -> bool:
    """Whether this is one of several processes."""
    return (number("WORLD_SIZE") or 1) > 1


def is_first() -> bool:
    """Whether this process is the one that speaks and writes."""
    return not launched() or not number("RANK")


def local_rank() -> int:
    """This process's number on its machine, from 0."""
    return (number("LOCAL_RANK") or 0) if launched() else 0


def on_cpu() -> bool:
    """Whether `accelerate launch` was told to stay on the CPU."""
    return os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true"


def join() -> None:
    """Bring the processes together, once; nothing where there is only one."""
    if not launched() or _joined():
        return
    import torch
    from torch import distributed

    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() and distributed.is_nccl_available() else "gloo"
    distributed.init_process_group(
        backend, store=_meet(), rank=number("RANK") or 0, world_size=number("WORLD_SIZE") or 1
    )


def leave() -> None:
    """Take leave of each other: from here on every process is on its own."""
    if _joined():
        from torch import distributed

        distributed.destroy_process_group()


def count() -> int:
    """How many processes have joined."""
    if not _joined():
        return 1
    from torch import distributed

    return distributed.get_world_size()


def rank() -> int:
    """This process's number among those that have joined, from 0."""
    if not _joined():
        return 0
    from torch import distributed

    return distributed.get_rank()


def share(items: Sequence[Value]) -> Sequence[Value]:
    """Every `count`-th item: each belongs to one process; a share may be empty."""
    return items[rank() :: count()]


def gather(value: Value) -> list[Value]:
    """Every process's value, in the order of their ranks, for all of them."""
    if count() == 1:
        return [value]
    from torch import distributed

    values: list[Any] = [None] * count()
    distributed.all_gather_object(values, value)
    return values


def from_first(make: Callable[[], Value]) -> Value:
    """What `make` returns in the first process, which alone calls it."""
    if count() == 1:
        return make()
    from torch import distributed

    box: list[Any] = [None if rank() else make()]
    distributed.broadcast_object_list(box, src=0)
    return box[0]


def agree(step: Callable[[], Value]) -> Value:
    """What `step` returns in this process; an InputError of one process is raised by all.

    The first process of each machine goes ahead, so that it alone fetches what the others then find there.
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
        complaints = [one for one in gather(complaint) if one is not None]
        if complaints:
            raise InputError(complaints[0])
    return result


@contextmanager
def shared_folder(prefix: str) -> Iterator[str]:
    """A temporary folder of the first process, removed once no process needs it; other machines may not have it."""
    with ExitStack() as stack:
        yield from_first(lambda: stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
        gather(None)  # all have come this far


def run(main: Callable[[], None], how_to_go_on: str = "") -> None:
    """`cli.run` for a script that may be several processes: what there is to say is said once, by the first.

    Processes that have met end here, for Python's own way out may abort them: gloo's threads still let go of tensors then.
    """
    if not launched():
        if _told_of_several():
            print(f"{os.path.basename(sys.argv[0])}: {ALONE}", file=sys.stderr)
        return cli.run(main, how_to_go_on)
    hidden, status = io.StringIO(), 0
    try:
        with ExitStack() as stack:
            if not is_first():
                stack.enter_context(redirect_stdout(io.StringIO()))
                stack.enter_context(redirect_stderr(hidden))
            cli.run(main, how_to_go_on)
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
    """True once the first process has come here; False where it has not in time, or cannot be asked."""
    try:
        store = _meet()
        store.set(SAID, "") if is_first() else store.wait([SAID], PATIENCE)
    except RuntimeError:
        return False
    return True


def _told_of_several() -> bool:
    """Whether `accelerate launch --cpu` was asked for several processes: it then names a port where they would meet."""
    return on_cpu() and "MASTER_PORT" in os.environ


_store: list[Any] = []


def _meet() -> Any:
    """The table that the launcher keeps for the processes, by which they find each other."""
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
