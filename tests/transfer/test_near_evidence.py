"""The share of evidence in the nearest words: by hand, its extremes, and comparisons whose differences are known."""

import json
import math

import pytest

from liap.errors import InputError
from liap.transfer.near_comparison import comparisons
from liap.transfer.near_evidence import Evaluated, NearEvidenceRow, rows_of


def lines_of(tmp_path, *mentions, trained="aa", evaluated="aa", methods=("occlusion",)):
    """The rows of a run whose explanations have these scores; each mention is one word."""
    folder = tmp_path / trained / evaluated
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "explanations.jsonl").open("w") as file:
        for number, (place, scores) in enumerate(mentions):
            line = {"sentence": number, "start": place, "end": place + 1, "type": "PER", "probability": 0.9}
            line |= {"words": ["w"] * len(scores), "scores": {"occlusion": scores, "attention": [0.0] * len(scores)}}
            file.write(json.dumps(line) + "\n")
    return list(rows_of(Evaluated("base", trained, 0, evaluated, folder), methods))


def test_the_near_share_by_hand(tmp_path):
    # Six context words: the nearest three are both neighbours, and half of each word at distance two.
    (row,) = lines_of(tmp_path, (2, [0.1, 0.2, 0.0, 0.3, -0.5, 0.2, 0.2]))
    assert row.context == 6 and row.evidence == pytest.approx(1.0)
    assert row.near == pytest.approx(0.2 + 0.3 + 0.1 / 2) and row.chance == 0.5
    assert row.excess == pytest.approx(0.05)
    assert row.steps == pytest.approx(0.1 * 2 + 0.2 + 0.3 + 0.2 * 3 + 0.2 * 4)


def test_all_evidence_near_is_one_none_is_zero_and_even_evidence_is_chance(tmp_path):
    near, far, even = lines_of(
        tmp_path, (0, [0, 0.2, 0.1, 0.2, 0, 0, 0]), (0, [0, 0, 0, 0, 0, 0.4, 0.1]), (0, [0, *[0.05] * 10])
    )
    assert (near.near, far.near) == (pytest.approx(1), 0)
    assert even.excess == pytest.approx(0) and even.chance == pytest.approx(0.3)


def test_few_words_are_halved_and_a_mention_without_evidence_has_no_share(tmp_path):
    short, insensitive, alone = lines_of(tmp_path, (0, [0, 0.3, 0.1]), (0, [0, 0.004, 0.004, -0.2]), (0, [0.5]))
    assert short.near == pytest.approx(0.75) and short.chance == 0.5
    assert math.isnan(insensitive.near) and math.isnan(insensitive.excess) and insensitive.evidence < 0.01
    assert math.isnan(alone.near) and alone.context == 0


def test_each_method_has_its_rows_and_one_that_the_run_lacks_is_refused(tmp_path):
    mentions = (0, [0, 0.3, 0.1]), (1, [0.2, 0, 0.1])
    rows = lines_of(tmp_path, *mentions, methods=("attention", "occlusion"))
    assert [(row.method, row.sentence) for row in rows] == [
        ("attention", 0),
        ("attention", 1),
        ("occlusion", 0),
        ("occlusion", 1),
    ]
    assert [math.isnan(row.near) for row in rows] == [True, True, False, False]
    with pytest.raises(InputError, match="no scores of lime; evaluate with that explainer"):
        lines_of(tmp_path, *mentions, methods=("lime",))


def test_a_run_that_is_not_there_is_refused_and_one_without_mentions_has_no_row(tmp_path):
    with pytest.raises(InputError, match="no such file; run the evaluation first"):
        list(rows_of(Evaluated("base", "aa", 0, "bb", tmp_path), ("occlusion",)))
    assert lines_of(tmp_path) == []


def mention(trained, evaluated, sentence, near, *, start=0, seed=0, method="occlusion"):
    chance = 0.3
    where = sentence, start, start + 1, "PER"
    return NearEvidenceRow(
        "base", trained, seed, evaluated, method, *where, 10, 1.0, near, chance, near - chance, steps=2.0
    )


