"""The VAT study's pictures: AOPC and post-hoc accuracy over K, accuracy by cycle, and texts in two dimensions (PCA and t-SNE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from liap.rationales.rationale_blocks import NAMES, own_scorer
from liap.reports.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, YELLOW, add_legend, bare

COLOURS = {
    "vat": VERMILION, "attention": BLUE, "random_attention": SKY, "beta0": ORANGE, "no_bottleneck": PURPLE, "one_cycle": GREEN,
    "random": GREY, "nearest_words": BLACK, "frequency": YELLOW, "no_attention": GREY,
    "joint_vmask": "#117733",
}  # fmt: skip
CLASS_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, BLACK)
PERPLEXITY = 30


CURVES_CAPTION = (
    "Area over the perturbation curve when a method's K most important words go, and accuracy when they alone stay, with words deleted or hidden; dashed: controls that do not "
    "read the classifier."
)
CYCLES_CAPTION = "Test accuracy behind every cycle of learner and compressor: thin, a seed; thick, their mean; level lines: baselines."
REPRESENTATIONS_CAPTION = "Test texts by the vector that the classifier reads, in two dimensions: a row for each method, a column for each projection, a colour for each class."
ATTENTION_CAPTION = "Sentences of the test split, each word shaded by its share of a method's attention."


def plot_curves(curves: pd.DataFrame, judge: str) -> Any:
    """A panel per measure and operator; VAT's own answers are also explained by the controls (dashed)."""
    from matplotlib.figure import Figure

    rows = curves[curves["judge"] == judge]
    operators = list(dict.fromkeys(rows["operator"]))
    figure = Figure(figsize=(5.0 * len(operators), 7.2), layout="constrained")
    axes = figure.subplots(2, len(operators), squeeze=False, sharex=True)
    said = {"aopc": "AOPC (higher is better)", "post_hoc": "post-hoc accuracy of K words"}
    for down, (measure, label) in enumerate(said.items()):
        for across, operator in enumerate(operators):
            axis = axes[down, across]
            for (method, scorer), line in rows[rows["operator"] == operator].groupby(["method", "scorer"], sort=False):
                own = scorer == own_scorer(method)
                if not own and method != "vat":
                    continue
                name = method if own else scorer
                axis.plot(line["K"], line[measure], "-" if own else "--", color=COLOURS[name], label=NAMES[name])
            axis.set_ylabel(label)
            how = "deleted" if operator == "delete" else f"hidden by {operator}"
            axis.set_title(
                f"judged by {'the base model' if judge == 'base' else 'the model itself'}, words {how}", fontsize=9
            )
            bare(axis)
    for axis in axes[-1]:
        axis.set_xlabel("K best words")
        axis.xaxis.get_major_locator().set_params(integer=True)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return figure


def plot_cycles(cycles: pd.DataFrame, baselines: Mapping[str, float]) -> Any:
    """Test accuracy behind every cycle, a thin line per seed and a thick one for their mean."""
    from liap.reports.style import new_axes

    axes = new_axes(6.5, 4.2)
    for method, rows in cycles.groupby("method", sort=False):
        table = rows.pivot_table(index="number", columns="seed", values="test_accuracy")
        axes.plot(table.index, table.to_numpy(), color=COLOURS[method], linewidth=0.6, alpha=0.5)
        seeds = table.shape[1]
        label = f"{NAMES[method]} ({seeds} seed{'s' if seeds > 1 else ''})"
        axes.plot(table.index, table.mean(axis=1), "o-", color=COLOURS[method], label=label)
    for method, accuracy in baselines.items():
        axes.axhline(accuracy, linestyle=":", color=COLOURS[method], label=NAMES[method])
    axes.set_xlabel("cycle (0: the first learner phase alone)")
    axes.set_ylabel("test accuracy")
    axes.xaxis.get_major_locator().set_params(integer=True)
    add_legend(axes, fontsize=8)
    return bare(axes)


def in_two_dimensions(vectors: Float[np.ndarray, "texts width"], seed: int) -> dict[str, Float[np.ndarray, "texts 2"]]:
    """Principal components, and t-SNE where there are texts enough for it."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    planes = {"PCA": PCA(2, random_state=seed).fit_transform(vectors)}
    if len(vectors) > 3 * PERPLEXITY:
        planes["t-SNE"] = TSNE(2, perplexity=PERPLEXITY, init="pca", random_state=seed).fit_transform(vectors)
    return planes


def plot_representations(vectors: Mapping[str, np.ndarray], labels: Sequence[str], seed: int) -> Any:
    """A row per method, a column per projection; a colour per class."""
    from matplotlib.figure import Figure

    planes = {method: in_two_dimensions(table, seed) for method, table in vectors.items()}
    across = len(next(iter(planes.values())))
    figure = Figure(figsize=(4.2 * across, 3.8 * len(planes)), layout="constrained")
    axes = figure.subplots(len(planes), across, squeeze=False)
    classes = sorted(set(labels))
    for down, (method, projections) in enumerate(planes.items()):
        for axis, (name, points) in zip(axes[down], projections.items(), strict=True):
            for label, colour in zip(classes, CLASS_COLOURS, strict=False):
                chosen = np.array([own == label for own in labels])
                axis.scatter(
                    *points[chosen].T, s=5, alpha=0.6, color=colour, label=f"{label} ({chosen.sum()})", linewidths=0
                )
            axis.set_title(f"{NAMES[method]}: {name} of R", fontsize=9)
            axis.set_xticks([])
            axis.set_yticks([])
    axes[0, 0].legend(fontsize=7, markerscale=2)
    return figure
