"""The summary, the weight chosen on dev, and the sentences that follow from rows by rule."""

import math

import numpy as np
import pytest

from liap.guidance.alignment_answer import answer, verdict
from liap.guidance.alignment_measures import Faithfulness, Measured
from liap.guidance.alignment_plots import plot_alignment, plot_masks
from liap.guidance.alignment_rows import SUMMARISED, mask_row, model_row, packed, summarise, summary_columns, unpacked
from liap.guidance.alignment_settings import AlignmentSettings
from liap.guidance.guided_models import Plan, plans
from liap.guidance.masked_attention import UNTOUCHED, Extent, MaskPlan, mask_plans

SETTINGS = AlignmentSettings(layer=1, heads="0,1", resamples=100)


def measured(right, share=0.1, ratio=1.0):
    shares, ratios = np.full((2, 3), share), np.full((2, 3), ratio)
    shares[1, 2] += 0.6
    ratios[0, 0] = np.nan
    counts = np.array([[right, 10, 10]] * 4)
    return Measured(counts, shares, ratios, Faithfulness(20, 0.8, 0.7, 0.75, -0.05, -0.09, -0.01))


def rows():
    control = measured(8).counts
    made = [
        (Plan("none", 0.0, 0), 0.80, measured(8)),
        (Plan("none", 0.0, 1), 0.82, measured(8)),
        (Plan("head", 0.1, 0), 0.81, measured(7, 0.5, 3.0)),
        (Plan("head", 0.1, 1), 0.79, measured(7, 0.5, 3.0)),
        (Plan("head", 1.0, 0), 0.60, measured(4, 0.9, 5.0)),
        (Plan("head", 1.0, 1), 0.62, measured(5, 0.9, 5.0)),
        (Plan("head/window", 0.1, 0), 0.8, measured(8, 0.2)),
        (Plan("head/window", 0.1, 1), 0.8, measured(8, 0.2)),
    ]
    structure = {(plan.weight, plan.seed): one.counts for plan, _, one in made if plan.target == "head"}
    return [
        model_row(
            plan,
            dev,
            one,
            SETTINGS,
            control=None if plan.target == "none" else control,
            structure=structure[plan.weight, plan.seed] if "/" in plan.target else None,
        )
        for plan, dev, one in made
    ]


def masked_rows():
    control = measured(8)
    made = [(UNTOUCHED, Extent(), control), (MaskPlan("neighbours", "all", "all", 1.0), Extent(9, 0, 2.0), measured(4))]
    made += [(MaskPlan("neighbours/window", "all", "all", 1.0), Extent(9, 0, 2.0), measured(6))]
    return [
        mask_row(
            plan,
            extent,
            one,
            SETTINGS,
            control=None if plan == UNTOUCHED else control.counts,
            structure=made[1][2].counts if "/" in plan.restriction else None,
        )
        for plan, extent, one in made
    ]


def test_a_row_by_hand():
    row = rows()[2]
    assert row["test_f1"] == pytest.approx(0.7) and row["f1_difference"] == pytest.approx(-0.1)
    assert row["f1_low"] == row["f1_high"] == pytest.approx(-0.1)
    assert row["head_share_guided"] == pytest.approx(0.5)  # heads 0 and 1 of layer 1
    assert row["head_share_all"] == pytest.approx((5 * 0.5 + 1.1) / 6)
    assert row["ratio_all"] == pytest.approx(3.0)  # a head without a value is left out
    assert math.isnan(rows()[0]["f1_difference"]) and math.isnan(row["structure_difference"])
    assert rows()[6]["structure_difference"] == pytest.approx(-0.1)  # head's .7 less head/window's .8


