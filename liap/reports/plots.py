"""The analysis -> its plots, under the names they were published with.

Each `plot_*` takes the analysis and, optionally, the axes to draw on, and returns the axes. Nothing is computed here beyond what a
histogram or a box needs. Dotted lines are chance, where a measure's column declares it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from liap.faithfulness import Column
from liap.reports.analysis import Analysis
from liap.reports.panel import FAMILY, Method, Panel
from liap.reports.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    bare,
    for_a_column,
    literal,
    looks,
    new_axes,
    place_legend,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_JITTER_SEED = 0
Handles = dict[str, "Artist"]  # legend label -> what it explains


def plot_boxplot_by_entity(analysis: Analysis, ax: Axes | None = None) -> Axes:
    """The chosen method by predicted type: box = quartiles, line = median, diamond = mean, whiskers to 1.5 box lengths."""
    panel, scores = analysis.panel, analysis.panel.scores[:, analysis.chosen]
    types = panel.mentions["predicted_type"].astype(str).to_numpy()
    groups = {name: scores[(types == name) & ~np.isnan(scores)] for name in sorted(set(types))}
    groups = {name: group for name, group in groups.items() if len(group)}
    ax = ax or new_axes(max(5.5, 1.1 * len(groups) + 1.5))
    low, high = _range(panel)
    margin = 0.03 * (high - low)
    ax.set(xlabel="predicted entity type", ylabel=_axis_label(analysis), ylim=(low - margin, high + margin))
    handles: Handles = {}
    if groups:  # without any score the axes stay empty
        boxes = ax.boxplot(
            list(groups.values()),
            widths=0.55,
            patch_artist=True,
            showmeans=True,
            tick_labels=[f"{literal(name)}\nn = {len(group)}" for name, group in groups.items()],
            medianprops={"color": BLACK, "linewidth": 1.6},
            meanprops={"marker": "D", "markerfacecolor": ORANGE, "markeredgecolor": BLACK, "markersize": 6},
            flierprops={"marker": ".", "markersize": 3, "alpha": 0.4},
        )
        for box in boxes["boxes"]:
            box.set(facecolor=SKY, alpha=0.6)
        handles = {"median": boxes["medians"][0], "mean": boxes["means"][0]}
    place_legend(ax, handles | _chance_line(ax, panel.primary, horizontal=True), columns=3)
    return bare(ax)


def plot_distribution(analysis: Analysis, ax: Axes | None = None) -> Axes:
    """Histogram of the chosen method's scores, insensitive mentions (I + U < 0.01) apart."""
    ax, panel = ax or new_axes(), analysis.panel
    scores, sensitive = panel.scores[:, analysis.chosen], panel.sensitive[:, analysis.chosen]
    scored = ~np.isnan(scores)
    parts = [scores[sensitive], scores[scored & ~sensitive]]
    _, _, bars = ax.hist(parts, bins=np.linspace(*_range(panel), 41), stacked=True, color=[BLUE, SKY])
    for bar in bars[1]:
        bar.set(hatch="///", edgecolor="white", linewidth=0)
    handles: Handles = {f"sensitive (n = {len(parts[0])})": bars[0]}
    handles[f"insensitive, I + U < 0.01 (n = {len(parts[1])})"] = bars[1]
    if scored.any():
        mean, median = float(scores[scored].mean()), float(np.median(scores[scored]))
        handles[f"mean {mean:.3f}"] = ax.axvline(mean, color=BLACK, linewidth=1.6)
        handles[f"median {median:.3f}"] = ax.axvline(median, color=ORANGE, linewidth=1.6, linestyle="--")
    ax.set(xlabel=_axis_label(analysis), ylabel="mentions", xlim=_range(panel))
    ax.yaxis.get_major_locator().set_params(integer=True)
    place_legend(ax, handles | _chance_line(ax, panel.primary, horizontal=False), columns=3)
    return bare(ax)


