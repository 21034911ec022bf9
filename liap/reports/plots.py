"""The analysis' tables -> its plots, under the names they were published with.

Each `plot_*` takes what is to be drawn and, if given, the axes to draw on, and returns the axes; nothing is computed here
beyond what a histogram or a box needs. LFS runs from 0 to 1 without unit: higher is better, 0.5 (dotted) is chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from liap.reports.panel import Panel
from liap.reports.style import BLACK, BLUE, COLOURS, GREY, MARKERS, ORANGE, SKY, bare, literal, new_axes

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

CHANCE = 0.5
CHANCE_LABEL = "chance (0.5)"
_JITTER_SEED = 0


def plot_boxplot_by_entity(panel: Panel, method: int, ax: Axes | None = None) -> Axes:
    """LFS of one method by predicted type: box = quartiles, line = median, diamond = mean, whiskers to 1.5 box lengths."""
    lfs = panel.lfs[:, method]
    types = panel.mentions["predicted_type"].astype(str).to_numpy()
    known = [name for name in sorted(set(types)) if (~np.isnan(lfs[types == name])).any()]
    groups = [lfs[(types == name) & ~np.isnan(lfs)] for name in known]
    ax = ax or new_axes(max(5.5, 1.1 * len(known) + 1.5))
    ax.set(xlabel="predicted entity type", ylabel=_lfs_label(panel, method), ylim=(-0.03, 1.03))
    if not groups:  # nothing is scored: empty axes say so
        _legend_above(ax, [_chance_line(ax, horizontal=True)], [CHANCE_LABEL])
        return bare(ax)
    boxes = ax.boxplot(
        groups,
        widths=0.55,
        patch_artist=True,
        showmeans=True,
        tick_labels=[f"{literal(name)}\nn = {len(group)}" for name, group in zip(known, groups, strict=True)],
        medianprops={"color": BLACK, "linewidth": 1.6},
        meanprops={"marker": "D", "markerfacecolor": ORANGE, "markeredgecolor": BLACK, "markersize": 6},
        flierprops={"marker": ".", "markersize": 3, "alpha": 0.4},
    )
    for box in boxes["boxes"]:
        box.set(facecolor=SKY, alpha=0.6)
    chance = _chance_line(ax, horizontal=True)
    _legend_above(ax, [boxes["medians"][0], boxes["means"][0], chance], ["median", "mean", CHANCE_LABEL], columns=3)
    return bare(ax)


def plot_distribution(panel: Panel, method: int, ax: Axes | None = None) -> Axes:
    """Histogram of one method's LFS, insensitive mentions (I + U < 0.01) apart."""
    ax = ax or new_axes()
    lfs, sensitive = panel.lfs[:, method], panel.sensitive[:, method]
    scored = ~np.isnan(lfs)
    parts = [lfs[sensitive], lfs[scored & ~sensitive]]
    names = [f"sensitive (n = {len(parts[0])})", f"insensitive, I + U < 0.01 (n = {len(parts[1])})"]
    _, _, bars = ax.hist(parts, bins=np.linspace(0, 1, 41), stacked=True, color=[BLUE, SKY], label=names)
    for bar in bars[1]:
        bar.set(hatch="///", edgecolor="white", linewidth=0)
    handles = [bars[0], bars[1]]
    if scored.any():
        handles.append(ax.axvline(float(lfs[scored].mean()), color=BLACK, linewidth=1.6))
        handles.append(ax.axvline(float(np.median(lfs[scored])), color=ORANGE, linewidth=1.6, linestyle="--"))
        names += [f"mean {lfs[scored].mean():.3f}", f"median {np.median(lfs[scored]):.3f}"]
    handles.append(_chance_line(ax, horizontal=False))
    names.append(CHANCE_LABEL)
    ax.set(xlabel=_lfs_label(panel, method), ylabel="mentions", xlim=(0, 1))
    ax.yaxis.get_major_locator().set_params(integer=True)
    _legend_above(ax, handles, names, columns=3)
    return bare(ax)


