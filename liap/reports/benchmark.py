"""The analysis of a run with many explainers and metrics -> one table, what it costs, and sentences that follow from the rows by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from liap.pruning.matched import CONTROLS
from liap.reports.analysis import Analysis
from liap.reports.contrasts import verdict_of
from liap.reports.display import Shown
from liap.reports.layout import MISSING, listed, number
from liap.reports.metric_agreement import agreement, measures_of, winners
from liap.reports.panel import Panel
from liap.reports.statistics import RESAMPLES, SEED, document_weights, estimate
from liap.reports.summaries import Weights

NEAREST = CONTROLS[1]  # the control of as many nearest words


@dataclass(frozen=True, slots=True, eq=False)
class Benchmark:
    """Tables beside those of the analysis; `cost` has a line per method."""

    analysis: Analysis
    weights: Weights  # of documents, in the resamples of every interval here
    cost: pd.DataFrame
    agreement: pd.DataFrame
    winners: pd.DataFrame

    def files(self) -> dict[str, pd.DataFrame]:
        return {"cost.csv": self.cost, "metric_agreement.csv": self.agreement, "metric_winners.csv": self.winners}


def benchmark(analysis: Analysis) -> Benchmark:
    """The tables of a finished run."""
    panel = analysis.panel
    documents = int(panel.document.max()) + 1
    weights = document_weights(documents, RESAMPLES, np.random.default_rng(SEED))
    return Benchmark(analysis, weights, cost(panel), agreement(panel, weights), winners(panel, weights))


def cost(panel: Panel) -> pd.DataFrame:
    """What an explanation needs on its own: passes (a backward pass counts as one) and seconds, means over scored mentions."""
    scored = ~np.isnan(panel.scores)
    lines = [
        {
            "explainer": method.explainer,
            "variant": method.variant,
            "n": int(scored[:, column].sum()),
            "passes": _mean(panel.passes[scored[:, column], column]),
            "seconds": _mean(panel.seconds[scored[:, column], column]),
        }
        for column, method in enumerate(panel.methods)
    ]
    return pd.DataFrame(lines)


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def table(made: Benchmark, chosen: Sequence[str] = ()) -> Shown:
    """A line per explainer without a mask, a column per metric (all, or those chosen by name), then passes and milliseconds an explanation."""
    panel, arrows = made.analysis.panel, {"higher": " ↑", "lower": " ↓", "": ""}
    means = made.analysis.measures.set_index(["explainer", "variant", "measure"])
    costs = made.cost.set_index(["explainer", "variant"])
    measures = [one for one in measures_of(panel) if one.name in chosen or not chosen]
    lines = []
    for method in (panel.methods[column] for column in panel.unmasked):
        key = method.explainer, method.variant
        cells = [_with_half_width(means.loc[(*key, one.name)], one.digits) for one in measures]
        lines.append(
            [method.label, *cells, number(costs.loc[key, "passes"], 0), number(1000 * costs.loc[key, "seconds"], 1)]
        )
    header = ["explainer", *(f"{one.label}{arrows[one.better]}" for one in measures), "passes", "ms"]
    return Shown(header, lines)


def _with_half_width(row: pd.Series, digits: int) -> str:
    """The mean and half of its 95% interval."""
    mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
    half = "" if np.isnan(low) else f" ±{(high - low) / 2:.{digits}f}"
    return number(mean, digits) + half if not np.isnan(mean) else MISSING


def agreement_table(made: Benchmark) -> Shown:
    """The rank correlations of the metrics as a square; above the diagonal how many pairs of explainers they order alike."""
    names = list(dict.fromkeys([*made.agreement["metric"], *made.agreement["other"]]) if len(made.agreement) else [])
    pairs = {(row["metric"], row["other"]): row for row in made.agreement.to_dict("records")}
    labels = {name: made.analysis.panel.column(name).label for name in names}
    lines = []
    for row, name in enumerate(names):
        below = [number(pairs[other, name]["spearman"], 2) for other in names[:row]]
        above = [f"{pairs[name, other]['agree']} of {pairs[name, other]['apart']}" for other in names[row + 1 :]]
        lines.append([labels[name], *below, "", *above])
    return Shown(["metric", *labels.values()], lines)


def findings(made: Benchmark) -> list[str]:
    """Sentences that the tables say by rule."""
    said = (_firsts(made), _won(made), _agreeing(made), pruning(made.analysis), _cheapest(made))
    return [sentence for sentence in said if sentence]


def _label(made: Benchmark, explainer: str) -> str:
    return made.analysis.panel.declared.explainer(explainer).label


def _metric(made: Benchmark, name: str) -> str:
    return made.analysis.panel.column(name).label


def _firsts(made: Benchmark) -> str:
    """Which explainer each metric puts first."""
    if not len(made.winners):
        return ""
    firsts: dict[str, list[str]] = {}
    for row in made.winners.to_dict("records"):
        first = row["knows_nothing"] if row["outcome"] == "won" else row["best"]
        firsts.setdefault(_label(made, first), []).append(_metric(made, row["metric"]))
    return "First are " + "; ".join(f"{name} by {listed(metrics)}" for name, metrics in firsts.items()) + "."


def _won(made: Benchmark) -> str:
    """The metrics on which an explainer that does not read the model wins."""
    if not len(made.winners):
        return ""
    parts = []
    for outcome, phrase in (("won", "is first"), ("unsettled", "is not told apart from the first")):
        rows = made.winners[made.winners["outcome"] == outcome].to_dict("records")
        parts += [
            f"{_label(made, row['knows_nothing'])}, which does not read the recogniser, {phrase} by {_metric(made, row['metric'])}"
            for row in rows
        ]
    return (
        _sentence("; ".join(parts)) if parts else "No metric is won by an explainer that does not read the recogniser."
    )


def _agreeing(made: Benchmark) -> str:
    """How far the metrics give one order."""
    rows = made.agreement
    if not len(rows):
        return ""
    least, most = rows.loc[rows["spearman"].idxmin()], rows.loc[rows["spearman"].idxmax()]
    low, high = (
        f"{_metric(made, row['metric'])} and {_metric(made, row['other'])} ({number(row['spearman'], 2)})"
        for row in (least, most)
    )
    apart, agree = rows["apart"].sum(), rows["agree"].sum()
    return (
        f"The rank correlation between two metrics is {number(rows['spearman'].median(), 2)} in the median, least for {low}, greatest for {high}; of the "
        f"pairs of explainers that two metrics both tell apart, {agree / apart:.0%} are ordered alike."
        if apart
        else f"No two metrics tell the same pair of explainers apart; rank correlations reach from {low} to {high}."
    )


def pruning(analysis: Analysis) -> str:
    """Whether masks of structure help explainers other than attention, beyond their matched controls; "" where none was pruned."""
    panel = analysis.panel
    rows = analysis.contrasts_of("controls", panel.primary.name)
    pruned = {one.name for one in panel.explainers if one.base and one.role == "method"}
    rows = rows[rows["explainer"].isin(pruned)] if len(rows) else rows
    if not len(rows):
        return ""
    groups = [part["verdict"] for _, part in rows.groupby(["explainer", "variant"])]
    good, bad = ("below", "above") if panel.primary.better == "lower" else ("above", "below")
    all_good = sum(bool((part == good).all()) for part in groups)
    nearest = rows[rows["control"].map(panel.declared.kind) == NEAREST]
    worse = int((nearest["verdict"] == bad).sum())
    return (
        f"Of {len(groups)} prunings of explainers other than attention, {all_good} are {good} all their matched controls by {panel.primary.label}; "
        f"{worse} are {bad} the same number of nearest words."
    )


def _cheapest(made: Benchmark) -> str:
    """The cheapest explainer that is not told apart from the best by the primary metric, and the best without perturbing."""
    panel = made.analysis.panel
    columns = [
        column
        for column in panel.unmasked
        if panel.methods[column].declaration.role == "method" and not panel.methods[column].ceiling
    ]
    if len(columns) < 2 or not panel.primary.better:
        return ""
    turn = -1 if panel.primary.better == "lower" else 1
    values = turn * panel.scores[:, columns]
    best = int(np.nanargmax(np.nanmean(values, axis=0)))
    means = estimate(values - values[:, [best]], panel.document, made.weights)
    alike = [
        place
        for place in range(len(columns))
        if place == best or verdict_of(float(means.low[place]), float(means.high[place])) != "below"
    ]
    passes = [float(made.cost["passes"].iloc[column]) for column in columns]  # a line per column of the panel
    cheap = min(alike, key=lambda place: passes[place])
    name, first = panel.methods[columns[cheap]].label, panel.methods[columns[best]].label
    measure, needed = panel.primary.label, f"at {number(passes[best], 0)} passes per explanation"
    if cheap == best:
        return _sentence(f"{first} is best by {measure} and above every cheaper explainer, {needed}")
    return _sentence(
        f"{first} is best by {measure} {needed}; {name} is not told apart from it at {number(passes[cheap], 0)}"
    )


def _sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
