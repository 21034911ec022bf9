"""Analyse a run: tables, statistics and plots from results/, without the model.

    python analyze_results.py
    python analyze_results.py --results results --explainer liap --variant core

Reads results/scores.csv (and attention_structure.csv where it is), prints the tables, and leaves them beside it as lfs_*.csv and
lfs_*.png. Intervals are 95% bootstrap intervals that resample documents; differences are paired on the same mentions.
"""

from pathlib import Path

from liap import cli

RESULTS = "results"  # folder with scores.csv; tables and plots are written there too
EXPLAINER = "liap"  # explainer to look at closely: by type and stratum, in the plots, in the top and bottom lists
VARIANT = "syntactic"  # its variant; "" for an explainer without variants
RESAMPLES = 2000  # bootstrap resamples of the documents
SEED = 13  # of the bootstrap
EXTREMES = 5  # mentions in the top list, and in the bottom list
PLOTS = True  # draw the PNG files too


def main() -> None:
    settings = cli.settings(__file__)
    from liap.reports.report import report

    report(
        Path(settings.results),
        explainer=settings.explainer,
        variant=settings.variant,
        resamples=settings.resamples,
        seed=settings.seed,
        count=settings.extremes,
        plots=settings.plots,
    )


if __name__ == "__main__":
    cli.run(main)
