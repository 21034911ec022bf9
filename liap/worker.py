"""A worker: what tagging and explaining need in one process. The two tasks are functions of a worker and a chunk.

A chunk's outcome depends on the chunk and the settings alone, not on the process or on what it did before.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from liap.errors import InputError
from liap.plugins import absolute
from liap.records import Mention, Sentence
from liap.settings import NO_PARSER, AnnotationSettings, MethodSettings

if TYPE_CHECKING:
    from liap.evaluation import Outcome
    from liap.explainers import Case
    from liap.linguistics.annotation import Annotator, Item
    from liap.taggers.prediction import Predictions
    from liap.taggers.tagger import Tagger

NAMES = ("gold", NO_PARSER)  # parsers that are no files, whatever lies in the working folder
PATHS = (
    "model",
    "parser",
    "srl_archive",
    "srl_encoder",
    "srl_environment",
    "cache",
    "fitted",
    "language_model",
)  # of files


@runtime_checkable
class Study(Protocol):
    """A study over the same mentions: it sees every case of a chunk, and its arrays are saved with the chunk."""

    def see(self, case: Case) -> None:
        """Take what the study needs of one case."""

    def arrays(self) -> dict[str, np.ndarray]:
        """What the chunk's file keeps."""


@runtime_checkable
class MakeStudy(Protocol):
    """A study's class, called once for each chunk."""

    needs: frozenset[str]  # of a tagger's capabilities, and "parse"
    file: str  # that the study makes

    def __call__(self) -> Study: ...


def is_parsed(settings: Any) -> bool:
    """Whether a run's sentences are parsed."""
    return isinstance(settings, AnnotationSettings) and settings.parsed


@dataclass(eq=False)
class Worker:
    """What a task needs: the recogniser and, in a run with structure, the parser and the role labeller.

    They are loaded when they are first used. Pickling leaves them out.
    """

    settings: Any  # TaggerSettings and MethodSettings; AnnotationSettings too for a run with structure
    studies: tuple[MakeStudy, ...] = ()
    digest: str = ""  # of the recogniser's weights, as the process that starts the run reads them
    versions: dict[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] | None = None  # of the words of all sentences, where an explainer reads them

    def __post_init__(self) -> None:
        self._stack = ExitStack()

    def __getstate__(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @cached_property
    def tagger(self) -> Tagger:
        from liap.taggers.transformer import open_tagger

        return open_tagger(self.settings)

    @cached_property
    def annotator(self) -> Annotator | None:
        """None for a run without structure."""
        from liap.linguistics.annotation import open_annotator

        if not is_parsed(self.settings):
            return None
        return self._stack.enter_context(open_annotator(self.settings))

    def close(self) -> None:
        """Close what the parser and the role labeller hold open."""
        self._stack.close()
        self.__dict__.pop("annotator", None)

    def elsewhere(self) -> Worker:
        """The same worker for a process with another working folder: paths become absolute."""
        changes: dict[str, Any] = {}
        for name in PATHS:
            value = getattr(self.settings, name, "")
            path = Path(value).expanduser()
            if value and value not in NAMES and (path.exists() or name == "cache"):
                changes[name] = str(path.resolve())
        for name in ("explainers", "metrics"):
            changes[name] = tuple(absolute(method) for method in getattr(self.settings, name))
        prunings = (one.partition(":") for one in self.settings.prune)
        changes["prune"] = tuple(f"{variant}:{absolute(method)}" for variant, _, method in prunings)
        changes["options"] = {name: _with_absolute_files(own) for name, own in self.settings.options.items()}
        return replace(self, settings=replace(self.settings, **changes))

    def check(self) -> None:
        """InputError if this process would give other rows than the one that made the worker."""
        from liap.provenance import digest_of_weights, versions
        from liap.taggers.checkpoints import local_folder

        here = versions()
        for name, version in self.versions.items():
            if here.get(name) != version:
                raise InputError(f"a worker has {name} {here.get(name)}, this process {version}; install the same")
        if digest_of_weights(local_folder(self.settings.model)) != self.digest:
            raise InputError(
                f"--model {self.settings.model} is another model on a worker than here; copy it there again"
            )


def _with_absolute_files(own: Any) -> Any:
    """A method's own settings, the files that they name by absolute paths."""
    files = {one.name: getattr(own, one.name) for one in fields(own) if "file" in one.metadata}
    return replace(own, **{name: str(Path(path).expanduser().resolve()) for name, path in files.items() if path})


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Sentences to annotate and score, with their mentions."""

    sentences: Sequence[Sentence]
    mentions: Sequence[tuple[Mention, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedChunk:
    """A chunk's parts of the result files, and where the time went."""

    texts: dict[str, str]
    arrays: dict[str, np.ndarray]
    seconds: dict[str, float]


def tag_sentences(worker: Worker, sentences: Sequence[Sentence]) -> Predictions:
    """The task of tagging: the recogniser's tags and mentions."""
    from liap.taggers.prediction import predict

    settings = worker.settings
    return predict(worker.tagger, sentences, type_map=settings.type_map, target=settings.target)


def explain_chunk(worker: Worker, chunk: Chunk) -> ExplainedChunk:
    """The task of explaining: annotate a chunk and evaluate it."""
    from liap.evaluation import evaluate
    from liap.reports.sentences_file import structure_lines

    items, facts, seconds = _annotate(worker, chunk)
    studies = [make() for make in worker.studies]
    began = time.perf_counter()
    outcome = evaluate(worker.tagger, items, worker.settings, [study.see for study in studies], worker.counts)
    seconds |= {"score": time.perf_counter() - began, "forward": outcome.meter.seconds}
    arrays = {name: values for study in studies for name, values in study.arrays().items()}
    texts = texts_of(outcome, facts, worker.settings) | {"sentences": structure_lines(items, outcome.scores)}
    return ExplainedChunk(texts, arrays, seconds)


def _annotate(worker: Worker, chunk: Chunk) -> tuple[list[Item], dict[str, Any], dict[str, float]]:
    from liap.linguistics.annotation import without_structure

    if worker.annotator is None:
        return without_structure(chunk.sentences, [one for mentions in chunk.mentions for one in mentions]), {}, {}
    annotated = worker.annotator(chunk.sentences, chunk.mentions)
    return annotated.items, annotated.facts(annotated.items), dict(annotated.seconds)


def texts_of(outcome: Outcome, facts: dict[str, Any], settings: MethodSettings) -> dict[str, str]:
    """A chunk's parts of the result files, and its facts for the run's record."""
    from liap import tables
    from liap.faithfulness.scoring import columns_of

    lines = [
        {
            "sentence": one.mention.sentence,
            "start": one.mention.start,
            "end": one.mention.end,
            "type": one.mention.predicted_type,
            "probability": tables.significant([one.mention.probability])[0],
            "words": one.sentence.words,
            "scores": {name: tables.significant(scores.tolist()) for name, scores in one.scores.items()},
        }
        for one in outcome.scores
    ]
    return {
        "rows": tables.lines(outcome.rows, list(columns_of(settings))),
        "explanations": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
        "facts": json.dumps(facts | {"passes": outcome.meter.passes, "pieces": outcome.meter.pieces}),
    }
