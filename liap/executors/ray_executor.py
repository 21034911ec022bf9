"""The engine `ray`: tasks mapped over workers on this machine or a cluster, with Ray Data (Moritz et al. 2018).

1. A task is a row: sentences to tag, or a chunk of sentences to annotate and score. A *worker* is an actor that holds the recogniser,
   the parser and the role labeller, loaded when its first task comes.
2. A worker whose weights or library versions are not those of this process refuses to work: its rows would be another run's.
3. A worker that dies is started anew and its tasks are redone; a task that is lost `TRIES` times ends the run.
4. Answers come in any order and are saved here as they come, so that a run that is killed goes on where it was.

In fp32 the rows are those of the local engine; with a number of threads of its own a worker's last digit may differ.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from liap.errors import InputError, first_line
from liap.records import Mention, Sentence
from liap.settings import EvaluationSettings

TRIES = 5  # at a task whose worker dies
SECONDS_TO_ANSWER = 10
STORE = 2**29  # bytes of shared memory for tasks and answers, where Ray is started here
PATHS = ("model", "parser", "srl_archive", "srl_encoder", "srl_environment", "cache")


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What a worker is made from."""

    given: Any  # the script's settings
    settings: EvaluationSettings
    model_digest: str
    versions: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Sentences to annotate and score, with their mentions."""

    sentences: Sequence[Sentence]
    mentions: Sequence[tuple[Mention, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A chunk's parts of the result files."""

    texts: dict[str, str]
    arrays: dict[str, Any]
    seconds: dict[str, float]


class Hands:
    """What a worker does, in whatever process; made without loading anything."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._stack = ExitStack()
        self._loaded: tuple[Any, Any] | None = None

    def __call__(self, task: Chunk | Sequence[Sentence]):
        """Predictions for sentences, parts of files for a chunk."""
        from liap.evaluation import predict

        engine, annotator = self._load()
        return self._score(task, engine, annotator) if isinstance(task, Chunk) else predict(engine, task)

    def _score(self, chunk: Chunk, engine, annotator) -> Scored:
        from liap.evaluation import evaluate
        from liap.pipeline import parts_of

        annotated = annotator(chunk.sentences, chunk.mentions)
        began = time.perf_counter()
        outcome = evaluate(engine, annotated.items, self._setup.settings)
        seconds = {"score": time.perf_counter() - began, "forward": outcome.meter.seconds, **annotated.seconds}
        texts, arrays = parts_of(outcome, annotated.facts(annotated.items))
        return Scored(texts, arrays, seconds)

    def _load(self):
        if self._loaded is None:
            from liap.linguistics.annotation import open_annotator
            from liap.perturbation.engine import Engine
            from liap.provenance import digest_of_weights, versions
            from liap.taggers.checkpoints import local_folder
            from liap.taggers.transformer import Recogniser

            given, here = self._setup.given, versions()
            for name, version in self._setup.versions.items():
                if here.get(name) != version:
                    raise InputError(f"a worker has {name} {here.get(name)}, this process {version}; install the same")
            if digest_of_weights(local_folder(given.model)) != self._setup.model_digest:
                raise InputError(f"--model {given.model} is another model on a worker than here; copy it there again")
            recogniser = Recogniser.load(given.model, precision=given.precision, device=given.device)
            annotator = self._stack.enter_context(open_annotator(given))
            self._loaded = Engine(recogniser, given.pieces_per_batch), annotator
        return self._loaded


class Ledger:
    """How often each task was begun, in a process of its own that survives the workers'."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()

    def begin(self, index: int) -> int:
        self._begun[index] += 1
        return self._begun[index]


class Worker:
    """`Hands` as Ray Data calls them: a table of one task in, a table of one answer out."""

    def __init__(self, setup: Setup, ledger) -> None:
        self._hands = Hands(setup)
        self._ledger = ledger

    def __call__(self, table):
        import pyarrow
        import ray

        index = table["index"][0].as_py()
        try:
            tries = ray.get(self._ledger.begin.remote(index))
            if tries > TRIES:
                raise InputError(
                    f"task {index} was begun {TRIES} times and its worker died each time, perhaps for want of memory; "
                    "try a smaller --chunk or --pieces-per-batch, or fewer --workers"
                )
            answer = self._hands(pickle.loads(table["task"][0].as_py()))
        except InputError as error:
            answer = error
        cell = pyarrow.array([pickle.dumps(answer)], pyarrow.large_binary())
        return pyarrow.table({"index": table["index"], "tries": [tries], "answer": cell})


