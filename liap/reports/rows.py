"""`results/scores.csv` -> its rows, checked.

In: a row per mention, explainer and variant, in columns of any order. Out: a data frame: text as categories, an empty number as
NaN, and without the apostrophe that keeps spreadsheets from running a word such as `=cmd()` as a formula.

1. The header must name the mention (sentence, start, end), the explainer, its variant, and a metric. Other fixed columns that it
   lacks are empty in the data frame. Columns that nobody declares hold numbers if all their cells do, else text.
2. pandas reads the whole file at once; only if it fails is the file walked line by line, to say where and why.
3. Whole columns are then searched for values outside their range, repeated rows, rows that disagree about their mention, and rows
   of other runs.
4. The file must be the one that the run wrote, by the lines and the digest in `run.json`.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd

from liap.columns import EXPLANATION_COLUMNS, LAST_COLUMNS, MENTION_COLUMNS, NO_VARIANT, OLD_NAMES, SCORES
from liap.errors import InputError
from liap.faithfulness.lfs import LARGEST_K
from liap.reports.declared import Declared, check_unchanged, read_declared
from liap.tables import records, unescape

MENTION = ["sentence", "start", "end"]
METHOD = ["explainer", "variant"]
LFS, SIGNED, INSENSITIVE = "lfs", "signed_difference", "insensitive"
CURVE = [f"lfs_k{k}" for k in range(1, LARGEST_K + 1)]
LFS_COLUMNS = (LFS, SIGNED, INSENSITIVE, *CURVE)  # those that the tables of LFS read
FIXED = dict((*MENTION_COLUMNS, *EXPLANATION_COLUMNS, *LAST_COLUMNS))
AGAIN = "run run_liap_evaluation.py again"
_SHARES = ("probability", "coverage", "freedom")
_COUNTS = ("sentence", "document", "start", "sentence_length", "context", "kept", "passes", "seconds")  # never below 0
_ALIKE = ["document", "sentence_length", "predicted_type", "outcome"]  # the same in all rows of a mention
_OF_A_RUN = ("seed", "metric_operator")  # the same in all rows of a run
_ROUNDING = 1e-6  # a value may leave its range by as much
_EXPECTED = {"int": "a whole number", "bool": "0 or 1", "float": "a number or nothing"}


def read_rows(results: Path, declared: Declared | None = None) -> pd.DataFrame:
    """The rows of `results/scores.csv`; InputError with file and line where they cannot be used."""
    path = results / SCORES
    check_whole(path)
    declared = declared or read_declared(results)
    header = _header(path, declared)
    declared_kinds = FIXED | {column.name: column.kind for column in declared.columns if column.name not in FIXED}
    kinds = {name: declared_kinds.get(name, "any") for name in header}
    try:
        with np.errstate(invalid="ignore"):  # integers that overflow are refused below, without a warning
            rows = pd.read_csv(
                path,
                header=0,
                names=header,  # pandas would rename an empty one
                dtype={name: _dtype(name, kind) for name, kind in kinds.items()},
                keep_default_na=False,
                na_values={name: [""] for name, kind in kinds.items() if _dtype(name, kind) == "float64"},
                encoding="utf-8",
                index_col=False,
            )
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:  # ParserError is a ValueError
        fault = _first_fault(path, kinds)
        raise InputError(fault or f"{path}: cannot be read ({str(error)[:200]}); {AGAIN}") from None
    if rows.empty:
        raise InputError(f"{path}: no rows under the header; {AGAIN}")
    if rows[header[-1]].isna().any() and (fault := _first_fault(path, kinds)):  # pandas fills a short line with NaN
        raise InputError(fault)
    _check_values(path, rows, kinds, declared)
    _check_one_run(path, rows)
    check_unchanged(results, SCORES)
    for name, kind in kinds.items():
        if kind in ("str", "any"):
            rows[name] = _text(rows[name]) if kind == "str" else _numbers_or_text(rows[name])
    rows["variant"] = rows["variant"].cat.rename_categories(lambda name: "" if name == NO_VARIANT else name)
    return _completed(rows)


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
        with path.open("rb") as file:
            lines = sum(1 for _ in file)
        raise InputError(f"{path}:{lines}: the last line is cut short; {AGAIN}")


def _header(path: Path, declared: Declared) -> list[str]:
    """The columns' names; InputError where one is missing that the reports need."""
    try:
        _, header = next(records(path))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}:1: the header cannot be read as UTF-8 CSV ({error}); {AGAIN}") from None
    header = [OLD_NAMES.get(name, name) for name in header]
    if len(set(header)) < len(header):
        raise InputError(f"{path}:1: the header names a column twice; {AGAIN}")
    needed = [*MENTION, *METHOD, *declared.required]
    if LFS in declared.required or not set(LFS_COLUMNS).isdisjoint(header):
        needed += LFS_COLUMNS
    missing = [name for name in dict.fromkeys(needed) if name not in header]
    if missing:
        raise InputError(f"{path}:1: the header lacks {', '.join(missing)[:200]}; {AGAIN}")
    measures = [column.name for column in declared.measures]
    if not set(measures) & set(header):
        expected = ", ".join(measures)[:200] or "those with a column for tables, such as lfs"
        raise InputError(f"{path}:1: the header names no metric; expected one of {expected}; {AGAIN}")
    return header


