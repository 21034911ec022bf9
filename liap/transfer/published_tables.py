"""The published tables as files -> numbers, each with its place, its decimals and its line.

| file | rows | columns | a cell |
|---|---|---|---|
| `results_seed.csv` | starting point | fine-tuning and evaluation language | `mean (sd)`, empty where there is no run |
| `results_compressed.csv` | starting point: same-language, base or swa | the same | `mean (sd)` |
| `base_categories.csv` | category | the same, starting point base | `mean (sd)` |
| `results_base.csv`, `results_swa.csv` | fine-tuning language | evaluation language | mean |
| `results_base_joint.csv` | the same, for LOC alone: see `liap.transfer` | the same | mean |
| `data_all.csv`, `data_LOC.csv` | language that shares | language that is counted | tokens |

F1 is in points, from 0 to 100.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from liap import tables
from liap.errors import InputError, quoted
from liap.files import read_text

MEAN, SD, TOKENS = "mean", "sd", "tokens"
MEAN_AND_SD = re.compile(r"(\d+(?:\.\d+)?) \((\d+(?:\.\d+)?)\)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
WITH_SD = ("results_seed.csv", "results_compressed.csv", "base_categories.csv")
GRIDS = {"results_base.csv": "base", "results_swa.csv": "swa"}  # file -> starting point
JOINT = {"results_base_joint.csv": "base"}
OVERLAPS = ("data_all.csv", "data_LOC.csv")
FILES = (*WITH_SD, *GRIDS, *JOINT, *OVERLAPS)
RESULTS = "results.csv"


@dataclass(frozen=True, slots=True)
class PublishedNumber:
    """A number in a published table, as printed."""

    table: str
    line: int
    row: str
    column: str
    quantity: str
    value: float
    decimals: int

    @property
    def rounding(self) -> float:
        """How far the number may lie from what was rounded; a little more, because binary fractions are not exact."""
        return 0.5 * 10.0**-self.decimals + 1e-6


def read_published(folder: Path) -> tuple[PublishedNumber, ...]:
    """Every number of the tables that the folder has."""
    if not folder.is_dir():
        raise InputError(f"--published {folder}: no such folder; expected {RESULTS} and the published tables")
    return tuple(number for name in FILES if (folder / name).is_file() for number in read_table(folder / name))


def read_table(path: Path) -> Iterator[PublishedNumber]:
    """The numbers of one table. Raises InputError with file and line."""
    read_text(path)  # refuses a file that is not UTF-8, with the line
    lines = tables.records(path)
    _, header = next(lines, (1, []))
    columns = [_language(cell) for cell in header[1:]]
    if not columns or len(set(columns)) < len(columns):
        raise InputError(
            f"{path}:1: the header is {quoted(','.join(header))}; expected a name for each column, each once"
        )
    known: dict[str, int] = {}
    for line, cells in lines:
        where = f"{path}:{line}"
        if len(cells) != len(header):
            raise InputError(f"{where}: {len(cells)} cells, the header has {len(header)}; expected as many")
        row = _language(cells[0])
        if row in known:
            raise InputError(f"{where}: the row {quoted(row)} stands in line {known[row]} too; expected each once")
        known[row] = line
        for column, cell in zip(columns, cells[1:], strict=True):
            for quantity, text in _numbers(path, where, cell):
                decimals = len(text.partition(".")[2])
                yield PublishedNumber(path.name, line, row, column, quantity, float(text), decimals)


def _language(label: str) -> str:
    """`amh Evaled on` -> amh, `swa (NER finetune lang)` -> swa; other labels stay as they are."""
    return label.removesuffix(" Evaled on").removesuffix(" (NER finetune lang)").strip()


def _numbers(path: Path, where: str, cell: str) -> list[tuple[str, str]]:
    """(quantity, text) of each number in a cell."""
    if path.name in WITH_SD:
        match = MEAN_AND_SD.fullmatch(cell)
        if not match and not (cell == "" and path.name == WITH_SD[0]):
            raise InputError(f"{where}: a cell is {quoted(cell)}; expected a mean and a deviation, such as 87.56 (0.3)")
        return [(MEAN, match[1]), (SD, match[2])] if match else []
    if not NUMBER.fullmatch(cell):
        raise InputError(f"{where}: a cell is {quoted(cell)}; expected a number")
    return [(TOKENS if path.name in OVERLAPS else MEAN, cell)]
