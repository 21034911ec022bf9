"""Character offsets -> word tags: hand-made texts, and for any text that what is mapped reads as it was marked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.corpora.conversion.char_spans import CharSpan, SpanText, Unmapped, sentences_of
from liap.errors import InputError
from liap.records import tag_spans


def converted(text, *spans):
    report = Unmapped()
    sentences = sentences_of([SpanText(text, tuple(CharSpan(*span) for span in spans))], "en", report)
    return sentences, report


def found(sentences):
    return [(kind, " ".join(s.words[start:end])) for s in sentences for kind, start, end in tag_spans(s.tags)]


def test_entities_of_two_sentences():
    text = "Angela Merkel met Obama. He lives in Chicago.\nNothing here"
    sentences, report = converted(text, (0, 13, "PER"), (18, 23, "PER"), (37, 44, "LOC"))
    assert [len(sentence.words) for sentence in sentences] == [5, 5, 2]
    assert found(sentences) == [("PER", "Angela Merkel"), ("PER", "Obama"), ("LOC", "Chicago")]
    assert sentences[0].tags == ("B-PER", "I-PER", "O", "B-PER", "O")
    assert (report.kept, report.counts) == (3, {})


def test_a_sentence_never_ends_inside_an_entity():
    text = "He joined Yahoo! Inc. in May."
    sentences, _ = converted(text, (10, 21, "ORG"))
    assert len(sentences) == 1 or found(sentences)[0][1].startswith("Yahoo")
    assert found(sentences) == [("ORG", "Yahoo ! Inc.")]


def test_what_cannot_be_mapped_is_counted_with_an_example():
    text = "New York-based\nfirm of the   rest"
    spans = [(0, 5, "A"), (0, 8, "LOC"), (9, 19, "X"), (26, 28, "Y")]
    sentences, report = converted(text, *spans)
    assert report.counts["overlapping"] == 1 and report.counts["split over lines"] == 1
    assert report.counts["without words"] == 1 and "'New Y' (A)" in report.examples["overlapping"]
    assert [kind for kind, _ in found(sentences)] == ["LOC"] and report.kept == 1


def test_a_word_that_is_covered_in_part_belongs_as_a_whole():
    sentences, report = converted("unhappyville is far", (2, 7, "LOC"))
    assert found(sentences) == [("LOC", "unhappyville")] and report.counts == {"widened to whole words": 1}


def test_of_entities_that_share_a_word_the_longest_counts():
    sentences, report = converted("unhappyville is far", (0, 5, "A"), (5, 15, "LOC"))
    assert found(sentences) == [("LOC", "unhappyville is")] and report.kept == 1
    assert report.counts == {"widened to whole words": 1, "sharing a word": 1}
    assert report.examples["sharing a word"] == "'unhap' (A)"


@pytest.mark.parametrize("span", [(0, 0), (3, 2), (0, 4), (-1, 2)])
def test_offsets_outside_the_text_are_refused(span):
    with pytest.raises(InputError, match="expected 0 <= start < end <= length"):
        converted("abc", (*span, "X"))


TEXTS = st.text(st.sampled_from("aB .\n!é東\U0001f600-'\t"), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.data())
def test_kept_entities_cover_their_characters(text, data):
    place = st.integers(0, len(text) - 1)
    pairs = data.draw(st.lists(st.tuples(place, place), max_size=4))
    spans = [(min(pair), max(pair) + 1, f"T{number}") for number, pair in enumerate(pairs)]
    sentences, report = converted(text, *spans)
    said = "".join(word for sentence in sentences for word in sentence.words)
    assert said == "".join(text.split())  # no character is lost
    marked = dict(found(sentences))
    lost = sum(count for kind, count in report.counts.items() if kind != "widened to whole words")
    assert len(marked) == report.kept == len(spans) - lost
    for start, end, name in spans:
        if name in marked:
            inside = "".join(text[start:end].split())
            assert inside in marked[name].replace(" ", "")
