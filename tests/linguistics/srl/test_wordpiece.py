import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.errors import InputError
from liap.linguistics.srl import wordpiece
from liap.linguistics.srl.wordpiece import Wordpieces, find_encoder_file, read_vocabulary

PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##a", "##ff", "##able", "a", "b", "##b", "é", "-", "unaff")
VOCABULARY = {piece: index for index, piece in enumerate(PIECES)}


def cut(*words: str, lower_case: bool = True):
    return Wordpieces(VOCABULARY, lower_case)(words)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("unaffable", ["unaff", "##able"]),  # the longest piece first
        ("unable", ["un", "##able"]),
        ("unx", ["[UNK]"]),  # the whole word or nothing
        ("É", ["é"]),  # accents stay
        ("a-b", ["[UNK]"]),  # punctuation is not split off
        ("a b", ["a", "b"]),  # white space separates
        ("", []),
        ("\u00a0\t", []),
        ("a" + "b" * 99, ["a"] + ["##b"] * 99),
        ("a" + "b" * 100, ["[UNK]"]),  # over 100 characters
        ("[SEP]", ["[UNK]"]),  # lower-cased
        ("\ud800", ["[UNK]"]),
    ],
)
def test_pieces_of_a_word(word, expected):
    assert [PIECES[index] for index in cut(word).ids[1:-1]] == expected


def test_case_is_kept_for_a_cased_encoder():
    assert [PIECES[index] for index in cut("A", "a", "[SEP]", lower_case=False).ids] == [
        "[CLS]",
        "[UNK]",
        "a",
        "[SEP]",
        "[SEP]",
    ]


def test_a_word_without_pieces_points_to_the_next_piece():
    pieces = cut("", "unable", "", "a", "")
    assert pieces.starts == (1, 1, 3, 3, 4) and pieces.ends == (1, 3, 3, 4, 4)
    assert len(pieces.ids) == 5 and pieces.ids[4] == VOCABULARY["[SEP]"]


@given(st.lists(st.text()))
def test_words_tile_the_sentence(words):
    pieces = cut(*words)
    assert pieces.starts == (1, *pieces.ends)[: len(words)] and len(pieces.starts) == len(words)
    assert len(pieces.ids) == (pieces.ends[-1] if words else 1) + 1
    assert pieces.ids[0] == VOCABULARY["[CLS]"] and pieces.ids[-1] == VOCABULARY["[SEP]"]


def test_either_vocabulary_file_is_read(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"type": "WordPiece", "vocab": VOCABULARY}}))
    assert read_vocabulary(tmp_path / "vocab.txt") == read_vocabulary(tmp_path / "tokenizer.json") == VOCABULARY


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vocab.txt", b"\xff\xfe", "expected a BERT vocabulary"),
        ("vocab.txt", b"[CLS]\n[SEP]\n", r"has no \[UNK\]"),
        ("tokenizer.json", b"{", "expected a BERT vocabulary"),
        ("tokenizer.json", b'{"model": {"vocab": [["a", 1.0]]}}', "expected a BERT vocabulary"),
    ],
)
def test_a_broken_vocabulary_is_reported_with_its_file(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_vocabulary(tmp_path / name)


def test_the_encoder_is_searched_in_the_users_folder_or_beside_the_archive(tmp_path):
    archive = tmp_path / "model.tar.gz"
    names = ("vocab.txt", "tokenizer.json")
    assert find_encoder_file(names, "org/bert", archive=archive) is None
    places = [
        tmp_path / "bert" / "tokenizer.json",
        tmp_path / "org" / "bert" / "vocab.txt",
        tmp_path / "mine" / "vocab.txt",
    ]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    assert find_encoder_file(names, "org/bert", archive=archive) == places[1]
    assert find_encoder_file(names, "bert", archive=archive) == places[0]
    assert find_encoder_file(names, str(tmp_path / "mine"), archive=tmp_path / "else" / "a") == places[2]
    assert find_encoder_file(names, "bert", archive=archive, folder=str(tmp_path / "mine")) == places[2]
    (tmp_path / "mine" / "toy").mkdir()
    (tmp_path / "mine" / "toy" / "vocab.txt").touch()
    assert find_encoder_file(names, "toy", archive=tmp_path / "mine") == tmp_path / "mine" / "toy" / "vocab.txt"
    with pytest.raises(InputError, match="no such folder"):
        find_encoder_file(names, "bert", archive=archive, folder=str(tmp_path / "nowhere"))


def test_a_missing_vocabulary_is_requested_from_the_hub(tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"vocab.txt of 'org/none'.*--srl-archive"):
        wordpiece.fetch_encoder_file("vocab.txt", "org/none", archive=tmp_path / "model.tar.gz")
    with pytest.raises(InputError, match="expected a folder with it beside the archive"):
        wordpiece.fetch_encoder_file("vocab.txt", "../none", archive=tmp_path / "model.tar.gz")
