"""Tasks done by workers on this machine or a cluster, with Ray Data (Moritz et al. 2018).

1. A task is a row of a table. A Ray actor holds a worker (a recogniser, a parser, a role labeller), which loads what it needs
   with its first task.
2. If a worker's weights or library versions differ from those of this process, its rows would too, so it refuses to work.
3. If a worker dies, it is started again and its task is repeated; a task whose worker has died `TRIES` times ends the run.
4. Answers come in any order. This process saves them as they come, so that a killed run goes on where it stopped.

In fp32 the rows are those of the local executor, up to the last digit if workers have another number of threads.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from liap.errors import InputError, first_line
from liap.openmp import wait_briefly
from liap.plugins import MODULE_PREFIX
from liap.settings import ExecutorSettings

TRIES = 5  # at a task whose worker dies
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 3, 11
GREET_CLUSTER = """
import sys, ray
from ray._private import services
ray._raylet.GcsClient(address=services.canonicalize_bootstrap_address(sys.argv[1]) or sys.exit("none runs here")).internal_kv_keys(b"", b"")
"""
GREET_CLIENT = """
import sys, grpc
grpc.channel_ready_future(grpc.insecure_channel(sys.argv[1])).result()
"""
STORE = 2**29  # bytes of shared memory for tasks and answers, where Ray is started here


class Ledger:
    """How often each task was begun; a process of its own, which survives the workers."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()

    def begin(self, index: int) -> int:
        self._begun[index] += 1
        return self._begun[index]


class RayWorker:
    """A worker as Ray Data calls it: a table of one task in, a table of one answer out."""

    def __init__(self, worker: Any, function: Callable[[Any, Any], Any], ledger) -> None:
        wait_briefly()  # on another machine the environment is not this run's
        self._worker, self._function, self._ledger = worker, function, ledger
        self._checked = False

    def __call__(self, table):
        import pyarrow
        import ray

        index = table["index"][0].as_py()
        try:
            tries = ray.get(self._ledger.begin.remote(index))
            if tries > TRIES:
                raise InputError(
                    f"task {index} was begun {TRIES} times and its worker died each time, perhaps because memory ran out; "
                    "try a smaller --chunk or --pieces-per-batch, or fewer --workers"
                )
            if not self._checked:
                self._worker.check()
                self._checked = True
            answer = self._function(self._worker, pickle.loads(table["task"][0].as_py()))
        except InputError as error:
            answer = error
        cell = pyarrow.array([pickle.dumps(answer)], pyarrow.large_binary())
        return pyarrow.table({"index": table["index"], "tries": [tries], "answer": cell})


@dataclass(slots=True, eq=False)
class RayExecutor:
    """A pool of workers, started for each call of `map` and stopped after it."""

    settings: ExecutorSettings
    worker: Any
    facts: dict[str, Any] = field(default_factory=dict)  # for the run's record

    def map(self, function: Callable[[Any, Any], Any], tasks: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        """(number, `function(worker, task)`) of each task, in the order in which tasks finish."""
        import ray.data

        _send_users_classes(ray.cloudpickle)
        rows = [{"index": index, "task": pickle.dumps(task)} for index, task in tasks]
        self.facts.setdefault("ray", {"workers": self.settings.workers, "tasks_redone": 0})
        if not rows:
            return
        done = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            RayWorker,
            fn_constructor_args=(self.worker.elsewhere(), function, ray.remote(num_cpus=0)(Ledger).remote()),
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=min(self.settings.workers, len(rows))),
            num_cpus=self.settings.cpus_per_worker,
            num_gpus=self.settings.gpus_per_worker or None,
        )
        for row in done.iter_rows():
            answer = pickle.loads(row["answer"])
            if isinstance(answer, InputError):
                raise answer
            self.facts["ray"]["tasks_redone"] += row["tries"] > 1
            yield row["index"], answer


@contextmanager
def open_ray(settings: ExecutorSettings, worker: Any) -> Iterator[RayExecutor]:
    """An executor on the cluster of `--ray-address`, or on a Ray that is started here and stopped at the end."""
    ray = _import_ray()
    _connect(ray, settings)
    try:
        _check_resources(ray, settings)
        yield RayExecutor(settings, worker)
    finally:
        ray.shutdown()


def _send_users_classes(cloudpickle: Any) -> None:
    """Settings that a user's own file declares are instances of its classes, which workers cannot import by name."""
    for name, module in list(sys.modules.items()):
        if name.startswith(MODULE_PREFIX):
            cloudpickle.register_pickle_by_value(module)


def _import_ray():
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
        import ray.data
    except ImportError:
        raise InputError("--engine ray needs Ray, which is not installed; `pip install 'ray[data]'`") from None
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


def _connect(ray, settings: ExecutorSettings) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if settings.ray_address:
        try:
            _reach(settings.ray_address)
            ray.init(address=settings.ray_address, **quiet)
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(
                f"--ray-address {settings.ray_address}: no Ray cluster answers there ({first_line(error)}); "
                "`ray status` on the cluster's head shows whether it runs, or leave the flag out to start one here"
            ) from error
    else:
        resources = {"num_cpus": settings.workers * settings.cpus_per_worker, "object_store_memory": STORE}
        if settings.gpus_per_worker:
            resources["num_gpus"] = -(-settings.workers * settings.gpus_per_worker // 1)
        ray.init(address="local", include_dashboard=False, **resources, **quiet)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False


def _reach(address: str) -> None:
    """Raise an error if no Ray cluster answers at the address, where Ray itself would wait for minutes.

    A process of its own greets the cluster as Ray does: one that gets no answer can be stopped, a thread cannot.
    """
    place = address.removeprefix("ray://")
    if place != "auto":
        host, _, port = place.rpartition(":")
        if not host or not port.isdecimal():
            raise ValueError("expected host:port, ray://host:port or auto")
        socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS_TO_CONNECT).close()
    greeting = GREET_CLIENT if address.startswith("ray://") else GREET_CLUSTER
    command = [sys.executable, "-c", greeting, place]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=SECONDS_TO_ANSWER, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"no answer in {SECONDS_TO_ANSWER} s") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RuntimeError(lines[-1] if lines else "what listens there is no Ray")


def _check_resources(ray, settings: ExecutorSettings) -> None:
    """InputError if the cluster has too few cores or GPUs, for which Ray would wait for ever."""
    there = ray.cluster_resources()
    for kind, flag, each in (
        ("CPU", "--cpus-per-worker", settings.cpus_per_worker),
        ("GPU", "--gpus-per-worker", settings.gpus_per_worker),
    ):
        if each * settings.workers > there.get(kind, 0):
            raise InputError(
                f"--workers {settings.workers} with {flag} {each} needs {each * settings.workers:g} {kind}s, the cluster has {there.get(kind, 0):g}"
            )
