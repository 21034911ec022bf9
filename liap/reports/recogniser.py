"""`best_ner_model/metrics.json` -> the recogniser's scores on the test split, a line a type, as Markdown."""

from __future__ import annotations

import json
from pathlib import Path

from liap.errors import InputError
from liap.reports.layout import MISSING, escaped, markdown, number

OVERALL = "overall"
_SHARES = ("precision", "recall", "f1")


def recogniser(path: Path) -> str:
    """Word-level entity precision, recall and F1 (strict IOB2) by type; InputError where the file does not hold them."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; run finetune.py first, or name the file with --recogniser")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        test = {str(name): _scores(scores) for name, scores in content["test"].items()}
        corpus = str(content.get("corpus", "the corpus")).rstrip("/").rpartition("/")[2]  # a folder by its name
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(
            f'{path}: expected "test" with precision, recall and f1 by type ({error}); run finetune.py again'
        ) from None
    order = sorted(test, key=lambda name: (name == OVERALL, name))
    lines = [[escaped(name), *(number(share, 4) for share in test[name][0]), test[name][1]] for name in order]
    table = markdown(["type", "precision", "recall", "F1", "entities"], lines)
    return f"{table}\n\nWord-level entities, strict IOB2, test split of {escaped(corpus)}."


def _scores(scores: object) -> tuple[list[float], str]:
    """(precision, recall, F1), and how many gold entities there are where the file says so."""
    if not isinstance(scores, dict):
        raise TypeError("a type's scores are no table")
    shares = [float(scores[name]) for name in _SHARES]
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError(f"a share outside [0, 1]: {shares}")
    return shares, str(int(scores["support"])) if "support" in scores else MISSING