def plot_vs_sentence_length(analysis: Analysis, ax: Axes | None = None) -> Axes:
    """The chosen method's scores by sentence length in words, with the means of the length strata and their intervals.

    The axis ends at the 99th percentile of the sentences' lengths; a note counts the mentions beyond.
    """
    ax, panel, strata = ax or new_axes(8.0), analysis.panel, analysis.of_chosen(analysis.strata)
    scores, words = panel.scores[:, analysis.chosen], panel.mentions["sentence_length"].to_numpy(dtype=float)
    scored = ~np.isnan(scores) & ~np.isnan(words)
    longest = _longest_shown(panel.mentions["sentence"].to_numpy()[scored], words[scored])
    shown = scored & (words <= longest)
    jitter = np.random.default_rng(_JITTER_SEED).uniform(-0.35, 0.35, shown.sum())
    alpha = float(np.clip(800 / max(shown.sum(), 1), 0.2, 0.9))
    ax.scatter(words[shown] + jitter, scores[shown], s=7 if alpha < 0.9 else 20, alpha=alpha, color=SKY, linewidths=0)
    bins = strata[(strata["stratum"] == "length") & (strata["n"] > 0)]
    places = [min(float(words[scored & _in_bin(words, label)].mean()), longest) for label in bins["value"]]
    low, high = _range(panel)
    count_at = high + 0.04 * (high - low)
    for place, row in zip(places, bins.to_dict("records"), strict=True):
        ax.text(place, count_at, f"{row['n']}", ha="center", va="bottom", fontsize=8)
    ax.annotate("n =", (0, count_at), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8)
    lengths = ", ".join(label.removesuffix(" words") for label in bins["value"])
    handles: Handles = {f"one mention (n = {scored.sum()})": ax.scatter([], [], s=20, color=SKY)}
    arms = _arms(*(bins[name].to_numpy() for name in ("mean", "low", "high")))
    line = ax.errorbar(places, bins["mean"], yerr=arms, color=BLUE, marker="o", capsize=3, linewidth=1.6)
    handles[f"mean of lengths {lengths} (95% interval)"] = line
    handles |= _chance_line(ax, panel.primary, horizontal=True)
    beyond = int(scored.sum() - shown.sum())
    if beyond:
        sentences = (
            f"{beyond} mention{'s' if beyond > 1 else ''} in longer sentences (up to {words[scored].max():.0f} words)"
        )
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.8}
        ax.text(
            0.99, 0.02, f"not shown: {sentences}", transform=ax.transAxes, ha="right", va="bottom", fontsize=8, bbox=box
        )
    ax.set(xlabel="sentence length (words)", ylabel=_axis_label(analysis), xlim=(0, longest + 2))
    ax.set_ylim(low - 0.03 * (high - low), high + 0.1 * (high - low))
    ax.set_yticks(np.linspace(low, high, 6))
    place_legend(ax, handles, columns=3)
    return bare(ax)


def _longest_shown(sentences: Int[np.ndarray, " mentions"], words: Float[np.ndarray, " mentions"]) -> float:
    """The 99th percentile of the sentences' lengths, however many mentions each has: long lists do not squeeze all others."""
    _, lengths = np.unique(np.stack([sentences, words]), axis=1)
    return float(np.percentile(lengths, 99, method="higher")) if len(words) else 8.0


