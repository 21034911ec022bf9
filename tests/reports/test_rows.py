"""scores.csv: what is read is what was written; every broken file is one line that says where."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from liap.columns import EXPLANATION_COLUMNS, LAST_COLUMNS, MENTION_COLUMNS
from liap.errors import InputError
from liap.faithfulness import METRICS
from liap.reports.rows import read_rows

COLUMNS = [
    *(name for name, _ in (*MENTION_COLUMNS, *EXPLANATION_COLUMNS)),
    *(column.name for name in ("lfs", "evidence_found") for column in METRICS[name].columns),
    *(name for name, _ in LAST_COLUMNS),
]


def test_reads_what_was_written(results: Path, many_rows: list[dict]) -> None:
    read = read_rows(results)
    assert list(read.columns) == COLUMNS
    for name in COLUMNS:
        wanted = [row[name] for row in many_rows]
        if isinstance(wanted[0], str):
            assert list(read[name].astype(str)) == wanted, name  # `NA`, `=cmd()` and `'quoted` among them
        else:
            np.testing.assert_allclose(read[name].to_numpy(dtype=float), np.array(wanted, dtype=float), rtol=1e-5)


@pytest.fixture
def sound(tmp_path: Path, score_row: Callable, write_scores: Callable) -> Path:
    rows = [score_row(sentence=index, explainer=name) for index in range(3) for name in ("liap", "random")]
    return write_scores(tmp_path, rows)


def edited(path: Path, line: int, column: str, cell: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[line - 1].split(",")
    cells[COLUMNS.index(column)] = cell
    lines[line - 1] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def refused(folder: Path, *parts: str) -> None:
    with pytest.raises(InputError) as caught:
        read_rows(folder)
    message = str(caught.value)
    assert "\n" not in message and "run_liap_evaluation.py" in message
    for part in parts:
        assert part in message, message


def test_missing_file_names_the_script_that_makes_it(tmp_path: Path) -> None:
    refused(tmp_path, "scores.csv", "no such file")


def test_empty_file_and_no_rows(tmp_path: Path, write_scores: Callable) -> None:
    path = write_scores(tmp_path, [])
    refused(tmp_path, "no rows")
    path.write_bytes(b"")
    refused(tmp_path, "empty")


@pytest.mark.parametrize(
    ("column", "cell", "what"),
    [
        ("lfs", "high", "expected a number"),
        ("lfs", "inf", "column lfs"),
        ("lfs", "1.5", "outside its range"),
        ("coverage", "-0.2", "outside its range"),
        ("insensitive", "True", "expected 0 or 1"),
        ("insensitive", "2", "outside its range"),
        ("sentence", "1.5", "expected a whole number"),
        ("sentence", "", "expected a whole number"),
        ("passes", "9" * 30, "expected a whole number"),
        ("end", "0", "start >= end"),
        ("sentence_length", "99", "rows of two runs are mixed"),
        ("explainer", "liap", "a second time"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(sound: Path, column: str, cell: str, what: str) -> None:
    edited(sound, 5, column, cell)
    if column == "explainer":  # line 4 holds liap for the same mention
        edited(sound, 5, "sentence", "1")
    refused(
        sound.parent,
        f"scores.csv:{6 if column == 'sentence_length' else 5}:" if column != "sentence_length" else "scores.csv:",
        what,
    )


def test_a_line_with_too_few_or_too_many_cells_is_named(sound: Path) -> None:
    whole = sound.read_text(encoding="utf-8").splitlines()
    for missing in (1, 5):
        short = whole[3].rsplit(",", missing)[0]
        sound.write_text("\n".join([*whole[:3], short, *whole[4:]]) + "\n", encoding="utf-8")
        refused(sound.parent, "scores.csv:4:", f"expected {len(COLUMNS)}")
    sound.write_text("\n".join([*whole[:3], whole[3] + ",1,2", *whole[4:]]) + "\n", encoding="utf-8")
    refused(sound.parent, "scores.csv:4:", f"expected {len(COLUMNS)}")
    sound.write_text("\n".join([whole[0], *(line + ",7" for line in whole[1:])]) + "\n", encoding="utf-8")
    refused(sound.parent, "scores.csv:2:", f"expected {len(COLUMNS)}")


def test_a_file_cut_short_is_noticed_wherever_it_is_cut(sound: Path) -> None:
    whole = sound.read_bytes()
    for length in range(len(whole) - 120, len(whole)):
        sound.write_bytes(whole[:length])
        if whole[length - 1 : length] != b"\n":
            refused(sound.parent, "scores.csv:")


def test_header_must_hold_the_columns_in_any_order(sound: Path) -> None:
    text = sound.read_text(encoding="utf-8")
    before = read_rows(sound.parent)
    sound.write_text(text.replace(",lfs,", ",score,", 1), encoding="utf-8")
    refused(sound.parent, "scores.csv:1:", "lacks lfs;")
    sound.write_text(text.replace(",lfs,", ",k,", 1), encoding="utf-8")
    refused(sound.parent, "scores.csv:1:", "names a column twice")
    lines = [line.split(",") for line in text.splitlines()]
    sound.write_text("\n".join(",".join(reversed(cells)) for cells in lines) + "\n", encoding="utf-8")
    assert read_rows(sound.parent)[COLUMNS].equals(before)


def test_not_utf8_and_an_open_quote(sound: Path) -> None:
    whole = sound.read_bytes()
    sound.write_bytes(whole.replace(b"Ann", b"\xff\xfe", 1))
    refused(sound.parent, "UTF-8")
    sound.write_bytes(whole.replace(b"Ann", b'"Ann', 1))
    refused(sound.parent, "scores.csv:")
    sound.write_bytes(b"\xff" + whole)
    refused(sound.parent, "scores.csv:1:", "UTF-8")


def test_words_with_breaks_quotes_and_commas_keep_the_lines_right(
    tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    odd = ["two\nlines", 'a "quote", a comma', "\ttab", "x\ry", "nan", "", "\u202eright", "a\x00b"]
    write_scores(tmp_path, [score_row(sentence=index, text=text) for index, text in enumerate(odd)])
    assert list(read_rows(tmp_path)["text"].astype(str)) == odd
    write_scores(tmp_path, [score_row(sentence=index, text="two\nlines", lfs=0.5 + index) for index in range(2)])
    refused(tmp_path, "scores.csv:5:", "outside its range")
