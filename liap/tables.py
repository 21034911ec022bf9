"""Rows to CSV text: numbers with six significant digits, NaN as an empty cell, and text that no spreadsheet runs as a formula.

A text cell that begins with one of = + - @ (or a tab or a carriage return) is written behind an apostrophe; readers take it off.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def header(columns: type | Iterable[str]) -> str:
    """Column names, or those of a record's fields, as the first line of a CSV file."""
    names = [field.name for field in fields(columns)] if isinstance(columns, type) else columns
    return ",".join(names) + "\n"


def to_csv(rows: Sequence[object]) -> str:
    """Lines of CSV for records of one type, without a header."""
    if not rows:
        return ""
    names = [field.name for field in fields(rows[0])]
    return "".join(",".join([_cell(getattr(row, name)) for name in names]) + "\n" for row in rows)


def lines(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Lines of CSV for rows by column, without a header."""
    return "".join(",".join([_cell(row[name]) for name in columns]) + "\n" for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    if isinstance(value, str):
        text = escape(value)
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
    return str(int(value))


def escape(text: str) -> str:
    """Text safe to open in a spreadsheet, where a hyphen alone is no formula; `unescape` is its inverse."""
    return f"'{text}" if text.startswith((*FORMULA_STARTS, "'")) and text != "-" else text


def unescape(text: str) -> str:
    return text[1:] if text.startswith("'") else text


def records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line on which the record ends, its cells) of a CSV file; a cell may be of any length, as a word may."""
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        for cells in reader:
            yield reader.line_num, cells


def significant(values: Iterable[float]) -> list[float | None]:
    """Numbers with six significant digits, for JSON; NaN is null."""
    return [None if math.isnan(value) else float(f"{value:.6g}") for value in values]
