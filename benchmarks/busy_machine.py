"""How much does a run slow beside another busy process, by how its threads wait for each other? And what does that cost it alone?

    python benchmarks/busy_machine.py --model best_ner_model --corpus data/conll2003
    python benchmarks/busy_machine.py --ways GOMP_SPINCOUNT=300000 project OMP_NUM_THREADS=1 --neighbour GOMP_SPINCOUNT=300000

For each way of waiting, one after the other, again and again:

1. *alone*: a whole evaluation of every mention of the first sentences, in a process of its own;
2. *beside*: the same, while a second, longer evaluation scores with as many threads; it is stopped afterwards.

A way is what the environment says, such as `OMP_WAIT_POLICY=passive`; `project` is what the project sets itself (`liap/openmp.py`).
The first way is what the others are held against; 300,000 turns are GNU's own default. The numbers are seconds of the scoring phase,
medians over the repetitions. Writes `busy_machine.csv` (a line per run) and prints the table as Markdown; exits with 1 if a word
score depends on the way. Only a machine that does nothing else gives numbers worth reading.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from liap import cli
from liap.errors import InputError
from liap.openmp import VARIABLES
from liap.settings import Settings, check_number

MODEL = "best_ner_model"  # the recogniser's folder
CORPUS = "eriktks/conll2003"  # a corpus, as for run_liap_evaluation.py
SPLIT = "test"  # which part of the corpus
SENTENCES = 100  # sentences of the timed run, from the start of the split
THREADS = 2  # of the timed run, and of its neighbour
WAYS = ("GOMP_SPINCOUNT=300000", "project", "OMP_WAIT_POLICY=passive", "GOMP_SPINCOUNT=10000")  # how threads wait
NEIGHBOUR = ""  # how the neighbour's threads wait; empty: as the timed run's
REPEATS = 5  # times that each way is measured, alone and beside
RESULTS = "results/busy_machine"  # folder for the table

own_way = "project"  # the way that the project itself takes
longer = 50  # times as many sentences for the neighbour, so that it outlasts the timed run
patience = 600  # seconds in which the neighbour must begin to score


@dataclass(frozen=True, kw_only=True)
class BusyMachineSettings(Settings):
    """Which runs are timed, and how their threads wait."""

    model: str
    corpus: str
    split: str
    sentences: int
    threads: int
    ways: tuple[str, ...]
    neighbour: str
    repeats: int
    results: str

    def check(self) -> None:
        check_number("--sentences", self.sentences, 1)
        check_number("--threads", self.threads, 1)
        check_number("--repeats", self.repeats, 1)
        check_number("--ways", len(self.ways), 1)
        for way in (*self.ways, *filter(None, [self.neighbour])):
            if way != own_way and not way.partition("=")[2]:
                raise InputError(f"--ways {way}: expected {own_way}, or NAME=VALUE as in an environment")


@dataclass(frozen=True, slots=True)
class BusyRow:
    """A timed run: a line of `busy_machine.csv`."""

    way: str
    beside: bool  # whether another evaluation ran
    repeat: int
    seconds: float  # of the scoring phase
    mentions: int


def main() -> None:
    settings = cli.settings(__file__, BusyMachineSettings)
    from liap.files import write_whole
    from liap.reports.layout import markdown
    from liap.tables import header, to_csv

    rows, digests = [], set()
    for repeat in range(settings.repeats):
        for way in settings.ways:
            for beside in (False, True):
                row, digest = timed(settings, way, beside, repeat)
                rows.append(row)
                digests.add(digest)
                print(f"{way}, {'beside' if beside else 'alone'}: {row.seconds:.1f} s", flush=True)
    write_whole(Path(settings.results) / "busy_machine.csv", header(BusyRow) + to_csv(rows))
    print(markdown(*table(rows, settings.ways)))
    if len(digests) > 1:
        sys.exit("the word scores depend on how threads wait")


def timed(settings: BusyMachineSettings, way: str, beside: bool, repeat: int) -> tuple[BusyRow, str]:
    """One run, and a digest of its word scores."""
    from liap.files import digest_of_path

    with TemporaryDirectory() as folder:
        with neighbour(settings, settings.neighbour or way) if beside else nullcontext():
            record = evaluate(settings, way, Path(folder))
        digest = digest_of_path(Path(folder) / "explanations.jsonl")
    return BusyRow(way, beside, repeat, record["seconds"]["score"], record["mentions"]["explained"]), digest


def evaluate(settings: BusyMachineSettings, way: str, folder: Path) -> dict:
    """Start one run as a user would; its record."""
    done = subprocess.run(
        command(settings, settings.sentences, folder),
        env=environment(settings, way),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr.splitlines()[-1])
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


@contextmanager
def neighbour(settings: BusyMachineSettings, way: str) -> Iterator[None]:
    """A second evaluation that is scoring, from before the block to after it."""
    with TemporaryDirectory() as folder, open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(
            command(settings, longer * settings.sentences, Path(folder)),
            env=environment(settings, way),
            stdout=nowhere,
            stderr=nowhere,
        )
        try:
            wait_until_scoring(process, Path(folder))
            yield
            if process.poll() is not None:
                sys.exit("the neighbour ended before the timed run; lower --sentences")
        finally:
            process.kill()
            process.wait()


def wait_until_scoring(process: subprocess.Popen, folder: Path) -> None:
    """Return once the process has saved a chunk."""
    until = time.monotonic() + patience
    while not list((folder / "chunks").glob("*.npz")):
        if process.poll() is not None or time.monotonic() > until:
            sys.exit("the neighbour has not begun to score; does run_liap_evaluation.py run on this corpus?")
        time.sleep(0.2)


def command(settings: BusyMachineSettings, sentences: int, folder: Path) -> list[str]:
    """An evaluation of every mention, without a parser, so that nothing but the recogniser computes."""
    flags = {
        "model": settings.model, "corpus": settings.corpus, "split": settings.split, "sentences": sentences,
        "examples-per-type": 0, "parser": "none", "pictures": 0, "chunk": 4, "results": folder,
    }  # fmt: skip
    script = str(Path(__file__).parents[1] / "run_liap_evaluation.py")
    values = (str(part) for name, value in flags.items() for part in (f"--{name}", value))
    return [sys.executable, script, *values, "--explainers", "attention", "occlusion"]


def environment(settings: BusyMachineSettings, way: str) -> dict[str, str]:
    """This process's environment, with this many threads and this way of waiting."""
    own = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    own["OMP_NUM_THREADS"] = str(settings.threads)
    name, _, value = way.partition("=")
    return own if way == own_way else own | {name: value}


def table(rows: list[BusyRow], ways: tuple[str, ...]) -> tuple[list[str], list[list[str]]]:
    """The header, and a line per way: medians, their ratio, and what the way costs alone beside the first way."""

    def median(way: str, beside: bool) -> float:
        return statistics.median(row.seconds for row in rows if (row.way, row.beside) == (way, beside))

    def spread(way: str, beside: bool) -> str:
        seconds = [row.seconds for row in rows if (row.way, row.beside) == (way, beside)]
        return f"{median(way, beside):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"

    lines = [
        [
            f"`{way}`",
            spread(way, False),
            spread(way, True),
            f"{median(way, True) / median(way, False):.2f}",
            f"{median(way, False) / median(ways[0], False) - 1:+.1%}",
        ]
        for way in ways
    ]
    return ["way", "alone, s", "beside one, s", "slows, times", "alone, against the first way"], lines


if __name__ == "__main__":
    cli.run(main)
