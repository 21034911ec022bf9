"""Precision, recall and F1 of entities: a prediction counts as correct if its span and type are both right.

In: gold and predicted IOB2 tags of the same sentences. Out: an `EntityScore` per type, and one over all types (micro average).

`seqeval` counts in its strict mode for IOB2 (Nakayama 2018): an I- that continues nothing is not an entity, as in
`liap.taggers.mentions`. The CoNLL-2003 script (Tjong Kim Sang & De Meulder 2003) is laxer and lets such an I- open an entity. As in that
script, precision without predictions and recall without gold entities are 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class EntityScore:
    """Shares in [0, 1], higher is better; `support` counts gold entities."""

    entity_type: str
    precision: float
    recall: float
    f1: float
    support: int


def entity_f1(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> tuple[EntityScore, ...]:
    """The score of each type in gold or predicted tags, in alphabetical order, then `overall`."""
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    assert [len(tags) for tags in gold] == [len(tags) for tags in predicted]
    gold, predicted = [list(tags) for tags in gold], [list(tags) for tags in predicted]
    if not any(tag[:2] == "B-" for tags in (*gold, *predicted) for tag in tags):
        return (EntityScore(OVERALL, 0.0, 0.0, 0.0, 0),)  # seqeval fails without entities
    report = classification_report(gold, predicted, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)
    types = sorted(report.keys() - {"micro avg", "macro avg", "weighted avg"})
    return (*(_score(name, report[name]) for name in types), _score(OVERALL, report["micro avg"]))


def _score(name: str, shares: dict[str, float]) -> EntityScore:
    return EntityScore(
        name,
        float(shares["precision"]),
        float(shares["recall"]),
        float(shares["f1-score"]),
        int(shares["support"]),
    )
