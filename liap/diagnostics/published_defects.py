"""What the published code of Atanasova et al. (2020) does to a model before it explains it, switched on one by one.

- `training_mode`: the model in training mode, so that every pass has a dropout of its own.
- `SpecialWords`: special tokens as the first and the last word of a sentence. They are then scored, ranked, masked and compared as all words are.
- `gradient_l1`: the gradient's "L2" aggregation, whose norm has p = 1.

The other defects change what is done with the scores: see the properties.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from liap.explainers import Case, Explainer, explainer
from liap.linguistics.annotation import Item
from liap.records import Evidence, Explanation, Parse
from liap.taggers.alignment import NO_PIECE, NO_WORD, Encoding
from liap.taggers.transformer import REMEMBERED, TransformerTagger

FIRST, LAST = "[CLS]", "[SEP]"  # the names of the special words


@contextmanager
def training_mode(tagger: Any, seed: int) -> Iterator[None]:
    """Inside, the model has its dropout, drawn under the seed."""
    model = tagger.model if hasattr(tagger, "model") else tagger.network
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model.train()
        try:
            yield
        finally:
            model.eval()


def has_special_tokens(tagger: Any) -> bool:
    """Whether the tagger puts special tokens around a sentence."""
    return isinstance(tagger, TransformerTagger) and bool((tagger.encode(("a",)).word_of_piece == NO_WORD).any())


def with_special_words(tagger: TransformerTagger) -> TransformerTagger:
    """The same tagger for sentences whose first and last word are its special tokens."""
    other = copy.copy(tagger)
    other._encodings = functools.lru_cache(REMEMBERED)(lambda words: _with_specials(tagger.encode(words[1:-1]), words))
    return other


def _with_specials(encoding: Encoding, words: tuple[str, ...]) -> Encoding:
    """The pieces before the first word belong to word 0, those behind the last word to the last."""
    inside = np.flatnonzero(encoding.word_of_piece != NO_WORD)
    places = np.arange(encoding.pieces)
    begin, end = (inside[0], inside[-1]) if len(inside) else (encoding.pieces, encoding.pieces)
    words_of = np.where(encoding.word_of_piece == NO_WORD, NO_WORD, encoding.word_of_piece + 1)
    words_of = np.where(places < begin, 0, np.where(places > end, len(words) - 1, words_of))
    first = np.where(encoding.first_piece == NO_PIECE, NO_PIECE, encoding.first_piece)
    ends = [0 if begin else NO_PIECE, end + 1 if end + 1 < encoding.pieces else NO_PIECE]
    return Encoding(encoding.piece_ids, words_of, np.array([ends[0], *first, ends[1]], dtype=np.int64), words)


def item_with_special_words(item: Item) -> Item:
    """The sentence between two special words; spans, evidence and parse move by one."""
    sentence = replace(
        item.sentence,
        words=(FIRST, *item.sentence.words, LAST),
        tags=None,
        parse=None,
        frames=None,
        evidence=tuple(
            Evidence(one.start + 1, one.end + 1, tuple(word + 1 for word in one.words), one.family)
            for one in item.sentence.evidence
        ),
    )
    mentions = tuple(replace(mention, start=mention.start + 1, end=mention.end + 1) for mention in item.mentions)
    return Item(sentence, mentions, item.parse and _moved(item.parse), frames=())


def _moved(parse: Parse) -> Parse:
    heads = (-1, *(head + 1 if head >= 0 else -1 for head in parse.heads), -1)
    relations, parts = (("root", *parse.relations, "root"), ("X", *parse.parts_of_speech, "X"))
    return Parse(heads, relations, parts, parse.scheme)


@explainer(name="gradient", family="gradient", needs=("gradients",))
def gradient_l1(case: Case) -> Explanation:
    """The sum of the absolute values of p's gradient over all pieces of a word: two passes; scores from 0."""
    found = case.view.gradient()
    return Explanation(found.to_words(np.abs(found.gradient.astype(np.float64)).sum(axis=1)), passes=2)


def with_l1(explainers: tuple[Explainer, ...]) -> tuple[Explainer, ...]:
    """The explainers with `gradient_l1` in the place of `gradient`."""
    return tuple(gradient_l1 if one.name == gradient_l1.name else one for one in explainers)
