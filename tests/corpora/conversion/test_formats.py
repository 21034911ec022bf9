"""Each format's reader: the same three sentences from all, and one line for broken files."""

import json

import pytest

from liap import corpora
from liap.corpora.conversion.brat_files import read_brat
from liap.corpora.conversion.char_spans import Unmapped, sentences_of
from liap.corpora.conversion.column_choice import ColumnChoice, read_choice, read_columns
from liap.corpora.conversion.docbin_files import read_docbin
from liap.corpora.conversion.span_json import read_span_json
from liap.corpora.conversion.types_map import read_types, renamed
from liap.corpora.conversion.written import json_lines
from liap.errors import InputError
from liap.records import Sentence

TEXT = "Ann lives in New York .\nShe left"
ENTITIES = [(0, 3, "PERSON"), (13, 21, "GPE")]
WORDS = [("Ann", "lives", "in", "New", "York", "."), ("She", "left")]
TAGS = [("B-PERSON", "O", "O", "B-GPE", "I-GPE", "O"), ("O", "O")]


def check(sentences):
    assert [sentence.words for sentence in sentences] == WORDS
    assert [sentence.tags for sentence in sentences] == TAGS


def test_brat(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    lines = ["T1\tPERSON 0 3\tAnn", "T2\tGPE 13 21\tNew York", "R1\tlives Arg1:T1 Arg2:T2", "T3\tX 0 3;4 9\tAnn lives"]
    (tmp_path / "a.ann").write_text("\n".join(lines) + "\n")
    report = Unmapped()
    check(sentences_of(read_brat(tmp_path, report), "en", report))
    assert report.counts == {"discontinuous": 1} and "a.ann:4" in report.examples["discontinuous"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("T1 PERSON 0 3 Ann", "a tab, the type"),
        ("T1\tPERSON 0 99\tAnn", "beyond the text"),
        ("T1\tPERSON 1 4\tAnn", "stands at other offsets"),
    ],
)
def test_broken_brat(tmp_path, line, said):
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "a.ann").write_text(f"\n{line}\n")
    with pytest.raises(InputError, match=said) as error:
        read_brat(tmp_path, Unmapped())
    assert "a.ann:2" in str(error.value)


def test_brat_without_its_text(tmp_path):
    (tmp_path / "a.ann").write_text("T1\tPERSON 0 3\tAnn\n")
    with pytest.raises(InputError, match=r"a\.txt is not beside it"):
        read_brat(tmp_path, Unmapped())


