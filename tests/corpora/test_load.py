"""From a corpus's name to its reader: folders before names, aliases of splits, limits, digests, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from liap import corpora
from liap.corpora import digest_of_sentences, holds_one_split, load
from liap.errors import InputError
from liap.records import Evidence, Frame, Parse, Sentence


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, words in (("train", "abc"), ("testa", "de"), ("testb", "f")):
        text = "\n\n".join(f"{word} I-PER\n{word} B-PER" for word in words)
        (tmp_path / name).write_text(f"-DOCSTART- O\n\n{text}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("split", "words"),
    [(s, "abc") for s in ("train",)]
    + [(s, "de") for s in ("validation", "valid", "dev", "testa")]
    + [(s, "f") for s in ("test", "testb")],
)
def test_every_name_of_a_split(folder: Path, split: str, words: str):
    assert "".join(sentence.words[0] for sentence in load(str(folder), split)) == words


def test_a_limit_takes_the_first_and_changes_nothing_else(folder: Path):
    everything = load(str(folder), "train")
    assert load(str(folder), "train", limit=2) == everything[:2]
    assert load(str(folder), "train", limit=99) == everything


def test_a_folder_comes_before_a_name_on_the_hub(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder.parent)
    assert load(folder.name, "test")[0].words == ("f", "f")


@pytest.mark.parametrize("corpus", ["./nowhere", "/nowhere/at/all", "a/b/c", "~/nowhere-at-all"])
def test_a_missing_folder_is_reported_with_what_was_expected(corpus: str):
    with pytest.raises(InputError, match=r"no such folder; expected one with train, valid\|dev\|testa and test\|testb"):
        load(corpus, "train")


def test_an_empty_name_is_refused():
    with pytest.raises(InputError, match=r"corpus: no name given"):
        load("", "train")


def test_a_single_file_is_read_whole_whatever_the_split(folder: Path):
    expected = load(str(folder), "validation")
    for split in ("train", "validation", "test"):
        assert load(str(folder / "testa"), split) == expected
    assert load(str(folder / "testa"), "test", limit=1) == expected[:1]


def test_what_holds_one_split(folder: Path):
    assert holds_one_split(str(folder / "train"))
    assert not any(map(holds_one_split, (str(folder), "", "planted", "conll2003", "./nowhere")))


def test_what_is_neither_a_file_nor_a_folder_is_refused():
    with pytest.raises(InputError, match=r"'/dev/null' is neither a file nor a folder"):
        load("/dev/null", "train")


def test_an_empty_folder_is_reported_with_the_names_looked_for(tmp_path: Path):
    with pytest.raises(InputError, match=r"no file for the test split; looked for test\|testb, with or without .txt"):
        load(str(tmp_path), "test")


def test_an_unknown_split_or_limit_is_refused(folder: Path):
    with pytest.raises(InputError, match=r"split 'training': expected one of train, validation"):
        load(str(folder), "training")
    with pytest.raises(InputError, match=r"expected 0 \(all\) or more, got -1"):
        load(str(folder), "train", limit=-1)


def test_the_default_is_a_name_that_the_hub_reader_takes():
    from liap.corpora.datasets_library import ALIASES, HUB_NAME, SCRIPTED

    assert HUB_NAME.fullmatch(corpora.DEFAULT) and corpora.DEFAULT in SCRIPTED
    assert ALIASES["conll2003"] == corpora.DEFAULT


TREE = Parse((1, -1), ("nsubj", "root"), ("PROPN", "VERB"), "ud")
SENTENCE = Sentence(
    index=0,
    document=0,
    words=("Ann", "sings"),
    tags=("B-PER", "O"),
    parse=TREE,
    frames=(Frame(1, ("B-ARG0", "B-V")),),
    evidence=(Evidence(0, 1, (1,), "dependency"),),
)


@pytest.mark.parametrize(
    "change",
    [
        {"words": ("Ann", "sang")},
        {"words": ("Ann", "sings\0")},
        {"document": 1},
        {"tags": ("B-ORG", "O")},
        {"tags": None},
        {"parse": None},
        {"parse": replace(TREE, heads=(-1, 0))},
        {"parse": replace(TREE, relations=("obj", "root"))},
        {"parse": replace(TREE, parts_of_speech=("NOUN", "VERB"))},
        {"parse": replace(TREE, scheme="unknown")},
        {"frames": None},
        {"frames": ()},
        {"frames": (Frame(0, ("B-ARG0", "B-V")),)},
        {"frames": (Frame(1, ("B-ARG1", "B-V")),)},
        {"evidence": ()},
        {"evidence": (Evidence(0, 1, (1,), "frame"),)},
    ],
)
def test_any_change_of_what_a_corpus_says_changes_its_digest(change: dict):
    other = replace(SENTENCE, index=1)
    assert digest_of_sentences([replace(SENTENCE, **change), other]) != digest_of_sentences([SENTENCE, other])


def test_equal_sentences_have_equal_digests_and_order_counts():
    other = replace(SENTENCE, index=1)
    assert digest_of_sentences((SENTENCE, other)) == digest_of_sentences([replace(SENTENCE), replace(other)])
    assert digest_of_sentences([other, SENTENCE]) != digest_of_sentences([SENTENCE, other])
    assert digest_of_sentences([SENTENCE]) != digest_of_sentences([SENTENCE, other])
