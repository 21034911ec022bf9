"""From a sentence's predicted tags to its mentions, held against gold.

In: a sentence, the recogniser's IOB2 tag for each word, and the probability of each. Out: one `Mention` per predicted
entity, in order of the sentence.

1. An entity is a run that a B- opens (strict IOB2): an I- that continues nothing is no mention.
2. Its outcome, against the gold entities of the sentence: `correct` (same span and type), `wrong_type` (same span, other
   type), `wrong_boundary` (overlaps one, whatever the types), `spurious` (overlaps none), `no_gold` (there is no gold).
3. Its probability is the geometric mean over its words, so that long mentions compare with short ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from liap.records import Mention, Sentence, tag_spans

Entity = tuple[str, int, int]  # type, start, end


def entities(tags: Sequence[str]) -> tuple[Entity, ...]:
    """(type, start, end) of each entity, strict IOB2, in order of the sentence."""
    return tag_spans(tuple(tags), strict=True)


def find_mentions(
    sentence: Sentence, tags: Sequence[str], tag_probabilities: Float[np.ndarray, " words"]
) -> tuple[Mention, ...]:
    """The mentions that `tags` mark; `tag_probabilities` are NaN where a word has no piece."""
    assert len(tags) == len(sentence.words) == len(tag_probabilities)
    gold = None if sentence.tags is None else entities(sentence.tags)
    found = []
    for entity in entities(tags):
        kind, start, end = entity
        gold_type, outcome = _against_gold(entity, gold)
        mention = Mention(
            sentence=sentence.index,
            document=sentence.document,
            start=start,
            end=end,
            tags=tuple(tags[start:end]),
            predicted_type=kind,
            gold_type=gold_type,
            outcome=outcome,
            probability=geometric_mean(tag_probabilities[start:end]),
        )
        found.append(mention)
    return tuple(found)


def geometric_mean(probabilities: Float[np.ndarray, " span"]) -> float:
    """exp of the mean log probability, in [0, 1]; NaN if any is NaN, 0 if any is 0."""
    with np.errstate(divide="ignore"):
        return float(np.exp(np.mean(np.log(probabilities, dtype=np.float64))))


def _against_gold(entity: Entity, gold: Sequence[Entity] | None) -> tuple[str | None, str]:
    """The type of the gold entity that overlaps most (the first of equals), and the outcome."""
    if gold is None:
        return None, "no_gold"
    overlaps = [min(entity[2], end) - max(entity[1], start) for _, start, end in gold]
    if max(overlaps, default=0) <= 0:
        return None, "spurious"
    kind, start, end = gold[overlaps.index(max(overlaps))]
    if (start, end) != entity[1:]:
        return kind, "wrong_boundary"
    return kind, "correct" if kind == entity[0] else "wrong_type"
