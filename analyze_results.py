"""Analyse a run: tables, statistics and plots from results/, without the model.

    python analyze_results.py
    python analyze_results.py --results results --explainer liap --variant core
    python analyze_results.py --formats pdf svg --font-size 8 --column-width 3.3 --latex    # pictures and tables for a paper

Reads results/scores.csv, run.json and attention_structure.csv, and prints one screen; --verbose prints every table. Saves all tables
beside these files: lfs_*.csv, metrics_*.csv and *.png, and a page, report.html, that shows every mention. Intervals are 95% bootstrap intervals that resample documents; differences
are paired on the same mentions.
"""

from liap import cli

RESULTS = "results"  # folder with scores.csv; tables and plots are written there too
EXPLAINER = "liap"  # explainer to look at closely: by type and stratum, in the plots, in the top and bottom lists
VARIANT = "syntactic"  # its variant; "" for an explainer without variants
RESAMPLES = 2000  # bootstrap resamples of the documents
SEED = 13  # of the bootstrap
EXTREMES = 5  # mentions in the top list, and in the bottom list
PLOTS = True  # draw the plots too, each with a caption as text beside it
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
LATEX = False  # write every table as LaTeX (booktabs) too
PAGE = True  # write report.html too: the answer, the main plot and a browser of all mentions
VERBOSE = False  # print every table with its intervals, instead of one screen


def main() -> None:
    from liap.settings import AnalysisSettings

    settings = cli.settings(__file__, AnalysisSettings)
    from liap.reports.report import report  # after the flags are read, so that --help and wrong flags answer at once

    report(settings)


if __name__ == "__main__":
    cli.run(main)
