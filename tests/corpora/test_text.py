"""Raw text: lines are sentences, words are spaCy's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.corpora.text import from_text
from liap.errors import InputError


def test_words_sentences_and_documents(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\n\nAnn doesn't  live in N.Y.\r\nShe left.\n\n \nBob stays.")
    found = from_text("", str(path))
    assert [one.words for one in found] == [
        ("Ann", "does", "n't", "live", "in", "N.Y."),
        ("She", "left", "."),
        ("Bob", "stays", "."),
    ]
    assert [(one.index, one.document, one.tags) for one in found] == [(0, 0, None), (1, 0, None), (2, 1, None)]


@pytest.mark.parametrize(
    ("text", "file", "said"),
    [
        ("a", "b", "got both"),
        ("", "./nowhere", "no such file"),
        (" \n", "", "no word in it"),
        ("", "", "no word in it"),
    ],
)
def test_bad_input(text, file, said):
    with pytest.raises(InputError, match=said):
        from_text(text, file)


def test_text_that_is_not_utf8(tmp_path):
    (tmp_path / "text").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match="UTF-8"):
        from_text("", str(tmp_path / "text"))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_any_text_gives_words_or_one_line(text):
    try:
        found = from_text(text, "")
    except InputError:
        assert not text.strip() or not any(map(str.strip, text.splitlines()))
        return
    assert [one.index for one in found] == list(range(len(found)))
    assert all(one.words for one in found)
