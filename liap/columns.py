"""The fixed columns of `scores.csv`, as (name, kind); kinds are those of `liap.faithfulness.Column`.

A file holds, in this order: `MENTION_COLUMNS`, `EXPLANATION_COLUMNS`, the columns of the metrics that ran, those that explainers
add, and `LAST_COLUMNS`. There is one row per mention, explainer and variant.
"""

from __future__ import annotations

SCORES = "scores.csv"
NO_VARIANT = "-"  # in files, of explainers without variants: pandas reads an empty cell as NaN, and groups leave it out

OLD_NAMES = {"words": "sentence_length"}  # in files of version 0.1.0

ColumnKinds = tuple[tuple[str, str], ...]

MENTION_COLUMNS: ColumnKinds = (
    ("sentence", "int"),
    ("document", "int"),
    ("start", "int"),
    ("end", "int"),
    ("text", "str"),
    ("sentence_length", "int"),  # in words
    ("genre", "str"),
    ("context", "int"),
    ("gold_type", "str"),
    ("predicted_type", "str"),
    ("outcome", "str"),
    ("probability", "float"),
)
EXPLANATION_COLUMNS: ColumnKinds = (
    ("explainer", "str"),
    ("variant", "str"),
    ("explainer_operator", "str"),
    ("metric_operator", "str"),
    ("seed", "int"),
    ("kept", "float"),  # words that the mask keeps; NaN where nothing is pruned
    ("coverage", "float"),  # kept / context
    ("freedom", "float"),  # of a control: the share of the kept words that a draw replaces, a mean over draws
    ("reason", "str"),  # why the scores are undefined: uncovered, empty, no_context, no_pieces
)
LAST_COLUMNS: ColumnKinds = (
    ("passes", "int"),
    ("seconds", "float"),
)


def method_name(explainer: str, variant: str) -> str:
    """`explainer`, or `explainer/variant`, from the cells of a row."""
    return explainer if variant in ("", NO_VARIANT) else f"{explainer}/{variant}"
