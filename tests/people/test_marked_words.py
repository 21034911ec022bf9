"""What the study keeps of each context word: through the loop, in a file and back, and without punctuation."""

from dataclasses import fields, replace

import numpy as np
import pytest

from liap.errors import InputError
from liap.evaluation import evaluate
from liap.people import marked_words
from liap.people.marked_words import MarkedWords, mentions_of
from liap.records import Evidence
from liap.settings import MethodSettings
from tests.people.conftest import marked_mention
from tests.toys import ToyTagger, items_of

WEIGHTS = {"in": 0.3, ",": 0.2, "we": 0.1, "saw": 0.05}


def study_of(*evidence, variants=("syntactic", "frame")):
    """The study after a chunk of two sentences, of which the first has evidence."""
    tagger = ToyTagger({"Rome": "B-LOC"}, WEIGHTS, scale={"unk": 0.5})
    first, second = items_of(tagger, "in , Rome we saw", "Rome we")
    first = replace(first, sentence=replace(first.sentence, evidence=evidence))
    study = MarkedWords()
    settings = MethodSettings(explainers=("occlusion",), variants=variants, target="tag")
    evaluate(tagger, [first, second], settings, [study.see])
    return study


def test_through_the_loop():
    (one,) = study_of(Evidence(2, 3, (0, 3), "trigger")).mentions
    assert (one.places.tolist(), one.span, one.words) == ([0, 1, 3, 4], (2, 3), 5)
    assert one.marked.tolist() == [True, False, True, False] and one.lettered.tolist() == [True, False, True, True]
    assert one.drops == pytest.approx(list(WEIGHTS.values())) and one.occlusion == pytest.approx(one.drops / 2)
    assert one.masks.tolist() == [[False, True, True, False], [False] * 4]  # a chain: the words on both sides; no frame


def test_a_chunk_is_saved_and_read(tmp_path):
    studies = [study_of(Evidence(2, 3, (0, 3), "trigger")), study_of(), study_of(Evidence(2, 3, (1,), "trigger"))]
    (tmp_path / marked_words.FILE).write_bytes(marked_words.join(study.arrays() for study in studies))
    read = marked_words.read(tmp_path)
    expected = [one for study in studies for one in study.mentions]
    assert len(read) == len(expected) == 2
    for one, other in zip(read, expected, strict=True):
        assert all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    assert list(mentions_of(studies[1].arrays())) == []


def test_a_damaged_file_is_one_line(tmp_path):
    (tmp_path / marked_words.FILE).write_bytes(b"no")
    with pytest.raises(InputError, match=r"people_words\.npz cannot be read"):
        marked_words.read(tmp_path)


def test_without_punctuation_places_count_the_words_that_are_left():
    whole = marked_mention("in , NEW YORK . we - saw", marked=(0, 4), kept=(1, 5), drops=range(6))
    one = whole.without_punctuation()
    assert (one.places.tolist(), one.span, one.words) == ([0, 3, 4], (1, 3), 5)
    assert one.marked.tolist() == [True, False, False] and one.masks.tolist() == [[False, True, False]]
    assert one.drops.tolist() == [0, 3, 5] and (one.start, one.end) == (2, 4)
    same = one.without_punctuation()
    assert same.span == one.span and same.places.tolist() == one.places.tolist()
