"""Whether a recogniser uses planted evidence: shares counted against a stand-in that reads the evidence word alone."""

import numpy as np
import pytest

from liap.corpora import planted
from liap.corpora.planted.evidence import KEY
from liap.diagnostics.evidence_use import evidence_use
from liap.perturbation.engine import Engine

LABELS = ("O", *(f"{part}-{kind}" for kind in planted.TYPES for part in "BI"))


class Reader(Engine):
    """Stands for an engine: it answers with the type of the evidence word where that is kept, else with the first type."""

    labels = LABELS

    def __init__(self, blind=False):
        self.recogniser, self.blind = self, blind

    def encode(self, words):
        return words

    def probabilities(self, requests):
        return [self.answer(request.encoding, request.masks[0], request.read) for request in requests]

    def answer(self, words, mask, read):
        kinds = {KEY[word.lower()][1] for word, kept in zip(words, mask, strict=True) if kept and word.lower() in KEY}
        kind = planted.TYPES[0] if self.blind or len(kinds) != 1 else kinds.pop()
        tags = [f"{'B' if place == 0 else 'I'}-{kind}" for place in range(len(read))]
        return np.array([[[float(label == tag) for label in LABELS] for tag in tags]])


@pytest.fixture(scope="module")
def sentences():
    """Sentences with one mention, so that there is one evidence word to read."""
    chosen = [one for one in planted.sentences("test") if len(one.evidence) == 1]
    return [one for one in chosen if sum(word.lower() in KEY for word in one.words) == 1][:60]


def test_a_reader_of_evidence_loses_the_type_and_follows_the_swap(monkeypatch, sentences):
    monkeypatch.setattr("liap.diagnostics.evidence_use.Request", Stub)
    assert len(sentences) == 60
    use = evidence_use(Reader(), sentences)
    first = np.mean([one.tags[one.evidence[0].start][2:] == planted.TYPES[0] for one in sentences])
    assert use.found == 1
    assert use.flipped == 1
    assert use.kept_without_evidence == pytest.approx(first)
    assert (use.mentions, use.chance) == (60, 0.25)


def test_a_blind_recogniser_neither_loses_nor_flips(monkeypatch, sentences):
    monkeypatch.setattr("liap.diagnostics.evidence_use.Request", Stub)
    use = evidence_use(Reader(blind=True), sentences)
    assert 0 < use.found < 1
    assert use.kept_without_evidence == 1
    assert use.flipped == 0


class Stub:
    def __init__(self, encoding, masks, operator, read):
        assert operator == "mask"
        self.encoding, self.masks, self.read = encoding, masks, read
