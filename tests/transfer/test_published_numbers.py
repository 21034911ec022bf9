"""Published tables: how they are read, how a number is checked, and the real ones."""

import math

import numpy as np
import pytest

from liap.errors import InputError
from liap.transfer.grid_scores import header_of, lines_of_scores, read_scores
from liap.transfer.overlap import Overlap, counts_of, entities_of, overlaps, read_corpora
from liap.transfer.published_numbers import Recomputed, check, check_rows, disagreements
from liap.transfer.published_tables import PublishedNumber, read_published, read_table
from tests.transfer.conftest import study

GRID = ",aa Evaled on,bb Evaled on\nbb (NER finetune lang),30.0,90.0\naa (NER finetune lang),80.0,10.01\n"
SEEDS = ",aa,bb\nbase,80.0 (1.0),\nswa,,12.5 (0.3)\n"


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_a_grid_is_read_by_its_languages(tmp_path):
    numbers = list(read_table(write(tmp_path, "results_base.csv", GRID)))
    assert [(one.row, one.column, one.quantity, one.value, one.decimals, one.line) for one in numbers] == [
        ("bb", "aa", "mean", 30.0, 1, 2),
        ("bb", "bb", "mean", 90.0, 1, 2),
        ("aa", "aa", "mean", 80.0, 1, 3),
        ("aa", "bb", "mean", 10.01, 2, 3),
    ]


def test_means_and_deviations_are_read_apart(tmp_path):
    numbers = list(read_table(write(tmp_path, "results_seed.csv", SEEDS)))
    assert [(one.row, one.column, one.quantity, one.value) for one in numbers] == [
        ("base", "aa", "mean", 80.0), ("base", "aa", "sd", 1.0), ("swa", "bb", "mean", 12.5), ("swa", "bb", "sd", 0.3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "results_base.csv",
            GRID.replace("90.0", "ninety"),
            r"results_base.csv:2: a cell is 'ninety'; expected a number",
        ),
        ("results_base.csv", GRID.replace(",90.0", ""), r"results_base.csv:2: 2 cells, the header has 3"),
        (
            "results_base.csv",
            GRID.replace("bb (NER", "aa (NER"),
            r"results_base.csv:3: the row 'aa' stands in line 2 too",
        ),
        ("results_base.csv", GRID.replace("bb Eva", "aa Eva"), r"results_base.csv:1: the header is"),
        (
            "results_seed.csv",
            SEEDS.replace(" (1.0)", ""),
            r"results_seed.csv:2: a cell is '80.0'; expected a mean and a",
        ),
        ("base_categories.csv", SEEDS, r"base_categories.csv:2: a cell is ''; expected a mean and a deviation"),
        ("data_all.csv", "", r"data_all.csv:1: the header is ''"),
    ],
)
def test_bad_tables_are_named_with_their_line(tmp_path, name, text, message):
    write(tmp_path, name, text)
    with pytest.raises(InputError, match=message):
        read_published(tmp_path)


def test_a_number_agrees_where_its_recomputation_rounds_to_it():
    number = PublishedNumber("t", 1, "r", "c", "mean", 12.34, 2)
    assert [check(number, (value, "")).agrees for value in (12.335, 12.3449, 12.346, math.nan)] == [
        "yes",
        "yes",
        "no",
        "",
    ]
    assert check(number, (12.5, "why")).difference == pytest.approx(0.16)


def test_every_number_finds_its_recomputation(tmp_path):
    write(tmp_path, "results_base.csv", GRID)
    write(tmp_path, "results_seed.csv", SEEDS)
    write(tmp_path, "data_all.csv", ",aa,bb\naa,5,3\nbb,4,9\n")
    table = Overlap("overall", ("aa", "bb"), np.array([[5, 4], [7, 9]]))
    rows = check_rows(
        read_published(tmp_path), Recomputed(study(), {"overall": table}, {("aa", "test", "PER"): 5}, (), ())
    )
    found = {(row.table, row.row, row.column, row.quantity): row for row in rows}
    assert found["results_base.csv", "bb", "aa", "mean"].agrees == "yes"
    assert found["results_base.csv", "aa", "bb", "mean"].agrees == "no"
    assert found["results_base.csv", "aa", "bb", "mean"].recomputed == pytest.approx(10)
    assert found["results_seed.csv", "base", "aa", "sd"].recomputed == pytest.approx(1)  # divided by n, as published
    missing = found["results_seed.csv", "swa", "bb", "mean"]
    assert missing.agrees == "" and missing.reason == "results.csv has no run of swa and bb"
    assert found["data_all.csv", "bb", "aa", "tokens"].agrees == "yes"  # counted in aa, shared with bb
    assert found["data_all.csv", "aa", "bb", "tokens"].recomputed == 7
    supports = {row.row: row.agrees for row in rows if row.table == "supports in results.csv"}
    assert supports == {"aa": "yes", "bb": "", "cc": ""}


def test_tables_that_contradict_each_other_are_found(tmp_path):
    write(tmp_path, "results_base.csv", GRID)
    write(tmp_path, "results_seed.csv", SEEDS.replace("80.0", "80.1"))
    ((first, second),) = disagreements(read_published(tmp_path))
    assert (first.value, second.value, second.row) == (80.1, 80.0, "aa")


def test_all_published_numbers_are_recomputed_but_those_with_amharic(published_analysis):
    assert len(published_analysis.checks) == 827
    assert [row for row in published_analysis.checks if row.agrees == "no"] == []
    missing = [row for row in published_analysis.checks if not row.agrees]
    assert len(missing) == 81 and all("amh" in row.reason for row in missing)


def test_the_published_correlation_is_one_of_two_directions(published_analysis):
    r = {
        (row.source, row.predictor, row.counted_in): row.r
        for row in published_analysis.correlations
        if (row.grid, row.category, row.given) == ("base", "overall", "nothing")
    }
    expected = {
        ("runs", "overlap", "evaluation"): 0.724, ("runs", "overlap", "fine-tuning"): 0.624,
        ("runs", "coverage", "evaluation"): 0.644, ("runs", "coverage", "fine-tuning"): 0.679,
        ("results_base.csv", "overlap", "evaluation"): 0.734, ("results_base.csv", "overlap", "fine-tuning"): 0.676,
        ("results_base.csv", "coverage", "evaluation"): 0.707, ("results_base.csv", "coverage", "fine-tuning"): 0.725,
    }  # fmt: skip
    assert r == pytest.approx(expected, abs=5e-4)


def test_what_is_read_from_the_real_table_is_written_again(published_analysis, tmp_path):
    types = ("DATE", "LOC", "ORG", "PER")
    path = tmp_path / "results.csv"
    path.write_text(header_of(types) + lines_of_scores(published_analysis.scores, types))
    again = read_scores(path)
    assert [one.key for one in again] == [one.key for one in published_analysis.scores]
    assert [one.f1 for one in again] == pytest.approx([one.f1 for one in published_analysis.scores], abs=1e-6)


def test_overlap_does_not_depend_on_what_else_is_read(published_analysis, shared):
    two = read_corpora(shared / "data" / "masakhaner", ("swa", "hau"))
    table = overlaps(counts_of(two))["overall"]
    assert table.tokens.tolist() == published_analysis.overlaps["overall"].of(("swa", "hau")).tokens.tolist()
    assert table.tokens[0, 1] == 4143 and entities_of(two)["swa", "test", "PER"] == 333
