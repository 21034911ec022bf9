"""The steps that the scripts which explain mentions share, from a corpus to the files of a results folder.

1. `begin` reads the corpus and the recogniser and takes the results folder; the run's identity says what decides its rows.
2. `choose_mentions` tags every sentence and takes the mentions to explain.
3. `explain` annotates and scores their sentences in chunks, each saved whole, so that a killed run goes on where it stopped.
4. `write_rows` joins the chunks into the result files; `report` closes the run.

Tagging and explaining a chunk are functions of a `Worker` and the chunk alone; an executor maps them over chunks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liap.columns import SCORES
from liap.errors import InputError
from liap.executors import Executor
from liap.files import check_writable
from liap.records import Mention, Sentence
from liap.reports.explained import EXPLANATIONS
from liap.reports.sentences_file import SENTENCES
from liap.run_identity import declarations_of, identity_of, is_raw, named_source, source_of
from liap.runs import Run
from liap.settings import CorpusSettings
from liap.worker import Chunk, MakeStudy, Worker, explain_chunk, is_parsed, tag_sentences

if TYPE_CHECKING:
    from liap.linguistics.vocabulary import KnownWords
    from liap.preflight import LeftOut
    from liap.taggers.prediction import Predictions

SENTENCES_AT_ONCE = 512  # that are tagged between two moves of the progress bar


@dataclass(slots=True)
class EvaluationFacts:
    """What `run.json` says of an evaluation beside its settings; None is left out."""

    methods: dict[str, list] = field(default_factory=dict)  # the declarations of the explainers and metrics that ran
    left_out: LeftOut | None = None
    parser_knows: KnownWords | None = None  # of the corpus's words
    types: dict[str, list[str]] | None = None  # entity types that only the recogniser, or only the corpus, knows
    recogniser: dict[str, dict] | None = None  # precision, recall and F1 by type
    sentences: int = 0
    mentions: dict[str, int] = field(default_factory=dict)  # found, explained
    forward: dict[str, int] = field(default_factory=dict)  # passes, pieces
    parses: dict[str, Any] | None = None  # scheme, number of frames
    pictures: int | None = None
    peak_memory_gb: float = 0.0
    ray: dict[str, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A run that has begun: its folder, its sentences, and the worker of this process."""

    run: Run
    sentences: Sequence[Sentence]
    worker: Worker
    settings: Any

    @property
    def facts(self) -> EvaluationFacts:
        return self.run.facts


def begin(
    settings: Any,
    studies: tuple[MakeStudy, ...] = (),
    tables: tuple[str, ...] = (),
    read: Callable[[Any], Sequence[Sentence]] | None = None,
) -> Job | None:
    """The job, or None if the folder holds this run already, which is then printed.

    `tables` are the files and folders that the run writes besides its rows and explanations. `read` gives the sentences where they are
    not simply the corpus's.
    """
    from liap.evaluation import check_settings
    from liap.preflight import without_parser

    check_settings(settings)
    settings, left_out = without_parser(settings)
    run = Run(Path(settings.results), tables=(SCORES, EXPLANATIONS, *tables, SENTENCES), facts=EvaluationFacts())
    run.take()
    try:
        return _begun(run, settings, studies, left_out, read or read_sentences)
    except BaseException:
        run.lock.release()
        raise


def _begun(
    run: Run,
    settings: Any,
    studies: tuple[MakeStudy, ...],
    left_out: list[str],
    read: Callable[[Any], Sequence[Sentence]],
) -> Job | None:
    """The job of a run whose folder is locked; `left_out` are the explainers that run only with a parser."""
    from liap import preflight
    from liap.evaluation import check_needs
    from liap.provenance import versions

    if is_parsed(settings) and settings.cache:
        check_writable("--cache", settings.cache)
    worker = Worker(settings)
    with run.phase("load"):
        sentences = read(settings)
        check_needs(worker.tagger, settings, parsed=is_parsed(settings))
        worker.counts = preflight.counts_of(settings, sentences)
        worker.studies = preflight.studies_that_run(studies, worker.tagger, settings)
        run.facts.left_out = preflight.left_out_of(left_out, studies, worker.studies, settings)
        run.facts.parser_knows = preflight.check_language(sentences, settings)
        run.facts.types = preflight.compare_types(sentences, worker.tagger.labels, settings.type_map)
    identity = identity_of(settings, sentences)
    preflight.check_fitted(settings, str(identity["model_digest"]))
    worker.digest, worker.versions = str(identity["model_digest"]), versions()
    if not run.begin(identity, overwrite=settings.overwrite):
        print(f"{run.folder} already holds this run, complete; --overwrite runs it again")
        return None
    run.facts.methods = declarations_of(settings)
    return Job(run, sentences, worker, settings)


def read_sentences(settings: CorpusSettings) -> Sequence[Sentence]:
    """The sentences of the raw text, or of the corpus, that the settings name."""
    from liap import corpora

    if is_raw(settings):
        return corpora.from_text(settings.text, settings.text_file, as_given=settings.sentences_as_given)
    return corpora.load(settings.corpus, settings.split, limit=settings.sentences)


def choose_mentions(job: Job, executor: Executor) -> tuple[Mention, ...]:
    """Tag every sentence; the mentions to explain are a sample stratified by predicted type, or all."""
    with job.run.unchanged_if_refused():
        return _choose(job, executor)


