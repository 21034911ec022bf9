"""The role labeller `allennlp`: AllenNLP 2.10.1 itself, in a process of its own Python, spoken to by lines of JSON.

In: sentences, parses, an archive, and the environment that `make srl-env` built. Out: frames.

1. The process starts when there is something to ask, is given a clean copy of the archive (`allennlp_archive.py`), and
   says its versions, which must be those that the environment's files say. The copy is removed once it is loaded.
2. Words go over as the corpus has them, predicates as the parser tagged them, in batches of sentences of like length.
3. A process that dies, hangs or answers with something else is started once more; after that it is an InputError that
   ends with its log's last words. What it reports itself is an InputError at once: it would happen again.
4. It ends with the labelling; and with this process, however that ends (`allennlp_worker.py`).
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
from liap.linguistics.cache import stamp
from liap.linguistics.srl.archive_files import Configuration, read_configuration
from liap.linguistics.srl.download import find_archive
from liap.linguistics.srl.environment import INSTEAD, Environment, find_environment
from liap.linguistics.srl.frames import CachedTagger, Labelling, Request, Settings, Tagger, Tags
from liap.linguistics.srl.wordpiece import VOCABULARY_FILES, find_encoder_file
from liap.linguistics.srl.worker_process import WorkerFault, WorkerProcess

WORKER = Path(__file__).with_name("allennlp_worker.py")
PROTOCOL = 1
METHOD = 1  # raised when the same archive and versions would give other tags
RESTARTS = 1
LOAD_SECONDS = 600.0  # for importing AllenNLP and loading an archive; on a cold disk minutes
OURS_ALONE = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV")  # variables that would mislead another Python
NO_HUB = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


@contextmanager
def open_labelling(settings: Settings) -> Iterator[Labelling]:
    """Frames of the parser's verbs; see `liap.linguistics.srl.label`."""
    if settings.precision != "fp32":
        raise InputError(f"--srl allennlp labels in fp32 alone, not in {settings.precision}; --srl archive does both")
    environment = find_environment(settings.environment)
    archive = find_archive(settings.archive, cache=settings.cache, progress=settings.progress)
    configuration = read_configuration(archive)
    identity = _identity(environment, archive, configuration, settings)
    with ExitStack() as stack:

        def make_tagger() -> Tagger:
            labeller = Labeller(lambda: _start(environment, archive, configuration, settings), settings)
            return stack.enter_context(labeller).tag

        yield CachedTagger(make_tagger, identity=identity, settings=settings)


class Labeller:
    """A worker, started when first asked and once more after a fault."""

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
        """AllenNLP's tags for each request, in order; None for a sentence longer than the encoder's limit."""
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
    """A worker that imports nothing yet, and the call that makes it load."""
    variables = {name: value for name, value in os.environ.items() if name not in OURS_ALONE} | NO_HUB
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
            said = {name: answer.get(name) for name in ("protocol", "versions")}
            wanted = {"protocol": PROTOCOL, "versions": environment.versions}
            raise InputError(
                f"AllenNLP's worker says {said}; expected {wanted}; remove the environment and `make srl-env` again; {INSTEAD}"
            )

    return worker, handshake


def _unfailed(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise InputError(f"AllenNLP cannot label ({' '.join(str(answer['error']).split())}); {INSTEAD}")
    return answer


def _tags(answer: dict[str, Any], batch: Sequence[Request]) -> list[Tags | None]:
    """The answer's tags, of which there must be one a word."""
    answers = answer.get("tags")
    if not isinstance(answers, list) or len(answers) != len(batch):
        raise WorkerFault(f"answered a batch of {len(batch)} with something else")
    for request, tags in zip(batch, answers, strict=True):
        if tags is not None and not (isinstance(tags, list) and len(tags) == len(request.words)):
            raise WorkerFault(f"answered a sentence of {len(request.words)} words with something else")
    return [tags and tuple(map(str, tags)) for tags in answers]


def _identity(environment: Environment, archive: Path, configuration: Configuration, settings: Settings) -> list[Any]:
    """All that the tags depend on."""
    vocabulary = find_encoder_file(VOCABULARY_FILES, configuration.encoder, archive=archive, folder=settings.encoder)
    found = stamp(vocabulary) if vocabulary else configuration.encoder
    return ["allennlp", METHOD, environment.versions, stamp(archive), found]
