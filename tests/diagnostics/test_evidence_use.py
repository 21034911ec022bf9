"""Whether a recogniser uses planted evidence: shares counted against a stand-in that reads the evidence word alone."""

import numpy as np
import pytest

from liap.corpora import planted
from liap.corpora.planted.generate import drawn_from
from liap.corpora.planted.wordlists import KEY
from liap.diagnostics.evidence_use import evidence_use
from liap.taggers.tagger import Meter

LABELS = ("O", *(f"{part}-{kind}" for kind in planted.TYPES for part in "BI"))


class Reader:
    """A tagger that answers with the type of the evidence word if that is kept, else with the first type."""

    labels, capabilities, layers_and_heads = LABELS, frozenset(), (0, 0)

    def __init__(self, blind=False):
        self.blind, self.meter = blind, Meter()

    def fits(self, words):
        return True

    def check_operator(self, operator):
        assert operator == "mask"

    def probabilities(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        assert request.operator == "mask"
        kept = [word.lower() for word, keep in zip(request.words, request.masks[0], strict=True) if keep]
        kinds = {KEY[word][1] for word in kept if word in KEY}
        kind = planted.TYPES[0] if self.blind or len(kinds) != 1 else kinds.pop()
        tags = [f"{'B' if place == 0 else 'I'}-{kind}" for place in range(len(request.read))]
        return np.array([[[float(label == tag) for label in LABELS] for tag in tags]])


@pytest.fixture(scope="module")
def sentences():
    """Sentences with one mention and no distractor, so that there is one evidence word to read."""
    chosen = [made.sentence for made in drawn_from("train", size=3000) if len(made.sentence.evidence) == 1]
    return [one for one in chosen if sum(word.lower() in KEY for word in one.words) == 1][:60]


def test_a_reader_of_evidence_loses_the_type_and_follows_the_swap(sentences):
    assert len(sentences) == 60
    use = evidence_use(Reader(), sentences)
    first = np.mean([one.tags[one.evidence[0].start][2:] == planted.TYPES[0] for one in sentences])
    assert use.found == 1
    assert use.flipped == 1
    assert use.kept_without_evidence == pytest.approx(first)
    assert (use.mentions, use.chance) == (60, 0.25)


def test_a_blind_recogniser_neither_loses_nor_flips(sentences):
    use = evidence_use(Reader(blind=True), sentences)
    assert 0 < use.found < 1
    assert use.kept_without_evidence == 1
    assert use.flipped == 0
