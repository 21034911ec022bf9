"""Grids and their margins on a study of three languages, by hand."""

import math

import numpy as np
import pytest

from liap.transfer.monolingual import comparison_rows, monolingual_rows, zero_shot_values
from liap.transfer.zero_shot import cells_of, grid_of, grids_of, margin_rows, zero_shot_rows
from tests.transfer.conftest import BASE, LANGUAGES, grid_score, study


def test_a_grid_has_the_means_and_real_deviations(scores):
    grid = grids_of(scores)["base"]
    assert grid.languages == LANGUAGES and grid.mean == pytest.approx(np.array(BASE))
    assert grid.deviation == pytest.approx(np.full((3, 3), math.sqrt(2)))  # of -1 and +1, by n - 1
    assert (grid.seeds == 2).all()
    assert grid.row_means == pytest.approx([15, 35, 55])  # the diagonal is left out
    assert grid.column_means == pytest.approx([40, 35, 30])
    assert np.isnan(np.diag(grid.transferred)).all() and grid.is_complete


def test_languages_can_be_chosen_and_ordered(scores):
    grid = grids_of(scores)["base"].of(["cc", "aa"])
    assert grid.mean == pytest.approx(np.array([[70, 50], [20, 80]]))


def test_an_incomplete_starting_point_has_no_grid(scores):
    hole = [
        one
        for one in scores
        if (one.starting_point, one.finetune_language, one.evaluation_language) != ("other", "aa", "bb")
    ]
    assert list(grids_of(hole)) == ["base"]
    grid = grid_of(cells_of(hole, "overall"), "other", LANGUAGES)
    assert math.isnan(grid.mean[0, 1]) and grid.seeds[0, 1] == 0 and not grid.is_complete
    assert grid.row_means[0] == pytest.approx(18)  # of the cell that is there


def test_same_language_rows_start_from_their_own_encoder():
    adapted = [one for start in LANGUAGES for one in study(start, seeds=(0,)) if one.finetune_language == start]
    assert grids_of(adapted)["same-language"].mean == pytest.approx(np.array(BASE))


def test_margins(scores):
    rows = list(margin_rows(grids_of(scores)["base"]))
    assert [(row.language, row.monolingual, row.gives, row.receives) for row in rows] == [
        ("aa", 80, 15, 40), ("bb", 90, 35, 35), ("cc", 70, pytest.approx(55), pytest.approx(30)),
    ]  # fmt: skip


def test_rows_hold_every_cell_and_category(scores):
    rows = list(zero_shot_rows(scores, ("overall", "PER")))
    assert len(rows) == 2 * 2 * 9
    row = next(
        row
        for row in rows
        if (row.starting_point, row.finetune_language, row.evaluation_language) == ("base", "bb", "aa")
    )
    assert (row.seeds, row.mean, row.sd) == (2, pytest.approx(30), pytest.approx(math.sqrt(2)))


def test_monolingual_rows(scores):
    row = next(iter(monolingual_rows(scores, ("overall",))))
    assert (row.starting_point, row.language, row.mean, row.lowest, row.highest) == ("base", "aa", 80, 79, 81)
    assert row.sd == pytest.approx(math.sqrt(2)) and row.sd_published == pytest.approx(1)


def test_zero_shot_values_are_means_over_the_other_languages(scores):
    values = zero_shot_values(cells_of(scores, "overall"))
    assert values["base", "aa"] == pytest.approx([14, 16])
    short = [
        one
        for one in study()
        if not (one.finetune_language == "aa" and one.seed == 1 and one.evaluation_language == "bb")
    ]
    assert zero_shot_values(cells_of(short, "overall"))["base", "aa"] == pytest.approx([14])


def test_comparisons_by_hand(scores):
    rows = comparison_rows(scores, ("overall",), "base")
    own = [row for row in rows if row.value == "monolingual"]
    assert [(row.starting_point, row.language) for row in own] == [
        ("other", "aa"), ("other", "bb"), ("other", "cc"), ("other", "all"),
    ]  # fmt: skip
    for row in own[:3]:  # 84, 86 beside 79, 81: apart, of which two of two can say little
        assert row.difference == pytest.approx(5) and row.superiority == 1
        assert row.p_exact == row.smallest_p == pytest.approx(1 / 3) and row.p_holm == 1
        assert row.p_published == pytest.approx(1 / 3)
    assert own[3].p_exact == pytest.approx(2 / 6**3) and own[3].difference == pytest.approx(5)
    assert own[3].p_holm == own[3].p_exact  # alone in its family
    away = next(row for row in rows if (row.value, row.language) == ("zero_shot", "bb"))
    assert away.difference == pytest.approx(-2) and away.superiority == pytest.approx(0.125)


def test_adapted_starting_points_are_their_own_kind():
    adapted = [one for start in ("aa", "bb") for one in study(start) if one.finetune_language in (start, "cc")]
    rows = comparison_rows(study() + adapted, ("overall",), "base")
    kinds = {(row.starting_point, row.language): row.kind for row in rows if row.value == "monolingual"}
    assert kinds == {
        ("aa", "aa"): "same-language",
        ("bb", "bb"): "same-language",
        ("same-language", "all"): "same-language",
        ("aa", "cc"): "another language",
        ("bb", "cc"): "another language",  # pooled never: these two share the runs of the reference
    }


def test_equal_runs_are_no_difference():
    same = [grid_score(start, "aa", seed, "aa", 50) for start in ("base", "x") for seed in (0, 1)]
    row = comparison_rows(same, ("overall",), "base")[0]
    assert (row.p_published, row.p_exact, row.superiority) == (1, 1, 0.5) and math.isnan(row.hedges_g)
