"""A results folder: whole files, refusal to mix settings, chunks, and CSV that survives a spreadsheet."""

import csv
import errno
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap import manifest
from liap.errors import InputError
from liap.files import digest_of_path, whole_file
from liap.runs import Run
from liap.tables import escape, header, significant, to_csv, unescape


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "file"

    def fail_halfway():
        with whole_file(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert list(path.parent.iterdir()) == []
    with whole_file(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def killed(run):
    """What the end of its process does to a run: the lock goes, the rest stays."""
    run.lock.__del__()
    run.lock._descriptor = None


def test_chunks_are_joined_in_order_and_removed(tmp_path):
    run = Run(tmp_path)
    assert run.begin({"k": 3})
    for index in (1, 0):
        run.save_chunk(index, {"rows": f"row {index} é\n"}, {"numbers": np.arange(index)})
    assert [run.has_chunk(index) for index in range(3)] == [True, True, False]
    run.join("scores.csv", "rows", 2, "head\n")
    run.finish()
    assert (tmp_path / "scores.csv").read_text(encoding="utf-8") == "head\nrow 0 é\nrow 1 é\n"
    assert visible(tmp_path) == ["run.json", "scores.csv"]
    content = json.loads((tmp_path / "run.json").read_text())
    assert content["status"] == "complete"
    assert content["settings"] == {"k": 3}
    assert {"versions", "git", "hardware", "seconds", "skipped"} <= set(content)


def test_a_complete_run_is_not_done_again(tmp_path):
    run = Run(tmp_path, tables=("scores.csv", "pictures"))
    run.begin({"layers": (1, 2)})
    run.save_chunk(0, {"rows": "x\n"}, {})
    run.join("scores.csv", "rows", 1)
    run.finish()
    assert not Run(tmp_path, tables=run.tables).begin({"layers": (1, 2)})
    assert Run(tmp_path, tables=run.tables).begin({"layers": (1, 2)}, overwrite=True)


def test_an_interrupted_run_goes_on_and_other_settings_are_refused(tmp_path):
    first = Run(tmp_path)
    first.begin({"seed": 1, "corpus": "a"})
    first.seconds["score"] = 5
    first.save_chunk(0, {"rows": "x\n"}, {})
    killed(first)
    again = Run(tmp_path)
    assert again.begin({"seed": 1, "corpus": "a"})
    assert again.has_chunk(0)
    assert again.seconds["score"] == 5
    killed(again)
    with pytest.raises(InputError, match="seed = 1, this one has 2"):
        Run(tmp_path).begin({"seed": 2, "corpus": "a"})
    other = Run(tmp_path)
    assert other.begin({"seed": 2, "corpus": "a"}, overwrite=True)
    assert not other.has_chunk(0)
    other.save_chunk(1, {"rows": "y\n"}, {})
    assert [other.has_chunk(index) for index in range(2)] == [False, True]
    killed(other)
    assert Run(tmp_path).begin({"seed": 2, "corpus": "a"})


def test_overwriting_removes_what_the_project_wrote_and_nothing_else(tmp_path):
    """A user's own pictures, notes and files beside the chunks stay; what an analysis listed goes."""
    tables = ("scores.csv", "attention.csv")
    mine = ("visualizations/mine.png", "notes.txt", "chunks/notes.txt", "explanations.jsonl")
    old = ("scores.csv", "chunks/000007.npz", "run.json", "visualizations/example_1.png", "lfs.csv")
    for name in (*mine, *old):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("old")
    manifest.record(tmp_path, ["visualizations/example_1.png", "lfs.csv"])
    run = Run(tmp_path, tables=tables)
    run.begin({}, overwrite=True)
    assert [name for name in mine if not (tmp_path / name).exists()] == []
    assert [name for name in old if (tmp_path / name).exists()] == ["run.json"]
    assert json.loads((tmp_path / "run.json").read_text())["status"] == "running"


def test_an_overwriting_run_that_was_interrupted_goes_on(tmp_path):
    first = Run(tmp_path)
    first.begin({"k": 3}, overwrite=True)
    first.save_chunk(0, {"rows": "x\n"}, {})
    killed(first)
    again = Run(tmp_path)
    assert again.begin({"k": 3}, overwrite=True)
    assert again.has_chunk(0)


def test_the_record_is_there_before_any_work(tmp_path):
    Run(tmp_path / "results").begin({"k": 3})
    content = json.loads((tmp_path / "results" / "run.json").read_text())
    assert (content["status"], content["settings"]) == ("running", {"k": 3})


def test_a_folder_belongs_to_one_run_at_a_time(tmp_path):
    first = Run(tmp_path)
    first.begin({"k": 3})
    for overwrite in (False, True):
        with pytest.raises(InputError, match=rf"in use by process {os.getpid()} on "):
            Run(tmp_path).begin({"k": 3}, overwrite=overwrite)
    first.save_chunk(0, {"rows": "x\n"}, {})
    first.finish()
    assert not Run(tmp_path).begin({"k": 3})


def test_a_lock_ends_with_its_process(tmp_path):
    """Another process holds the folder, is killed, and the folder is free."""
    code = (
        "import sys, time; from pathlib import Path; from liap.runs import Run\n"
        "Run.begin(run := Run(Path(sys.argv[1])), {'k': 3}); print('held', flush=True); time.sleep(60)"
    )
    root = Path(__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"in use by process {holder.pid} on "):
            Run(tmp_path).begin({"k": 3})
        holder.kill()
    assert Run(tmp_path).begin({"k": 3})


def test_a_file_system_without_locks_is_said_in_one_line(tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("liap.folder_lock.fcntl.flock", refuse)
    assert Run(tmp_path).begin({"k": 3})
    assert "has no locks" in capsys.readouterr().err


def test_a_chunk_of_another_run_is_refused(tmp_path):
    other = Run(tmp_path / "other")
    other.begin({"k": 2})
    other.save_chunk(0, {"rows": "y\n"}, {})
    run = Run(tmp_path / "run")
    run.begin({"k": 3})
    run.save_chunk(0, {"rows": "x\n"}, {})
    shutil.copy(tmp_path / "other" / "chunks" / "000000.npz", tmp_path / "run" / "chunks" / "000000.npz")
    for use in (run.has_chunk, run.load_chunk):
        with pytest.raises(InputError, match="belongs to another run"):
            use(0)


def test_an_edited_record_is_refused(tmp_path):
    run = Run(tmp_path)
    run.begin({"k": 3, "seed": 1})
    run.save_chunk(0, {"rows": "x\n"}, {})
    killed(run)
    record = json.loads((tmp_path / "run.json").read_text())
    record["settings"]["k"] = 2
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=r"run\.json was edited"):
        Run(tmp_path).begin({"k": 2, "seed": 1})


def test_what_killed_processes_were_writing_is_removed(tmp_path):
    for name in (".scores.csv.abc.part", "chunks/.000001.npz.xyz.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("half")
    Run(tmp_path).begin({})
    assert list(tmp_path.rglob("*.part")) == []


def test_a_missing_chunk_is_called_missing(tmp_path):
    run = Run(tmp_path)
    run.begin({})
    with pytest.raises(InputError, match=r"000003\.npz is missing"):
        run.load_chunk(3)


def test_a_finished_table_is_described(tmp_path):
    run = Run(tmp_path, tables=("scores.csv",))
    run.begin({})
    run.save_chunk(0, {"rows": "x\ny\n"}, {})
    run.join("scores.csv", "rows", 1, "head\n")
    run.finish()
    described = json.loads((tmp_path / "run.json").read_text())["files"]["scores.csv"]
    assert described["lines"] == 3
    assert described["digest"] == digest_of_path(tmp_path / "scores.csv")


def test_the_refusal_names_every_setting_that_differs(tmp_path):
    first = Run(tmp_path)
    first.begin({"k": 3, "code_digest": "a", "seed": 0})
    first.save_chunk(0, {"rows": "x\n"}, {})
    killed(first)
    message = r"holds a run with k = 3, this one has 2 \(they differ in code_digest, layers too\)"
    with pytest.raises(InputError, match=message):
        Run(tmp_path).begin({"k": 2, "code_digest": "b", "seed": 0, "layers": "all"})


@dataclass(frozen=True)
class Facts:
    mentions: int = 0
    ray: dict | None = None


def test_a_refusal_before_the_first_chunk_leaves_the_folder_as_it_was(tmp_path):
    def refused(run):
        with pytest.raises(InputError, match="wrong"), run.unchanged_if_refused():
            raise InputError("wrong")

    def contents():
        return {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    run = Run(tmp_path)
    run.begin({"k": 3})
    refused(run)
    assert contents() == {}
    run = Run(tmp_path)
    run.begin({"k": 2})  # which is no other run's folder
    run.save_chunk(0, {"rows": "x\n"}, {})
    refused(run)
    saved = contents()
    assert {"run.json", "000000.npz"} <= set(saved)
    again = Run(tmp_path)
    again.begin({"k": 2})
    refused(again)
    assert contents() == saved


def test_facts_stand_in_the_record(tmp_path):
    run = Run(tmp_path, facts=Facts(mentions=3))
    run.begin({})
    run.save_chunk(0, {"rows": "x\n"}, {})
    run.finish()
    content = json.loads((tmp_path / "run.json").read_text())
    assert content["mentions"] == 3 and "ray" not in content


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"settings": 3}', "\0"])
def test_a_folder_whose_record_is_broken_is_refused(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run\.json is not a record of a run"):
        Run(tmp_path).begin({})


def test_rows_without_a_record_are_refused(tmp_path):
    (tmp_path / "scores.csv").write_text("someone's")
    with pytest.raises(InputError, match="where it came from"):
        Run(tmp_path, tables=("scores.csv",)).begin({})
    assert (tmp_path / "scores.csv").read_text() == "someone's"


def test_a_damaged_chunk_is_named(tmp_path):
    run = Run(tmp_path)
    run.begin({})
    run.save_chunk(0, {"rows": "x" * 1000}, {})
    path = next((tmp_path / "chunks").iterdir())
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"000000\.npz is damaged"):
        run.load_chunk(0)


def test_a_chunk_gives_the_parts_that_are_asked_for_and_reads_no_others(tmp_path, monkeypatch):
    run = Run(tmp_path)
    run.begin({})
    run.save_chunk(0, {"rows": "x\n", "facts": "{}"}, {"sums": np.arange(3)})
    read = []
    get = np.lib.npyio.NpzFile.__getitem__
    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", lambda file, name: read.append(name) or get(file, name))
    assert run.load_chunk(0, "sums")["sums"].tolist() == [0, 1, 2]
    assert set(read) == {"run_identity", "sums"}
    assert {"rows", "facts", "sums"} <= set(run.load_chunk(0))


@dataclass(frozen=True)
class Line:
    text: str
    number: float
    flag: bool
    count: int


def test_cells():
    assert header(Line) == "text,number,flag,count\n"
    rows = [Line("=cmd()", float("nan"), True, 3), Line('a,"b"', 1 / 3, False, -1), Line("'s", 2.0, False, 0)]
    assert to_csv(rows) == '\'=cmd(),,1,3\n"a,""b""",0.333333,0,-1\n\'\'s,2,0,0\n'
    assert to_csv([]) == ""
    assert significant([1 / 3, float("nan")]) == [0.333333, None]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_cells_come_back_and_never_begin_a_formula(text):
    assert unescape(escape(text)) == text
    assert text == "-" or not escape(text).startswith(("=", "+", "-", "@"))  # a hyphen alone is no formula
    line = to_csv([Line(text, 0.0, False, 0)])
    assert unescape(next(csv.reader(io.StringIO(line, newline="")))[0]) == text
