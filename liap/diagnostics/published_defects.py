"""What the published code of Atanasova et al. (2020) does to a model before it explains it, switched on one by one.

- `training_mode`: the model in training mode, so that every pass has a dropout of its own.
- `with_special_words`: special tokens as the first and the last word of a sentence. They are then scored, ranked, masked and compared as all words are.
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
from liap.records import CLASS_WORD, Evidence, Explanation, Parse
from liap.taggers.alignment import NO_WORD, Encoding
from liap.taggers.text_classifier import TextClassifier
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


def special_ends(tagger: Any) -> tuple[bool, bool]:
    """Whether special tokens that belong to no word stand before and behind a sentence; a classifier's first one is its pseudo-word."""
    if not isinstance(tagger, TransformerTagger):
        return False, False
    words = (CLASS_WORD, "a") if isinstance(tagger, TextClassifier) else ("a",)
    without = tagger.encode(words).word_of_piece == NO_WORD
    return bool(without[0]), bool(without[-1])


def with_special_words(tagger: TransformerTagger) -> TransformerTagger:
    """The same tagger for sentences whose first and last word are its special tokens, where it has them."""
    other, (before, behind) = copy.copy(tagger), special_ends(tagger)

    def encoded(words: tuple[str, ...]) -> Encoding:
        own = words[1 if before else 0 : -1 if behind else None]
        return _with_specials(tagger.encode(own), words, before, behind)

    other._encodings = functools.lru_cache(REMEMBERED)(encoded)
    return other


def _with_specials(encoding: Encoding, words: tuple[str, ...], before: bool, behind: bool) -> Encoding:
    """Pieces of no word belong to word 0 where they stand before all others, and to the last word where they stand behind."""
    inside = np.flatnonzero(encoding.word_of_piece != NO_WORD)
    places = np.arange(encoding.pieces)
    begin, end = (int(inside[0]), int(inside[-1])) if len(inside) else (1, 0)
    word_of_piece = np.where(encoding.word_of_piece == NO_WORD, NO_WORD, encoding.word_of_piece + before)
    first = [*([0] if before else []), *encoding.first_piece.tolist(), *([end + 1] if behind else [])]
    if before:
        word_of_piece[places < begin] = 0
    if behind:
        word_of_piece[places > end] = len(words) - 1
    return Encoding(encoding.piece_ids, word_of_piece, np.array(first, dtype=np.int64), words)


def item_with_special_words(item: Item, before: bool, behind: bool) -> Item:
    """The sentence with special words; spans, evidence and parse move with them."""
    words = (*([FIRST] if before else []), *item.sentence.words, *([LAST] if behind else []))
    evidence = tuple(
        Evidence(one.start + before, one.end + before, tuple(word + before for word in one.words), one.family)
        for one in item.sentence.evidence
    )
    sentence = replace(item.sentence, words=words, tags=None, parse=None, frames=None, evidence=evidence)
    mentions = tuple(replace(one, start=one.start + before, end=one.end + before) for one in item.mentions)
    return Item(sentence, mentions, item.parse and _moved(item.parse, before, behind), frames=())


def _moved(parse: Parse, before: bool, behind: bool) -> Parse:
    """The special words are roots of their own."""

    def around(end: object, values: tuple) -> tuple:
        return (*([end] if before else []), *values, *([end] if behind else []))

    heads = tuple(head + before if head >= 0 else -1 for head in parse.heads)
    return Parse(around(-1, heads), around("root", parse.relations), around("X", parse.parts_of_speech), parse.scheme)


@explainer(name="gradient", family="gradient", needs=("gradients",))
def gradient_l1(case: Case) -> Explanation:
    """The sum of the absolute values of p's gradient over all pieces of a word: two passes; scores from 0."""
    found = case.view.gradient()
    return Explanation(found.to_words(np.abs(found.gradient.astype(np.float64)).sum(axis=1)), passes=2)


def with_l1(explainers: tuple[Explainer, ...]) -> tuple[Explainer, ...]:
    """The explainers with `gradient_l1` in the place of `gradient`."""
    return tuple(gradient_l1 if one.name == gradient_l1.name else one for one in explainers)
