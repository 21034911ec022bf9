"""CoNLL-U: words, trees, entity tags in MISC and documents, and what is refused with file and line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.corpora import load
from liap.errors import InputError
from liap.records import Parse


def line(
    number: object, form: str = "w", *, upos: str = "X", head: object = "_", relation: str = "_", misc: str = "_"
) -> str:
    return "\t".join((str(number), form, "_", upos, "_", "_", str(head), relation, "_", misc))


def read(folder: Path, *lines: str):
    (folder / "test.conllu").write_bytes("".join(text + "\n" for text in lines).encode())
    return load(str(folder / "test.conllu"), "test")


def test_multiword_tokens_and_empty_nodes_are_no_words(tmp_path: Path):
    lines = (
        line(1, "Vámonos", upos="VERB", head=0, relation="root"),
        line("2-3", "al", misc="SpaceAfter=No"),
        line(2, "a", upos="ADP", head=4, relation="case"),
        line(3, "el", upos="_", head=4, relation="det"),
        line("3.1", "vacío"),
        line(4, "10 000", upos="NUM", head=1, relation="obl", misc="SpaceAfter=No|NER=B-CARDINAL"),
    )
    (sentence,) = read(tmp_path, *lines)
    assert sentence.words == ("Vámonos", "a", "el", "10 000")
    assert sentence.tags == ("O", "O", "O", "B-CARDINAL")
    assert sentence.parse == Parse((-1, 3, 3, 0), ("root", "case", "det", "obl"), ("VERB", "ADP", "X", "NUM"), "ud")


@pytest.mark.parametrize("key", ["NER", "NamedEntity", "NE", "Entity", "ner"])
def test_keys_of_entity_tags(tmp_path: Path, key: str):
    (first, second) = read(tmp_path, line(1, misc=f"{key}=I-PER"), line(2, misc="Gloss=x"), "", line(1))
    assert (first.tags, second.tags) == (("B-PER", "O"), ("O",))


def test_a_file_without_entities_or_heads_has_neither_tags_nor_trees(tmp_path: Path):
    (sentence,) = read(tmp_path, line(1), line(2))
    assert sentence.tags is None and sentence.parse is None


def test_newdoc_starts_a_document(tmp_path: Path):
    def documents(*lines):
        return [sentence.document for sentence in read(tmp_path, *lines)]

    assert documents(line(1), "", line(1), "") == [0, 1]
    assert documents("# newdoc", line(1), "", line(1), "", "# newdoc id = b", "# sent_id = newdoc", line(1)) == [
        0,
        0,
        1,
    ]
    assert documents(line(1), "", "#newdoc", line(1), "", "# newdocument", line(1)) == [0, 1, 1]


def test_names_of_treebank_files(tmp_path: Path):
    (tmp_path / "en_x-ud-dev.conllu").write_text(line(1) + "\n")
    assert load(str(tmp_path), "validation")[0].words == ("w",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("1\tw",), ":1: 2 columns; expected the ten of CoNLL-U"),
        ((line(1), line(3)), ":2: ID 3; expected 2, or a blank line"),
        ((line("x"),), ":1: ID 'x'; expected a number from 1"),
        ((line(1, ""),), ":1: an empty FORM"),
        ((line(1, head="x"),), ":1: HEAD 'x'; expected the ID of a word"),
        ((line(1, head=0), line(2)), ":2: a word without HEAD"),
        (("", line(1, head=2), line(2, head=1)), ":2: parse: word 0 is above itself"),
        ((line(1, head=7),), ":1: parse: the head of word 0 is 6"),
        ((line(1, misc="NER=B-PER"), line(2, misc="NER=PER")), ":2: NER in MISC: tag 'PER' has no known scheme"),
        ((line(1, misc="Entity=(person-1"),), r":1: Entity in MISC: tag '\(person-1' has no known scheme"),
        ((line("1-2", misc="NER=B-PER"), line(1), line(2)), ":1: an entity tag on the multiword token 1-2"),
        (("# newdoc", ""), r"test\.conllu: no sentence in this file"),
    ],
)
def test_what_is_refused_with_file_and_line(tmp_path: Path, lines, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, *lines)


FORMS = st.text(st.characters(exclude_characters="\t\n\r", exclude_categories=("Cs",)), min_size=1, max_size=5).filter(
    lambda form: form.strip()
)


@given(
    st.lists(
        st.lists(st.tuples(FORMS, st.sampled_from(("O", "B-é", "B-PER"))), min_size=1, max_size=4),
        min_size=1,
        max_size=4,
    )
)
def test_any_unicode_is_read_back(tmp_path_factory, sentences):
    lines = []
    for words in sentences:
        lines += [line(number, form, misc=f"NER={tag}") for number, (form, tag) in enumerate(words, start=1)] + [""]
    back = read(tmp_path_factory.mktemp("conllu"), *lines)
    assert [list(zip(s.words, s.tags, strict=True)) for s in back] == sentences
