"""What a reduced precision changes: the rows of the same evaluation at several precisions, compared with those in fp32.

    python run_liap_evaluation.py --examples-per-type 0 --results results/fp32
    python run_liap_evaluation.py --examples-per-type 0 --results results/bf16 --precision bf16
    python studies/precision.py --results results/fp32 results/bf16

The first folder is the reference. Prints a Markdown table with, for each folder: mentions, scoring seconds, the largest difference of
a mean LFS over all explainers and variants, whether they are in the same order, the rank correlation of LFS over mentions (median and
lowest over explainers; sensitive mentions alone), and the share of insensitive mentions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli
from liap.errors import InputError
from liap.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

RESULTS = ("results/fp32", "results/bf16")  # folders of complete runs; the first is the reference


@dataclass(frozen=True, kw_only=True)
class PrecisionSettings(Settings):
    """Which runs are compared."""

    results: tuple[str, ...]

    def check(self) -> None:
        if not self.results:
            raise InputError("--results must name at least one folder of a complete run")


def main() -> None:
    from liap.reports.layout import markdown
    from liap.reports.rows import read_rows

    settings = cli.settings(__file__, PrecisionSettings)
    folders = [Path(name) for name in settings.results]
    reference = read_rows(folders[0])
    header = [
        "precision",
        "mentions",
        "scoring, s",
        "largest difference of a mean LFS",
        "same order",
        "rank correlation, median (lowest)",
        "insensitive",
    ]
    print(markdown(header, [line(folder, reference, read_rows(folder)) for folder in folders]))


def line(folder: Path, reference: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """One row of the table, over the mentions that both runs hold."""
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    key, method = ["sentence", "start", "end"], ["explainer", "variant"]
    both = reference.merge(rows, on=[*key, *method], suffixes=("", "_other"))
    means = both.groupby(method, observed=True)[["lfs", "lfs_other"]].mean()
    sensitive = both[(both["insensitive"] == 0) & both["lfs"].notna()].groupby(method, observed=True)
    correlations = sensitive[["lfs", "lfs_other"]].apply(
        lambda part: part["lfs"].corr(part["lfs_other"], method="spearman")
    )
    same_order = list(means["lfs"].sort_values().index) == list(means["lfs_other"].sort_values().index)
    return [
        run["settings"]["precision"],
        str(len(rows.drop_duplicates(key))),
        f"{run['seconds']['score']:.0f}",
        f"{(means['lfs'] - means['lfs_other']).abs().max():.4f}",
        "yes" if same_order else "no",
        f"{correlations.median():.3f} ({correlations.min():.3f})",
        f"{rows['insensitive'].mean():.3f}",
    ]


if __name__ == "__main__":
    cli.run(main)
