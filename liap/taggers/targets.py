"""What p is the probability of: the recogniser's own tags of a mention, its type, or the whole entity.

| target   | p of a mention                                                                                              |
|----------|-------------------------------------------------------------------------------------------------------------|
| `tag`    | geometric mean, over its words, of the probability of the very label that the recogniser gave, such as B-PER |
| `type`   | geometric mean, over its words, of the probability of all labels of its type together: P(B-PER) + P(I-PER)   |
| `entity` | the probability that labels drawn word by word from the recogniser's distributions mark this span and type   |

A boundary that moves (B-PER for I-PER) lowers `tag` and `entity`, and leaves `type` as it is. The type is the recogniser's own, before
any map.

`entity` is a product, over the mention's words and those beside it, of the probability of the labels that keep the entity as it is:

| scheme        | first word                                            | other words  | last word    | word before   | word behind |
|---------------|-------------------------------------------------------|--------------|--------------|---------------|-------------|
| IOB2, BIOS    | its label                                             | its label    | its label    |               | not I-X     |
| IOB1          | I-X or B-X if it has I-X, else B-X                    | I-X          | I-X          | not of type X | not I-X     |
| IO, plain     | of type X                                             | of type X    | of type X    | not of type X | not of X    |
| BIOES, BILOU  | its label                                             | its label    | its label    |               |             |

In IOB1 the word before counts only if the mention begins with I-X; in BIOS the word behind counts only if the mention does not end with
S-X. A word beside the mention without a piece marks nothing and counts as certain.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.records import Mention
from liap.taggers.label_schemes import LabelScheme, scheme_of
from liap.taggers.tagger import Target, Words


def target_of(kind: str, labels: Sequence[str], words: Words, mention: Mention) -> Target:
    """`kind` is tag, type or entity; `labels` are the recogniser's, by index."""
    scheme, span = scheme_of(tuple(labels)), np.arange(mention.start, mention.end)
    if kind == "entity":
        return _entity(scheme, words, mention)
    tags = np.array([scheme.labels.index(tag) for tag in mention.tags])
    if kind == "tag":
        return exact_tags(words, span, tags, len(labels))
    assert kind == "type", kind
    return Target(words, span, span, _types(scheme)[_types(scheme)[:, tags].argmax(axis=0)], joint=False)


def exact_tags(words: Words, span: Int[np.ndarray, " span"], tags: Int[np.ndarray, " span"], labels: int) -> Target:
    """The target `tag` of a mention whose words have these tags, by index among so many labels."""
    return Target(words, span, span, np.eye(labels, dtype=bool)[tags], joint=False)


def target_probability(
    probabilities: Float[np.ndarray, "masks read labels"], target: Target
) -> Float[np.ndarray, " masks"]:
    """p under each mask, in [0, 1], from the label probabilities at the words that the target reads.

    NaN where a word of the mention has no piece.
    """
    chosen = (probabilities.astype(np.float64) * target.allowed).sum(axis=2)
    beside = ~np.isin(target.read, target.span)
    chosen[:, beside] = np.where(np.isnan(chosen[:, beside]), 1.0, chosen[:, beside])
    with np.errstate(divide="ignore"):
        logs = np.log(chosen)
    return np.minimum(np.exp(logs.sum(axis=1) if target.joint else logs.mean(axis=1)), 1.0)


@functools.cache
def _types(scheme: LabelScheme) -> Bool[np.ndarray, "types labels"]:
    """Which labels are of each type."""
    kinds = np.array([kind for _, kind in scheme.parts])
    return np.stack([kinds == kind for kind in scheme.types])


def _entity(scheme: LabelScheme, words: Words, mention: Mention) -> Target:
    prefixes, kinds = (np.array(part) for part in zip(*scheme.parts, strict=True))
    of_tags = [scheme.parts[scheme.labels.index(tag)] for tag in mention.tags]
    kind = of_tags[0][1]
    of_type, inside = kinds == kind, (kinds == kind) & (prefixes == "I")
    allowed = {mention.start + place: of_type & (prefixes == prefix) for place, (prefix, _) in enumerate(of_tags)}
    before, behind = mention.start - 1, mention.end
    if scheme.name in ("IO", "plain"):
        allowed |= {before: ~of_type, behind: ~of_type}
    elif scheme.name == "IOB1":
        allowed[behind] = ~inside
        if of_tags[0][0] == "I":
            allowed |= {mention.start: of_type, before: ~of_type}
    elif scheme.name == "IOB2" or (scheme.name == "BIOS" and of_tags[-1][0] != "S"):
        allowed[behind] = ~inside
    read = np.array(sorted(word for word in allowed if 0 <= word < len(words)))
    span = np.arange(mention.start, mention.end)
    return Target(words, span, read, np.stack([allowed[word] for word in read]), joint=True)