def _choose(job: Job, executor: Executor) -> tuple[Mention, ...]:
    from liap.corpora.sampling import sample

    with job.run.phase("predict"):
        predictions = _tag(job, executor)
    mentions = predictions.all_mentions
    chosen = sample(mentions, source_of(job.settings)["examples_per_type"], job.settings.seed)
    job.facts.mentions = {"found": len(mentions), "explained": len(chosen)}
    if not chosen:
        source, flag = named_source(job.settings)
        raise InputError(
            f"the recogniser {job.settings.model} finds no mention in {source}; expected at least one: check --model and {flag}"
        )
    return chosen


def _tag(job: Job, executor: Executor) -> Predictions:
    """The recogniser's tags and mentions of every sentence; its scores against gold go into the run's record."""
    from tqdm import tqdm

    from liap.taggers.entity_f1 import entity_f1
    from liap.taggers.prediction import Predictions

    sentences = job.sentences
    starts = range(0, len(sentences), SENTENCES_AT_ONCE)
    tasks = [(index, sentences[begin : begin + SENTENCES_AT_ONCE]) for index, begin in enumerate(starts)]
    parts = {}
    with tqdm(total=len(sentences), desc="tagging", unit="sentence") as bar:
        for index, part in executor.map(tag_sentences, tasks):
            parts[index] = part
            bar.update(len(part.tags))
    predictions = Predictions()
    for index in sorted(parts):
        predictions.tags += parts[index].tags
        predictions.mentions += parts[index].mentions
    job.run.skipped["sentences longer than the model's limit"] = sum(tags is None for tags in predictions.tags)
    pairs = zip(sentences, predictions.tags, strict=True)
    gold = [(sentence.tags, tags) for sentence, tags in pairs if sentence.tags and tags is not None]
    if gold:
        scores = entity_f1([tags for tags, _ in gold], [tags for _, tags in gold])
        job.facts.recogniser = {one.entity_type: asdict(one) for one in scores}
    job.facts.sentences = len(sentences)
    return predictions


def explain(job: Job, mentions: Sequence[Mention], executor: Executor) -> int:
    """Annotate and score the mentions' sentences, leaving out chunks that an interrupted run has saved; the number of chunks."""
    with job.run.unchanged_if_refused():
        return _explain(job, mentions, executor)


def _explain(job: Job, mentions: Sequence[Mention], executor: Executor) -> int:
    from liap.linguistics.annotation import group_by_sentence

    sentences, grouped = group_by_sentence(job.sentences, mentions)
    size = job.settings.chunk
    chunks = [Chunk(sentences[at : at + size], grouped[at : at + size]) for at in range(0, len(sentences), size)]
    tasks = [(index, chunk) for index, chunk in enumerate(chunks) if not job.run.has_chunk(index)]
    with bar_of_mentions(grouped) as bar:
        bar.update(len(mentions) - sum(len(of_sentence) for _, chunk in tasks for of_sentence in chunk.mentions))
        for index, part in executor.map(explain_chunk, tasks):
            job.run.seconds.update(part.seconds)
            with job.run.phase("save"):
                job.run.save_chunk(index, part.texts, part.arrays)
            bar.update(sum(map(len, chunks[index].mentions)))
    job.worker.close()
    _add_facts(job, len(chunks), executor)
    return len(chunks)


def _add_facts(job: Job, chunks: int, executor: Executor) -> None:
    facts = [json.loads(job.run.load_chunk(index, "facts")["facts"].tobytes()) for index in range(chunks)]
    job.facts.forward = {name: sum(one[name] for one in facts) for name in ("passes", "pieces")}
    if "scheme" in facts[0]:
        job.run.skipped["sentences longer than the role labeller's limit"] = sum(one["too_long"] for one in facts)
        job.facts.parses = {"scheme": facts[0]["scheme"], "frames": sum(one["frames"] for one in facts)}
    job.facts.ray = executor.facts.get("ray")


def bar_of_mentions(mentions: Sequence[Sequence[Mention]]) -> Any:
    """A progress bar over all of them."""
    from tqdm import tqdm

    return tqdm(total=sum(map(len, mentions)), desc="scoring", unit="mention")


def write_rows(job: Job, chunks: int) -> None:
    """Join the chunks into `explanations.jsonl`, `sentences.jsonl` and `scores.csv`."""
    from liap.faithfulness.scoring import columns_of
    from liap.tables import header

    job.run.join(EXPLANATIONS, "explanations", chunks)
    job.run.join(SENTENCES, "sentences", chunks)
    job.run.join(SCORES, "rows", chunks, header(columns_of(job.settings)))


def report(job: Job) -> None:
    """Close the run, and say what it did and where its files are."""
    from liap.provenance import peak_memory

    run, facts = job.run, job.facts
    facts.peak_memory_gb = round(peak_memory() / 1e9, 3)
    run.finish()
    share = run.seconds["forward"] / max(run.seconds["score"], 1e-9)
    print(
        f"explained {facts.mentions['explained']} of {facts.mentions['found']} mentions; "
        f"scoring took {run.seconds['score']:.1f} s in {job.settings.precision}, {share:.0%} of it in the model; "
        f"{run.folder / SCORES}"
    )
    for reason, count in run.skipped.items():
        if count:
            print(f"skipped: {count} {reason}")
