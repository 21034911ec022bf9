"""Frames per second of AllenNLP as documented, of AllenNLP's worker in batches, and of the labeller `archive`, in one run.

    python benchmarks/srl_speed.py --corpus data/conll2003 --srl-archive model.tar.gz --parser en_core_web_sm

Every way is asked about the same predicates (the parser's verbs) of the same sentences, and only labelling is timed: models are loaded
and have labelled one sentence before the clock starts. "As documented" is one call of AllenNLP's predictor per sentence; its own spaCy
parse is left out, which is to its advantage. The best round of each way counts. On a machine that does other work, the processor's time
says more than the clock's: run it with OMP_NUM_THREADS=1 then.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli
from liap.settings import Settings, check_number

if TYPE_CHECKING:
    from liap.linguistics.srl.archive_files import Configuration
    from liap.linguistics.srl.environment import Environment
    from liap.linguistics.srl.frames import Request, Tags

    Question = tuple[tuple[str, ...], tuple[int, ...]]  # a sentence's words and its verbs

CORPUS = "data/conll2003"  # a corpus, whose words alone are used
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 500  # sentences to label, the first of the split
PARSER = "en_core_web_sm"  # spaCy pipeline, name or folder, that finds the verbs
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one, downloaded once
ENCODER = ""  # folder of the encoder's vocabulary; none: beside the archive
ENVIRONMENT = ""  # folder of AllenNLP's environment; none: LIAP_SRL_VENV, else .venv-srl
ROUNDS = 2  # times that each way is timed, in turns
CACHE = ".cache"  # folder where parses and downloads are kept


@dataclass(frozen=True, kw_only=True)
class SrlSpeedSettings(Settings):
    """What is labelled, by what, and how often."""

    corpus: str
    split: str
    sentences: int
    parser: str
    srl_archive: str
    encoder: str
    environment: str
    rounds: int
    cache: str

    def check(self) -> None:
        check_number("--rounds", self.rounds, 1)


@dataclass(frozen=True, slots=True)
class Timing:
    """One round of one way."""

    seconds: float
    cpu_seconds: float  # of the processor
    tags: Sequence[Tags | None]


def main() -> None:
    import torch

    from liap.linguistics.srl.frames import Request

    settings = cli.settings(__file__, SrlSpeedSettings)
    questions = read_questions(settings)
    requests = [Request(words, verb) for words, verbs in questions for verb in verbs]
    threads = torch.get_num_threads()
    print(f"{settings.sentences} sentences, {len(requests)} frames, {threads} threads, load {load_average()}")
    show(measure(questions, requests, settings), len(requests))
    print(f"load after: {load_average()}")


def read_questions(settings: SrlSpeedSettings) -> list[Question]:
    """The words and verbs of each sentence with a verb."""
    from liap import corpora
    from liap.linguistics import dependency
    from liap.linguistics.srl.frames import predicates

    sentences = corpora.load(settings.corpus, settings.split, limit=settings.sentences)
    parses = dependency.parse(sentences, settings.parser, cache=Path(settings.cache) if settings.cache else None)
    pairs = [(sentence.words, predicates(parse)) for sentence, parse in zip(sentences, parses, strict=True)]
    return [(words, verbs) for words, verbs in pairs if verbs]


def measure(questions: list[Question], requests: list[Request], settings: SrlSpeedSettings) -> dict[str, list[Timing]]:
    """Way -> its rounds."""
    from liap.linguistics.srl import allennlp, frames
    from liap.linguistics.srl.archive_files import read_configuration
    from liap.linguistics.srl.archive_model import load
    from liap.linguistics.srl.download import find_archive
    from liap.linguistics.srl.environment import find_environment

    environment = find_environment(settings.environment)
    archive = find_archive(settings.srl_archive, cache=Path(settings.cache) if settings.cache else None, progress=True)
    configuration = read_configuration(archive)
    labeller = frames.Settings(archive=settings.srl_archive, encoder=settings.encoder, environment=settings.environment)
    models = {
        precision: load(archive, configuration, encoder=settings.encoder, precision=precision)
        for precision in ("fp32", "bf16")
    }
    start = lambda: allennlp._start(environment, archive, configuration, labeller)  # noqa: E731
    with allennlp.Labeller(start, labeller) as worker:
        ways = {
            "AllenNLP as documented": lambda: time_documented(
                environment, archive, configuration, questions, settings.encoder
            ),
            "`allennlp`, in batches": lambda: time_tagger(
                worker.tag, requests, lambda: cpu_seconds(worker._worker.process_id)
            ),
            "`archive`, fp32": lambda: time_tagger(models["fp32"].tag, requests, time.process_time),
            "`archive`, bf16": lambda: time_tagger(models["bf16"].tag, requests, time.process_time),
        }
        timings: dict[str, list[Timing]] = {name: [] for name in ways}
        for _ in range(settings.rounds):
            for name, run in ways.items():
                timings[name].append(run())
    return timings


def time_tagger(
    tag: Callable[[Sequence[Request]], list[Tags | None]], requests: Sequence[Request], cpu: Callable[[], float]
) -> Timing:
    """One round; the first request goes before the clock starts."""
    tag(requests[:1])
    began, cpu_began = time.perf_counter(), cpu()
    tags = tag(requests)
    return Timing(time.perf_counter() - began, cpu() - cpu_began, tags)


def cpu_seconds(process: int) -> float:
    """The processor's time that another process, with all its threads, has taken so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def time_documented(
    environment: Environment, archive: Path, configuration: Configuration, questions: list[Question], encoder: str
) -> Timing:
    """One round of AllenNLP's own predictor, sentence by sentence, in its own environment."""
    from liap.linguistics.srl.wordpiece import VOCABULARY_FILES, find_encoder_file

    vocabulary = find_encoder_file(VOCABULARY_FILES, configuration.encoder, archive=archive, folder=encoder)
    message = {
        "archive": str(archive),
        "encoder": str(vocabulary.parent.resolve()) if vocabulary else configuration.encoder,
        "lower_case": configuration.lower_case,
        "sentences": questions,
    }
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        [str(environment.python), "-I", "-W", "ignore", str(Path(__file__).with_name("srl_documented.py"))],
        input=json.dumps(message),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env=variables,
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    return Timing(answer["seconds"], answer["cpu"], [tuple(tags) for tags in answer["tags"]])


def show(timings: dict[str, list[Timing]], frames: int) -> None:
    """The table of each way's best round; ratios and differences are against AllenNLP as documented."""
    best = {
        name: (min(part.seconds for part in rounds), min(part.cpu_seconds for part in rounds))
        for name, rounds in timings.items()
    }
    first = next(iter(timings))
    print("| way | frames per second | ratio | CPU ms per frame | ratio | tags that differ |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, (seconds, cpu) in best.items():
        different, tags = differences(timings[first][-1].tags, timings[name][-1].tags)
        share = f"{different} of {tags} ({different / tags:.2%})"
        ratios = best[first][0] / seconds, best[first][1] / cpu
        cells = f"{frames / seconds:.1f} | {ratios[0]:.1f} | {1000 * cpu / frames:.1f} | {ratios[1]:.1f}"
        print(f"| {name} | {cells} | {share} |")


def differences(expected: Sequence[Tags], answered: Sequence[Tags]) -> tuple[int, int]:
    """How many tags differ, and of how many."""
    pairs = [pair for tags in zip(expected, answered, strict=True) for pair in zip(*tags, strict=True)]
    return sum(tag != other for tag, other in pairs), len(pairs)


def load_average() -> str:
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


if __name__ == "__main__":
    cli.run(main)
