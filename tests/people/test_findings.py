"""Sentences by rule: which side of 0, and the numbers of the rows that they are made from."""

import numpy as np
import pytest

from liap.people import findings
from liap.people.mask_agreement import KINDS, MEASURES, MaskRow
from liap.people.ranking_agreement import WITHIN, BothRow
from liap.people.structure_prior import PriorRow
from liap.reports.statistics import document_weights, estimate

NAN = float("nan")


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.1, 0.2, "above"), (-0.2, -0.1, "below"), (-0.1, 0.1, "not apart from")]
)
def test_sides(low, high, said):
    assert findings.side(low, high) == said


def mask_row(masks, measure, mean, minus, punctuation="kept"):
    return MaskRow(
        "syntactic", masks, punctuation, measure, 9, 3, mean, mean - 0.1, mean + 0.1, minus, minus - 0.01, minus + 0.01
    )


def test_masks_match_people_and_model_each_on_its_own_side():
    means = dict(zip(KINDS, (0.46, 0.24, 0.34, 0.40), strict=True))
    rows = [
        mask_row(kind, measure, means[kind], {"precision": 0.12, "drop_share": -0.07}.get(measure, 0.0), punctuation)
        for kind in KINDS
        for measure in MEASURES
        for punctuation in ("kept", "dropped")
    ]
    first, second, *others = findings.masks_sentences(rows, "syntactic")
    assert (
        "precision 0.460 [0.360, 0.560], the same number of nearest words 0.340, the same distances 0.400, random words 0.240"
        in first
    )
    assert "above for people (+0.120 [+0.110, +0.130]) and below for the model's drops" in second and len(others) == 2


def both_row(explainer, people, model, variant=""):
    return BothRow(explainer, variant, 9, 3, people, people, people, model, model, model, 9, 0.1, 0.0, 0.2)


def test_the_best_for_people_and_for_the_model():
    """Controls, ceilings and other variants are not among the explainers that may win."""
    rows = [
        both_row("liap", 0.5, 0.7, "syntactic"),
        both_row("liap", 0.9, 0.9, "frame"),
        both_row("occlusion", 0.4, 0.9),
    ]
    rows += [
        both_row("matched_window", 0.8, 0.95, "syntactic"),
        BothRow(WITHIN, "", 9, 3, *[NAN] * 6, 9, 0.2, -0.1, 0.3),
    ]
    values = np.array([[-0.1], [-0.2], [-0.3]])
    faithful = estimate(values, np.arange(3), document_weights(3, 200, np.random.default_rng(0)))
    roles = {"liap": "method", "occlusion": "method", "matched_window": "control"}
    best, within, less = findings.rankings_sentences(rows, faithful, roles, "syntactic")
    assert (
        "liap/syntactic agrees best with people (average precision 0.500, LFS 0.700), occlusion with the model (LFS 0.900"
        in best
    )
    assert "agree neither more nor less with people" in within and "-0.200 [" in less


def test_the_chosen_weight_of_the_test_half_is_told():
    rows = [
        PriorRow(
            half, prior, weight, chosen, 9, 3, 0.5, 0.04, 0.03, 0.05, 0.9, -0.001, -0.002, 0.0, behind, behind, behind
        )
        for half in ("choose", "test")
        for prior, behind in (("liap", 0.0), ("matched_window", 0.03), ("matched_random", 0.04))
        for weight, chosen in ((0.0, 0), (2.0, 1))
    ]
    own, window = findings.prior_sentences(rows, "syntactic")
    assert (
        "syntactic structure (weight 2, " in own
        and "by +0.040 [+0.030, +0.050] and LFS by -0.001" in own
        and own.endswith("(n = 9).")
    )
    assert (
        window.startswith("As a prior over occlusion, nearest words")
        and "structure is +0.030 [+0.030, +0.030] ahead." in window
    )