def test_the_summary_and_the_chosen_weight():
    lines = {(line["target"], line["weight"]): line for line in summarise(rows())}
    assert lines["head", 1.0]["test_f1"] == pytest.approx(0.45)
    assert lines["head", 1.0]["test_f1_sd"] == pytest.approx(np.std([0.4, 0.5], ddof=1))
    assert {key for key, line in lines.items() if line["chosen"]} == {
        ("none", 0.0),
        ("head", 0.1),
        ("head/window", 0.1),
    }
    tied = summarise([row | {"dev_f1": 0.5} for row in rows()])
    assert [line["weight"] for line in tied if line["target"] == "head" and line["chosen"]] == [0.1]  # the smallest
    one_seed = summarise([row for row in rows() if row["seed"] == 0])
    assert all(math.isnan(line["test_f1_sd"]) for line in one_seed)
    assert all(set(summary_columns()) == set(line) for line in one_seed) and len(summary_columns()) == 4 + 2 * len(
        SUMMARISED
    )


def test_the_answer_follows_from_the_rows():
    text = answer(rows(), summarise(rows()), masked_rows())
    assert "over 2 seeds" in text
    assert "head (weight 0.1) costs F1 (-0.100, sd 0.000)" in text
    assert "head/window (weight 0.1) does not measurably change F1 (+0.000" in text
    assert "syntactic head 0.100 -> 0.500" in text and "still loses to nearest words" in text
    assert "neighbours -0.400" in text
    assert "neighbours keeps less than its window of equal size (-0.200 [-0.200, -0.200])" in text
    assert text.endswith("Only 4 documents were read, so the intervals are too narrow; read more test sentences.")
    assert rows()[0]["documents"] == 4
    unexplained = [row | {"mentions": 0} for row in rows()]
    assert "The syntactic mask" in text and "The syntactic mask" not in answer(unexplained, summarise(unexplained), [])
    many = [row | {"documents": 20} for row in masked_rows()]
    assert answer([], [], many).count("\n") == 0 and "too narrow" not in answer([], [], many)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ([(-0.2, -0.1), (-0.2, 0.1)], "does not measurably change F1"),
        ([(-0.2, -0.1), (-0.3, -0.1)], "costs F1"),
        ([(0.01, 0.1)], "gains F1"),
        ([(math.nan, math.nan)], "does not measurably change F1"),
    ],
)
def test_a_verdict_needs_every_seed(bounds, expected):
    assert verdict([{"f1_low": low, "f1_high": high} for low, high in bounds]) == expected


def test_chunks_keep_everything():
    one = measured(7)
    texts, arrays = packed(one, {"dev_f1": 0.5})
    chunk = {name: np.frombuffer(text.encode(), dtype=np.uint8) for name, text in texts.items()} | arrays
    back, facts = unpacked(chunk)
    assert facts == {"dev_f1": 0.5} and back.faithfulness.lfs_difference == one.faithfulness.lfs_difference
    assert np.array_equal(back.counts, one.counts) and np.array_equal(back.ratios, one.ratios, equal_nan=True)


def test_plans_and_their_controls():
    settings = AlignmentSettings(targets=("head", "head/random"), weights=(0.1, 1.0), seeds=(0, 5))
    made = plans(settings)
    assert len(made) == len({plan.name for plan in made}) == 10
    assert made[0] == Plan("none", 0.0, 0) and made[5] == Plan("none", 0.0, 5)
    masks = mask_plans(AlignmentSettings(layers=("all", "0"), mask_weights=(0.5, 1.0)))
    assert masks[0] == UNTOUCHED and len(set(masks)) == 1 + 2 * 2 * 2 * 3


def test_plots_show_every_group_and_its_numbers():
    axes = plot_alignment(summarise(rows()))
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["no guidance", "head", "head/window"]
    assert {text.get_text() for text in axes.texts} == {"0.1 *", "1", "0.1"}
    bars = plot_masks(masked_rows())
    assert [patch.get_width() for patch in bars.patches] == pytest.approx([-0.4, -0.2])
    assert next(label.get_text() for label in bars.get_yticklabels()) == "neighbours, all, layers all, weight 1"
