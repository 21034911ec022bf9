"""JSON lines with parses and frames: what a line becomes, and what is refused with file and line."""

import json
from pathlib import Path

import pytest

from liap.corpora import load
from liap.corpora.jsonl import relation_scheme
from liap.errors import InputError
from liap.records import Frame, Parse, Sentence

LINE = {
    "words": ["She", "saw", "Rome"],
    "upos": ["PRON", "VERB", "PROPN"],
    "heads": [1, -1, 1],
    "deprels": ["nsubj", "root", "obj"],
    "frames": [{"predicate": 1, "sense": "see.01", "tags": ["B-ARG0", "B-V", "B-ARG1"]}],
}


def saved(folder: Path, *lines: object) -> str:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "dev.jsonl").write_text("\n".join(texts), encoding="utf-8")
    return str(folder)


def test_a_line_becomes_a_sentence_with_parse_and_frames(tmp_path: Path):
    sentences = load(saved(tmp_path, LINE, "", {"words": ["Rome"], "tags": ["S-LOC"]}), "validation")
    assert sentences == (
        Sentence(
            index=0,
            document=0,
            words=("She", "saw", "Rome"),
            parse=Parse(
                heads=(1, -1, 1),
                relations=("nsubj", "root", "obj"),
                parts_of_speech=("PRON", "VERB", "PROPN"),
                scheme="ud",
            ),
            frames=(Frame(predicate=1, tags=("B-ARG0", "B-V", "B-ARG1")),),
        ),
        Sentence(index=1, document=1, words=("Rome",), tags=("B-LOC",)),
    )


def test_the_relations_tell_the_scheme():
    assert relation_scheme({"nsubj:pass", "case", "root", "obl:agent"}) == "ud"
    assert relation_scheme({"nsubj", "prep", "pobj", "ROOT"}) == "clear"
    assert relation_scheme({"SBJ", "NMOD", "case"}) == "unknown"


def without(key: str) -> dict:
    return {name: value for name, value in LINE.items() if name != key}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "expected|nested|JSON"),
        ([1], "expected an object with the key 'words', got list"),
        (without("words"), "'words' must be a list of strings"),
        ({"words": []}, "at least one word"),
        (without("upos"), "'upos' must be a list of strings"),
        (LINE | {"heads": [1, -1]}, "2 heads, 3 relations"),
        (LINE | {"heads": [1, -1, 9]}, "the head of word 2 is 9"),
        (LINE | {"heads": [1, None, 1]}, "'heads' must be a list of word indices"),
        (LINE | {"frames": [{"tags": []}]}, "a frame must be an object with 'predicate'"),
        (LINE | {"frames": [{"predicate": 5, "tags": ["O"]}]}, "predicate must be a word index"),
        (LINE | {"frames": [{"predicate": 0, "tags": ["B-V"]}]}, "3 words but a frame of 1 tags"),
        ({"words": ["a"], "tags": ["PER"]}, "tag 'PER' is of no known scheme"),
        ({"words": ["a"], "tags": ["O", "O"]}, "1 words but 2 tags"),
    ],
)
def test_a_bad_line_is_told_with_file_and_line(tmp_path: Path, line: object, message: str):
    with pytest.raises(InputError, match=rf"dev\.jsonl:2: .*({message})"):
        load(saved(tmp_path, LINE, line), "dev")


def test_an_empty_file_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"dev\.jsonl: no sentence in this file"):
        load(saved(tmp_path, "", " "), "dev")


def test_propbank_ewt_has_its_sizes(shared: Path):
    sentences = load(str(shared / "data" / "propbank_ewt"), "dev")
    assert len(sentences) == 1963
    assert {sentence.parse.scheme for sentence in sentences} == {"ud"}
    assert sum(len(sentence.frames) for sentence in sentences) == 3797
