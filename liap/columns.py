"""The fixed columns of `scores.csv`, as (name, kind); kinds are those of `liap.faithfulness.Column`.

A file holds, in this order: `MENTION_COLUMNS`, `EXPLANATION_COLUMNS`, the columns of the metrics that ran, those that explainers
add, and `LAST_COLUMNS`. There is one row per mention, explainer and variant.
"""

from __future__ import annotations

SCORES = "scores.csv"

ColumnKinds = tuple[tuple[str, str], ...]

MENTION_COLUMNS: ColumnKinds = (
    ("sentence", "int"),
    ("document", "int"),
    ("start", "int"),
    ("end", "int"),
    ("text", "str"),
    ("words", "int"),
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
    ("reason", "str"),  # why the scores are undefined: uncovered, empty, no_context, no_pieces
)
LAST_COLUMNS: ColumnKinds = (
    ("passes", "int"),
    ("seconds", "float"),
)
