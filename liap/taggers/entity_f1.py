"""Precision, recall and F1 of entities: a prediction counts where span and type are both right.

In: gold and predicted IOB2 tags of the same sentences. Out: one `EntityScore` per type, and one over all (micro average).

Counted by `seqeval` in its strict mode for IOB2 (Nakayama 2018): an I- that continues nothing is no entity, as in
`liap.taggers.mentions`. The evaluation script of CoNLL-2003 (Tjong Kim Sang & De Meulder 2003) is laxer there: it lets such
an I- open an entity. A share of nothing (precision where nothing is predicted, recall where there is no gold) is 0, as there.
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
    """The score of each type in gold or prediction, in order of the alphabet, and last `overall`."""
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    assert [len(tags) for tags in gold] == [len(tags) for tags in predicted]
    gold, predicted = [list(tags) for tags in gold], [list(tags) for tags in predicted]
    if not any(tag[:2] == "B-" for tags in (*gold, *predicted) for tag in tags):
        return (EntityScore(OVERALL, 0.0, 0.0, 0.0, 0),)  # seqeval has no answer where there is no entity
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