@pytest.mark.parametrize(
    "value",
    [
        {"text": TEXT, "entities": [list(one) for one in ENTITIES]},
        {"text": TEXT, "spans": [{"start": a, "end": b, "label": c} for a, b, c in ENTITIES]},
        {"text": TEXT, "label": [{"start_offset": a, "end_offset": b, "type": c} for a, b, c in ENTITIES]},
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_spans(tmp_path, value, listed):
    path = tmp_path / "spans.jsonl"
    path.write_text(json.dumps([value]) if listed else f"\n{json.dumps(value)}\n")
    check(sentences_of(read_span_json(path), "en", Unmapped()))


@pytest.mark.parametrize(
    "value", ["{", '{"words": []}', '{"text": "a", "entities": 3}', '{"text": "a", "entities": [[0, "1", "X"]]}', '{"text": "a", "spans": [{"start": 0}]}']
)  # fmt: skip
def test_broken_spans(tmp_path, value):
    path = tmp_path / "spans.jsonl"
    path.write_text(f"\n{value}\n")
    with pytest.raises(InputError, match=r"spans\.jsonl:2"):
        read_span_json(path)


def test_docbin(tmp_path):
    import spacy
    from spacy.tokens import Doc, DocBin, Span

    vocabulary = spacy.blank("en").vocab
    words = [*WORDS[0], *WORDS[1]]
    document = Doc(vocabulary, words=words, sent_starts=[True] + [False] * 5 + [True, False])
    document.ents = [Span(document, 0, 1, "PERSON"), Span(document, 3, 5, "GPE")]
    parsed = Doc(vocabulary, words=["She", "left"], heads=[1, 1], deps=["nsubj", "root"], pos=["PRON", "VERB"])
    DocBin(docs=[document, parsed], attrs=["ENT_IOB", "ENT_TYPE", "SENT_START", "HEAD", "DEP", "POS"]).to_disk(
        tmp_path / "a.spacy"
    )
    report = Unmapped()
    sentences = read_docbin(tmp_path / "a.spacy", "en", report)
    check(sentences[:2])
    assert report.kept == 2 and [sentence.document for sentence in sentences] == [0, 0, 1]
    assert (sentences[2].parse.heads, sentences[2].parse.parts_of_speech) == ((1, -1), ("PRON", "VERB"))
    (tmp_path / "b.spacy").write_bytes(b"none")
    with pytest.raises(InputError, match="not a DocBin"):
        read_docbin(tmp_path / "b.spacy", "en", report)


def saved(tmp_path, *documents):
    from spacy.tokens import DocBin

    DocBin(docs=documents).to_disk(tmp_path / "a.spacy")
    report = Unmapped()
    return read_docbin(tmp_path / "a.spacy", "en", report), report


def test_docbin_entities_that_have_no_tag(tmp_path):
    import spacy
    from spacy.tokens import Doc, Span

    vocabulary = spacy.blank("en").vocab
    document = Doc(vocabulary, words=["He", "read", " ", "War", "and", "Peace", " ", "twice"])
    document.ents = [Span(document, 2, 6, "WORK OF ART"), Span(document, 6, 7, "X")]
    document.spans["sc"] = [Span(document, 2, 6, "WORK OF ART"), Span(document, 3, 4, "EVENT")]
    bare, blanks = Doc(vocabulary, words=["So", "what"]), Doc(vocabulary, words=[" "])
    sentences, report = saved(tmp_path, document, bare, blanks)
    assert [sentence.tags for sentence in sentences] == [
        ("O", "O", "B-WORK-OF-ART", "I-WORK-OF-ART", "I-WORK-OF-ART", "O"), ("O", "O"),
    ]  # fmt: skip
    assert report.kept == 1 and report.counts == {
        "without words": 1, "in the span group sc": 1, "document without entity annotation": 1,
    }  # fmt: skip
    assert "'War' (EVENT)" in report.examples["in the span group sc"]
    (tmp_path / "a.jsonl").write_text(json_lines(sentences))
    assert [one.tags for one in corpora.load(str(tmp_path / "a.jsonl"), "test")] == [one.tags for one in sentences]


def test_docbin_without_any_entity_annotation_has_no_tags(tmp_path):
    import spacy
    from spacy.tokens import Doc

    vocabulary = spacy.blank("en").vocab
    bare, none = Doc(vocabulary, words=["So", "what"]), Doc(vocabulary, words=["Nothing"])
    assert [one.tags for one in saved(tmp_path, bare)[0]] == [None]
    none.ents = []  # annotated: there is none
    assert [one.tags for one in saved(tmp_path, bare, none)[0]] == [("O", "O"), ("O",)]


def test_brat_lines_end_at_line_feeds_alone(tmp_path):
    (tmp_path / "a.txt").write_text("Ann\u2028Lee left")
    (tmp_path / "a.ann").write_text("T1\tPERSON 0 7\tAnn\u2028Lee\r\nT2\tPERSON 0 3\tAnn\r\n", newline="")
    (document,) = read_brat(tmp_path, Unmapped())
    assert [(span.start, span.end) for span in document.spans] == [(0, 7), (0, 3)]


@pytest.mark.parametrize(
    ("separator", "joined", "chosen"),
    [
        ("space", "{tag} x {word}", "word=-1,tag=1"),
        ("tab", "{word}\tx\t{tag}\ty", "word=1,tag=3"),
        ("comma", '"{word}",{tag},0', "word=1,tag=2"),
        ("semicolon", "a;{word};{tag}", "tag=-1, word=2"),
    ],
)
def test_columns(tmp_path, separator, joined, chosen):
    blocks = [[joined.format(word=word, tag=tag) for word, tag in zip(*block)] for block in zip(WORDS, TAGS)]  # noqa: B905
    path = tmp_path / "a.txt"
    path.write_text("\n\n".join("\n".join(block) for block in blocks) + "\n")
    check(read_columns(path, read_choice(chosen), separator, Unmapped()))


def test_columns_that_number_sentences_and_documents(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1,d1,Ann,B-PER\n1,d1,left,O\n2,d1,So,O\n3,d2,Bob,B-PER\n")
    sentences = read_columns(path, ColumnChoice(3, 4, sentence=1, document=2), "comma", Unmapped())
    assert [sentence.words for sentence in sentences] == [("Ann", "left"), ("So",), ("Bob",)]
    assert [sentence.document for sentence in sentences] == [0, 0, 1]


@pytest.mark.parametrize("text", ["word=1", "word=0,tag=1", "word=1,tag=x", "word=1,word=2,tag=3", "name=1,tag=2", ""])
def test_wrong_choices(text):
    with pytest.raises(InputError, match="--columns"):
        read_choice(text)


def test_columns_that_are_not_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Ann B-PER\nleft\n")
    with pytest.raises(InputError, match=r"a\.txt:2: 1 columns"):
        read_columns(path, ColumnChoice(1, 2), "space", Unmapped())
    with pytest.raises(InputError, match=r"a\.txt:1: .*is it the column"):
        read_columns(path, ColumnChoice(2, 1), "space", Unmapped())


def test_types_are_renamed_or_dropped():
    report = Unmapped(kept=2)
    sentence = Sentence(0, 0, WORDS[0], TAGS[0])
    (found,) = renamed([sentence], read_types(["PERSON=PER", "GPE="]), report)
    assert found.tags == ("B-PER", "O", "O", "O", "O", "O")
    assert report.kept == 1 and report.counts == {"of the dropped type GPE": 1}
    for wrong in (["PERSON"], ["=PER"], ["A=B", "A=C"], ["A B=C"]):
        with pytest.raises(InputError, match="--types"):
            read_types(wrong)


def test_what_is_written_reads_the_same(tmp_path, small_corpus):
    sentences = corpora.load(str(small_corpus), "test")
    path = tmp_path / "test.jsonl"
    path.write_text(json_lines(sentences))
    assert corpora.load(str(path), "test") == sentences
