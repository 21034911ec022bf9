"""The tables of the results folder, written part by part and read back for the page.

`peers_defects.csv` has rows of both parts: a part replaces its own and keeps the other's. `peers.json` has a record per part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from liap.files import read_text, write_whole
from liap.peers.peer_tables import METRICS, BenchmarkRow, DefectRow, PeerRow
from liap.tables import header, records, to_csv, unescape

KINDS = {"peers.csv": PeerRow, "peers_benchmark.csv": BenchmarkRow, "peers_defects.csv": DefectRow}
DEFECTS, RECORD = "peers_defects.csv", "peers.json"
BENCHMARK = "benchmark"


def keep(folder: Path, part: str, tables: Mapping[str, Sequence], record: Mapping[str, Any]) -> None:
    """Write a part's tables and its record."""
    others = [row for row in read(folder, DEFECTS) if (row.explainer == METRICS) != (part == BENCHMARK)]
    for name, rows in tables.items():
        every = [*others, *rows] if name == DEFECTS else rows
        if name == DEFECTS:
            every.sort(key=lambda row: row.explainer == METRICS)
        write_whole(folder / name, header(KINDS[name]) + to_csv(every))
    write_whole(folder / RECORD, json.dumps(read_record(folder) | {part: record}, indent=1) + "\n")


def read(folder: Path, name: str) -> list:
    """The rows of a table; none where there is no file, or one with other columns."""
    kind, path = KINDS[name], folder / name
    names = [field.name for field in fields(kind)]
    lines = [cells for _, cells in records(path)] if path.is_file() else []
    if not lines or lines[0] != names:
        return []
    readers = {"str": unescape, "int": int, "float": lambda cell: float(cell or "nan")}
    kinds = [readers[str(field.type)] for field in fields(kind)]
    return [kind(*(reader(cell) for reader, cell in zip(kinds, cells, strict=True))) for cells in lines[1:]]


def read_record(folder: Path) -> dict[str, Any]:
    """What was measured how, by part."""
    path = folder / RECORD
    return json.loads(read_text(path)) if path.is_file() else {}
