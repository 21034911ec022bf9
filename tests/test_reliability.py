"""Faults that a shared machine brings: two runs in one folder, edited results, closed pipes, little memory, wrong addresses."""

import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from liap import cli
from liap.errors import InputError, printable
from liap.reports.rows import read_rows
from liap.terminal import Terminal

ROOT = Path(__file__).parents[1]
EVALUATE, LIME, ANALYZE, FINETUNE = "run_liap_evaluation.py", "lime_baseline.py", "analyze_results.py", "finetune.py"
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
PATIENCE = 100  # seconds for what takes a few


def start(name, flags, **options):
    """The script as a process of its own."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENVIRONMENT, "text": True} | options
    return subprocess.Popen([sys.executable, str(ROOT / name), *map(str, flags)], **options)


def test_a_terminal_escapes_what_moves_its_cursor():
    out = io.StringIO()
    shown = Terminal(out, redraws=True)
    shown.write("\rbar")
    shown.write("a\x1b[31mb\rc\td\ne\u202ef\n")
    assert out.getvalue() == "\rbara\\x1b[31mb\\rc\td\ne\\u202ef\n"
    quiet = io.StringIO()
    Terminal(quiet).write("\rx")
    assert quiet.getvalue() == "\\rx"
    assert printable("plain é") == "plain é"


def test_everything_that_a_script_prints_is_escaped(capsys):
    def main():
        print("out\x1b[2J")
        print("error\x1b]0;title\x07", file=sys.stderr)

    cli.run(main)
    assert capsys.readouterr() == ("out\\x1b[2J\n", "error\\x1b]0;title\\x07\n")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_running_out_of_memory_is_one_line_that_says_what_to_lower(error, capsys):
    def main():
        raise error

    scope = {"PIECES_PER_BATCH": 0, "CHUNK": 4, "error": error}
    exec("def main():\n    raise error", scope)
    for script, said in ((main, "lower the amount of data"), (scope["main"], "lower --pieces-per-batch or --chunk,")):
        with pytest.raises(SystemExit) as ended:
            cli.run(script, "Start again.")
        err = capsys.readouterr().err
        assert ended.value.code == 2 and err.count("\n") == 1 and "memory ran out" in err and said in err


@pytest.mark.parametrize("lines", [0, 1])
def test_a_reader_that_goes_away_stops_nothing(lines, place, finished):
    """`| true` and `| head -1`: status 0, nothing on standard error, and every file is written."""
    shutil.copytree(finished.results, place.results)
    before = {path.name for path in place.results.iterdir()}
    for path in place.results.glob("lfs*"):
        path.unlink()
    with start(ANALYZE, place.command(ANALYZE)) as process:
        for _ in range(lines):
            assert process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (0, "")
    assert {path.name for path in place.results.iterdir()} == before


def rewritten(path, change):
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


def with_cell(lines, column, value):
    """The lines with another value in one column, in the second half of the file."""
    place = lines[0].split(",").index(column)
    half = len(lines) // 2
    rows = [row.split(",") for row in lines[half:]]
    return [*lines[:half], *(",".join([*row[:place], value, *row[place + 1 :]]) for row in rows)]


CHANGES = {
    "edited": (True, lambda lines: with_cell(lines, "passes", "77"), "the run wrote other values"),
    "cut at a line's end": (True, lambda lines: lines[:-1], "lines, the run wrote"),
    "replaced by a shorter file": (True, lambda lines: lines[:3], "3 lines, the run wrote"),
    "in another order": (True, lambda lines: [lines[0], *reversed(lines[1:])], "the run wrote other values"),
    "another seed": (False, lambda lines: with_cell(lines, "seed", "7"), "another seed than in the first row"),
    "another operator": (
        False, lambda lines: with_cell(lines, "metric_operator", "delete"), "another metric_operator than in the",
    ),
    "another K": (False, lambda lines: with_cell(lines, "k", "9"), "k is not what one --k gives"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_rows_that_the_run_did_not_write_are_refused(case, place, finished):
    """With the run's digest any change; without one, rows of two runs in one file."""
    described, change, said = CHANGES[case]
    shutil.copytree(finished.results, place.results)
    record = json.loads((place.results / "run.json").read_text())
    assert record["files"]["scores.csv"]["lines"] > 8
    if not described:
        del record["files"]
        (place.results / "run.json").write_text(json.dumps(record))
    assert len(read_rows(place.results))
    rewritten(place.results / "scores.csv", change)
    with pytest.raises(InputError, match=said):
        read_rows(place.results)


