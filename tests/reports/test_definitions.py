"""Every column of every file that the scripts write has its definition in docs/definitions.md."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from liap.diagnostics.attention_structure import StructureRow
from liap.diagnostics.diagnostic_rows import DefectRow, DiagnosticRow
from liap.diagnostics.diagnostic_settings import DEFECTS
from liap.diagnostics.explainer_cost import ExplainerCost
from liap.diagnostics.instability import InstabilityRow
from liap.diagnostics.layer_randomisation import RandomisedRow
from liap.explainers import EXPLAINERS
from liap.faithfulness import METRICS
from liap.faithfulness.scoring import columns_of
from liap.reports import recogniser_seeds
from liap.reports.analysis import analyse
from liap.reports.benchmark import benchmark
from liap.reports.diagnostic_properties import LENGTH, PROPERTIES
from liap.reports.rows import read_rows
from liap.reports.seed_agreement import InstabilitySummary
from liap.settings import MethodSettings
from liap.structure.gold import SHOWN
from liap.structure.units import UnitRow

PAGE = Path(__file__).parents[2] / "docs" / "definitions.md"


def defined() -> tuple[set[str], list[re.Pattern]]:
    """Names between backticks, and patterns such as `common_*`; `a1` .. `a10` names all between."""
    text = PAGE.read_text()
    names = {name for part in re.findall(r"`([^`\n]+)`", text) for name in re.split(r"[\s,/]+", part)}
    for stem, first, last in re.findall(r"`(\w+?)(\d+)` \.\. `\1(\d+)`", text):
        names |= {f"{stem}{number}" for number in range(int(first), int(last) + 1)}
    return names, [re.compile(name.replace("*", r"\w+")) for name in names if name.endswith("_*")]


def undefined(columns) -> list[str]:
    names, patterns = defined()
    return [name for name in columns if name not in names and not any(one.fullmatch(name) for one in patterns)]


def test_columns_of_rows():
    settings = MethodSettings(explainers=tuple(EXPLAINERS), metrics=tuple(METRICS))
    assert undefined(columns_of(settings)) == []


def test_explainers_and_metrics():
    assert undefined([*EXPLAINERS, *(column.name for one in METRICS.values() for column in one.columns)]) == []


STUDIES = [
    StructureRow, InstabilityRow, InstabilitySummary, RandomisedRow, UnitRow, DiagnosticRow, DefectRow, ExplainerCost,
]  # fmt: skip


@pytest.mark.parametrize("record", STUDIES)
def test_columns_of_studies(record):
    assert undefined(field.name for field in fields(record)) == []


def test_properties_and_defects():
    assert undefined([*PROPERTIES, *DEFECTS, LENGTH]) == []


def test_columns_of_gold_structure():
    assert undefined([*SHOWN, "source", "model", "mask_overlap", "models", "sd"]) == []


def test_columns_of_tables(many_rows, write_scores, tmp_path):
    choices = {column.name: 0.5 for column in METRICS["lfs_choices"].columns}
    rows = [
        row | dict.fromkeys(choices, row["lfs"]) | {"family": "neither", "evidence_found": 0.5} for row in many_rows
    ]
    analysis = analyse(read_rows(write_scores(tmp_path, rows).parent))
    files = analysis.files()
    assert {"lfs_contrasts.csv", "lfs_contrasts_by_choice.csv", "evidence_by_family.csv"} <= set(files)
    missing = {name: undefined(table.columns) for name, table in files.items()}
    assert {name: columns for name, columns in missing.items() if columns} == {}


def test_columns_of_seeds(many_rows, write_scores, tmp_path):
    tables = recogniser_seeds.tables_of({0: write_scores(tmp_path, many_rows).parent})
    missing = {name: undefined(table.columns) for name, table in tables.files().items()}
    assert [columns for columns in missing.values() if columns] == []


def test_columns_of_the_benchmark(many_rows, write_scores, tmp_path):
    rows = [row | {"kept": float("nan")} if row["explainer"] in ("random", "attention") else row for row in many_rows]
    rows = [row | {"sufficiency": 1 - row["lfs"]} for row in rows]
    made = benchmark(analyse(read_rows(write_scores(tmp_path, rows).parent)))
    assert [name for name, table in made.files().items() if undefined(table.columns)] == []


def test_the_test_itself_notices_a_column_without_a_definition():
    assert undefined(["lfs", "lfs_k10", "common_mean", "no_such_column"]) == ["no_such_column"]
