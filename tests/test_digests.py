"""Digests of files: they follow contents and nothing else, and a big file is read once."""

import os
import time
from pathlib import Path

import pytest

from liap import files
from liap.files import digest_of, digest_of_files, digest_of_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model" / "sub").mkdir(parents=True)
    (tmp_path / "model" / "sub" / "weights").write_bytes(b"1234")
    (tmp_path / "model" / "config").write_bytes(b"{}")
    return tmp_path / "model"


def change_keeping_size_and_time(file: Path) -> None:
    status = file.stat()
    time.sleep(0.05)  # the file system's clock ticks every few milliseconds
    file.write_bytes(file.read_bytes()[::-1])
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


def test_parts_do_not_run_into_each_other():
    assert digest_of(["ab", "c"]) != digest_of(["a", "bc"]) != digest_of(["abc"])
    assert digest_of(["ü\ud800"]) == digest_of(["ü\ud800".encode(errors="surrogatepass")])


@pytest.mark.parametrize("big", [False, True])
def test_a_changed_content_changes_the_digest_even_at_the_same_size_and_time(folder, tmp_path, monkeypatch, big):
    monkeypatch.setattr(files, "BIG_FILE", 0 if big else 2**20)
    before = digest_of_path(folder, cache=tmp_path)
    assert digest_of_path(folder, cache=tmp_path) == before
    change_keeping_size_and_time(folder / "sub" / "weights")
    assert digest_of_path(folder, cache=tmp_path) != before


def test_names_count_and_place_time_and_compiled_files_do_not(folder, tmp_path):
    before = digest_of_path(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"x")
    os.utime(folder / "config", ns=(1, 1))
    moved = folder.rename(tmp_path / "elsewhere")
    assert digest_of_path(moved) == before
    (moved / "config").rename(moved / "settings")
    assert digest_of_path(moved) != before


def test_a_big_file_is_read_once_and_in_a_later_process_not_at_all(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BIG_FILE", 4)
    monkeypatch.setattr(files, "_remembered", {})
    reads = []
    read = files._read_digest
    monkeypatch.setattr(files, "_read_digest", lambda path: reads.append(path.name) or read(path))
    cache = tmp_path / "cache"
    before = [digest_of_path(folder, cache=cache) for _ in range(2)]
    assert reads == ["weights"]
    files._remembered.clear()  # as in another process
    assert [digest_of_path(folder, cache=cache), *before[:1]] == before and reads == ["weights"]
    (record,) = (cache / "digests").iterdir()
    files._remembered.clear()
    record.write_bytes(b"\xff")
    assert digest_of_path(folder, cache=cache) == before[0] and reads == ["weights"] * 2


def test_chosen_files_have_one_digest_by_name_or_by_place(folder, tmp_path):
    chosen = [folder / "config", folder / "sub" / "weights"]
    assert digest_of_files(chosen, below=folder) == digest_of_path(folder)
    by_name = digest_of_files(chosen)
    assert by_name != digest_of_path(folder)
    moved = folder.rename(tmp_path / "elsewhere")
    assert digest_of_files([moved / "config", moved / "sub" / "weights"]) == by_name
    change_keeping_size_and_time(moved / "sub" / "weights")
    assert digest_of_files([moved / "config", moved / "sub" / "weights"]) != by_name
