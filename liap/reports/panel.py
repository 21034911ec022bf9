"""Rows -> a panel: a line per mention and a column per method, so that every comparison is on the same mentions.

In: the data frame of `rows`. Out: arrays `[mentions, methods]`, NaN where a method has no value for a mention. Mentions are
sorted by sentence and span, and methods as their declarations are, so nothing depends on the order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from pandas.api.types import is_numeric_dtype

from liap.errors import InputError
from liap.explainers import EXPLAINERS, Declaration
from liap.faithfulness import Column
from liap.faithfulness.lfs_choices import lfs_choices
from liap.pruning import VARIANTS
from liap.reports.declared import Declared
from liap.reports.rows import CURVE, INSENSITIVE, LFS, MENTION, METHOD, SIGNED

MOST_FAMILIES = 40  # of known evidence; each is a column of tables and a panel of plots
EVIDENCE, FAMILY = "evidence_found", "family"  # tables show them by family, never pooled
CEILING = "ceiling: perturbs as the metric does, so nothing can score above it"
ABOUT_MENTION = [
    "document",
    "text",
    "sentence_length",
    "genre",
    "context",
    "gold_type",
    "predicted_type",
    "outcome",
    "probability",
]


@dataclass(frozen=True, slots=True)
class Method:
    """An explainer with its variant, and how it and the metric perturb."""

    declaration: Declaration
    variant: str
    operator: str = ""
    metric_operator: str = ""

    @property
    def explainer(self) -> str:
        return self.declaration.name

    @property
    def name(self) -> str:
        """As flags and files have it."""
        return f"{self.explainer} {self.variant}".strip()

    @property
    def label(self) -> str:
        """As tables and plots have it."""
        label = f"{self.declaration.label}, {self.variant_label}" if self.variant else self.declaration.label
        return f"{label} (LFS's ceiling)" if self.ceiling and self.declaration.role != "ceiling" else label

    @property
    def variant_label(self) -> str:
        return self.variant.replace("_", " ")

    @property
    def ceiling(self) -> bool:
        """True for a ranking by the metric's own drops: it reaches LFS's maximum by construction, so it is not a result."""
        known = EXPLAINERS.get(self.explainer)
        by_drops = known is not None and bool(known.drops) and self.operator == self.metric_operator
        return self.declaration.role == "ceiling" or by_drops


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """All values of a run by mention and method; `curve[..., i]` is LFS with K = i + 1."""

    declared: Declared
    mentions: pd.DataFrame  # sentence, start, end, `ABOUT_MENTION`, family
    methods: tuple[Method, ...]
    document: Int[np.ndarray, " mentions"]  # numbered from 0 without gaps
    measures: tuple[Column, ...]  # headline columns, the primary one first: LFS, or the first where LFS did not run
    values: Mapping[str, Float[np.ndarray, "mentions methods"]]  # of each measure
    kept: Float[np.ndarray, "mentions methods"]  # words that the mask keeps
    coverage: Float[np.ndarray, "mentions methods"]
    freedom: Float[np.ndarray, "mentions methods"]  # of controls
    choices: Mapping[str, Float[np.ndarray, "mentions methods"]]  # LFS by choice, by column
    sensitive: Bool[np.ndarray, "mentions methods"]  # scored, and I + U large enough to mean something
    signed: Float[np.ndarray, "mentions methods"]  # LFS's signed difference
    curve: Float[np.ndarray, "mentions methods ks"]
    evidence: Float[np.ndarray, "mentions methods"]  # share of the known evidence ranked first; NaN where none is known
    passes: Float[np.ndarray, "mentions methods"]  # through the model that the explanation needs on its own
    seconds: Float[np.ndarray, "mentions methods"]  # that it would take on its own
    undefined: pd.DataFrame  # explainer, variant, reason, n

    @property
    def primary(self) -> Column:
        return self.measures[0]

    @property
    def scores(self) -> Float[np.ndarray, "mentions methods"]:
        """Values of the primary measure."""
        return self.values[self.primary.name]

    @property
    def has_lfs(self) -> bool:
        return self.primary.name == LFS

    @property
    def explainers(self) -> tuple[Declaration, ...]:
        """Of all methods, each once, in order."""
        return tuple({method.explainer: method.declaration for method in self.methods}.values())

    @property
    def unmasked(self) -> tuple[int, ...]:
        """The columns of the methods without a mask, controls left out: they score the whole context.

        A method that has scored no mention shows no mask either, and is none of them.
        """
        whole = np.isnan(self.kept).all(axis=0) & ~np.isnan(self.scores).all(axis=0)
        return tuple(
            column
            for column, method in enumerate(self.methods)
            if whole[column] and method.declaration.role != "control"
        )

    def find(self, explainer: str, variant: str) -> int:
        """The method's column; InputError with the choices if the rows hold no such method."""
        for column, method in enumerate(self.methods):
            if (method.explainer, method.variant) == (explainer, variant):
                return column
        choices = ", ".join(method.name for method in self.methods)
        wanted = f"{explainer} {variant}".strip()
        raise InputError(f"no rows of {wanted!r}; choose with --explainer and --variant one of: {choices}")

    @property
    def ceiling_note(self) -> str:
        """A sentence about the methods that are LFS's ceiling; empty without any."""
        labels = [method.label for method in self.methods if method.ceiling and self.has_lfs]
        names = ", ".join(labels)
        return f" {names[:1].upper()}{names[1:]}: {CEILING.removeprefix('ceiling: ')}." if labels else ""

    def label(self, row: Mapping[str, str]) -> str:
        """Of a table's line."""
        return self.methods[self.find(row["explainer"], row["variant"])].label

    def columns(self, explainer: str) -> tuple[int, ...]:
        return tuple(column for column, method in enumerate(self.methods) if method.explainer == explainer)

    def measure(self, name: str) -> Column:
        return next(column for column in self.measures if column.name == name)

    def column(self, name: str) -> Column:
        """The declared column of this name, a measure or not."""
        return next((column for column in self.declared.columns if column.name == name), Column(name, name))


