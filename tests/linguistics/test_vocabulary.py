"""How much of a corpus a parser's vocabulary knows: counted by hand, then on real corpora of other languages."""

import json

import pytest

from liap import corpora
from liap.errors import InputError
from liap.linguistics.vocabulary import FEWEST, KnownWords, counts, known_words
from liap.records import Sentence

STRINGS = ["a", "bad", "cab", "Paris", ",", "nsubj"]


@pytest.fixture
def pipeline(tmp_path):
    """A pipeline's folder with these strings, as spaCy lays it out."""
    (tmp_path / "config.cfg").write_text("[nlp]")
    (tmp_path / "vocab").mkdir()
    (tmp_path / "vocab" / "strings.json").write_text(json.dumps(STRINGS))
    return tmp_path


def sentence(*words):
    return Sentence(0, 0, words)


def test_the_share_counted_by_hand(pipeline):
    words = sentence("a", "bad", "habari", "njema", "cab", "Paris", "Nairobi", ",", "1996", "!")
    assert known_words(str(pipeline), [words]) == KnownWords(3 / 5, 5)
    assert not KnownWords(0.5, 5).few
    assert KnownWords(0.4999, 5).few


@pytest.mark.parametrize(
    ("word", "expected"),
    [("cab", True), ("ሰላም", True), ("b2b", True), ("Paris", False), ("eBay", False), ("12", False), ("!", False), ("", False)],
)  # fmt: skip
def test_words_with_a_letter_and_no_capital_count(word, expected):
    assert counts(word) == expected


def test_too_few_words_and_gold_parses_have_no_share(pipeline):
    assert known_words(str(pipeline), [sentence(*["njema"] * (FEWEST - 1))]) is None
    assert known_words(str(pipeline), [sentence(*["njema"] * FEWEST)]) == KnownWords(0.0, FEWEST)
    assert known_words("gold", [sentence(*["njema"] * 9)]) is None


@pytest.mark.parametrize("content", ["", "{}", "[1, null]", "[" * 100_000, "\udcff"])
def test_unusable_strings_are_no_vocabulary(content, pipeline):
    (pipeline / "vocab" / "strings.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert known_words(str(pipeline), [sentence(*["njema"] * 9)]) is None


def test_a_pipeline_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="neither an installed spaCy pipeline nor a folder"):
        known_words("not_installed_sm", [sentence(*["njema"] * 9)])


def test_spacys_own_files_are_read(parser):
    """Of an untrained English pipeline: its language's abbreviations alone."""
    assert known_words(str(parser), [sentence("we're", "a.m.", "do", "xyzzy", "plugh")]) == KnownWords(2 / 5, 5)


@pytest.mark.parametrize(
    ("corpus", "least", "most"),
    [("conll2003", 0.9, 0.95), ("uner_ewt", 0.93, 0.98), ("masakhaner/pcm", 0.8, 0.9)]
    + [(f"masakhaner/{language}", 0.0, 0.32) for language in "amh hau ibo kin lug luo swa wol yor".split()],
)
def test_english_is_known_and_nine_other_languages_are_not(corpus, least, most, shared):
    known = known_words(str(shared / "models" / "en_ud_ewt_sm"), corpora.load(str(shared / "data" / corpus), "test"))
    assert known.words > 4000
    assert least <= known.share <= most
    assert known.few == (most < 0.5)
