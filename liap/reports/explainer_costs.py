"""`explainer_cost.csv` of a benchmark -> its table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from liap.errors import InputError
from liap.reports.declared import read_declared
from liap.reports.layout import MISSING, markdown, number

FILE = "explainer_cost.csv"
NOTE = (
    "Per mention, each explainer in a process of its own: passes forwards + backwards, and seconds of the processor; *alone*: each mention by itself, *shared*: "
    "all mentions together, several of them in one sentence. Memory: largest resident size above that of the loaded recogniser, all mentions together."
)


def costs_of_explainers(folder: Path) -> str:
    """The table as Markdown. Raises InputError where the file is missing or is none of ours."""
    path = folder / FILE
    try:
        costs = pd.read_csv(path)
        labels = {name: one.label for name, one in read_declared(folder).explainers.items()}
        lines = [_line(row, labels) for row in costs.to_dict("records")]
        mentions = int(costs["mentions"].iloc[0])
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise InputError(f"{path}: {error}; expected the file that studies/benchmark.py writes, run it again") from None
    header = ["explainer", "passes alone", "passes shared", "ms alone", "ms shared", "memory, MB"]
    return f"{markdown(header, lines)}\n\n{mentions} mentions. {NOTE}"


def _line(row: dict, labels: dict[str, str]) -> list[str]:
    passes = [
        f"{number(row[f'forward_{way}'], 1)} + {number(row[f'backward_{way}'], 1)}" for way in ("alone", "shared")
    ]
    milliseconds = [number(1000 * row[f"cpu_seconds_{way}"], 1) for way in ("alone", "shared")]
    memory = MISSING if pd.isna(row["memory_mb"]) else number(row["memory_mb"], 0)
    return [labels.get(row["explainer"], row["explainer"]), *passes, *milliseconds, memory]