def plot_vs_sentence_length(panel: Panel, method: int, strata: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """One method's LFS against sentence length in words; means of the length strata of `strata` with their intervals."""
    ax = ax or new_axes(8.0)
    lfs, words = panel.lfs[:, method], panel.mentions["words"].to_numpy()
    scored = ~np.isnan(lfs)
    jitter = np.random.default_rng(_JITTER_SEED).uniform(-0.35, 0.35, scored.sum())
    alpha = float(np.clip(800 / max(scored.sum(), 1), 0.2, 0.9))
    ax.scatter(words[scored] + jitter, lfs[scored], s=7 if alpha < 0.9 else 20, alpha=alpha, color=SKY, linewidths=0)
    bins = strata[(strata["stratum"] == "length") & (strata["n"] > 0)]
    places = [float(words[scored & _in_bin(words, label)].mean()) for label in bins["value"]]
    mean, low, high = (bins[name].to_numpy() for name in ("mean", "low", "high"))
    means = ax.errorbar(places, mean, yerr=_arms(mean, low, high), color=BLUE, marker="o", capsize=3, linewidth=1.6)
    for place, row in zip(places, bins.to_dict("records"), strict=True):
        ax.text(place, 1.04, f"{row['n']}", ha="center", va="bottom", fontsize=8)
    ax.annotate("n =", (0, 1.04), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8)
    chance = _chance_line(ax, horizontal=True)
    right = float(words[scored].max()) + 2 if scored.any() else 10.0
    ax.set(xlabel="sentence length (words)", ylabel=_lfs_label(panel, method), xlim=(0, right), ylim=(-0.03, 1.1))
    ax.set_yticks(np.linspace(0, 1, 6))
    names = [
        f"a mention (n = {scored.sum()})",
        "mean of lengths " + ", ".join(_short(label) for label in bins["value"]),
    ]
    dot = ax.scatter([], [], s=20, color=SKY)
    _legend_above(ax, [dot, means, chance], [names[0], names[1] + " (95% interval)", CHANCE_LABEL], columns=3)
    return bare(ax)


def plot_by_explainer(explainers: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Mean LFS of every method with its 95% interval: a line a variant for LIAP and its controls, then the other explainers."""
    table = explainers[explainers["n"] > 0]
    groups: dict[str, pd.DataFrame] = {}
    for row in table.to_dict("records"):
        pruned = row["variant"] and row["explainer"] in ("liap", "matched_random", "matched_window", "matched_distance")
        name = (
            f"pruned: {row['variant']}"
            if pruned
            else row["explainer"] + (f" {row['variant']}" if row["variant"] else "")
        )
        groups.setdefault(name, []).append(row)
    ax = ax or new_axes(8.0, 1.6 + 0.3 * sum(0.6 + 0.4 * len(rows) for rows in groups.values()))
    handles, place, ticks, labels = {}, 0.0, [], []
    for name, rows in groups.items():
        height = 0.6 + 0.4 * len(rows)
        for index, row in enumerate(rows):
            y = place + 0.5 + 0.4 * index
            handles.setdefault(row["explainer"], point(ax, row, y))
        ticks.append(place + 0.5 + 0.2 * (len(rows) - 1))
        counts = sorted({row["n"] for row in rows})
        n = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]}-{counts[-1]}"
        labels.append(f"{literal(name)}\n(n = {n})" if len(rows) > 1 else f"{literal(name)} (n = {n})")
        place += height
        ax.axhline(place - 0.1, color="#E5E5E5", linewidth=0.8, zorder=0)
    ax.set_yticks(ticks, labels, fontsize=9)
    ax.set_ylim(place or 1.0, 0)
    handles[CHANCE_LABEL] = _chance_line(ax, horizontal=False)
    ceiling = table[table["note"] != ""]
    if len(ceiling):
        line = ax.axvline(ceiling["mean"].max(), color=GREY, linestyle="--", linewidth=1.2, zorder=0)
        handles["ceiling of LFS"] = line
    ax.set_xlabel("LFS (mean, 95% interval over documents; right is better)")
    _legend_above(ax, list(handles.values()), [literal(name) for name in handles], columns=4)
    return bare(ax)


def plot_curve(curve: pd.DataFrame, explainer: str, variant: str, ax: Axes | None = None) -> Axes:
    """Mean LFS-K against K: one method, the controls of its variant, and the explainers that have none; bands are 95% intervals."""
    ax = ax or new_axes(7.5, 4.8)
    for (name, kind), rows in curve.groupby(["explainer", "variant"], sort=False):
        chosen = (name, kind) == (explainer, variant)
        if not (chosen or kind == "" or (kind == variant and str(name).startswith("matched_"))) or not rows["n"].any():
            continue
        label = f"{name} {kind}".strip() + (" (LFS's ceiling)" if rows["note"].iloc[0] else "")
        colour = COLOURS.get(str(name), GREY)
        ks, mean = rows["k"].to_numpy(), rows["mean"].to_numpy()
        ax.plot(
            ks,
            mean,
            color=colour,
            marker=MARKERS.get(str(name), "."),
            markersize=5,
            linewidth=2.4 if chosen else 1.3,
            label=f"{literal(label)}, n = {rows['n'].max()}",
        )
        ax.fill_between(ks, rows["low"].to_numpy(), rows["high"].to_numpy(), color=colour, alpha=0.15, linewidth=0)
    _chance_line(ax, horizontal=True)
    ax.set(xlabel="K (words at each end of the ranking)", ylabel="LFS-K (mean)", xticks=sorted(set(curve["k"])))
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8)
    return bare(ax)


def point(ax: Axes, row: dict, y: float) -> object:
    """A mean with its interval at height `y`, in its explainer's colour and shape."""
    name = row["explainer"]
    mean, low, high = (np.array([row[key]]) for key in ("mean", "low", "high"))
    return ax.errorbar(
        mean,
        [y],
        xerr=_arms(mean, low, high),
        color=COLOURS.get(name, GREY),
        marker=MARKERS.get(name, "o"),
        markersize=6,
        capsize=2.5,
        linestyle="none",
    )


def _arms(mean: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Lengths of the error bars below and above; none where there is no interval."""
    return np.nan_to_num(np.maximum(np.stack([mean - low, high - mean]), 0.0))


def _chance_line(ax: Axes, *, horizontal: bool) -> Artist:
    draw = ax.axhline if horizontal else ax.axvline
    return draw(CHANCE, color=BLACK, linestyle=":", linewidth=1.4, zorder=1, label=CHANCE_LABEL)


def _legend_above(ax: Axes, handles: list, labels: list[str], columns: int = 2) -> None:
    ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.01), ncols=columns, frameon=False, fontsize=8)


def _lfs_label(panel: Panel, method: int) -> str:
    return f"LFS of {literal(panel.methods[method].label)} (higher is better)"


def _in_bin(words: np.ndarray, label: str) -> np.ndarray:
    first, _, last = label.removesuffix(" words").partition("-")
    return (words >= int(first.rstrip("+"))) & (words <= (int(last) if last else np.inf))


def _short(label: str) -> str:
    return label.removesuffix(" words")
