"""From the entities predicted in a sentence to its mentions, compared with gold.

In: a sentence, the predicted entities, and the recogniser's label for each word with its probability. Out: a `Mention` per entity,
in order of the sentence.

1. What an entity is depends on the scheme of the recogniser's labels: see `label_schemes`. Gold tags are strict IOB2: an I- that
   continues nothing is not an entity.
2. The outcome compares an entity with the gold entities of its sentence: `correct` (same span and type), `wrong_type` (same span,
   other type), `wrong_boundary` (overlaps a gold entity of any type), `spurious` (overlaps none), `no_gold` (the sentence has no
   gold tags).
3. The probability is the geometric mean over the entity's words, so that long and short mentions can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from liap.records import Mention, Sentence, tag_spans
from liap.taggers.label_schemes import Entity


def entities(tags: Sequence[str]) -> tuple[Entity, ...]:
    """(type, start, end) of each entity in strict IOB2 tags, in order of the sentence."""
    return tag_spans(tuple(tags), strict=True)


def find_mentions(
    sentence: Sentence,
    predicted: Sequence[Entity],
    labels: Sequence[str],
    probabilities: Float[np.ndarray, " words"],
) -> tuple[Mention, ...]:
    """A mention per predicted entity. `labels` are the recogniser's own; a probability is NaN for a word without pieces."""
    assert len(labels) == len(sentence.words) == len(probabilities)
    gold = None if sentence.tags is None else entities(sentence.tags)
    mentions = []
    for entity in predicted:
        kind, start, end = entity
        gold_type, outcome = _against_gold(entity, gold)
        mention = Mention(
            sentence=sentence.index,
            document=sentence.document,
            start=start,
            end=end,
            tags=tuple(labels[start:end]),
            predicted_type=kind,
            gold_type=gold_type,
            outcome=outcome,
            probability=geometric_mean(probabilities[start:end]),
        )
        mentions.append(mention)
    return tuple(mentions)


def geometric_mean(probabilities: Float[np.ndarray, " span"]) -> float:
    """exp of the mean log probability, in [0, 1]; NaN if any is NaN, 0 if any is 0."""
    with np.errstate(divide="ignore"):
        return float(np.exp(np.mean(np.log(probabilities, dtype=np.float64))))


def _against_gold(entity: Entity, gold: Sequence[Entity] | None) -> tuple[str | None, str]:
    """The type of the gold entity with the largest overlap (the first of equals), and the outcome."""
    if gold is None:
        return None, "no_gold"
    overlaps = [min(entity[2], end) - max(entity[1], start) for _, start, end in gold]
    if max(overlaps, default=0) <= 0:
        return None, "spurious"
    kind, start, end = gold[overlaps.index(max(overlaps))]
    if (start, end) != entity[1:]:
        return kind, "wrong_boundary"
    return kind, "correct" if kind == entity[0] else "wrong_type"
