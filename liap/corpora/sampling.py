"""Mentions -> a sample of them, stratified by predicted type.

1. Each mention gets a number: a hash of the seed, its type and its position.
2. The sample takes the `per_type` mentions of each type with the lowest numbers.

The sample is uniform within a type (bottom-k sampling, Cohen & Kaplan 2007). It depends neither on the order of the mentions
nor on the other types. A larger sample contains the smaller one. If another model finds mostly the same mentions, the
sample is mostly the same.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from liap.errors import InputError
from liap.records import Mention


def sample(mentions: Sequence[Mention], per_type: int, seed: int) -> tuple[Mention, ...]:
    """At most `per_type` mentions of each predicted type (0: every mention), in the order of the corpus."""
    if per_type < 0:
        raise InputError(f"mentions per type: expected 0 (every mention) or more, got {per_type}")
    by_type: dict[str, list[Mention]] = defaultdict(list)
    for mention in sorted(mentions, key=_position):
        by_type[mention.predicted_type].append(mention)
    if per_type == 0:
        chosen = [mention for members in by_type.values() for mention in members]
    else:
        chosen = [
            mention
            for members in by_type.values()
            for mention in sorted(members, key=lambda mention: _number(mention, seed))[:per_type]
        ]
    return tuple(sorted(chosen, key=_position))


def _position(mention: Mention) -> tuple[int, int, int, str]:
    return (mention.sentence, mention.start, mention.end, mention.predicted_type)


def _number(mention: Mention, seed: int) -> bytes:
    """A random 16-byte string for each seed and mention."""
    key = (seed, mention.predicted_type, mention.sentence, mention.start, mention.end)
    return hashlib.blake2b(repr(key).encode(), digest_size=16).digest()
