"""`instability_mentions.csv` -> how far two seeds agree, by number of samples: means with intervals, a table and a plot.

Intervals are 95% bootstrap intervals that resample documents (see `statistics`); sd is over mentions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from liap.errors import InputError
from liap.reports.layout import markdown, with_interval
from liap.reports.statistics import RESAMPLES, SEED, deviation, document_weights, estimate
from liap.reports.style import BLACK, BLUE, ORANGE, add_legend, bare, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURES = ("rank_correlation", "top_overlap")


@dataclass(frozen=True, slots=True)
class InstabilitySummary:
    """A line of `instability.csv`: one measure at one number of samples."""

    samples: int
    measure: str
    n: int  # mentions where it is defined
    documents: int
    mean: float
    sd: float
    low: float
    high: float


def summarise(rows: pd.DataFrame) -> list[InstabilitySummary]:
    """Mean, standard deviation and interval of each measure, for each number of samples."""
    documents = np.unique(rows["document"])
    weights = document_weights(len(documents), RESAMPLES, np.random.default_rng(SEED))
    summaries = []
    for samples, group in rows.groupby("samples"):
        values = group[list(MEASURES)].to_numpy(dtype=float)
        means = estimate(values, np.searchsorted(documents, group["document"].to_numpy()), weights)
        spread = deviation(values)
        summaries += [
            InstabilitySummary(
                samples=int(samples),
                measure=measure,
                n=int(means.n[column]),
                documents=int(means.documents[column]),
                sd=float(spread[column]),
                **{name: float(getattr(means, name)[column]) for name in ("mean", "low", "high")},
            )
            for column, measure in enumerate(MEASURES)
        ]
    return summaries


def read_mentions(path: Path) -> pd.DataFrame:
    """The rows of a run's `instability_mentions.csv`."""
    return pd.read_csv(path, keep_default_na=False, na_values={measure: [""] for measure in MEASURES})


def agreement_table(folder: Path) -> str:
    """`instability.csv` as a Markdown table; InputError where there is none."""
    path = folder / "instability.csv"
    if not path.is_file():
        raise InputError(f"{path}: no such file; run lime_baseline.py first")
    rows = pd.read_csv(path).to_dict("records")
    by_samples: dict[int, dict[str, dict]] = {}
    for row in rows:
        by_samples.setdefault(row["samples"], {})[row["measure"]] = row
    lines = []
    for samples, means in by_samples.items():
        shown = [with_interval(*(means[measure][part] for part in ("mean", "low", "high"))) for measure in MEASURES]
        lines.append([f"{samples:,}", str(means[MEASURES[0]]["n"]), *shown])
    header = ["samples", "mentions", "rank correlation of two seeds [95%]", "share of the top 3 words in both [95%]"]
    return markdown(header, lines)


def plot_instability(rows: pd.DataFrame, summaries: Sequence[InstabilitySummary], ax: Axes | None = None) -> Axes:
    """Agreement of two seeds by number of samples: means with intervals, and a faint dot per mention's rank correlation."""
    ax = ax or new_axes()
    sizes = sorted({summary.samples for summary in summaries})
    jitter = 1.1 ** np.random.default_rng(SEED).uniform(-1, 1, len(rows))
    ax.plot(rows["samples"] * jitter, rows["rank_correlation"], ".", color=BLUE, alpha=0.25, markersize=3, zorder=1)
    looks = {
        "rank_correlation": (BLUE, "o", "rank correlation (Spearman)", 0.97),
        "top_overlap": (ORANGE, "s", "share of the top 3 words in both", 1.03),
    }
    for measure, (colour, marker, label, shift) in looks.items():
        chosen = [summary for summary in summaries if summary.measure == measure]
        mean = np.array([summary.mean for summary in chosen])
        arms = np.abs(np.array([[summary.low, summary.high] for summary in chosen]).T - mean)
        places = [summary.samples * shift for summary in chosen]
        look = {"color": colour, "marker": marker, "markeredgecolor": BLACK, "capsize": 4, "label": label, "zorder": 2}
        ax.errorbar(places, mean, yerr=arms, **look)
    counts = {summary.samples: summary.n for summary in summaries if summary.measure == "rank_correlation"}
    ax.set_xscale("log")
    ax.set_xticks(sizes, [f"{size:,}\nn = {counts[size]}" for size in sizes])
    ax.minorticks_off()
    ax.set(xlabel="samples per mention", ylabel="agreement of two seeds (1 = identical)", ylim=(None, 1.04))
    add_legend(ax, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return bare(ax)
