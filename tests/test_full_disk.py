"""A disk that fills up midway: one line, what was whole stays whole, and going on gives the rows of a run that had room.

Twice: on a real file system of a few hundred kilobytes, where one can be mounted; and everywhere with an error of the file
layer at each write in turn.
"""

import csv
import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

EVALUATE, FINETUNE, ANALYZE = "run_liap_evaluation.py", "finetune.py", "analyze_results.py"
DISK = 4 * 2**20  # bytes
FULL = f"error: {os.strerror(errno.ENOSPC)}"


@pytest.fixture
def disk(tmp_path):
    """A file system of its own, in a mount namespace that ends with the process that holds it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    hold = f"mount -t tmpfs -o size={DISK} tmpfs '{folder}' && echo mounted && exec sleep 600"
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", hold]
    if not shutil.which("unshare"):
        pytest.skip("no unshare here to mount a small file system with")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout.readline() != "mounted\n":
                pytest.skip(f"no small file system can be mounted here: {process.stderr.read().strip()}")
            yield Path(f"/proc/{process.pid}/root{folder}")
        finally:
            process.kill()


def fill(disk: Path, room: int) -> Path:
    """A file that leaves so many bytes, in whole pages."""
    filler = disk / "filler"
    status = os.statvfs(disk)
    filler.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - room)))
    return filler


def rows_of(results):
    with (results / "scores.csv").open(encoding="utf-8", newline="") as file:
        return [row | {"seconds": ""} for row in csv.DictReader(file)]


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_one_line(name, status, err):
    last = err.splitlines()[-1]
    assert status == 2, err
    assert last.startswith(f"{name}: {FULL}") and "; make room or choose another folder." in last, err
    assert "Traceback" not in err


def test_an_evaluation_goes_on_once_there_is_room(script, place, finished, disk):
    place.model, place.corpus = finished.model, finished.corpus
    place.flags = {"examples-per-type": 0, "results": place.results.parent / "whole", "explainers": "liap"}
    status, _, err = script(EVALUATE, *place.command(EVALUATE))
    assert status == 0, err
    whole = place.results.parent / "whole"

    results = disk / "results"
    place.flags["results"] = results
    filler = fill(disk, 200_000)  # a few chunks
    status, _, err = script(EVALUATE, *place.command(EVALUATE))
    is_one_line(EVALUATE, status, err)
    assert err.splitlines()[-1].endswith("Start the same command again to go on where it stopped.")
    kept = contents(results / "chunks")
    sentences = {row["sentence"] for row in rows_of(whole)}
    assert 1 < len(kept) < len(sentences) and all(name.endswith(".npz") for name in kept)
    assert sorted(path.name for path in results.iterdir() if path.name[0] != ".") == ["chunks", "run.json"]

    status, _, err = script(EVALUATE, *place.command(EVALUATE))  # still no room
    is_one_line(EVALUATE, status, err)
    assert contents(results / "chunks") == kept
    filler.unlink()
    status, _, err = script(EVALUATE, *place.command(EVALUATE))
    assert status == 0, err
    assert rows_of(results) == rows_of(whole)
    assert (results / "explanations.jsonl").read_bytes() == (whole / "explanations.jsonl").read_bytes()


def test_an_error_at_each_write_in_turn(script, place, finished, monkeypatch):
    place.model, place.corpus = finished.model, finished.corpus
    place.flags = {"chunk": 2}
    script(EVALUATE, *place.command(EVALUATE))
    whole, sync, writes = place.results, os.fsync, []
    place.results = whole.parent / "again"

    def fail_at(number):
        writes.clear()

        def fsync(descriptor):
            writes.append(descriptor)
            if len(writes) == number:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        return script(EVALUATE, *place.command(EVALUATE))

    number = 1
    while (outcome := fail_at(number))[0]:
        is_one_line(EVALUATE, outcome[0], outcome[2])
        left = contents(place.results) if place.results.exists() else {}
        assert not any(name.endswith(".part") for name in left)
        status, _, err = fail_at(0)
        assert status == 0, err
        assert rows_of(place.results) == rows_of(whole)
        assert (place.results / "explanations.jsonl").read_bytes() == (whole / "explanations.jsonl").read_bytes()
        shutil.rmtree(place.results)
        number += 1
    assert number > 6  # of two chunks and four files


def test_an_analysis_leaves_old_files_whole(script, place, finished, disk):
    shutil.copytree(finished.results, disk / "results")
    place.flags = {"results": disk / "results", "resamples": 200}
    before = contents(disk / "results")
    fill(disk, 40_000)
    status, _, err = script(ANALYZE, *place.command(ANALYZE))
    is_one_line(ANALYZE, status, err)
    after = contents(disk / "results")
    (disk / "filler").unlink()
    status, _, err = script(ANALYZE, *place.command(ANALYZE))
    assert status == 0, err
    anew = contents(disk / "results")
    assert after.keys() == before.keys() == anew.keys()
    assert all(after[name] in (before[name], anew[name]) for name in after)
    changed = [name for name in after if after[name] != before[name]]
    assert 0 < len(changed) < len([name for name in anew if anew[name] != before[name]])


@pytest.mark.parametrize("room", [0, 8_000, 30_000])
def test_fine_tuning_leaves_nothing_half_written(script, place, disk, room):
    place.flags = {"output": disk / "model"}
    (disk / "model").mkdir()
    (disk / "model" / "config.json").write_text("an earlier recogniser's")
    fill(disk, room)
    status, _, err = script(FINETUNE, *place.command(FINETUNE))
    is_one_line(FINETUNE, status, err)
    assert contents(disk / "model") == {"config.json": b"an earlier recogniser's"}
