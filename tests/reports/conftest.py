"""Rows of scores, made one at a time or many at random, and written the way an evaluation writes them."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from liap.records import ScoreRow
from liap.tables import header, to_csv

NAN = float("nan")
CONTROLS = ("matched_random", "matched_window", "matched_distance")


def make_row(**changes: object) -> ScoreRow:
    """A sound row; `lfs=NAN` needs a reason."""
    plain = {"int": 0, "float": NAN, "str": "", "bool": False}
    row = ScoreRow(**{field.name: plain[str(field.type)] for field in fields(ScoreRow)})
    sound = {
        "end": 1, "text": "Ann", "words": 12, "context": 11, "gold_type": "PER", "predicted_type": "PER", "outcome": "correct",
        "probability": 0.9, "explainer": "liap", "variant": "syntactic", "metric_operator": "mask", "kept": 4.0, "coverage": 4 / 11,
        "k": 3, "lfs": 0.5, "important": 0.1, "unimportant": 0.1, "signed_difference": 0.0, "tied": 0.0, "seconds": 0.01,
    }  # fmt: skip
    row = replace(row, **{**sound, **changes})
    curve = {f"lfs_k{k}": row.lfs for k in range(1, 11) if f"lfs_k{k}" not in changes}
    return replace(row, **curve)


@pytest.fixture(scope="session")
def score_row() -> Callable[..., ScoreRow]:
    return make_row


@pytest.fixture(scope="session")
def write_scores() -> Callable[[Path, list[ScoreRow]], Path]:
    """Write `scores.csv` into the folder; its path."""

    def write(folder: Path, rows: list[ScoreRow]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "scores.csv").write_text(header(ScoreRow) + to_csv(rows), encoding="utf-8", newline="")
        return folder / "scores.csv"

    return write


@pytest.fixture(scope="session")
def many_rows() -> list[ScoreRow]:
    """40 mentions in 8 documents: two variants of LIAP, their controls, and four explainers without variants."""
    generator = np.random.default_rng(0)
    texts = ["<b>bold</b>", "$x$", "=cmd()", "Ann", "東京", "a|b", "'quoted", "NA"]
    rows = []
    for mention in range(40):
        about = {
            "sentence": mention // 2, "document": mention // 5, "start": mention % 2, "end": mention % 2 + 1,
            "text": texts[mention % 8], "words": 5 + mention, "context": 4 + mention,
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
def results(tmp_path_factory: pytest.TempPathFactory, many_rows: list[ScoreRow], write_scores: Callable) -> Path:
    """A folder with the rows' `scores.csv`; not to be written to."""
    folder = tmp_path_factory.mktemp("results")
    write_scores(folder, many_rows)
    return folder
