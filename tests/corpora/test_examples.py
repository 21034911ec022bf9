"""The example files of docs/formats.md: each says the same; and whatever bytes a file holds, it is read or refused in one line."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liap.corpora import from_text, load
from liap.records import Parse, Sentence

EXAMPLES = Path(__file__).parent / "examples"
EXPECTED = (
    Sentence(0, 0, ("Ada", "Byron", "lives", "in", "Rome", "."), ("B-PER", "I-PER", "O", "O", "B-LOC", "O")),
    Sentence(1, 0, ("She", "left", "."), ("O", "O", "O")),
    Sentence(2, 1, ("Oslo", "waits"), ("B-LOC", "O")),
)
TREES = (
    Parse(
        (2, 0, -1, 4, 2, 2),
        ("nsubj", "flat", "root", "case", "obl", "punct"),
        ("PROPN", "PROPN", "VERB", "ADP", "PROPN", "PUNCT"),
        "ud",
    ),
    Parse((1, -1, 1), ("nsubj", "root", "punct"), ("PRON", "VERB", "PUNCT"), "ud"),
    Parse((1, -1), ("nsubj", "root"), ("PROPN", "VERB"), "ud"),
)
FILES = (
    "columns.txt", "columns.tsv", "table.tsv", "table.csv", "sentences.jsonl", "tokens.jsonl", "list.json", "trees.conllu",
)  # fmt: skip


@pytest.mark.parametrize("name", [*FILES, "saved_dataset", "saved_splits", "parquet"])
def test_every_example_says_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    read = load(str(EXAMPLES / name), "test")
    assert tuple(replace(sentence, parse=None, frames=None) for sentence in read) == EXPECTED
    if name in ("sentences.jsonl", "trees.conllu"):
        assert tuple(sentence.parse for sentence in read) == TREES
    if name == "sentences.jsonl":
        assert [frame.predicate for sentence in read for frame in sentence.frames] == [2, 1, 1]


@pytest.mark.parametrize("name", FILES)
def test_a_folder_with_the_file_named_after_its_split(name: str, tmp_path: Path):
    shutil.copy(EXAMPLES / name, tmp_path / f"dev{Path(name).suffix}")
    shutil.copy(EXAMPLES / "features.json", tmp_path)
    assert load(str(tmp_path), "validation") == load(str(EXAMPLES / name), "test")


def test_the_example_of_raw_text():
    sentences = from_text("", str(EXAMPLES / "text.txt"))
    assert [(s.words, s.document) for s in sentences] == [(s.words, s.document) for s in EXPECTED]


def test_the_documentation_names_every_example():
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\(\.\./tests/corpora/examples/([\w./]+)\)", text))
    assert named == {path.name for path in EXAMPLES.iterdir()}


@pytest.mark.parametrize("name", FILES)
def test_line_ends_do_not_matter(name: str, tmp_path: Path):
    content = (EXAMPLES / name).read_bytes()
    shutil.copy(EXAMPLES / "features.json", tmp_path)
    for end in (b"\r\n", b"\r"):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + content.replace(b"\n", end))
        assert load(str(tmp_path / name), "test") == load(str(EXAMPLES / name), "test")


@pytest.mark.parametrize("name", FILES)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_any_bytes_are_read_or_refused_in_one_line(name, data, mutated, ends_soundly, tmp_path):
    path = tmp_path / name
    path.write_bytes(data.draw(st.one_of(st.binary(max_size=60), mutated((EXAMPLES / name).read_bytes()))))
    shutil.copy(EXAMPLES / "features.json", tmp_path)
    for sentence in ends_soundly(load, str(path), "test") or ():
        assert sentence.words and all(isinstance(word, str) for word in sentence.words)
        assert sentence.tags is None or len(sentence.tags) == len(sentence.words)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_json_value_is_read_or_refused_in_one_line(data, mutated, ends_soundly, tmp_path):
    sound = json.loads((EXAMPLES / "list.json").read_bytes())
    (tmp_path / "test.json").write_text(json.dumps(data.draw(mutated(sound))))
    (tmp_path / "features.json").write_text(json.dumps(data.draw(mutated({"ner_tags": {"names": ["O", "B-PER"]}}))))
    for sentence in ends_soundly(load, str(tmp_path), "test") or ():
        assert sentence.tags is None or len(sentence.tags) == len(sentence.words)
