"""Column files: the format's corners, any Unicode, real corpora against published counts, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.corpora import SPLIT_NAMES, load
from liap.corpora.column_files import EXTENSIONS, read_columns, read_file
from liap.corpora.split_files import find_file
from liap.errors import InputError
from liap.records import Sentence, tag_spans

DOCUMENTS = """-DOCSTART- -X- O O

Ada NNP I-NP I-PER
Byron NNP I-NP I-PER
Rome NNP I-NP I-LOC

-DOCSTART- -X- O O

No DT I-NP O

Oslo NNP I-NP I-LOC
Bergen NNP I-NP B-LOC
"""


def saved(folder: Path, content: str | bytes, name: str = "train.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_first_column_is_the_word_and_the_last_its_tag(tmp_path: Path):
    assert read_file(saved(tmp_path, DOCUMENTS)) == (
        Sentence(index=0, document=0, words=("Ada", "Byron", "Rome"), tags=("B-PER", "I-PER", "B-LOC")),
        Sentence(index=1, document=1, words=("No",), tags=("O",)),
        Sentence(index=2, document=1, words=("Oslo", "Bergen"), tags=("B-LOC", "B-LOC")),
    )


SPELLINGS = {
    "crlf": DOCUMENTS.replace("\n", "\r\n"),
    "byte-order mark": "\ufeff" + DOCUMENTS,
    "trailing blanks": DOCUMENTS.replace("\n", " \t \n"),
    "tabs": DOCUMENTS.replace(" ", "\t"),
    "wide": DOCUMENTS.replace(" ", "  \t "),
    "cr": DOCUMENTS.replace("\n", "\r"),
    "no final newline": DOCUMENTS.removesuffix("\n"),
    "blank lines at the end": DOCUMENTS + "\n\n \n\t\n",
    "no blank line after -DOCSTART-": DOCUMENTS.replace("O\n\nAda", "O\nAda"),
    "no blank line before -DOCSTART-": DOCUMENTS.replace("\n\n-DOC", "\n-DOC"),
    "bare -DOCSTART-": DOCUMENTS.replace("-DOCSTART- -X- O O", "-DOCSTART-"),
    "numbered -DOCSTART-": DOCUMENTS.replace("-DOCSTART- -X- O O", "-DOCSTART-(id_7) O"),
}


@pytest.mark.parametrize("content", SPELLINGS.values(), ids=SPELLINGS)
def test_spellings_of_the_same_file_give_the_same_sentences(tmp_path: Path, content: str):
    plain, other = saved(tmp_path, DOCUMENTS, "plain"), saved(tmp_path, content)
    assert read_file(other) == read_file(plain)


def test_without_document_lines_each_sentence_is_a_document(tmp_path: Path):
    sentences = read_file(saved(tmp_path, "a O\n\n\n\nb O\n"))
    assert [(s.index, s.document) for s in sentences] == [(0, 0), (1, 1)]


def test_sentences_before_the_first_document_line_are_a_document(tmp_path: Path):
    sentences = read_file(saved(tmp_path, "a O\n\nb O\n\n-DOCSTART- O\n\nc O\n\n-DOCSTART- O\nd O\n"))
    assert [s.document for s in sentences] == [0, 0, 1, 2]


def test_odd_words_stay_words(tmp_path: Path):
    words = ("#", "a\u00a0b", "\u2028", "\x85", "\x0b\x0c", "\ufeff", "\u200b", "-DOCSTART-x", "a\rb", "\x00")
    content = "".join(f"{word} O\n" for word in words)
    assert read_file(saved(tmp_path, "start O\n" + content))[0].words == ("start", *words)


UNICODE_WORDS = st.text(
    st.characters(exclude_characters=" \t\n", exclude_categories=("Cs",)), min_size=1, max_size=6
).filter(lambda word: not word.startswith("-DOCSTART-"))


@given(
    st.lists(
        st.lists(st.tuples(UNICODE_WORDS, st.sampled_from(("O", "B-é", "B-PER"))), min_size=1, max_size=4),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from((" ", "\t", " \t ")),
    st.sampled_from(("\n", "\r\n")),
)
def test_any_unicode_is_read_back(tmp_path_factory, sentences, separator: str, newline: str):
    path = tmp_path_factory.mktemp("unicode") / "train"
    blocks = [newline.join(f"{word}{separator}_{separator}{tag}" for word, tag in block) for block in sentences]
    path.write_bytes((newline * 2).join(["first _ O", *blocks]).encode())
    read = [list(zip(s.words, s.tags, strict=True)) for s in read_file(path)]
    assert read == [[("first", "O")], *sentences]


@pytest.mark.parametrize("split", SPLIT_NAMES)
def test_every_usual_file_name_is_found(tmp_path: Path, split: str):
    for name in SPLIT_NAMES[split]:
        for full_name in (name, f"{name}.txt", f"{name}.conll", f"{name}.tsv", f"{name}.iob", f"eng.{name}"):
            path = saved(tmp_path, "a O\n", full_name)
            assert find_file(tmp_path, split, EXTENSIONS) == path
            path.unlink()


def test_two_files_for_a_split_are_refused(tmp_path: Path):
    saved(tmp_path, "a O\n", "dev.txt"), saved(tmp_path, "a O\n", "valid.txt")
    with pytest.raises(
        InputError, match=r"more than one file for the validation split \(dev.txt, valid.txt\); keep one"
    ):
        read_columns(tmp_path, "validation")


def test_a_missing_file_is_reported_with_the_names_looked_for(tmp_path: Path):
    saved(tmp_path, "a O\n")
    with pytest.raises(InputError, match=r"no file for the validation split; looked for validation\|valid\|dev\|testa"):
        read_columns(tmp_path, "validation")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a O\n\nb\n", r"train.txt:3: the word 'b' has no tag; expected a word, a space or tab, and its tag"),
        ("a O\nb PER\n", r"train.txt:2: tag 'PER' has no known scheme; expected O or <prefix>-<type>"),
        ("a O\nb O\nc M-PER\n", r"train.txt:3: tag 'M-PER' has no known scheme"),
        ("a O\nb B-PER\u00a0\n", r"train.txt:2: tag 'B-PER\\xa0' has no known scheme"),
        ("a O\nb O\ncaf\u00e9 O\n".encode("latin-1"), r"train.txt:3: not UTF-8: byte 0xe9 at offset 11; convert"),
        ("a O\n".encode("utf-16"), r"train.txt:1: not UTF-8: byte 0xff at offset 0"),
        ("", r"train.txt: no sentence in this file"),
        (" \n\n\t\n", r"train.txt: no sentence in this file"),
        ("-DOCSTART- O\n\n", r"train.txt: no sentence in this file"),
    ],
)
def test_unreadable_content_is_reported_with_file_and_line(tmp_path: Path, content: str | bytes, message: str):
    saved(tmp_path, content)
    with pytest.raises(InputError, match=message):
        load(str(tmp_path), "train")


@pytest.mark.parametrize(
    ("split", "sentences", "documents", "counts"),
    [
        pytest.param(
            *("train", 14041, 946, {"LOC": 7140, "MISC": 3438, "ORG": 6321, "PER": 6600}), marks=pytest.mark.slow
        ),
        ("valid", 3250, 216, {"LOC": 1837, "MISC": 922, "ORG": 1341, "PER": 1842}),
        ("test", 3453, 231, {"LOC": 1668, "MISC": 702, "ORG": 1661, "PER": 1617}),
    ],
)
def test_conll2003_has_its_published_counts(shared: Path, split, sentences, documents, counts):
    """Tables 1 and 2 of Tjong Kim Sang & De Meulder (2003), less the -DOCSTART- lines, which they count as sentences."""
    corpus = load(str(shared / "data" / "conll2003"), split)
    spans = [kind for s in corpus for kind, _, _ in tag_spans(s.tags, strict=True)]
    assert (len(corpus), corpus[-1].document + 1) == (sentences, documents)
    assert {kind: spans.count(kind) for kind in sorted(set(spans))} == counts


@pytest.mark.parametrize(("language", "sentences"), [("yor", (305, 645)), ("pcm", (306, 600))])
def test_masakhaner_has_the_sizes_of_its_release(shared: Path, language: str, sentences: tuple[int, ...]):
    folder = str(shared / "data" / "masakhaner" / language)
    corpora = [load(folder, split) for split in ("dev", "test")]
    assert tuple(map(len, corpora)) == sentences
    assert {kind for s in corpora[0] for kind, _, _ in tag_spans(s.tags)} == {"PER", "ORG", "LOC", "DATE"}
