"""Which sentences and mentions a sample has."""

from dataclasses import replace

import pytest

from liap import corpora
from liap.diagnostics.sampled_items import sampled_items
from liap.errors import InputError
from liap.settings import EvaluationSettings
from liap.taggers.prediction import predict
from liap.taggers.transformer import TransformerTagger

LONGEST = 12  # words


@pytest.fixture(scope="module")
def tagger(tiny_folder):
    return TransformerTagger.load(str(tiny_folder))


@pytest.fixture(scope="module")
def settings(tiny_folder):
    return EvaluationSettings(
        model=str(tiny_folder),
        corpus="planted",
        parser="none",
        explainers=("attention",),
        sentences=60,
        examples_per_type=1,
    )


def test_sampled_mentions_or_all_of_their_sentences(tagger, settings):
    few, everything = sampled_items(tagger, settings)
    whole, _ = sampled_items(tagger, settings, whole_sentences=True)
    found = predict(tagger, everything, target=settings.target).all_mentions
    assert [item.sentence.index for item in few] == [item.sentence.index for item in whole]
    for sampled, item in zip(few, whole, strict=True):
        inside = [mention for mention in found if mention.sentence == item.sentence.index]
        assert list(item.mentions) == inside and set(sampled.mentions) <= set(inside)


def test_longer_sentences_are_left_out_of_the_sample_alone(tagger, settings):
    given = corpora.load("planted", settings.split, limit=60)
    items, everything = sampled_items(tagger, replace(settings, examples_per_type=0), longest=LONGEST)
    assert list(everything) == list(given) and max(len(one.words) for one in given) > LONGEST
    assert items and max(len(item.sentence.words) for item in items) <= LONGEST
    with pytest.raises(InputError, match="finds no mention"):
        sampled_items(tagger, settings, longest=1)