def _dtype(name: str, kind: str) -> str:
    """Only fixed columns of whole numbers have no empty cells."""
    if kind in ("str", "any"):
        return "category"
    return "int64" if kind == "int" and name in FIXED else "float64"


def _first_fault(path: Path, kinds: dict[str, str]) -> str | None:
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
                if not _fits(cell, name, kinds[name]):
                    expected = _EXPECTED[kinds[name]]
                    return f"{path}:{line}: column {name} holds {cell[:40]!r}, expected {expected}; {AGAIN}"
    except UnicodeDecodeError as error:
        return f"{path}: not UTF-8 after line {line} ({error.reason}); {AGAIN}"
    except csv.Error as error:
        return f"{path}:{line + 1}: {error}; {AGAIN}"
    return None


def _fits(cell: str, name: str, kind: str) -> bool:
    if kind in ("str", "any") or (cell == "" and _dtype(name, kind) == "float64"):
        return True
    try:
        number = float(cell)
    except ValueError:
        return False
    return math.isfinite(number) if kind == "float" else cell.lstrip("-").isdecimal() and abs(number) < 2**63


def _check_values(path: Path, rows: pd.DataFrame, kinds: dict[str, str], declared: Declared) -> None:
    ranges = dict.fromkeys(_SHARES, (0.0, 1.0)) | dict.fromkeys(_COUNTS, (0.0, math.inf))
    ranges |= {column.name: (column.low, column.high) for column in declared.columns if column.name not in FIXED}
    for name, kind in kinds.items():
        if kind not in ("str", "any"):
            low, high = ranges.get(name, (-math.inf, math.inf))
            outside = (rows[name] < low - _ROUNDING) | (rows[name] > high + _ROUNDING) | np.isinf(rows[name])
            _refuse(path, np.asarray(outside), f"column {name} is outside its range")
            if kind != "float":
                _refuse(path, np.asarray(rows[name] % 1 > 0), f"column {name} holds a number that is not whole")
    _refuse(path, np.asarray(rows["start"] >= rows["end"]), "the span is empty (start >= end)")
    if "sentence_length" in rows:
        outside = np.asarray(rows["end"] > rows["sentence_length"])
        _refuse(path, outside, "the span leaves its sentence (end > sentence_length)")
    _refuse(path, np.asarray(rows.duplicated(MENTION + METHOD)), "the same mention and explainer a second time")
    alike = [name for name in _ALIKE if name in rows]
    if len(rows[MENTION + alike].drop_duplicates()) != len(rows[MENTION].drop_duplicates()):
        first = rows.drop_duplicates(MENTION)[MENTION + alike]
        joined = rows[MENTION + alike].merge(first, on=MENTION, how="left", suffixes=("", "_first"))
        disagree = np.zeros(len(rows), dtype=bool)
        for name in alike:
            disagree |= np.asarray(joined[name].astype(str) != joined[f"{name}_first"].astype(str))
        what = f"another {', '.join(alike)} than in this mention's first row; rows of two runs are mixed"
        _refuse(path, disagree, what)


def _check_one_run(path: Path, rows: pd.DataFrame) -> None:
    """InputError where rows of several runs were put together: they differ in what is the same in all rows of one run."""
    for name in _OF_A_RUN:
        if name in rows:
            other = np.asarray(rows[name] != rows[name].iloc[0])
            _refuse(path, other, f"another {name} than in the first row; rows of two runs are mixed")
    if {"k", "context"} <= set(rows):
        sizes, most = rows["k"].to_numpy(dtype=float), rows["context"].to_numpy(dtype=float) // 2
        largest = np.nanmax(sizes, initial=0)
        other = (sizes != np.minimum(largest, most)) & ~np.isnan(sizes) & ~np.isnan(most)
        _refuse(path, other, "k is not what one --k gives, min(K, half of context); rows of two runs are mixed")


def _refuse(path: Path, wrong: np.ndarray, what: str) -> None:
    """InputError that names the line of the first wrong row."""
    if wrong.any():
        position = int(wrong.argmax()) + 1  # the header is record 0; blank lines are no records
        numbers = (line for line, cells in records(path) if cells)
        line = next(number for count, number in enumerate(numbers) if count == position)
        raise InputError(f"{path}:{line}: {what}; {AGAIN}")


def _text(cells: pd.Series) -> pd.Series:
    texts = np.array([unescape(text) for text in cells.cat.categories], dtype=object)
    return pd.Series(texts[cells.cat.codes], index=cells.index, dtype="category")


def _numbers_or_text(cells: pd.Series) -> pd.Series:
    """Of a column that nobody declares; it holds numbers where every cell is one or empty."""
    try:
        numbers = np.array([float(cell) if cell else math.nan for cell in cells.cat.categories])
    except ValueError:
        return _text(cells)
    return _text(cells) if np.isinf(numbers).any() else pd.Series(numbers[cells.cat.codes], index=cells.index)


def _completed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with every fixed column; without a document, each sentence is one."""
    for name, kind in FIXED.items():
        if name not in rows:
            empty = pd.Categorical([""] * len(rows)) if kind == "str" else math.nan
            rows[name] = rows["sentence"] if name == "document" else empty
    return rows
