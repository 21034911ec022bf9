"""The sentences of the English Web Treebank that the package holds: they are what their README says."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest

from liap import corpora
from liap.corpora import EWT_FOLDER, load

SPLITS = ("test", "train", "validation")


def table() -> dict[str, list[str]]:
    """The cells of the README's table by split."""
    lines = (EWT_FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    return {row[0].removesuffix(".jsonl"): row[1:] for row in rows}


@pytest.mark.parametrize("split", SPLITS)
def test_the_readme_counts_what_the_corpus_holds(split):
    sentences = load("ewt", split)
    types = Counter(tag[2:] for sentence in sentences for tag in sentence.tags if tag.startswith("B-"))
    digest = hashlib.sha256((EWT_FOLDER / f"{split}.jsonl").read_bytes()).hexdigest()
    words, frames = sum(len(s.words) for s in sentences), sum(len(s.frames) for s in sentences)
    numbers = (len({s.document for s in sentences}), len(sentences), words, types.total())
    numbers += (*(types[kind] for kind in ("LOC", "ORG", "PER")), frames)
    assert table()[split][1:] == [*(f"{number:,}" for number in numbers), digest]


@pytest.mark.parametrize("split", SPLITS)
def test_every_sentence_has_one_tree_of_universal_dependencies(split):
    for sentence in load("ewt", split):
        heads = sentence.parse.heads
        assert sum(head < 0 for head in heads) == 1
        for word in range(len(heads)):  # every path leads to the root
            above, steps = word, 0
            while heads[above] >= 0:
                above, steps = heads[above], steps + 1
                assert steps < len(heads)
        assert sentence.parse.scheme == "ud"


@pytest.mark.parametrize("split", SPLITS)
def test_frames_are_of_verbs_on_the_same_words(split):
    for sentence in load("ewt", split):
        for frame in sentence.frames:
            assert len(frame.tags) == len(sentence.words)
            assert frame.tags[frame.predicate] == "B-V"


def test_each_document_holds_a_mention_and_is_in_one_split():
    starts = Counter()
    for split in SPLITS:
        sentences = load("ewt", split)
        mentioned = {sentence.document for sentence in sentences if any(tag != "O" for tag in sentence.tags)}
        assert mentioned == set(range(len(mentioned))) == {sentence.document for sentence in sentences}
        names = re.findall(r'"sent_id":"([^"]+)-\d+"', (EWT_FOLDER / f"{split}.jsonl").read_text(encoding="utf-8"))
        starts.update(set(names))
    assert set(starts.values()) == {1}


def test_it_is_the_choice_that_the_tool_makes(shared, tmp_path):
    import importlib.util

    path = Path(__file__).parents[2] / "tools" / "ewt_corpus.py"
    specification = importlib.util.spec_from_file_location("ewt_corpus", path)
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    tool.main(shared / "data" / "uner_ewt", tmp_path)
    for split in SPLITS:
        assert (tmp_path / f"{split}.jsonl").read_bytes() == (EWT_FOLDER / f"{split}.jsonl").read_bytes()


def test_a_folder_of_that_name_needs_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ewt").mkdir()
    (tmp_path / "ewt" / "test.txt").write_text("Rome B-LOC\n", encoding="utf-8")
    assert [sentence.words for sentence in load("./ewt", "test")] == [("Rome",)]
    assert len(load("ewt", "test")) > 1
    assert not corpora.holds_one_split("ewt")
