"""JSON lines with parses and frames: what a line becomes, and what is refused with file and line."""

import json
from pathlib import Path

import pytest

from liap.corpora import load
from liap.corpora.jsonl import relation_scheme
from liap.corpora.tag_names import SIDE_FILES, tag_names
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


def test_the_relations_decide_the_scheme():
    assert relation_scheme({"nsubj:pass", "case", "root", "obl:agent"}) == "ud"
    assert relation_scheme({"nsubj", "prep", "pobj", "ROOT"}) == "clear"
    assert relation_scheme({"SBJ", "NMOD", "case"}) == "unknown"


def test_a_parsers_inventory_may_hold_other_labels_too():
    labels = {"nsubj", "nmod", "case", "own-label"}
    assert relation_scheme(labels) == "unknown" and relation_scheme(labels, inventory=True) == "ud"
    assert relation_scheme({"nsubj", "obj"}) == "ud" and relation_scheme({"nsubj", "obj"}, inventory=True) == "unknown"


def without(key: str) -> dict:
    return {name: value for name, value in LINE.items() if name != key}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "expected|nested|JSON"),
        ([1], "expected an object with the key 'words' or 'tokens', got list"),
        (without("words"), "'words' must be a list of strings"),
        ({"words": []}, "at least one word"),
        (without("upos"), "'upos' must be a list of strings"),
        (LINE | {"heads": [1, -1]}, "2 heads, 3 relations"),
        (LINE | {"heads": [1, -1, 9]}, "the head of word 2 is 9"),
        (LINE | {"heads": [1, None, 1]}, "'heads' must be a list of word indices"),
        (LINE | {"frames": [{"tags": []}]}, "a frame must be an object with 'predicate'"),
        (LINE | {"frames": [{"predicate": 5, "tags": ["O"]}]}, "predicate must be a word index"),
        (LINE | {"frames": [{"predicate": 0, "tags": ["B-V"]}]}, "3 words but a frame of 1 tags"),
        ({"words": ["a"], "tags": ["PER"]}, "tag 'PER' has no known scheme"),
        ({"words": ["a"], "tags": ["O", "O"]}, "1 words but 2 tags"),
    ],
)
def test_a_bad_line_is_reported_with_file_and_line(tmp_path: Path, line: object, message: str):
    with pytest.raises(InputError, match=rf"dev\.jsonl:2: .*({message})"):
        load(saved(tmp_path, LINE, line), "dev")


def test_an_empty_file_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"dev\.jsonl: no sentence in this file"):
        load(saved(tmp_path, "", " "), "dev")


def test_tokens_and_numbered_tags(tmp_path: Path):
    saved(
        tmp_path,
        {"tokens": ["a", "b"], "tags": ["NN", "NN"], "ner_tags": [1, 0]},
        {"words": ["c"], "ner_tags": ["B-X"]},
    )
    with pytest.raises(
        InputError, match=r"dev\.jsonl:1: 'ner_tags': the tag 1 has no name; expected strings, or numbers"
    ):
        load(str(tmp_path), "dev")
    (tmp_path / "features.json").write_text('{"ner_tags": ["O", "B-X"]}')
    first, second = load(str(tmp_path), "dev")
    assert (first.words, first.tags, second.words, second.tags) == (("a", "b"), ("B-X", "O"), ("c",), ("B-X",))
    saved(tmp_path, {"words": ["a"], "tags": ["O"], "ner_tags": [7]}, {"tokens": ["a"], "ner_tags": [2]})
    with pytest.raises(InputError, match=r"dev\.jsonl:2: 'ner_tags': the tag 2 has no name"):
        load(str(tmp_path), "dev")


NAMES = ["O", "B-X"]


@pytest.mark.parametrize(
    "content",
    [
        {"ner_tags": NAMES},
        {"tags": {"names": NAMES}},
        {"features": {"ner_tags": {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "List"}}},
        {"ner_tags": [{"names": {"0": "O", "1": "B-X"}}]},
    ],
)
@pytest.mark.parametrize("name", SIDE_FILES)
def test_names_of_tags(tmp_path: Path, name: str, content: object):
    (tmp_path / name).write_text(json.dumps(content))
    assert tag_names(tmp_path) == tuple(NAMES)


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"ner_tags": []}', '{"ner_tags": [1]}', "[" * 100_000, "9" * 5000]
)
def test_unreadable_names_of_tags(tmp_path: Path, content: str):
    (tmp_path / "features.json").write_text(content)
    with pytest.raises(InputError, match=r'features\.json: .*expected \{"ner_tags": \["O", "B-PER", \.\.\.\]\}'):
        tag_names(tmp_path)


def written(folder: Path, content: str) -> str:
    (folder / "dev.json").write_text(content, encoding="utf-8")
    return str(folder)


def test_a_json_list_and_json_lines_under_the_name_json(tmp_path: Path):
    objects = [{"words": ["a"], "tags": ["O"]}, {"words": ["b", "]"], "tags": ["B-X", "O"]}]
    lines = "\n".join(map(json.dumps, objects))
    for content in (json.dumps(objects), json.dumps(objects, indent=2) + "\n", lines, f"\n {json.dumps(objects)} \n"):
        assert [s.words for s in load(written(tmp_path, content), "dev")] == [("a",), ("b", "]")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", r"dev\.json: no sentence in this file; expected a list of objects"),
        ('[\n{"words": ["a"]},\n{"words": 1}]', r"dev\.json:3: 'words' must be a list of strings"),
        ('[\n{"words": ["a"]}\n{"words": ["b"]}]', r"dev\.json:3: not JSON \(Expecting ',' or '\]'"),
        ('[{"words": ["a"]},\n]', r"dev\.json:2: not JSON"),
        ('[{"words": ["a"]}]\n]', r"dev\.json:\d: not JSON \(Extra data"),
        ('[{"words": ["a"]}', r"dev\.json:1: not JSON"),
        ("[" * 100_000, r"dev\.json:1: (not JSON|nested too deeply)"),
        ("[" + "9" * 5000 + "]", r"dev\.json:1: not JSON"),
        ('{\n"words": ["a"]}', r"dev\.json:1: not JSON"),
    ],
)
def test_a_bad_list_is_reported_with_file_and_line(tmp_path: Path, content: str, message: str):
    with pytest.raises(InputError, match=message):
        load(written(tmp_path, content), "dev")


def test_an_object_of_docstart_alone_starts_a_document(tmp_path: Path):
    mark = {"words": ["-DOCSTART-"], "tags": ["O"]}
    sentences = load(
        saved(tmp_path, {"words": ["a"]}, mark, {"words": ["b"]}, {"words": ["c"]}, mark, {"words": ["d"]}), "dev"
    )
    assert [(s.index, s.document) for s in sentences] == [(0, 0), (1, 1), (2, 1), (3, 2)]


def test_propbank_ewt_has_its_sizes(shared: Path):
    sentences = load(str(shared / "data" / "propbank_ewt"), "dev")
    assert len(sentences) == 1963
    assert {sentence.parse.scheme for sentence in sentences} == {"ud"}
    assert sum(len(sentence.frames) for sentence in sentences) == 3797
