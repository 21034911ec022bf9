"""The store of parses and frames on disk: identities, damage, concurrent writers, speed."""

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.linguistics.cache import Store, content_key, in_chunks

ENTRIES = {content_key(["a", "b"]): [[1, -1], ["x", "y"]], content_key(["ü\ud800"]): None}


def test_only_the_same_identity_reads_what_was_written(tmp_path):
    Store(tmp_path, "parses", {"model": "1"}).write(ENTRIES)
    assert Store(tmp_path, "parses", {"model": "1"}).entries == ENTRIES
    assert Store(tmp_path, "parses", {"model": "2"}).entries == {}
    assert Store(tmp_path, "frames", {"model": "1"}).entries == {}
    assert not list(tmp_path.rglob("*.part"))


def test_without_a_folder_nothing_is_kept(tmp_path):
    store = Store(None, "parses", {})
    store.write(ENTRIES)
    assert store.entries == {}


@given(st.lists(st.lists(st.text()), unique_by=tuple))
def test_different_sentences_have_different_keys(sentences):
    keys = {content_key(words, detail) for words in sentences for detail in (1, 2)}
    assert len(keys) == 2 * len(sentences)


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "foreign", "header"])
def test_a_broken_chunk_is_ignored_and_replaced(tmp_path, damage):
    Store(tmp_path, "parses", {}).write(ENTRIES)
    Store(tmp_path, "parses", {}).write({"other": 1})
    chunk = next(path for path in tmp_path.rglob("*.jsonl") if b"other" not in path.read_bytes())
    content = chunk.read_bytes()
    broken = {
        "cut": content[:-9],
        "flipped": content.replace(b'"x"', b'"z"'),
        "emptied": b"",
        "foreign": b"\xff\x00\n[[[",
        "header": b"[]\n" + content.partition(b"\n")[2],
    }[damage]
    chunk.write_bytes(broken)
    store = Store(tmp_path, "parses", {})
    assert store.entries == {"other": 1}
    store.write(ENTRIES)
    assert Store(tmp_path, "parses", {}).entries == ENTRIES | {"other": 1}
    assert len(list(tmp_path.rglob("*.jsonl"))) == 2


def test_two_processes_writing_at_once_lose_nothing(tmp_path):
    code = (
        "import sys; from pathlib import Path; from liap.linguistics.cache import Store\n"
        "store = Store(Path(sys.argv[1]), 'parses', {})\n"
        "for chunk in range(40): store.write({f'{key}': [key] * 50 for key in range(chunk * 5, chunk * 5 + 10)})"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(2)]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert Store(tmp_path, "parses", {}).entries == {f"{key}": [key] * 50 for key in range(205)}


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    store = Store(tmp_path, "parses", {})
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        store.write(ENTRIES)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_whole_test_split_is_read_in_well_under_a_second(tmp_path):
    entries = {content_key([str(i)]): [list(range(-1, 13)), ["nsubj"] * 14, ["NOUN"] * 14, "ud"] for i in range(3453)}
    store = Store(tmp_path, "parses", {})
    for chunk in in_chunks(entries.items(), 500):
        store.write(dict(chunk))
    seconds = []
    for _ in range(5):  # the best of five: another process may be busy
        began = time.perf_counter()
        assert len(Store(tmp_path, "parses", {}).entries) == 3453
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.5