def names_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_overwriting_leaves_no_file_of_another_model(script, place, finished):
    """Tables, plots and pictures of an analysed run go with it; files of the user's own stay."""
    place.model, place.corpus = finished.model, finished.corpus
    place.flags = {"pictures": 2}
    status, _, err = script(EVALUATE, *place.command(EVALUATE))
    assert status == 0, err
    status, _, err = script(ANALYZE, "--results", place.results, "--resamples", 100)
    assert status == 0, err
    old = names_in(place.results)
    assert "visualizations/example_1.png" in old and any(name.startswith("lfs") for name in old)
    mine = {"visualizations/mine.png", "chunks/mine.npz", "lfs_mine.csv"}
    for name in mine:
        (place.results / name).parent.mkdir(exist_ok=True)
        (place.results / name).write_text("mine")
    place.flags = {"pictures": 0, "k": 2}
    status, _, err = script(EVALUATE, *place.command(EVALUATE), "--overwrite")
    assert status == 0, err
    new = {
        "scores.csv",
        "explanations.jsonl",
        "sentences.jsonl",
        "attention_structure.csv",
        "run.json",
        ".liap-files.json",
    }
    assert names_in(place.results) - {".lock"} == mine | new


def test_pages_of_an_earlier_run_go_and_other_pages_stay(tmp_path):
    from liap.reports.explained import ExplainedLine
    from liap.reports.lime_pages import write_pages

    mention = ExplainedLine(0, 0, 1, "PER", 0.5, ("a", "b"), {"lime": (0.0, 0.25)})
    (tmp_path / "example_mine.html").write_text("mine")
    write_pages(tmp_path, [mention] * 3)
    write_pages(tmp_path, [mention])
    assert {path.name for path in tmp_path.glob("*.html")} == {"example_mine.html", "example_1.html"}


def in_the_way(folder):
    folder.write_text("mine")
    return folder


PLACES = {
    "no name": (lambda folder: "", "results", "--results is empty; expected a folder"),
    "blanks": (lambda folder: "  ", "results", "--results is empty; expected a folder"),
    "below /proc": (lambda folder: "/proc/results", "results", "no file can be written there"),
    "a file": (in_the_way, "results", "is a file; expected a folder"),
    "below a file": (lambda folder: in_the_way(folder) / "x", "results", "is a file; expected a folder"),
    "a long name": (lambda folder: folder / ("x" * 300), "results", "File name too long"),
    "cache below /proc": (lambda folder: "/proc/cache", "cache", "--cache /proc/cache: "),
    "cache in a file": (in_the_way, "cache", "is a file; expected a folder"),
    "blank cache": (lambda folder: " ", "cache", "--cache is empty; expected a folder"),
    "output without a name": (lambda folder: "", "output", "--output is empty"),
    "output below /proc": (lambda folder: "/proc/model", "output", "/proc/model"),
}  # fmt: skip


@pytest.fixture
def no_models(monkeypatch):
    """Loading a recogniser is an error."""

    def load(*_, **__):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("liap.taggers.transformer.load_tagger", load)
    monkeypatch.setattr("liap.training.fine_tuning.fine_tune", load)


