"""The role labeller `allennlp`: AllenNLP 2.10.1 itself, run by another Python that reads and writes lines of JSON.

In: sentences, parses, an archive, and the environment that `make srl-env` builds. Out: frames.

1. A worker process starts with the first request. It loads a clean copy of the archive (`allennlp_archive.py`), which is then
   deleted, and reports its versions, which must match those of the environment's files.
2. It receives the corpus's words and the parser's predicates, in batches of sentences of similar length.
3. If it dies, hangs or answers with something unexpected, it is started once more. A second failure is an InputError that ends
   with the last words of its log. An error that the worker itself reports would happen again, so it is an InputError at once.
4. The worker ends with the labelling, and with this process, however that ends (`allennlp_worker.py`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from liap.batches import by_length
from liap.errors import InputError
from liap.linguistics.srl.archive import digests_of_model
from liap.linguistics.srl.archive_files import Configuration, read_configuration
from liap.linguistics.srl.download import find_archive
from liap.linguistics.srl.environment import INSTEAD, Environment, find_environment
from liap.linguistics.srl.frames import CachedTagger, Labelling, Request, Settings, Tagger, Tags
from liap.linguistics.srl.worker_process import WorkerFault, WorkerProcess

WORKER = Path(__file__).with_name("allennlp_worker.py")
PROTOCOL = 1
METHOD = 1  # raised when this code would give other tags from the same archive and versions
RESTARTS = 1
LOAD_SECONDS = 600.0  # to import AllenNLP and load an archive, which takes minutes from a cold disk
NOT_INHERITED = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV")  # would mislead another Python
NO_HUB = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


@contextmanager
def open_labelling(settings: Settings) -> Iterator[Labelling]:
    """Frames of the parser's verbs; see `liap.linguistics.srl.label`."""
    if settings.precision != "fp32":
        raise InputError(f"--srl allennlp labels in fp32 only, not in {settings.precision}; --srl archive does both")
    environment = find_environment(settings.environment)
    archive = find_archive(settings.archive, cache=settings.cache, progress=settings.progress)
    configuration = read_configuration(archive)
    made_by = {"srl": "allennlp"} | identity(settings)
    with ExitStack() as stack:

        def make_tagger() -> Tagger:
            labeller = Labeller(lambda: _start(environment, archive, configuration, settings), settings)
            return stack.enter_context(labeller).tag

        yield CachedTagger(make_tagger, identity=made_by, settings=settings)


class Labeller:
    """A worker that starts with the first request, and once more after a fault."""

    def __init__(self, start: Callable[[], tuple[WorkerProcess, Callable[[], None]]], settings: Settings) -> None:
        self._start = start
        self._settings = settings
        self._worker: WorkerProcess | None = None
        self._restarts = RESTARTS

    def __enter__(self) -> Labeller:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def tag(self, requests: Sequence[Request]) -> list[Tags | None]:
        """AllenNLP's tags for each request, in order; None for a sentence that exceeds the encoder's limit."""
        answers: list[Tags | None] = [None] * len(requests)
        for batch in by_length([len(request.words) for request in requests], self._settings.batch_pieces):
            for index, tags in zip(batch, self._ask([requests[index] for index in batch]), strict=True):
                answers[index] = tags
        return answers

    def _ask(self, batch: Sequence[Request]) -> list[Tags | None]:
        message = {"requests": [[request.words, request.predicate] for request in batch]}
        while True:
            try:
                if self._worker is None:
                    self._worker, handshake = self._start()
                    handshake()
                return _tags(_unfailed(self._worker.exchange(message, self._settings.batch_seconds)), batch)
            except WorkerFault as fault:
                self._recover(fault)

    def _recover(self, fault: WorkerFault) -> None:
        log = self._worker.log_end() or "empty"
        self._stop()
        if not self._restarts:
            raise InputError(
                f"AllenNLP's worker {fault}, after {RESTARTS} restart; {INSTEAD}; the end of its log: {log}"
            ) from fault
        self._restarts -= 1

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def _start(
    environment: Environment, archive: Path, configuration: Configuration, settings: Settings
) -> tuple[WorkerProcess, Callable[[], None]]:
    """A worker that has not imported anything yet, and the function that makes it load the archive."""
    variables = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED} | NO_HUB
    command = [str(environment.python), "-I", str(WORKER), str(os.getpid())]
    try:
        worker = WorkerProcess(command, variables)
    except OSError as error:
        raise InputError(f"{environment.python} cannot be started ({error.strerror}); {INSTEAD}") from None

    def handshake() -> None:
        from liap.linguistics.srl.allennlp_archive import write_clean_copy

        with tempfile.TemporaryDirectory(prefix="liap-srl-") as folder:
            write_clean_copy(Path(folder), archive, configuration, encoder=settings.encoder)
            start = {"protocol": PROTOCOL, "archive": folder, "lower_case": configuration.lower_case}
            answer = _unfailed(worker.exchange(start, LOAD_SECONDS))
        if answer.get("protocol") != PROTOCOL or answer.get("versions") != environment.versions:
            reported = {name: answer.get(name) for name in ("protocol", "versions")}
            expected = {"protocol": PROTOCOL, "versions": environment.versions}
            raise InputError(
                f"AllenNLP's worker reports {reported}; expected {expected}; delete the environment and run `make srl-env` "
                f"again; {INSTEAD}"
            )

    return worker, handshake


def _unfailed(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise InputError(f"AllenNLP cannot label ({' '.join(str(answer['error']).split())}); {INSTEAD}")
    return answer


def _tags(answer: dict[str, Any], batch: Sequence[Request]) -> list[Tags | None]:
    """The tags in an answer, after checking that there is one per word."""
    answers = answer.get("tags")
    if not isinstance(answers, list) or len(answers) != len(batch):
        raise WorkerFault(f"answered a batch of {len(batch)} with something else")
    for request, tags in zip(batch, answers, strict=True):
        if tags is not None and not (isinstance(tags, list) and len(tags) == len(request.words)):
            raise WorkerFault(f"answered a sentence of {len(request.words)} words with something else")
    return [tags and tuple(map(str, tags)) for tags in answers]


def identity(settings: Settings) -> dict[str, str]:
    """What the tags depend on."""
    archive = find_archive(settings.archive, cache=settings.cache, progress=settings.progress)
    versions = find_environment(settings.environment).versions
    libraries = {f"srl_{library}": version for library, version in versions.items()}
    return {"srl_method": str(METHOD), **libraries, **digests_of_model(archive, settings)}
