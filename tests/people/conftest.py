"""Targets made by hand: a mention in the middle of a sentence, and what is known of its context words."""

import numpy as np

from liap.people.marked_words import MarkedMention


def marked_mention(text, *, marked=(), kept=(), drops=None, occlusion=None, document=0, sentence=0, variants=1):
    """A target whose mention is the words in capitals; `marked` and `kept` are word indices, `kept` of the first variant."""
    words = text.split()
    inside = np.array([word.isupper() for word in words])
    context = np.flatnonzero(~inside)
    start, end = int(np.flatnonzero(inside)[0]), int(np.flatnonzero(inside)[-1]) + 1
    masks = np.zeros((variants, len(context)), dtype=bool)
    masks[0] = np.isin(context, kept)
    return MarkedMention(
        sentence,
        document,
        start,
        end,
        False,
        context,
        np.isin(context, marked),
        np.array([words[place].isalnum() for place in context]),
        np.zeros(len(context)) if drops is None else np.array(drops, dtype=float),
        np.zeros(len(context)) if occlusion is None else np.array(occlusion, dtype=float),
        masks,
        (start, end),
    )
