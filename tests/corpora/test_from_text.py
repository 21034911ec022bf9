"""Raw text: spaCy's rules split lines into sentences, and sentences into words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.corpora import from_text
from liap.errors import InputError


def test_words_sentences_and_documents(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\n\nAnn doesn't  live in N.Y. \r\nShe left. Why?\n\n \nBob stays.")
    sentences = from_text("", str(path))
    assert [sentence.words for sentence in sentences] == [
        ("Ann", "does", "n't", "live", "in", "N.Y."),
        ("She", "left", "."),
        ("Why", "?"),
        ("Bob", "stays", "."),
    ]
    assert [(sentence.index, sentence.document, sentence.tags) for sentence in sentences] == [
        (0, 0, None),
        (1, 0, None),
        (2, 0, None),
        (3, 1, None),
    ]


def test_each_line_is_a_sentence_if_sentences_are_as_given():
    text = "She left. Why?\n\nAnn (who sings.) came"
    words = [" ".join(sentence.words) for sentence in from_text(text, "", as_given=True)]
    assert words == ["She left . Why ?", "Ann ( who sings . ) came"]
    assert [sentence.document for sentence in from_text(text, "", as_given=True)] == [0, 1]


@pytest.mark.parametrize("as_given", [False, True])
def test_lines_are_never_joined(as_given):
    sentences = from_text("Ann lives in\nOslo", "", as_given=as_given)
    assert [sentence.words for sentence in sentences] == [("Ann", "lives", "in"), ("Oslo",)]


@pytest.mark.parametrize(
    ("text", "file", "message"),
    [
        ("a", "b", "got both"),
        ("", "./nowhere", "no such file"),
        (" \n", "", "no words; expected text"),
        ("", "", "no words; expected text"),
    ],
)
def test_bad_input(text, file, message):
    with pytest.raises(InputError, match=message):
        from_text(text, file)


def test_an_unknown_language():
    with pytest.raises(InputError, match="no tokenizer for the language 'xyz'"):
        from_text("a", "", language="xyz")


def test_text_that_is_not_utf8(tmp_path):
    (tmp_path / "text").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match="UTF-8"):
        from_text("", str(tmp_path / "text"))


TEXTS = st.text(max_size=40) | st.text(alphabet="ab.?!… \t\n\r\u2028'\"()-\u0301。é\ud800", max_size=40)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.booleans())
def test_no_character_is_lost_or_doubled(text, as_given):
    written = "".join(letter for letter in text.encode("utf-8", "replace").decode() if not letter.isspace())
    if not written:
        with pytest.raises(InputError, match="no words"):
            from_text(text, "", as_given=as_given)
        return
    sentences = from_text(text, "", as_given=as_given)
    assert "".join(word for sentence in sentences for word in sentence.words) == written
    assert [sentence.index for sentence in sentences] == list(range(len(sentences)))
    assert all(sentence.words for sentence in sentences)
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(sentences) == len(lines) if as_given else len(sentences) >= len(lines)
    documents = [sentence.document for sentence in sentences]
    assert sorted(set(documents)) == list(range(documents[-1] + 1)) and documents == sorted(documents)