@pytest.mark.parametrize("case", PLACES)
def test_a_folder_that_cannot_be_written_is_refused_before_a_model_loads(case, script, place, no_models, tmp_path):
    make, flag, said = PLACES[case]
    name = FINETUNE if flag == "output" else EVALUATE
    status, _, err = script(name, *place.command(name), f"--{flag}={make(tmp_path / 'odd')}")
    assert status == 2 and err.count("\n") == 1 and said in err, err
    assert not place.results.exists()


def test_a_read_only_folder_is_refused_in_one_line(script, place, no_models, monkeypatch):
    """As the system says it: the superuser, who runs some tests, may write anywhere."""
    import errno

    place.results.mkdir()
    opened = os.open

    def refuse(path, *more, **options):
        if str(path).startswith(str(place.results)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, *more, **options)

    monkeypatch.setattr(os, "open", refuse)
    status, _, err = script(EVALUATE, *place.command(EVALUATE))
    assert status == 2 and err.count("\n") == 1 and "Read-only file system" in err, err


LATE = {
    "a seed too large": (EVALUATE, ["--seed", 2**32], "--seed must be at most"),
    "too many samples": (LIME, ["--instability-samples", 2_000_000], "--instability-samples must be at most 1000000"),
    "endless pages": (LIME, ["--examples", 10**30], "--examples must be at most"),
    "negative pages": (LIME, ["--examples", -1], "--examples must be at least 0"),
    "endless instability": (LIME, ["--instability-per-type", 10**30], "--instability-per-type must be at most"),
    "part of no accelerator": (EVALUATE, ["--gpus-per-worker", "nan"], "--gpus-per-worker must be at least 0"),
    "endless accelerators": (EVALUATE, ["--gpus-per-worker", "inf"], "--gpus-per-worker must be at most"),
    "a device without numbers": (EVALUATE, ["--device", "meta"], "--device meta computes nothing"),
    "lime on it": (LIME, ["--device", "meta"], "--device meta computes nothing"),
    "an explainer twice": (EVALUATE, ["--explainers", "liap", "liap"], "--explainers names 'liap' twice"),
    "a metric twice": (EVALUATE, ["--metrics", "lfs", "lfs"], "--metrics names 'lfs' twice"),
    "a variant twice": (EVALUATE, ["--variants", "core", "core"], "--variants names 'core' twice"),
    "an analysis's seed": (ANALYZE, ["--seed", 10**30], "--seed must be at most"),
    "endless extremes": (ANALYZE, ["--extremes", 10**30], "--extremes must be at most"),
} | {
    f"{flag} {value}": (EVALUATE, [f"--{flag}", value], f"--{flag} must be at {'least' if value < 0 else 'most'}")
    for flag in (
        "sentences", "examples-per-type", "k", "draws", "joint-rankings", "lime-samples", "hops", "pictures", "pieces-per-batch",
        "chunk", "workers", "cpus-per-worker", "seed",
    )
    for value in (-1, 10**30)
}  # fmt: skip


@pytest.mark.parametrize("case", LATE)
def test_a_flag_that_would_fail_late_fails_at_once(case, script, place, no_models):
    name, flags, said = LATE[case]
    status, _, err = script(name, *place.command(name), *flags)
    assert status == 2 and err.count("\n") == 1 and said in err, err


def test_the_largest_seed_has_a_second_one(script, place, tiny_folder, small_corpus):
    place.model, place.corpus = tiny_folder, small_corpus
    place.flags = {"seed": 2**32 - 2, "instability-per-type": 1, "instability-samples": 20}
    status, _, err = script(LIME, *place.command(LIME))
    assert status == 0, err
    assert (place.results / "instability.csv").is_file()


def test_plots_do_not_care_about_a_backend(place, finished):
    shutil.copytree(finished.results, place.results)
    with start(ANALYZE, place.command(ANALYZE), env=ENVIRONMENT | {"MPLBACKEND": "junk"}) as process:
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")


TEXT = "abc d e ab\nd efg a bc\nh i j a b c d\na a b c hi\n" * 3


