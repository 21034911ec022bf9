"""What a reduced precision changes: rows of the same evaluation at several precisions, against those in fp32.

    python run_liap_evaluation.py --examples-per-type 0 --results results/fp32
    python run_liap_evaluation.py --examples-per-type 0 --results results/bf16 --precision bf16
    python benchmarks/precision.py --results results/fp32 results/bf16

The first folder is the reference. Prints, as Markdown, for each folder: mentions, scoring seconds, the largest difference of a mean LFS
over all explainers and variants, whether they rank the same, the per-mention rank correlation of LFS (median and lowest over
explainers; sensitive mentions alone), and the share of insensitive mentions.
"""

from __future__ import annotations

import json
from pathlib import Path

from liap import cli

RESULTS = ("results/fp32", "results/bf16")  # folders of complete runs; the first is the reference


def main() -> None:
    given = cli.settings(__file__)
    from liap.reports.rows import read_rows

    folders = [Path(name) for name in given.results]
    reference = read_rows(folders[0])
    print("| precision | mentions | scoring, s | largest difference of a mean LFS | same order ", end="")
    print("| rank correlation, median (lowest) | insensitive |\n|---|---:|---:|---:|---|---:|---:|")
    for folder in folders:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        print(line(run, reference, read_rows(folder)))


def line(run: dict, reference, rows) -> str:
    """One row of the table, over the mentions that both runs hold."""
    key = ["sentence", "start", "end", "explainer", "variant"]
    both = reference.merge(rows, on=key, suffixes=("", "_other"))
    groups = both.groupby(["explainer", "variant"], observed=True)
    means = groups[["lfs", "lfs_other"]].mean()
    sensitive = both[(both["insensitive"] == 0) & both["lfs"].notna()].groupby(["explainer", "variant"], observed=True)
    correlations = sensitive[["lfs", "lfs_other"]].apply(
        lambda part: part["lfs"].corr(part["lfs_other"], method="spearman")
    )
    order = list(means["lfs"].sort_values().index) == list(means["lfs_other"].sort_values().index)
    largest = (means["lfs"] - means["lfs_other"]).abs().max()
    mentions = len(rows.drop_duplicates(key[:3]))
    return (
        f"| {run['settings']['precision']} | {mentions} | {run['seconds']['score']:.0f} | {largest:.4f} | {'yes' if order else 'no'} "
        f"| {correlations.median():.3f} ({correlations.min():.3f}) | {rows['insensitive'].mean():.3f} |"
    )


if __name__ == "__main__":
    cli.run(main)
