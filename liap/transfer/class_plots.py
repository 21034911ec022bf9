"""Class means in two dimensions, by language and category, and languages by their distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from liap.explainers.explainer import PALETTE
from liap.reports.style import bare, literal, new_axes
from liap.transfer.class_means import Class

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = "osD^vPX*<>"
MEANS_CAPTION = "Means of the encoder's states at gold entity words, a point for each language and category, on their first two principal components."
LANGUAGES_CAPTION = (
    "Languages in two dimensions, by the distances between their class means (multidimensional scaling)."
)


def principal(
    means: Mapping[Class, np.ndarray],
) -> tuple[dict[Class, Float[np.ndarray, " 2"]], Float[np.ndarray, " 2"]]:
    """The first two principal components of the class means, and the share of variance of each."""
    table = np.stack(list(means.values()))
    centred = table - table.mean(axis=0)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    places = left[:, :2] * scale[:2]
    share = scale**2 / max(float((scale**2).sum()), 1e-12)
    return dict(zip(means, places, strict=True)), share[:2]


def scaled(distances: Float[np.ndarray, "languages languages"]) -> Float[np.ndarray, "languages 2"]:
    """Classical multidimensional scaling to two dimensions (Torgerson 1952)."""
    size = len(distances)
    centring = np.eye(size) - 1 / size
    values, vectors = np.linalg.eigh(-0.5 * centring @ distances**2 @ centring)
    top = np.argsort(values)[::-1][:2]
    return vectors[:, top] * np.sqrt(np.maximum(values[top], 0))


def plot_means(means: Mapping[Class, np.ndarray]) -> Axes:
    """A point per language and category: colours are categories, letters languages."""
    places, share = principal(means)
    kinds = list(dict.fromkeys(kind for _, kind in means))
    axes = new_axes(8.0, 6.0)
    for number, kind in enumerate(kinds):
        own = {language: place for (language, name), place in places.items() if name == kind}
        colour = PALETTE[number % len(PALETTE)]
        x, y = np.stack(list(own.values())).T
        axes.scatter(x, y, color=colour, marker=MARKERS[number % len(MARKERS)], s=36, label=literal(kind))
        for language, place in own.items():
            axes.annotate(language, place, xytext=(4, 3), textcoords="offset points", fontsize=8, color=colour)
    axes.set(xlabel=f"first component ({share[0]:.0%} of variance)", ylabel=f"second component ({share[1]:.0%})")
    axes.legend(frameon=False, fontsize=9)
    return bare(axes)


def plot_languages(distances: Float[np.ndarray, "languages languages"], languages: Sequence[str]) -> Axes:
    """Languages in two dimensions, by the distances of their class means."""
    places = scaled(distances)
    axes = new_axes(6.0, 5.0)
    axes.scatter(*places.T, color=PALETTE[0], s=30)
    for language, place in zip(languages, places, strict=True):
        axes.annotate(language, place, xytext=(5, 3), textcoords="offset points", fontsize=9)
    axes.set(xlabel="first dimension (cosine distance)", ylabel="second dimension")
    axes.set_aspect("equal", adjustable="datalim")
    return bare(axes)