def test_raw_text_is_named_as_text_and_its_examples_are_counted(script, place, parser):
    counts = {}
    for given in ([], ["--examples-per-type", 1], ["--examples-per-type", 10]):
        results = place.results.parent / f"text{len(counts)}"
        flags = [
            "--model",
            place.model,
            "--text",
            TEXT,
            "--parser",
            parser,
            "--srl",
            "none",
            "--explainers",
            "occlusion",
        ]
        flags += ["--metrics", "lfs", "--pictures", 0, "--cache", "", "--results", results, *given]
        status, _, err = script(EVALUATE, *flags)
        assert status == 0, err
        record = json.loads((results / "run.json").read_text())
        counts[str(given)] = record["mentions"]["explained"], record["mentions"]["found"]
        assert (record["settings"]["corpus"], record["settings"]["split"]) == ("", "")
        assert len(record["settings"]["text"]) == 32
    (every, found), (few, _), _ = counts.values()
    assert every == found > few > 0


def test_no_mention_in_raw_text_says_so():
    from liap.run_identity import named_source
    from liap.settings import EvaluationSettings, LimeBaselineSettings

    assert named_source(EvaluationSettings(text="a b")) == ("--text", "--text")
    assert named_source(EvaluationSettings(text_file="f.txt")) == ("--text-file f.txt", "--text-file")
    assert named_source(LimeBaselineSettings(corpus="c", split="dev")) == ("c (dev)", "--corpus")


def wait_for(condition, process):
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None and time.monotonic() < ends, process.communicate()
        time.sleep(0.01)


def untimed(results):
    """The rows of a run, without their times."""
    with (results / "scores.csv").open(encoding="utf-8", newline="") as file:
        return [row | {"seconds": ""} for row in csv.DictReader(file)]


SECOND = {
    "another K": (EVALUATE, ["--k", 2]),
    "another operator, overwriting": (EVALUATE, ["--operator", "delete", "--overwrite"]),
    "lime_baseline.py": (LIME, []),
}


def test_two_runs_never_share_a_folder(place, script):
    """Another run is refused at once, with the holder's host and process; the first one's rows are whole; SIGKILL frees the folder."""
    place.flags = {"examples-per-type": 0, "draws": 4000, "explainers": "liap"}
    command = [*place.command(EVALUATE), "--explainers", "liap", "random", "matched_random"]
    chunks = place.results / "chunks"
    with start(EVALUATE, command) as first:
        wait_for(lambda: chunks.is_dir() and any(chunks.glob("*.npz")), first)
        os.kill(first.pid, signal.SIGSTOP)  # it holds the folder as long as the others need
        holder = f"{place.results} is in use by process {first.pid} on '{socket.gethostname()}'"
        place.flags = {}
        for name, flags in SECOND.values():
            with start(name, [*place.command(name), *flags]) as second:
                _, err = second.communicate(timeout=PATIENCE)
            assert (second.returncode, err.count("\n")) == (2, 1) and holder in err, err
        first.kill()
        first.communicate(timeout=PATIENCE)
    kept = {path.name: path.read_bytes() for path in chunks.iterdir()}
    assert kept
    status, _, err = script(EVALUATE, *command)  # the lock went with its process
    assert status == 0, err
    alone = command.copy()
    alone[alone.index(place.results)] = place.results.parent / "alone"
    status, _, err = script(EVALUATE, *alone)
    assert status == 0, err
    assert untimed(place.results) == untimed(place.results.parent / "alone")


