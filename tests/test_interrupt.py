"""Ctrl-C in a real process: status 130, a last line that says how to go on, no traceback, and nothing half-written."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from liap.training.resumption import FOLDER

ROOT = Path(__file__).parents[1]
EVALUATE, FINETUNE = "run_liap_evaluation.py", "finetune.py"
PATIENCE = 60  # seconds for what takes two or three


def start(name, flags, *options):
    command = [sys.executable, *options, str(ROOT / name), *map(str, flags)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )


def interrupted(process, error=b""):
    """What the process says on standard error once it is interrupted."""
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=PATIENCE)
    return (error + rest).decode("utf-8")


def wait_for(condition, process):
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None and time.monotonic() < ends, process.communicate()
        time.sleep(0.005)


def read_until(process, mark):
    """Standard error up to the mark."""
    error = b""
    while mark not in error:
        read = os.read(process.stderr.fileno(), 65536)
        assert read, error.decode()
        error += read
    return error


def rows_of(results):
    with (results / "scores.csv").open(encoding="utf-8", newline="") as file:
        return [row | {"seconds": ""} for row in csv.DictReader(file)]


def test_an_evaluation_keeps_its_chunks_and_goes_on(script, place, finished, tmp_path):
    place.model, place.corpus = finished.model, finished.corpus
    place.flags = {"examples-per-type": 0}
    status, _, err = script(EVALUATE, *place.command(EVALUATE))
    assert status == 0, err
    expected = rows_of(place.results)
    explained = (place.results / "explanations.jsonl").read_bytes()

    place.results = tmp_path / "interrupted"
    chunks = place.results / "chunks"
    process = start(EVALUATE, place.command(EVALUATE))
    wait_for(lambda: chunks.is_dir() and len(list(chunks.glob("*.npz"))) >= 2, process)
    err = interrupted(process)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == f"{EVALUATE}: interrupted. Start the same command again to go on where it stopped."
    assert "Traceback" not in err
    kept = {path.name: path.stat().st_mtime_ns for path in chunks.iterdir()}
    assert len(kept) >= 2 and all(name.endswith(".npz") for name in kept)
    assert sorted(path.name for path in place.results.iterdir() if path.name[0] != ".") == ["chunks", "run.json"]

    written = []
    with pytest.MonkeyPatch.context() as patch:
        from liap.runs import Run

        save = Run.save_chunk
        patch.setattr(Run, "save_chunk", lambda run, index, *more: (written.append(index), save(run, index, *more)))
        status, _, err = script(EVALUATE, *place.command(EVALUATE))
    assert status == 0, err
    assert written and not {f"{index:06}.npz" for index in written} & set(kept)
    assert rows_of(place.results) == expected
    assert (place.results / "explanations.jsonl").read_bytes() == explained


def test_fine_tuning_leaves_an_old_recogniser_as_it_was(place):
    place.flags = {"model": "tiny", "epochs": 500}
    place.results.mkdir()
    (place.results / "config.json").write_text("an earlier recogniser's")
    process = start(FINETUNE, place.command(FINETUNE))
    err = interrupted(process, read_until(process, b"sentences/s"))
    assert process.returncode == 130, err
    assert (
        err.splitlines()[-1]
        == f"{FINETUNE}: interrupted. Start the same command again to go on after the last finished epoch."
    )
    assert "Traceback" not in err
    left = {path.name for path in place.results.iterdir()} - {FOLDER}  # what it goes on from
    assert left == {"config.json"}
    assert (place.results / "config.json").read_text() == "an earlier recogniser's"


# Importing liap.cli changes nothing; the script is quiet from `cli.run` on, which imports logging first.
@pytest.mark.parametrize("module", ["logging", "numpy._core", "torch._C", "transformers"])
def test_while_libraries_are_imported(module, place):
    process = start(EVALUATE, place.command(EVALUATE), "-X", "importtime")
    err = interrupted(process, read_until(process, f" {module}\n".encode()))
    said = [line for line in err.splitlines() if not line.startswith("import time:")]
    assert process.returncode in (130, -signal.SIGINT), err
    assert len(said) == 1 and said[0].startswith(f"{EVALUATE}: interrupted."), "\n".join(said)
    assert not place.results.exists()
