"""From a corpus's name to its reader: folders before names, aliases of splits, limits, and what is refused."""

from pathlib import Path

import pytest

from liap import corpora
from liap.corpora import load
from liap.errors import InputError


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
def test_a_missing_folder_is_told_with_what_was_expected(corpus: str):
    with pytest.raises(InputError, match=r"no such folder; expected one with train, valid\|dev\|testa and test\|testb"):
        load(corpus, "train")


def test_an_empty_name_is_refused():
    with pytest.raises(InputError, match=r"corpus: no name given"):
        load("", "train")


def test_a_file_in_place_of_a_folder_is_refused(folder: Path):
    with pytest.raises(InputError, match=r"is a file; expected its folder"):
        load(str(folder / "train"), "train")


def test_an_empty_folder_is_told_with_the_names_looked_for(tmp_path: Path):
    with pytest.raises(InputError, match=r"no file for the test split; looked for test\|testb, with or without .txt"):
        load(str(tmp_path), "test")


def test_an_unknown_split_or_limit_is_refused(folder: Path):
    with pytest.raises(InputError, match=r"split 'training': expected one of train, validation"):
        load(str(folder), "training")
    with pytest.raises(InputError, match=r"expected 0 \(all\) or more, got -1"):
        load(str(folder), "train", limit=-1)


def test_the_default_is_a_name_that_the_hub_reader_takes():
    from liap.corpora.hub import ALIASES, HUB_NAME, SCRIPTED

    assert HUB_NAME.fullmatch(corpora.DEFAULT) and corpora.DEFAULT in SCRIPTED
    assert ALIASES["conll2003"] == corpora.DEFAULT
