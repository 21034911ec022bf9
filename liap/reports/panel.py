"""Rows -> a panel: one line a mention, one column a method, so that every comparison is on the same mentions.

In: the data frame of `rows`. Out: arrays `[mentions, methods]`, NaN where a method says nothing of a mention. Mentions are
sorted by sentence and span and methods by a fixed order, so nothing depends on the order of the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from liap.errors import InputError
from liap.reports.rows import MENTION, METHOD

CONTROLS = ("matched_random", "matched_window", "matched_distance")
EXPLAINERS = ("liap", *CONTROLS, "liap_published", "attention", "lime", "occlusion", "occlusion_ceiling", "random")
VARIANTS = ("", "syntactic", "frame", "predicate", "core", "same_role", "both", "either")
CURVE = 10  # LFS-K for K = 1..10
CEILING = "ceiling: perturbs as the metric does, so nothing can score above it"


@dataclass(frozen=True, slots=True)
class Method:
    """An explainer with its variant, and how it and the metric perturb."""

    explainer: str
    variant: str
    operator: str = ""
    metric_operator: str = ""

    @property
    def label(self) -> str:
        return f"{self.explainer} {self.variant}".strip()

    @property
    def ceiling(self) -> bool:
        """True for occlusion with the metric's own operator: LFS's maximum by construction, not a result."""
        return self.explainer.startswith("occlusion") and self.operator == self.metric_operator


@dataclass(frozen=True, slots=True)
class Panel:
    """All scores of a run by mention and method; `curve[..., i]` is LFS with K = i + 1."""

    mentions: pd.DataFrame  # sentence, document, start, end, text, words, context, types, outcome, probability
    methods: tuple[Method, ...]
    document: Int[np.ndarray, " mentions"]  # numbered from 0 without gaps
    lfs: Float[np.ndarray, "mentions methods"]
    signed_difference: Float[np.ndarray, "mentions methods"]
    coverage: Float[np.ndarray, "mentions methods"]
    sensitive: Bool[np.ndarray, "mentions methods"]  # scored, and I + U large enough to mean something
    curve: Float[np.ndarray, "mentions methods ks"]
    evidence: Float[np.ndarray, "mentions methods"]  # share of the known evidence ranked first; NaN where none is known
    undefined: pd.DataFrame  # explainer, variant, reason, n

    def find(self, explainer: str, variant: str) -> int:
        """The method's column; InputError with the choices if the rows hold no such method."""
        for column, method in enumerate(self.methods):
            if (method.explainer, method.variant) == (explainer, variant):
                return column
        choices = ", ".join(method.label for method in self.methods)
        wanted = Method(explainer, variant).label
        raise InputError(f"no rows of {wanted!r}; choose with --explainer and --variant one of: {choices}")

    def columns(self, explainer: str) -> tuple[int, ...]:
        return tuple(column for column, method in enumerate(self.methods) if method.explainer == explainer)


def panel_of(rows: pd.DataFrame) -> Panel:
    """The panel of the rows, whatever their order."""
    mention = rows.groupby(MENTION, sort=True).ngroup().to_numpy()
    methods, method = _methods(rows)
    shape = (int(mention.max()) + 1, len(methods))
    _, first = np.unique(mention, return_index=True)
    about = ["document", "text", "words", "context", "gold_type", "predicted_type", "outcome", "probability", "family"]
    mentions = rows.iloc[first][MENTION + about].reset_index(drop=True)

    def spread(name: str) -> Float[np.ndarray, "mentions methods"]:
        table = np.full(shape, np.nan)
        table[mention, method] = rows[name].to_numpy(dtype=float)
        return table

    lfs = spread("lfs")
    return Panel(
        mentions=mentions,
        methods=methods,
        document=np.unique(mentions["document"], return_inverse=True)[1],
        lfs=lfs,
        signed_difference=spread("signed_difference"),
        coverage=spread("coverage"),
        sensitive=~np.isnan(lfs) & (spread("insensitive") == 0),
        curve=np.stack([spread(f"lfs_k{k}") for k in range(1, CURVE + 1)], axis=-1),
        evidence=spread("evidence_found"),
        undefined=_undefined(rows),
    )


def _methods(rows: pd.DataFrame) -> tuple[tuple[Method, ...], Int[np.ndarray, " rows"]]:
    """The methods in their fixed order (unknown ones by name at the end), and each row's."""
    names = [*METHOD, "explainer_operator", "metric_operator"]
    group = rows.groupby(METHOD, observed=True, sort=True).ngroup().to_numpy()
    _, first = np.unique(group, return_index=True)
    found = [Method(*(str(cell) for cell in cells)) for cells in rows.iloc[first][names].itertuples(index=False)]
    order = sorted(range(len(found)), key=lambda index: _rank(found[index]))
    place = np.empty(len(found), dtype=int)
    place[order] = np.arange(len(found))
    return tuple(found[index] for index in order), place[group]


def _rank(method: Method) -> tuple[int, str, int, str]:
    def place(name: str, known: tuple[str, ...]) -> int:
        return known.index(name) if name in known else len(known)

    return place(method.explainer, EXPLAINERS), method.explainer, place(method.variant, VARIANTS), method.variant


def _undefined(rows: pd.DataFrame) -> pd.DataFrame:
    """How often each method has no score, by reason; a score that lacks without a reason is counted as `unstated`."""
    lost = rows.loc[rows["lfs"].isna(), [*METHOD, "reason"]].astype(str)
    counts = lost.replace({"reason": {"": "unstated"}}).value_counts(sort=False).reset_index(name="n")
    return counts.sort_values([*METHOD, "reason"], ignore_index=True)
