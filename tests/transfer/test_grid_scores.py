"""The table of all runs: what is written is read back, and bad lines are named."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.errors import InputError
from liap.taggers.entity_f1 import EntityScore
from liap.transfer.grid_scores import (
    GridScore,
    categories,
    header_of,
    lines_of_scores,
    of_tests,
    read_scores,
    read_tables,
)

SHARES = st.integers(0, 1000).map(lambda value: value / 1000)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=8).filter(str.strip)
TYPES = ("LOC", "PER")
HEADER = header_of(["PER"])
LINE = "base,aa,0,bb,zero_shot_grid,test,0.5,0.4,0.6,,0.1,0.2,0.3,7\n"


PLACE = st.tuples(
    NAMES,
    NAMES,
    st.integers(0, 9),
    NAMES,
    st.sampled_from(["finetune", "zero_shot_grid"]),
    st.sampled_from(["eval", "test"]),
)
TYPE = st.tuples(SHARES, SHARES, SHARES, st.integers(0, 99))
NUMBERS = st.tuples(SHARES, SHARES, SHARES, st.sampled_from([0.25, math.nan]))
PARTS = st.tuples(PLACE, NUMBERS, st.tuples(TYPE, TYPE))


@given(st.lists(PARTS, min_size=1, max_size=4, unique_by=lambda parts: parts[0]))
def test_what_is_written_is_read_back(tmp_path_factory, parts):
    scores = tuple(
        GridScore(*place, *numbers, tuple(EntityScore(kind, *one) for kind, one in zip(TYPES, types, strict=True)))
        for place, numbers, types in parts
    )
    path = tmp_path_factory.mktemp("table") / "results.csv"
    path.write_text(header_of(TYPES) + lines_of_scores(scores, TYPES), encoding="utf-8", newline="")
    assert repr(read_scores(path)) == repr(scores)  # NaN equals NaN in text


def test_a_type_that_a_run_lacks_has_empty_cells(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(HEADER + LINE)
    (score,) = read_scores(path)
    assert categories([score]) == ("overall", "PER") and score.f1_of("PER") == 0.3 and score.f1_of("overall") == 0.5
    assert math.isnan(score.f1_of("LOC")) and math.isnan(score.loss)
    assert lines_of_scores([score], ["LOC", "PER"]).endswith(",,,,0,0.1,0.2,0.3,7\n")


def test_a_models_own_language_counts_once(tmp_path):
    path = tmp_path / "results.csv"
    own = LINE.replace("bb", "aa")
    lines = [LINE, own, own.replace("zero_shot_grid", "finetune"), own.replace("zero_shot_grid,test", "finetune,eval")]
    path.write_text(HEADER + "".join(lines))
    assert [(one.evaluation_language, one.part) for one in of_tests(read_scores(path))] == [
        ("aa", "finetune"),
        ("bb", "zero_shot_grid"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + LINE + LINE, r":3: the same run and split as line 2"),
        (HEADER + LINE.replace("0.5", "50"), r":2: f1 is '50'; expected a share from 0 to 1"),
        (HEADER + LINE.replace("0.4", "nan"), r":2: precision is 'nan'"),
        (HEADER + LINE.replace("0.3", "x"), r":2: per_f1 is 'x'"),
        (HEADER + LINE.replace(",7", ",-7"), r":2: per_support is '-7'; expected a whole number"),
        (HEADER + LINE.replace(",0,bb", ",one,bb"), r":2: seed is 'one'"),
        (HEADER + LINE.replace("test", "tset"), r":2: split is 'tset'; expected eval or test"),
        (HEADER + LINE.replace("zero_shot_grid", "grid"), r":2: part is 'grid'"),
        (HEADER + LINE.replace("base", " "), r":2: starting_point is empty"),
        (HEADER + LINE.replace(",7", ""), r":2: 13 cells, the header has 14"),
        (HEADER + LINE.replace("base", "same-language"), r":2: starting_point is 'same-language', which stands for"),
        (HEADER, r"no line after the header"),
        (HEADER.replace("f1,precision", "g1,precision") + LINE, r":1: the header lacks f1"),
        (HEADER.replace("per_f1", "per_f") + LINE, r":1: the header lacks 'per_f1'"),
        (HEADER.replace("loss", "f1,loss") + LINE, r":1: the header names 'f1' twice"),
        ("", r":1: the header lacks starting_point"),
    ],
)
def test_bad_tables_are_named_with_their_line(tmp_path, text, message):
    path = tmp_path / "results.csv"
    path.write_text(text)
    with pytest.raises(InputError, match="results.csv.*" + message if message[0] != ":" else "results.csv" + message):
        read_scores(path)


def test_no_table_and_no_text_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file; expected the table of all runs"):
        read_scores(tmp_path / "results.csv")
    (tmp_path / "results.csv").write_bytes(HEADER.encode() + b"\xff")
    with pytest.raises(InputError, match=r"results.csv:2: not UTF-8"):
        read_scores(tmp_path / "results.csv")


def test_a_run_stands_in_one_table_alone(tmp_path):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(HEADER + LINE)
    second.write_text(HEADER + LINE.replace("base", "other"))
    assert [one.starting_point for one in read_tables([first, second])] == ["base", "other"]
    second.write_text(HEADER + LINE.replace("bb", "aa"))  # the same run, on another language
    with pytest.raises(InputError, match=r"second.csv: base on aa, seed 0, is in .*first.csv too"):
        read_tables([first, second])
