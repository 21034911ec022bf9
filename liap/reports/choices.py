"""The panel -> every contrast under every choice of LFS's definition (see `liap.faithfulness.lfs_choices`).

In: a `Panel`, document weights, pairs of methods. Out: a data frame with a line per pair and choice. A finding counts where all choices
agree: `agrees` is `above` or `below` if the interval lies there under every choice, else `no`.

Under `k` = `kept` both sides are read with k = min(3, words that the method's mask keeps), and with 3 where the method has no mask.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from liap.faithfulness.lfs_choices import BY_ATTENTION, K, fixed, kept
from liap.reports.contrasts import Pair, named, verdict_of
from liap.reports.panel import Panel
from liap.reports.statistics import estimate, median
from liap.reports.summaries import Weights
from liap.settings import TARGETS, TIES

DIRECTIONS = ("above", "below")


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to define LFS."""

    target: str
    ties: str
    k: str  # fixed, kept

    @property
    def columns(self) -> list[str]:
        """Of the rows, by k - 1 where they differ by k."""
        if self.k == "kept":
            return [kept(self.target, size) for size in range(1, K + 1)]
        return [fixed(self.target, self.ties)]


CHOICES = (
    *(Choice(target, ties, "fixed") for target in TARGETS for ties in TIES),
    *(Choice(target, BY_ATTENTION, "kept") for target in TARGETS),
)


def contrasts_by_choice(panel: Panel, weights: Weights, pairs: list[Pair]) -> pd.DataFrame:
    """A line per pair and choice; empty where the rows do not hold the choices."""
    shown = [choice for choice in CHOICES if all(name in panel.choices for name in choice.columns)]
    parts = [_of_choice(panel, weights, pairs, choice) for choice in shown if pairs]
    parts = [part for part in parts if part["n"].any()]
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    key = ["family", "explainer", "variant", "control", "control_variant"]
    same = table.groupby(key, sort=False)["verdict"].transform(
        lambda group: group.iloc[0] if group.nunique() == 1 else "no"
    )
    return table.assign(agrees=np.where(same.isin(DIRECTIONS), same, "no"))


def _of_choice(panel: Panel, weights: Weights, pairs: list[Pair], choice: Choice) -> pd.DataFrame:
    left, right = (_values(panel, pairs, choice, side) for side in (1, 2))
    difference = left - right
    means = estimate(difference, panel.document, weights)
    paired = np.maximum((~np.isnan(difference)).sum(axis=0), 1)
    return named(panel, pairs).assign(
        target=choice.target,
        ties=choice.ties,
        k=choice.k,
        n=means.n,
        difference=means.mean,
        low=means.low,
        high=means.high,
        median=median(difference),
        above=(difference > 0).sum(axis=0) / paired,
        below=(difference < 0).sum(axis=0) / paired,
        verdict=[verdict_of(*bounds) for bounds in zip(means.low, means.high, strict=True)],
    )


def _values(panel: Panel, pairs: list[Pair], choice: Choice, side: int) -> Float[np.ndarray, "mentions pairs"]:
    """The choice's LFS of one side of each pair (1: the method, 2: what is subtracted)."""
    columns = np.stack([panel.choices[name][:, [pair[side] for pair in pairs]] for name in choice.columns])
    if choice.k == "fixed":
        return columns[0]
    size = np.nan_to_num(panel.kept[:, [pair[1] for pair in pairs]], nan=K).clip(1, K).astype(int)
    return np.take_along_axis(columns, size[None] - 1, axis=0)[0]
