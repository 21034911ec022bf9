"""CSV and TSV tables: headers, sentences, documents, quotation, and what is refused with file and line."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.corpora import load
from liap.errors import InputError


def read(folder: Path, content: str, name: str = "test.csv") -> list[tuple]:
    (folder / name).write_bytes(content.encode())
    sentences = load(str(folder / name), "test")
    assert [sentence.index for sentence in sentences] == list(range(len(sentences)))
    return [(sentence.document, sentence.words, sentence.tags) for sentence in sentences]


TWO = [(0, ("a", "b"), ("B-X", "I-X")), (1, ("c",), ("O",))]


@pytest.mark.parametrize(
    "content",
    [
        "word,tag\na,B-X\nb,I-X\n\nc,O\n",
        "Token,POS,Label\na,NN,B-X\nb,NN,I-X\n,,\nc,NN,O\n",
        "id,ner,text\n1,B-X,a\n2,I-X,b\n\n3,O,c\n",
        "sent_id,word,tag\n1,a,B-X\n1,b,I-X\n2,c,O\n",
        "Sentence #,Word,POS,Tag\nSentence: 1,a,NN,B-X\n,b,NN,I-X\nSentence: 2,c,NN,O\n",
        "document,sentence,word,tag\n1,1,a,B-X\n1,1,b,I-X\n2,1,c,O\n",
        "document,word,tag\n1,a,B-X\n1,b,I-X\n2,c,O\n",
        "word,tag\n-DOCSTART-,-\na,B-X\nb,I-X\n-DOCSTART-,-\nc,O\n",
        "a,B-X\nb,I-X\n\nc,O",
        'a,"x, y",B-X\nb,"long ""text""",I-X\n\n\n"c",,O\n',
        "word,tag,label\na,NN,B-X\nb,NN,I-X\n\nc,NN,O\n",
    ],
)
def test_spellings_of_the_same_csv_file(tmp_path: Path, content: str):
    assert read(tmp_path, content) == TWO


@pytest.mark.parametrize(
    "content",
    ["word\ttag\na\tB-X\nb\tI-X\n\nc\tO\n", "a\tNN\tB-X\nb\tNN\tI-X\n\nc\tNN\tO\n", "a B-X\nb I-X\n\nc O\n"],
)
def test_spellings_of_the_same_tsv_file(tmp_path: Path, content: str):
    assert read(tmp_path, content, "test.tsv") == TWO


def test_a_word_may_hold_blanks_commas_and_quotation_marks(tmp_path: Path):
    words = ("New York", "1,000", '"', "l'été")
    assert read(tmp_path, 'word,tag\nNew York,O\n"1,000",O\n"""",O\nl\'été,O\n') == [(0, words, ("O",) * 4)]
    for header in ("", "word\ttag\n"):
        content = header + "".join(f"{word}\tO\n" for word in words)
        assert read(tmp_path, content, "test.tsv") == [(0, words, ("O",) * 4)]


def test_documents_and_sentences(tmp_path: Path):
    content = "doc,sent,word,tag\nx,1,a,O\nx,2,b,O\ny,2,c,O\n,,d,O\n\n,,e,O\n"
    assert [(document, words) for document, words, _ in read(tmp_path, content)] == [
        (0, ("a",)),
        (0, ("b",)),
        (1, ("c", "d")),
        (1, ("e",)),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"test\.csv: no sentence in this file"),
        ("word,tag\n", r"test\.csv: no sentence in this file; expected rows below the header"),
        ("word,tag\na,O\nb\n", r"test\.csv:3: 1 cells; expected 2"),
        ("word,tag\na,O\n,O\n", r"test\.csv:3: a row without a word"),
        ("word,tag\na,O\nb,PER\n", r"test\.csv:3: tag 'PER' has no known scheme"),
        ("Wort,Etikett\na,O\n", r"test\.csv:1: tag 'Etikett' has no known scheme.* a header names the columns"),
        ("a\nb\n", r"test\.csv:1: one column; expected a word and its tag"),
        ('word,tag\n",O\nb,O\n', r"test\.csv:2: not a row of comma-separated values"),
        ('word,tag\n"a"b,O\n', r"test\.csv:2: not a row"),
        ('a,",O\nb,",O\nc,x,O\n', r"test\.csv:1: ',O.*goes on over a line's end"),
        ('word,tag\n",O\nb,O\n",O\n', r"test\.csv:2: ',O.*goes on over a line's end"),
    ],
)
def test_what_is_refused_with_file_and_line(tmp_path: Path, content: str, message: str):
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


WORDS = st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs",)), min_size=1, max_size=5).filter(
    lambda word: word.strip() and word == word.strip(" ") and word != "-DOCSTART-"
)


@given(st.lists(st.tuples(WORDS, st.sampled_from(("O", "B-é"))), min_size=1, max_size=5))
def test_what_is_written_is_read_back(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("csv")
    text = io.StringIO()
    csv.writer(text).writerows([("word", "tag"), *rows])
    ((_, words, tags),) = read(folder, text.getvalue())
    assert list(zip(words, tags, strict=True)) == rows
    rows = [(word, tag) for word, tag in rows if "\t" not in word]
    if rows:
        text = "".join(f"{word}\t{tag}\n" for word, tag in [("word", "tag"), *rows])
        ((_, words, tags),) = read(folder, text, "test.tsv")
        assert list(zip(words, tags, strict=True)) == rows