def test_the_first_of_two_runs_ends_whole(place, script):
    """It goes on undisturbed while others are refused."""
    place.flags = {"examples-per-type": 0}
    chunks = place.results / "chunks"
    with start(EVALUATE, place.command(EVALUATE)) as first:
        wait_for(lambda: chunks.is_dir() and any(chunks.glob("*.npz")), first)
        os.kill(first.pid, signal.SIGSTOP)
        status, _, err = script(EVALUATE, *place.command(EVALUATE), "--k", 2, "--overwrite")
        os.kill(first.pid, signal.SIGCONT)
        _, said = first.communicate(timeout=PATIENCE)
    assert status == 2 and "is in use by process" in err, err
    assert first.returncode == 0, said
    rows = untimed(place.results)
    assert len(rows) == json.loads((place.results / "run.json").read_text())["files"]["scores.csv"]["lines"] - 1
    assert len(read_rows(place.results)) == len(rows)


def test_an_address_without_ray_is_said_within_fifteen_seconds(monkeypatch):
    """A web server and a socket that says nothing: Ray itself would wait for minutes."""
    import http.server
    import threading

    pytest.importorskip("ray", reason="Ray is not installed")
    from liap.executors.ray_executor import _connect, _import_ray
    from liap.settings import EvaluationSettings

    ray = _import_ray()
    web = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    monkeypatch.setattr(http.server.BaseHTTPRequestHandler, "log_message", lambda *_: None)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    with web, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for port in (web.server_port, silent.getsockname()[1]):
            began = time.monotonic()
            with pytest.raises(InputError, match=f"--ray-address 127.0.0.1:{port}: no Ray cluster answers there"):
                _connect(ray, EvaluationSettings(engine="ray", ray_address=f"127.0.0.1:{port}"))
            assert time.monotonic() - began < 15
        web.shutdown()


@pytest.mark.parametrize("name", [EVALUATE, LIME])
def test_a_gigabyte_of_address_space_ends_in_one_line(name, place):
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))

    environment = ENVIRONMENT | {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with start(name, place.command(name), env=environment, preexec_fn=limit) as process:
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2 and "Traceback" not in err, (process.returncode, err)
    needed = "the process may map only 1.0 GiB of memory (ulimit -v), and PyTorch needs 2 GiB to start; give it more"
    assert err.splitlines() == [f"{name}: error: {needed}"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_at_any_moment_lose_and_mix_no_row(place):
    """Four runs, each killed three times (SIGKILL): twice between two chunks, once at any time; then they go on to their end."""
    import random

    draw = random.Random(0)
    place.flags = {"examples-per-type": 0, "draws": 10_000, "pictures": 2}
    command = [*place.command(EVALUATE), "--explainers", "liap", "random", "matched_random"]
    alone = command.copy()
    alone[alone.index(place.results)] = place.results.parent / "alone"
    began = time.monotonic()
    with start(EVALUATE, alone) as process:
        process.communicate(timeout=PATIENCE)
    length, killed, saved = time.monotonic() - began, 0, []
    chunks = place.results / "chunks"
    sentences = len({row["sentence"] for row in untimed(place.results.parent / "alone")})
    for _ in range(4):
        shutil.rmtree(place.results, ignore_errors=True)
        for reached in (*sorted(draw.sample(range(1, sentences - 1), 2)), 0):
            with start(EVALUATE, command) as process:
                if reached:
                    wait_for(lambda: len(list(chunks.glob("*.npz"))) >= reached, process)  # noqa: B023
                else:
                    time.sleep(draw.uniform(0.2, 0.9) * length)
                process.kill()
                process.communicate()
            killed += process.returncode == -signal.SIGKILL
            saved.append(len(list(chunks.glob("*.npz"))))
        with start(
            EVALUATE, command
        ) as process:  # a process of its own, as all before: the last digit depends on no other test
            _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        assert untimed(place.results) == untimed(place.results.parent / "alone")
        for name in ("explanations.jsonl", "attention_structure.csv", "visualizations/example_1.png"):
            assert (place.results / name).read_bytes() == (place.results.parent / "alone" / name).read_bytes()
        assert list(place.results.rglob("*.part")) == []
    print(f"{killed} kills, of {sentences} chunks saved after each: {saved}; {len(untimed(place.results))} rows")