@dataclass(slots=True, eq=False)
class Crew:
    """Workers of one setup, started for each kind of work and stopped after it."""

    setup: Setup
    redone: int = 0  # tasks whose first worker died

    def answers(self, tasks: Iterable[tuple[int, object]]) -> Iterator[tuple[int, Any]]:
        """Each task's number and answer, in the order in which they are done."""
        import ray.data

        rows = [{"index": index, "task": pickle.dumps(task)} for index, task in tasks]
        if not rows:
            return
        given = self.setup.given
        done = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            Worker,
            fn_constructor_args=(self.setup, ray.remote(num_cpus=0)(Ledger).remote()),
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=min(given.workers, len(rows))),
            num_cpus=given.cpus_per_worker,
            num_gpus=given.gpus_per_worker or None,
        )
        for row in done.iter_rows():
            answer = pickle.loads(row["answer"])
            if isinstance(answer, InputError):
                raise answer
            self.redone += row["tries"] > 1
            yield row["index"], answer


@contextmanager
def open_crew(given, settings: EvaluationSettings, model_digest: str) -> Iterator[Crew]:
    """Connect to the cluster of `--ray-address`, or start Ray on this machine, until the end."""
    for flag, value, least in (
        ("--workers", given.workers, 1),
        ("--cpus-per-worker", given.cpus_per_worker, 1),
        ("--gpus-per-worker", given.gpus_per_worker, 0),
    ):
        if value < least:
            raise InputError(f"{flag} must be at least {least}, got {value}")
    ray = _import_ray()
    _connect(ray, given)
    try:
        _check_resources(ray, given)
        yield Crew(_setup(given, settings, model_digest))
    finally:
        ray.shutdown()


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


def _connect(ray, given) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if given.ray_address:
        try:
            _reach(given.ray_address)
            ray.init(address=given.ray_address, **quiet)
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(
                f"--ray-address {given.ray_address}: no Ray cluster answers there ({first_line(error)}); "
                "`ray status` on the cluster's head shows whether it runs, or leave the flag out to start one here"
            ) from error
    else:
        resources = {"num_cpus": given.workers * given.cpus_per_worker, "object_store_memory": STORE}
        if given.gpus_per_worker:
            resources["num_gpus"] = -(-given.workers * given.gpus_per_worker // 1)
        ray.init(address="local", include_dashboard=False, **resources, **quiet)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False


def _reach(address: str) -> None:
    """Knock at a host and port, as Ray itself would wait there for ever."""
    place = address.removeprefix("ray://")
    if place != "auto":
        host, _, port = place.rpartition(":")
        if not host or not port.isdecimal():
            raise ValueError("expected host:port, ray://host:port or auto")
        socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS_TO_ANSWER).close()


def _check_resources(ray, given) -> None:
    """Ray would wait for ever for a core that no node has."""
    there = ray.cluster_resources()
    for kind, flag, each in (
        ("CPU", "--cpus-per-worker", given.cpus_per_worker),
        ("GPU", "--gpus-per-worker", given.gpus_per_worker),
    ):
        if each * given.workers > there.get(kind, 0):
            raise InputError(
                f"--workers {given.workers} with {flag} {each} needs {each * given.workers:g} {kind}s, the cluster has {there.get(kind, 0):g}"
            )


def _setup(given, settings: EvaluationSettings, model_digest: str) -> Setup:
    """Paths become absolute: a worker's own folder is another one."""
    from liap.provenance import versions

    values = dict(vars(given))
    for name in PATHS:
        path = Path(values[name]).expanduser()
        if values[name] and (path.exists() or name == "cache"):
            values[name] = str(path.resolve())
    return Setup(SimpleNamespace(**values), settings, model_digest, versions())
