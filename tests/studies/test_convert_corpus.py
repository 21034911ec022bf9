"""The conversion of a corpus, as a user starts it."""

import json

import pytest

from liap import corpora

SCRIPT = "studies/convert_corpus.py"


def test_a_converted_corpus_is_read_by_every_script(script, tmp_path):
    (tmp_path / "in.csv").write_text("Ann,B-PERSON\nin,O\nRome,B-GPE\n\nMay,B-DATE\n")
    output = tmp_path / "out" / "train.jsonl"
    given = ("--columns", "word=1,tag=2", "--separator", "comma", "--types", "PERSON=PER", "GPE=LOC", "DATE=")
    status, out, err = script(SCRIPT, "--source", tmp_path / "in.csv", "--output", output, *given)
    assert status == 0, err
    assert "2 sentences, 2 entities" in out and "of the dropped type DATE: 1, such as 'May'" in out
    assert [sentence.tags for sentence in corpora.load(str(output), "train")] == [("B-PER", "O", "B-LOC"), ("O",)]
    report = json.loads((tmp_path / "out" / "train.report.json").read_text())
    assert (report["entities"], report["unmapped"]) == (2, {"of the dropped type DATE": 1})


def test_the_format_follows_from_the_file(script, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "Ann left", "entities": [[0, 3, "PER"]]}\n')
    status, out, err = script(SCRIPT, "--source", tmp_path / "a.jsonl", "--output", tmp_path / "b.jsonl")
    assert status == 0 and "1 sentences, 1 entities\nevery entity was mapped" in out, err


def test_the_word_text_makes_no_spans(script, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"words": ["the", "text"]}\n')
    status, out, err = script(SCRIPT, "--source", tmp_path / "a.jsonl", "--output", tmp_path / "b.jsonl")
    assert status == 0 and "1 sentences, 0 entities\nno tags in it" in out, err
    assert corpora.load(str(tmp_path / "b.jsonl"), "train")[0].tags is None


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--source", "/no/such"), "no such file"),
        (("--output", "a.txt"), "ends in .jsonl"),
        (("--format", "columns"), "needs --columns"),
        (("--separator", "pipe"), "--separator"),
        (("--types", "PERSON"), "expected OLD=NEW"),
        (("--language", "xx-none"), "--language"),
    ],
)
def test_bad_input_is_one_line(script, tmp_path, flags, said):
    (tmp_path / "a.jsonl").write_text('{"text": "Ann left", "entities": [[0, 3, "PER"]]}\n')
    given = {"--source": tmp_path / "a.jsonl", "--output": tmp_path / "b.jsonl"} | {flags[0]: flags[1]}
    status, _, err = script(SCRIPT, *(part for pair in given.items() for part in pair))
    assert status == 2 and said in err and "Traceback" not in err
    assert not (tmp_path / "b.jsonl").exists()