def study(shift, seed=0, method="occlusion"):
    """Two languages whose zero-shot recogniser has a near share `shift` higher, and finds one mention more."""
    rows = []
    made = {"seed": seed, "method": method}
    for evaluated, other in (("aa", "bb"), ("bb", "aa")):
        for sentence in range(20):
            share = 0.3 + 0.02 * sentence
            rows.append(mention(evaluated, evaluated, sentence, share, **made))
            rows.append(mention(other, evaluated, sentence, share + shift, **made))
        rows.append(mention(other, evaluated, 20, 0.9, **made))
        rows.append(mention(other, evaluated, 21, math.nan, **made))
    return rows


def test_pairs_have_the_shift_itself(tmp_path):
    lines = {(one.mentions, one.measure, one.evaluation_language): one for one in comparisons(study(0.1))}
    assert len(lines) == 2 * 3 * 3
    one = lines["paired", "near", "aa"]
    assert one.own_mentions == one.zero_shot_mentions == 20
    assert (one.difference, one.low, one.high) == pytest.approx((0.1, 0.1, 0.1)) and one.p == 0
    found = lines["found", "near", "aa"]
    assert (found.own_mentions, found.zero_shot_mentions) == (20, 21)
    assert found.difference == pytest.approx((sum(0.4 + 0.02 * s for s in range(20)) + 0.9) / 21 - 0.49)
    assert found.low < found.difference < found.high
    assert (found.insensitive_own, found.insensitive_zero_shot) == (0, pytest.approx(1 / 22))
    everything = lines["found", "near", "all"]
    assert everything.difference == pytest.approx(found.difference) and everything.own_mentions == 40
    assert everything.high - everything.low < found.high - found.low  # two languages know more than one
    assert everything.p_languages == 0.5  # two languages, both one way: 2 of 4 choices of signs


def test_no_difference_is_no_difference(tmp_path):
    for one in comparisons(study(0.0)):
        if one.mentions == "paired":
            assert one.difference == 0 and one.p == 1
    steps = [one for one in comparisons(study(0.3)) if one.measure == "steps"]
    assert all(one.difference == pytest.approx(0) for one in steps)


def test_a_language_without_both_kinds_has_no_line():
    rows = [row for row in study(0.1) if not (row.evaluation_language == "bb" and row.finetune_language == "aa")]
    assert {one.evaluation_language for one in comparisons(rows)} == {"aa"}  # and so there is no line for all


def test_seeds_that_agree_leave_the_interval_and_seeds_that_differ_widen_it():
    """With nothing but the seeds to differ, a draw's difference is the mean over the seeds that were drawn."""
    paired = {"mentions": "paired", "measure": "near", "evaluation_language": "all"}

    def line(*shifts):
        rows = [row for seed, shift in enumerate(shifts) for row in study(shift, seed)]
        return next(one for one in comparisons(rows) if all(getattr(one, name) == paired[name] for name in paired))

    agreed = line(0.1, 0.1, 0.1)
    assert (agreed.difference, agreed.low, agreed.high) == pytest.approx((0.1, 0.1, 0.1))
    assert (agreed.seeds, agreed.sentences, agreed.own_mentions) == (3, 40, 120)
    apart = line(0.0, 0.1, 0.2)
    assert apart.difference == pytest.approx(0.1)
    assert (apart.lowest_seed, apart.highest_seed) == pytest.approx((0.0, 0.2))
    assert (apart.low, apart.high) == pytest.approx((0.0, 0.2))  # one draw in 27 has the first seed three times
    assert 0.01 < apart.p < 0.1  # about 0.1 / (0.082 / sqrt(3)) standard deviations


def test_methods_are_compared_one_by_one():
    rows = study(0.1) + study(0.3, method="integrated_gradients")
    found = {
        one.method: one.difference
        for one in comparisons(rows)
        if (one.mentions, one.measure, one.evaluation_language) == ("paired", "near", "all")
    }
    assert found == {"occlusion": pytest.approx(0.1), "integrated_gradients": pytest.approx(0.3)}
