"""Tag schemes: hand-written cases, then mentions -> each scheme -> IOB2 -> the same mentions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.corpora.tags import detect_scheme, parse_tag, to_iob2
from liap.errors import InputError
from liap.records import tag_spans

Spans = tuple[tuple[str, int, int], ...]


@st.composite
def mentions(draw: st.DrawFn) -> tuple[int, Spans]:
    """A sentence's length and its mentions of two types, which are often adjacent."""
    spans, position = [], 0
    for _ in range(draw(st.integers(0, 5))):
        start = position + draw(st.integers(0, 2))
        position = start + draw(st.integers(1, 4))
        spans.append((draw(st.sampled_from(("PER", "B-LOC"))), start, position))
    return position + draw(st.integers(0, 2)), tuple(spans)


def written(length: int, spans: Spans, scheme: str) -> list[str]:
    """The mentions' tags, by the scheme's definition."""
    tags = ["O"] * length
    for kind, start, end in spans:
        follows = any(other == kind and other_end == start for other, _, other_end in spans)
        first = "B" if scheme != "IOB1" or follows else "I"
        prefixes = [first, *["I"] * (end - start - 1)]
        if scheme in ("BIOES", "BILOU"):
            prefixes[-1] = scheme[3] if len(prefixes) > 1 else scheme[4] if scheme == "BILOU" else "S"
            prefixes[-1] = {"O": "L"}.get(prefixes[-1], prefixes[-1])
        tags[start:end] = [f"{prefix}-{kind}" for prefix in prefixes]
    return tags


def test_cases_written_by_hand():
    iob2 = ("B-PER", "I-PER", "B-PER", "O", "B-LOC", "B-PER")
    assert to_iob2(("I-PER", "I-PER", "B-PER", "O", "I-LOC", "I-PER"), "IOB1") == iob2
    assert to_iob2(("B-PER", "E-PER", "S-PER", "O", "S-LOC", "S-PER"), "BIOES") == iob2
    assert to_iob2(("B-PER", "L-PER", "U-PER", "O", "U-LOC", "U-PER"), "BIOES") == iob2
    assert to_iob2(iob2, "IOB2") == iob2


def test_a_finished_mention_is_not_continued():
    assert to_iob2(("B-PER", "E-PER", "I-PER", "E-PER"), "BIOES") == ("B-PER", "I-PER", "B-PER", "I-PER")
    assert to_iob2(("S-PER", "E-PER"), "BIOES") == ("B-PER", "B-PER")


@given(st.lists(mentions(), max_size=4), st.sampled_from(("IOB1", "IOB2", "BIOES", "BILOU")))
def test_every_scheme_preserves_the_mentions(sentences: list[tuple[int, Spans]], scheme: str):
    tags = [written(length, spans, scheme) for length, spans in sentences]
    detected = detect_scheme(tags)
    if any(spans for _, spans in sentences):
        single_scheme = "BIOES" if scheme == "BILOU" else scheme
        assert detected == single_scheme
    for sentence, (_, spans) in zip(tags, sentences, strict=True):
        assert tag_spans(to_iob2(sentence, detected), strict=True) == spans


@given(st.lists(st.sampled_from(("O", "B-X", "I-X", "E-X", "S-X", "B-Y", "I-Y", "E-Y")), max_size=8))
def test_any_tags_become_valid_iob2_that_does_not_change_again(tags: list[str]):
    converted = to_iob2(tags, detect_scheme([tags]))
    assert tag_spans(converted, strict=True) == tag_spans(converted)
    assert to_iob2(converted, "IOB2") == converted
    assert [tag[2:] for tag in converted] == [tag[2:] for tag in tags]


def test_a_single_error_does_not_change_the_scheme():
    assert detect_scheme([["I-PER", "O", "I-LOC", "O"], ["O", "B-MISC"]]) == "IOB1"
    assert detect_scheme([["B-PER", "O", "B-LOC", "O"], ["O", "I-MISC"]]) == "IOB2"
    assert to_iob2(("O", "I-MISC"), "IOB2") == ("O", "B-MISC")


@pytest.mark.parametrize("tag", ["PER", "X-PER", "B-", "B", "o", "", "PER-B", "B_PER"])
def test_an_unknown_tag_is_refused(tag: str):
    with pytest.raises(InputError, match=r"has no known scheme; expected O or <prefix>-<type>"):
        parse_tag(tag)
    with pytest.raises(InputError):
        detect_scheme([["O", tag]])


def test_a_scheme_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match=r"IOB2 has no prefix S-"):
        to_iob2(("S-PER",), "IOB2")
    with pytest.raises(InputError, match=r"expected one of IOB2, IOB1, BIOES, got 'BMES'"):
        to_iob2(("B-PER",), "BMES")
