"""`results/scores.csv` -> its rows, checked.

In: the file that an evaluation leaves, one `ScoreRow` a line. Out: a data frame with the record's fields as columns, text
as categories, an empty number as NaN, and without the apostrophe that keeps spreadsheets from running a word such as `=cmd()`.

1. The header must name the record's fields, in any order.
2. pandas reads the whole file at once; only where it stumbles is the file walked line by line to say where and why.
3. Ranges, doubled rows and rows that disagree about their mention are looked for in whole columns.
"""

from __future__ import annotations

import csv
import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from liap.errors import InputError
from liap.records import ScoreRow
from liap.tables import records, unescape

SCORES = "scores.csv"
KINDS = {field.name: str(field.type) for field in fields(ScoreRow)}
SHARES = ("probability", "coverage", "lfs", "insensitive", *(f"lfs_k{k}" for k in range(1, 11)))
COUNTS = (
    "sentence",
    "document",
    "start",
    "words",
    "context",
    "kept",
    "k",
    "tied",
    "passes",
    "seconds",
)  # never below 0
MENTION = ["sentence", "start", "end"]
METHOD = ["explainer", "variant"]
AGAIN = "run run_liap_evaluation.py again"
_DTYPES = {"int": "int64", "bool": "int64", "float": "float64", "str": "category"}
_ROUNDING = 1e-6  # a share may leave [0, 1] by as much


def read_rows(results: Path) -> pd.DataFrame:
    """The rows of `results/scores.csv`; InputError with file and line where they cannot be used."""
    path = results / SCORES
    check_whole(path)
    _check_header(path)
    try:
        with np.errstate(invalid="ignore"):  # 1e999 in a column of whole numbers is refused below, and not by a warning
            rows = pd.read_csv(
                path,
                dtype={name: _DTYPES[kind] for name, kind in KINDS.items()},
                keep_default_na=False,
                na_values={name: [""] for name, kind in KINDS.items() if kind == "float"},
                encoding="utf-8",
                index_col=False,
            )
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:  # ParserError is a ValueError
        raise InputError(_first_fault(path) or f"{path}: cannot be read ({str(error)[:200]}); {AGAIN}") from None
    if rows.empty:
        raise InputError(f"{path}: no rows under the header; {AGAIN}")
    _check_values(path, rows)
    for name, kind in KINDS.items():
        if kind == "str":
            rows[name] = rows[name].cat.rename_categories(unescape)
    return rows


def check_whole(path: Path) -> None:
    """InputError where the file is missing, empty or cut off within a line."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; run run_liap_evaluation.py first, or name its folder with --results")
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 1))
        last = file.read()
    if not size:
        raise InputError(f"{path}: the file is empty; {AGAIN}")
    if last != b"\n":
        raise InputError(f"{path}:{_lines(path)}: the last line is cut short; {AGAIN}")


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _check_header(path: Path) -> None:
    try:
        _, header = next(records(path))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}:1: the header cannot be read as UTF-8 CSV ({error}); {AGAIN}") from None
    missing = [name for name in KINDS if name not in header]
    extra = [name for name in header if name not in KINDS]
    if missing or extra or len(header) != len(KINDS):
        wrong = [f"lacks {', '.join(missing)[:200]}"] if missing else []
        wrong += [f"has extra {', '.join(extra)[:60]}"] if extra else []
        raise InputError(f"{path}:1: the header {' and '.join(wrong) or 'names a column twice'}; {AGAIN}")


def _first_fault(path: Path) -> str | None:
    """Where the file cannot be read, and why; None if every line is sound."""
    line, header = 1, []
    try:
        for line, cells in records(path):
            header = header or cells
            if cells is header or cells == []:
                continue
            if len(cells) != len(header):
                return f"{path}:{line}: {len(cells)} cells, expected {len(header)}; {AGAIN}"
            for name, cell in zip(header, cells, strict=True):
                if not _fits(cell, KINDS[name]):
                    return (
                        f"{path}:{line}: column {name} holds {cell[:40]!r}, expected {_EXPECTED[KINDS[name]]}; {AGAIN}"
                    )
    except UnicodeDecodeError as error:
        return f"{path}: not UTF-8 after line {line} ({error.reason}); {AGAIN}"
    except csv.Error as error:
        return f"{path}:{line + 1}: {error}; {AGAIN}"
    return None


_EXPECTED = {"int": "a whole number", "bool": "0 or 1", "float": "a number or nothing", "str": "text"}


def _fits(cell: str, kind: str) -> bool:
    if kind == "str" or (kind == "float" and cell == ""):
        return True
    try:
        number = float(cell)
    except ValueError:
        return False
    return math.isfinite(number) if kind == "float" else cell.lstrip("-").isdecimal() and abs(number) < 2**63


def _check_values(path: Path, rows: pd.DataFrame) -> None:
    if rows["seconds"].isna().any() and (fault := _first_fault(path)):  # pandas fills a short line with NaN
        raise InputError(fault)
    for name, kind in KINDS.items():
        if kind != "str":
            outside = np.isinf(rows[name]) if kind == "float" else np.zeros(len(rows), dtype=bool)
            if name in SHARES:
                outside |= (rows[name] < -_ROUNDING) | (rows[name] > 1 + _ROUNDING)
            if name in COUNTS:
                outside |= rows[name] < 0
            _refuse(path, np.asarray(outside), f"column {name} is outside its range")
    _refuse(path, np.asarray(rows["start"] >= rows["end"]), "the span is empty (start >= end)")
    _refuse(path, np.asarray(rows["end"] > rows["words"]), "the span leaves its sentence (end > words)")
    _refuse(path, np.asarray(rows.duplicated(MENTION + METHOD)), "the same mention and explainer a second time")
    alike = ["document", "words", "predicted_type", "outcome"]
    different = len(rows[MENTION + alike].drop_duplicates()) != len(rows[MENTION].drop_duplicates())
    if different:
        first = rows.drop_duplicates(MENTION)[MENTION + alike]
        joined = rows[MENTION + alike].merge(first, on=MENTION, how="left", suffixes=("", "_first"))
        disagree = np.zeros(len(rows), dtype=bool)
        for name in alike:
            disagree |= np.asarray(joined[name].astype(str) != joined[f"{name}_first"].astype(str))
        _refuse(path, disagree, f"another {', '.join(alike)} than this mention's first row; rows of two runs are mixed")


def _refuse(path: Path, wrong: np.ndarray, what: str) -> None:
    """InputError that names the line of the first wrong row."""
    if wrong.any():
        position = int(wrong.argmax()) + 1  # the header is record 0; blank lines are no records
        numbers = (line for line, cells in records(path) if cells)
        line = next(number for count, number in enumerate(numbers) if count == position)
        raise InputError(f"{path}:{line}: {what}; {AGAIN}")
