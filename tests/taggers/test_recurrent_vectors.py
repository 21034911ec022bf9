"""Word vectors from GloVe files, whole and broken, and from an encoder."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.errors import InputError
from liap.taggers.recurrent_vectors import parsed, read_vectors, vector_table

LINES = "the 0.5 -1 2e-1\nrome 1 2 3\n. . . 7 8 9\n0000 4 5 6\nUnused 1 1 1\n"


@pytest.fixture
def glove(tmp_path):
    path = tmp_path / "glove.6B.3d.txt"
    path.write_text(LINES, encoding="utf-8")
    return path


def test_only_the_corpus_words_are_kept(glove):
    vectors = read_vectors(str(glove), ["The", "Rome", "1996", "strange", "the"], 3)
    assert {word: row.tolist() for word, row in vectors.found.items()} == {
        "The": pytest.approx([0.5, -1, 0.2]), "Rome": [1, 2, 3], "0000": [4, 5, 6], "the": pytest.approx([0.5, -1, 0.2]),
    }  # fmt: skip
    assert vectors.asked == 5


def test_a_word_may_hold_blanks(glove):
    words = dict(parsed("x", iter(LINES.encode().splitlines(keepends=True))))
    assert list(words) == ["the", "rome", ". . .", "0000", "Unused"] and words[". . ."].tolist() == [7, 8, 9]


def test_exact_words_come_before_lower_case(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("rome 1 1\nRome 2 2\n")
    assert read_vectors(str(path), ["Rome", "ROME"], 2).found["Rome"].tolist() == [2, 2]
    assert read_vectors(str(path), ["ROME"], 2).found["ROME"].tolist() == [1, 1]


def test_zip_files_give_the_size_asked_for(tmp_path):
    path = tmp_path / "glove.6B.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("glove.6B.2d.txt", "rome 1 2\n")
        archive.writestr("glove.6B.3d.txt", "rome 1 2 3\n")
    assert read_vectors(str(path), ["rome"], 3).found["rome"].tolist() == [1, 2, 3]
    with pytest.raises(InputError, match=r"expected one with \.5d\. in its name"):
        read_vectors(str(path), ["rome"], 5)
    path.write_bytes(path.read_bytes()[:60] + b"\0" * 40 + path.read_bytes()[100:])
    with pytest.raises(InputError, match=r"damaged zip file|none of the corpus's|broken"):
        read_vectors(str(path), ["rome"], 3)


def test_a_header_is_skipped(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("2 2\nrome 1 2\nparis 3 4\n")
    assert read_vectors(str(path), ["paris"], 2).found["paris"].tolist() == [3, 4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"rome 1 2\nparis 3\n", ":2: 1 numbers behind the word, expected 2"),
        (b"rome 1 2\nparis 3 x\n", ":2: .* in the vector of 'paris'; expected numbers"),
        (b"rome 1 nan\n", ":1: the vector of 'rome' holds a number that is not finite"),
        (b"rome 1 2\n\xff\xfe 1 2\n", ":2: not UTF-8"),
        (b"rome\n", ":1: 0 numbers behind the word"),
        (b"rome 1 2\n\n", ":2: 0 numbers behind the word, expected 2"),
        (b"rome " + b"1 " * 60_000, ":1: longer than"),
        (b"rome 1 2\n", "the word vectors have 2; give that number"),
        (b"", "has none of the corpus's 1 words"),
    ],
)
def test_broken_files_end_with_one_line(tmp_path, content, message):
    path = tmp_path / "v.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_vectors(str(path), ["rome"], 3 if "give that" in message else 2)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="no such file; expected a GloVe text or zip file, random, or encoder:FOLDER"):
        read_vectors(str(tmp_path / "none.txt"), ["rome"], 2)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_vectors_or_one_line(content):
    lines, read = content.splitlines(keepends=True), []
    try:
        read.extend(parsed("file", iter(lines)))
    except InputError as error:
        message = str(error)
    else:
        message = "file:"
    assert message.startswith("file:") and len(read) <= len(lines)
    assert all(np.isfinite(vector).all() and len(vector) == len(read[0][1]) for _, vector in read)


def test_wide_vectors_keep_their_main_axes(tmp_path):
    draw = np.random.default_rng(0)
    table = draw.normal(size=(30, 2)) @ draw.normal(size=(2, 5))
    path = tmp_path / "v.txt"
    path.write_text(
        "".join(f"w{chr(97 + n)}x " + " ".join(map(repr, map(float, row))) + "\n" for n, row in enumerate(table))
    )
    words = [f"w{chr(97 + n)}x" for n in range(30)]
    found = np.stack(list(read_vectors(str(path), words, 2).found.values()))
    centred = table - table.mean(axis=0)
    np.testing.assert_allclose(found @ found.T, centred @ centred.T, atol=1e-4)  # of rank 2, so nothing is lost


def test_words_without_a_vector_are_random(glove):
    vectors = read_vectors(str(glove), ["rome", "strange"], 3)
    table = vector_table(vectors, ["rome", "strange"], 3, np.random.default_rng(0))
    assert table[0].tolist() == [1, 2, 3] and np.abs(table[1]).max() <= 1
    assert not read_vectors("random", ["rome"], 3).found


def test_an_encoders_vectors_are_means_over_pieces(tiny, tiny_folder):
    from liap.taggers.recurrent_encoder import encoder_vectors

    table = tiny.model.get_input_embeddings().weight.numpy()
    found = encoder_vectors(str(tiny_folder), ["ab", "\u2603", "c"])
    pieces = tiny.encode(("ab",)).piece_ids[1:-1]
    np.testing.assert_allclose(found["ab"], table[pieces].mean(axis=0), atol=1e-6)
    assert set(found) == {"ab", "c"}
    with pytest.raises(InputError, match="names no folder"):
        encoder_vectors("", ["a"])
