"""A corpus and a recogniser -> a sample of the mentions that it finds, with their sentences' structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from liap import corpora
from liap.evaluation import check_needs
from liap.linguistics.annotation import Item, group_by_sentence, open_annotator, without_structure
from liap.records import Mention, Sentence
from liap.taggers.prediction import sampled_mentions
from liap.taggers.tagger import Tagger


def sampled_items(
    tagger: Tagger, settings: Any, *, whole_sentences: bool = False, longest: int = 0
) -> tuple[list[Item], tuple[Sentence, ...]]:
    """An item per sentence with sampled mentions, or with all mentions of these sentences, and all sentences of the corpus.

    Mentions are sampled from sentences of at most `longest` words (0: of any length). Raises InputError if there is no mention.
    """
    check_needs(tagger, settings, parsed=settings.parsed)
    sentences = corpora.load(settings.corpus, settings.split, limit=settings.sentences)
    among = [sentence for sentence in sentences if not longest or len(sentence.words) <= longest]
    mentions, found = sampled_mentions(tagger, among, settings)
    if whole_sentences:
        chosen = {mention.sentence for mention in mentions}
        mentions = [mention for mention in found if mention.sentence in chosen]
    return annotated_items(sentences, mentions, settings), sentences


def annotated_items(sentences: Sequence[Sentence], mentions: Sequence[Mention], settings: Any) -> list[Item]:
    """An item for each sentence with a mention, with parses and frames where the settings name a parser."""
    if not settings.parsed:
        return without_structure(sentences, mentions)
    with open_annotator(settings, progress=True) as annotate:
        return annotate(*group_by_sentence(sentences, mentions)).items
