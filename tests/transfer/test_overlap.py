"""Shared entity words: a hand-made corpus, identities of the formula, and the published tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.errors import InputError
from liap.records import Sentence
from liap.taggers.entity_f1 import OVERALL
from liap.transfer.overlap import counts_of, entities_of, overlap_csv, overlap_of, overlaps, read_corpora, word_counts

AA = "Rome B-LOC\nand O\nRome B-LOC\nPaul B-PER\nVI I-PER\n\n"
BB = "Rome B-LOC\nPaul B-LOC\nrome O\nVI B-PER\n\n"
TAGGED = st.lists(st.tuples(st.sampled_from("uvw"), st.sampled_from(["O", "B-LOC", "B-PER"])), min_size=1, max_size=8)


def counts(lines):
    return word_counts([Sentence(0, 0, tuple(word for word, _ in lines), tuple(tag for _, tag in lines))])


@pytest.fixture
def corpora(tmp_path):
    for language, text in (("aa", AA), ("bb", BB)):
        folder = tmp_path / language
        folder.mkdir()
        for split in ("train", "dev", "test"):
            (folder / f"{split}.txt").write_text(text if split == "train" else "x O\nRome B-LOC\n\n")
    return tmp_path


def test_by_hand(corpora):
    tables = overlaps(counts_of(read_corpora(corpora)))
    assert list(tables) == [OVERALL, "LOC", "PER"] and tables[OVERALL].languages == ("aa", "bb")
    # LOC: aa has Rome 2 + 2 times; bb has Rome 1 + 2 times, and Paul, who is no LOC in aa
    assert tables["LOC"].tokens.tolist() == [[4, 3 + 1], [3, 4]]
    assert tables["PER"].tokens.tolist() == [[2, 1], [1, 1]]  # VI alone: Paul is no PER in bb
    assert tables[OVERALL].tokens.tolist() == [[6, 5], [4, 5]]
    assert tables[OVERALL].coverage.tolist() == [[1, 5 / 6], [4 / 5, 1]]


def test_entities_are_counted_by_their_first_words(corpora):
    found = entities_of(read_corpora(corpora))
    assert found["aa", "train", "PER"] == 1 and found["aa", "train", "LOC"] == 2
    assert found["bb", "validation", "LOC"] == 1 and ("bb", "validation", "PER") not in found


def test_the_csv_has_the_counted_language_as_its_column(corpora):
    table = overlap_of(counts_of(read_corpora(corpora)), "LOC")
    assert overlap_csv(table).splitlines() == ["shared_with,aa,bb", "aa,4,3", "bb,4,4"]


@given(TAGGED, TAGGED)
def test_overlap_is_bounded_by_its_diagonal_and_adds_up(first, second):
    tables = overlaps({"a": counts(first), "b": counts(second)})
    whole = tables.pop(OVERALL).tokens
    assert (whole == sum([table.tokens for table in tables.values()], np.zeros((2, 2), dtype=int))).all()
    assert (whole <= np.diag(whole)[:, None]).all()
    assert (whole[0, 1] == 0) == (whole[1, 0] == 0)  # sharing is mutual, only the counts differ
    assert whole[0, 0] == sum(tag != "O" for _, tag in first)


def test_folders_that_cannot_be_used_are_refused(tmp_path, corpora):
    with pytest.raises(InputError, match="no such folder"):
        read_corpora(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no folder cc"):
        read_corpora(corpora, ("aa", "cc"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no folder of a language"):
        read_corpora(tmp_path / "empty")
    (corpora / "aa" / "dev.txt").write_text("Rome\n")
    with pytest.raises(InputError, match=r"dev.txt:1: the word 'Rome' has no tag"):
        read_corpora(corpora, ("aa",))
