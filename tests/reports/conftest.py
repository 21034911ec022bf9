"""Rows of scores, made one at a time or many at random, and written the way an evaluation writes them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from liap.columns import EXPLANATION_COLUMNS, LAST_COLUMNS, MENTION_COLUMNS
from liap.faithfulness import METRICS
from liap.tables import escape

NAN = float("nan")
CONTROLS = ("matched_random", "matched_window", "matched_distance")
DEFAULT_METRICS = [(column.name, column.kind) for name in ("lfs", "evidence_found") for column in METRICS[name].columns]
KINDS = dict([*MENTION_COLUMNS, *EXPLANATION_COLUMNS, *DEFAULT_METRICS, *LAST_COLUMNS])  # of a run of version 0.1.0
Row = dict[str, object]


def make_row(**changes: object) -> Row:
    """A sound row; `lfs=NAN` needs a reason. Further columns may be given by name."""
    plain = {"int": 0, "float": NAN, "str": "", "bool": False}
    sound = {
        "end": 1, "text": "Ann", "sentence_length": 12, "context": 11, "gold_type": "PER", "predicted_type": "PER", "outcome": "correct",
        "probability": 0.9, "explainer": "liap", "variant": "syntactic", "metric_operator": "mask", "kept": 4.0, "coverage": 4 / 11,
        "k": 3, "lfs": 0.5, "important": 0.1, "unimportant": 0.1, "signed_difference": 0.0, "tied": 0.0, "seconds": 0.01,
    }  # fmt: skip
    row = {name: plain[kind] for name, kind in KINDS.items()} | sound | changes
    return row | {f"lfs_k{k}": row["lfs"] for k in range(1, 11) if f"lfs_k{k}" not in changes}


def _cell(value: object) -> str:
    if isinstance(value, str):
        return '"' + escape(value).replace('"', '""') + '"' if set(value) & set(',"\r\n') else escape(value)
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.6g}"
    return str(int(value))


def write(folder: Path, rows: Sequence[Row], methods: dict | None = None) -> Path:
    """Write `scores.csv` into the folder, and `run.json` where declarations are given; the path of the former."""
    folder.mkdir(parents=True, exist_ok=True)
    names = list(rows[0]) if rows else list(KINDS)
    lines = [names, *([_cell(row[name]) for name in names] for row in rows)]
    text = "".join(",".join(line) + "\n" for line in lines)
    (folder / "scores.csv").write_text(text, encoding="utf-8", newline="")
    if methods is not None:
        (folder / "run.json").write_text(json.dumps({"settings": {}, "methods": methods}), encoding="utf-8")
    return folder / "scores.csv"


@pytest.fixture(scope="session")
def score_row() -> Callable[..., Row]:
    return make_row


@pytest.fixture(scope="session")
def write_scores() -> Callable[..., Path]:
    return write


@pytest.fixture(scope="session")
def many_rows() -> list[Row]:
    """40 mentions in 8 documents: two variants of LIAP, their controls, and four explainers without variants."""
    generator = np.random.default_rng(0)
    texts = ["<b>bold</b>", "$x$", "=cmd()", "Ann", "東京", "a|b", "'quoted", "NA"]
    rows = []
    for mention in range(40):
        about = {
            "sentence": mention // 2, "document": mention // 5, "start": mention % 2, "end": mention % 2 + 1,
            "text": texts[mention % 8], "sentence_length": 5 + mention, "context": 4 + mention, "k": min(3, 2 + mention // 2),
            "predicted_type": ("PER", "LOC", "$y$")[mention % 3], "outcome": ("correct", "spurious")[mention % 4 == 0],
        }  # fmt: skip
        base = generator.uniform(0.2, 0.6)
        for explainer in ("liap", *CONTROLS):
            for variant in ("syntactic", "core"):
                lfs = base + (0.3 if explainer == "liap" else 0.0) + generator.uniform(0, 0.1)
                about |= {"explainer": explainer, "variant": variant, "coverage": 0.02 * mention, "kept": 1.0}
                lost = variant == "core" and mention % 7 == 0
                changes = {"lfs": NAN, "reason": "uncovered", "signed_difference": NAN} if lost else {"lfs": lfs}
                rows.append(
                    make_row(**{"signed_difference": lfs - 0.5, **about, **changes, "insensitive": mention % 6 == 0})
                )
        for explainer, lfs in (
            ("attention", base + 0.1),
            ("occlusion", 0.9),
            ("occlusion_ceiling", 0.95),
            ("random", 0.5),
        ):
            operator = {"occlusion": "unk", "occlusion_ceiling": "mask"}.get(explainer, "")
            unpruned = {
                "explainer": explainer,
                "variant": "",
                "kept": NAN,
                "coverage": NAN,
                "explainer_operator": operator,
            }
            rows.append(make_row(**{**about, **unpruned, "lfs": lfs, "signed_difference": lfs - 0.5}))
    return rows


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory, many_rows: list[Row], write_scores: Callable) -> Path:
    """A folder with the rows' `scores.csv`; not to be written to."""
    folder = tmp_path_factory.mktemp("results")
    write_scores(folder, many_rows)
    return folder