def plot_by_explainer(analysis: Analysis, measure: str = "", ax: Axes | None = None) -> Axes:
    """Mean of a measure (by default the primary one) for every method: a method and its controls by variant, then the others."""
    panel = analysis.panel
    column = panel.measure(measure) if measure else panel.primary
    table = analysis.measures[(analysis.measures["measure"] == column.name) & (analysis.measures["n"] > 0)]
    groups: dict[str, list[tuple[Method, dict]]] = {}
    for row in table.to_dict("records"):
        method = panel.methods[panel.find(row["explainer"], row["variant"])]
        groups.setdefault(_group(panel, method), []).append((method, row))
    ax = ax or new_axes(8.0, 1.6 + 0.3 * sum(0.6 + 0.4 * len(rows) for rows in groups.values()))
    handles: Handles = {}
    place, ticks, labels, look = 0.0, [], [], looks(panel.explainers)
    for name, rows in groups.items():
        for index, (method, row) in enumerate(rows):
            artist = point(ax, row, place + 0.5 + 0.4 * index, look[method.explainer])
            kind = panel.declared.explainer(method.declaration.kind)  # controls of pruned scores look like LIAP's own
            handles.setdefault(literal(kind.label), artist)
        ticks.append(place + 0.5 + 0.2 * (len(rows) - 1))
        counts = sorted({row["n"] for _, row in rows})
        n = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]}-{counts[-1]}"
        labels.append(f"{literal(name)}\n(n = {n})" if len(rows) > 1 else f"{literal(name)} (n = {n})")
        place += 0.6 + 0.4 * len(rows)
        ax.axhline(place - 0.1, color="#E5E5E5", linewidth=0.8, zorder=0)
    ax.set_yticks(ticks, labels, fontsize=9)
    ax.set_ylim(place or 1.0, 0)
    handles |= _chance_line(ax, column, horizontal=False)
    ceiling = table[table["note"] != ""]
    if len(ceiling) and panel.has_lfs and column == panel.primary:
        line = ax.axvline(ceiling["mean"].max(), color=GREY, linestyle="--", linewidth=1.2, zorder=0)
        handles["ceiling of LFS"] = line
    side = {"higher": "; right is better", "lower": "; left is better", "": ""}[column.better]
    ax.set_xlabel(f"{literal(column.label)} (mean, 95% interval over documents{side})")
    longest = max(map(len, handles), default=0)
    place_legend(ax, handles, columns=int(np.clip(420 // (34 + 3.9 * longest), 1, 4)))  # what fits beside the labels
    return bare(ax)


def _group(panel: Panel, method: Method) -> str:
    """The label of the line that a method shares with its controls of the same variant."""
    subject = method.declaration.control_of
    if method.declaration.role != "control" or not panel.columns(subject):
        return method.label
    return Method(panel.declared.explainer(subject), method.variant).label


def plot_curve(analysis: Analysis, ax: Axes | None = None) -> Axes:
    """Mean LFS-K by K, with 95% bands: the chosen method, its controls, and the explainers without variants."""
    ax, panel, chosen = ax or new_axes(7.5, 4.8), analysis.panel, analysis.method
    look = looks(panel.explainers)
    for (name, variant), rows in analysis.curve.groupby(["explainer", "variant"], sort=False):
        method = panel.methods[panel.find(str(name), str(variant))]
        is_control = method.declaration.control_of == chosen.explainer and variant == chosen.variant
        if not (method == chosen or variant == "" or is_control) or not rows["n"].any():
            continue
        colour, marker = look[method.explainer]
        line = {"color": colour, "marker": marker, "markersize": 5, "linewidth": 2.4 if method == chosen else 1.3}
        ax.plot(rows["k"], rows["mean"], **line, label=f"{literal(method.label)}, n = {rows['n'].max()}")
        ax.fill_between(rows["k"], rows["low"], rows["high"], color=colour, alpha=0.15, linewidth=0)
    _chance_line(ax, panel.primary, horizontal=True)
    ax.set(xlabel="K (words at each end of the ranking)", ylabel="LFS-K (mean)")
    ax.set_xticks(sorted(set(analysis.curve["k"])))
    handles, labels = ax.get_legend_handles_labels()
    if handles and for_a_column():
        place_legend(ax, dict(zip(labels, handles, strict=True)), columns=2)
    elif handles:
        ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8)
    return bare(ax)


def plot_evidence(analysis: Analysis) -> Axes:
    """A panel per family, a line per method (controls left out); dotted: chance as it was measured. Returns the first axes."""
    from matplotlib.figure import Figure

    panel, table = analysis.panel, analysis.evidence
    roles = {declaration.name: declaration.role for declaration in panel.explainers}
    shown = table[(table["explainer"].map(roles) != "control") & (table["n"] > 0)]
    families = list(dict.fromkeys(table[FAMILY]))
    labels = list(dict.fromkeys(panel.label(row) for row in shown.to_dict("records")))
    figure = Figure(figsize=(2.2 + 2.9 * len(families), 1.4 + 0.3 * len(labels)), layout="constrained")
    panels = figure.subplots(1, len(families), sharey=True, squeeze=False)[0]
    look = looks(panel.explainers)
    for axes, family in zip(panels, families, strict=True):
        rows = shown[shown[FAMILY] == family]
        for row in rows.to_dict("records"):
            point(axes, row, float(labels.index(panel.label(row))), look[row["explainer"]])
        for mean in rows.loc[rows["explainer"].map(roles) == "chance", "mean"]:
            axes.axvline(mean, color=GREY, linestyle=":", linewidth=1.4, zorder=0)
        n = rows["n"].max() if len(rows) else 0
        axes.set(xlim=(-0.03, 1.03), title=f"evidence: {literal(family)}\n(n = {n})")
        axes.set_ylim(len(labels) - 0.4, -0.6)
        bare(axes)
    panels[0].set_yticks(range(len(labels)), [literal(label) for label in labels], fontsize=9)
    note = "share of the known evidence ranked first (95% interval; right is better, dotted: chance)"
    figure.supxlabel(note, fontsize=9)
    return panels[0]


def point(ax: Axes, row: dict, y: float, look: tuple[str, str]) -> Artist:
    """A mean with its interval at height `y`."""
    mean, low, high = (np.array([row[key]]) for key in ("mean", "low", "high"))
    style = {"color": look[0], "marker": look[1], "markersize": 6, "capsize": 2.5, "linestyle": "none"}
    return ax.errorbar(mean, [y], xerr=_arms(mean, low, high), **style)


def _arms(mean: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Lengths of the error bars below and above; 0 where there is no interval."""
    return np.nan_to_num(np.maximum(np.stack([mean - low, high - mean]), 0.0))


def _chance_line(ax: Axes, column: Column, *, horizontal: bool) -> Handles:
    """What a random ranking scores; nothing where that is not known."""
    if column.chance is None:
        return {}
    label, draw = f"chance ({column.chance:g})", ax.axhline if horizontal else ax.axvline
    return {label: draw(column.chance, color=BLACK, linestyle=":", linewidth=1.4, zorder=1, label=label)}


def _range(panel: Panel) -> tuple[float, float]:
    """The primary measure's range: the declared one, or that of the values."""
    column, known = panel.primary, panel.scores[~np.isnan(panel.scores)]
    low = float(column.low if np.isfinite(column.low) else known.min() if len(known) else 0.0)
    high = float(column.high if np.isfinite(column.high) else known.max() if len(known) else 1.0)
    return (low, high) if high > low else (low, low + 1.0)


def _axis_label(analysis: Analysis) -> str:
    column = analysis.panel.primary
    better = f" ({column.better} is better)" if column.better else ""
    return f"{literal(column.label)} of {literal(analysis.method.label)}{better}"


def _in_bin(words: np.ndarray, label: str) -> np.ndarray:
    first, _, last = label.removesuffix(" words").partition("-")
    return (words >= int(first.rstrip("+"))) & (words <= (int(last) if last else np.inf))
