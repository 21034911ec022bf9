"""A results folder: whole files, refusal to mix settings, chunks, and CSV that survives a spreadsheet."""

import csv
import io
import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.errors import InputError
from liap.runs import Run, whole_file
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


def test_chunks_are_joined_in_order_and_removed(tmp_path):
    run = Run(tmp_path)
    assert run.begin({"k": 3})
    for index in (1, 0):
        run.save_chunk(index, {"rows": f"row {index} é\n"}, {"numbers": np.arange(index)})
    assert [run.has_chunk(index) for index in range(3)] == [True, True, False]
    run.join("scores.csv", "rows", 2, "head\n")
    run.finish()
    assert (tmp_path / "scores.csv").read_text(encoding="utf-8") == "head\nrow 0 é\nrow 1 é\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "scores.csv"]
    content = json.loads((tmp_path / "run.json").read_text())
    assert content["status"] == "complete"
    assert content["settings"] == {"k": 3}
    assert {"versions", "git", "hardware", "seconds", "skipped"} <= set(content)


def test_a_complete_run_is_not_done_again(tmp_path):
    run = Run(tmp_path)
    run.begin({"layers": (1, 2)})
    run.save_chunk(0, {"rows": "x\n"}, {})
    run.join("scores.csv", "rows", 1)
    run.finish()
    assert not Run(tmp_path).begin({"layers": (1, 2)})
    assert Run(tmp_path).begin({"layers": (1, 2)}, overwrite=True)


def test_an_interrupted_run_goes_on_and_other_settings_are_refused(tmp_path):
    first = Run(tmp_path)
    first.begin({"seed": 1, "corpus": "a"})
    first.seconds["score"] = 5
    first.save_chunk(0, {"rows": "x\n"}, {})
    again = Run(tmp_path)
    assert again.begin({"seed": 1, "corpus": "a"})
    assert again.has_chunk(0)
    assert again.seconds["score"] == 5
    with pytest.raises(InputError, match="seed = 1, this one has 2"):
        Run(tmp_path).begin({"seed": 2, "corpus": "a"})
    other = Run(tmp_path)
    assert other.begin({"seed": 2, "corpus": "a"}, overwrite=True)
    assert not other.has_chunk(0)
    assert Run(tmp_path).has_chunk(0)  # nothing is removed before there is something to write
    other.save_chunk(1, {"rows": "y\n"}, {})
    assert [other.has_chunk(index) for index in range(2)] == [False, True]
    assert Run(tmp_path).begin({"seed": 2, "corpus": "a"})


def test_a_run_that_has_nothing_to_write_leaves_no_folder(tmp_path):
    Run(tmp_path / "results").begin({})
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"settings": 3}', "\0"])
def test_a_folder_whose_record_is_broken_is_refused(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run\.json is no record of a run"):
        Run(tmp_path).begin({})


def test_rows_without_a_record_are_refused(tmp_path):
    (tmp_path / "scores.csv").write_text("someone's")
    with pytest.raises(InputError, match="where it came from"):
        Run(tmp_path).begin({})
    assert (tmp_path / "scores.csv").read_text() == "someone's"


def test_a_damaged_chunk_is_named(tmp_path):
    run = Run(tmp_path)
    run.begin({})
    run.save_chunk(0, {"rows": "x" * 1000}, {})
    path = next((tmp_path / "chunks").iterdir())
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"000000\.npz is damaged"):
        run.load_chunk(0)


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
    assert not escape(text).startswith(("=", "+", "-", "@"))
    line = to_csv([Line(text, 0.0, False, 0)])
    assert unescape(next(csv.reader(io.StringIO(line, newline="")))[0]) == text