def panel_of(rows: pd.DataFrame, declared: Declared) -> Panel:
    """The panel of the rows, whatever their order."""
    mention = rows.groupby(MENTION, sort=True).ngroup().to_numpy()
    methods, method = _methods(rows, declared)
    shape = (int(mention.max()) + 1, len(methods))
    _, first = np.unique(mention, return_index=True)
    mentions = rows.iloc[first][MENTION + ABOUT_MENTION].reset_index(drop=True)
    has_family = FAMILY in rows and not is_numeric_dtype(rows[FAMILY])
    families = rows[FAMILY].iloc[first].astype(str) if has_family else [""] * len(mentions)
    _check_families(set(families))

    def spread(name: str) -> Float[np.ndarray, "mentions methods"]:
        table = np.full(shape, np.nan)
        if name in rows and is_numeric_dtype(rows[name]):
            table[mention, method] = rows[name].to_numpy(dtype=float)
        return table

    measures = [column for column in declared.measures if column.name in rows]
    measures = tuple(sorted(measures, key=lambda column: column.name != LFS))
    values = {column.name: spread(column.name) for column in measures}
    scored = ~np.isnan(values[measures[0].name])
    return Panel(
        declared=declared,
        mentions=mentions.assign(**{FAMILY: list(families)}),
        methods=methods,
        document=np.unique(mentions["document"], return_inverse=True)[1],
        measures=measures,
        values=values,
        kept=spread("kept"),
        coverage=spread("coverage"),
        freedom=spread("freedom"),
        choices={column.name: spread(column.name) for column in lfs_choices.columns if column.name in rows},
        sensitive=scored & (spread(INSENSITIVE) == 0) if INSENSITIVE in rows else scored,
        signed=spread(SIGNED),
        curve=np.stack([spread(name) for name in CURVE], axis=-1),
        evidence=spread(EVIDENCE),
        passes=spread("passes"),
        seconds=spread("seconds"),
        undefined=_undefined(rows, measures[0].name),
    )


def _methods(rows: pd.DataFrame, declared: Declared) -> tuple[tuple[Method, ...], Int[np.ndarray, " rows"]]:
    """The methods in order (explainers as declared, variants as pruning has them), and each row's."""
    names = [*METHOD, "explainer_operator", "metric_operator"]
    group = rows.groupby(METHOD, observed=True, sort=True).ngroup().to_numpy()
    _, first = np.unique(group, return_index=True)
    cells = [[str(cell) for cell in line] for line in rows.iloc[first][names].itertuples(index=False)]
    methods = [Method(declared.explainer(explainer), *others) for explainer, *others in cells]
    variants = ("", *VARIANTS)

    def rank(index: int) -> tuple:
        method = methods[index]
        known = method.variant in variants
        place = variants.index(method.variant) if known else len(variants)
        return declared.rank(method.explainer), place, method.variant

    order = sorted(range(len(methods)), key=rank)
    place = np.empty(len(methods), dtype=int)
    place[order] = np.arange(len(methods))
    return tuple(methods[index] for index in order), place[group]


def _undefined(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """How often each method has no value, by reason; one that is missing without a reason counts as `unstated`."""
    lost = rows.loc[rows[measure].isna(), [*METHOD, "reason"]].astype(str)
    counts = lost.replace({"reason": {"": "unstated"}}).value_counts(sort=False).reset_index(name="n")
    return counts.sort_values([*METHOD, "reason"], ignore_index=True)


def _check_families(families: set[str]) -> None:
    """InputError where the rows name more families of evidence than tables and plots can show."""
    if len(families) > MOST_FAMILIES:
        raise InputError(
            f"scores.csv names {len(families)} families of evidence; expected at most {MOST_FAMILIES}; run run_liap_evaluation.py again"
        )
