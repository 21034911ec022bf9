"""Sources of structure on the same mentions: only masks differ, and the answer follows from the verdicts."""

import numpy as np
import pandas as pd
import pytest

from liap.evaluation import evaluate
from liap.linguistics.annotation import Item
from liap.records import Parse, Sentence
from liap.reports.style import save
from liap.settings import MethodSettings
from liap.structure import gold
from liap.structure.source_plot import plot_sources
from tests.toys import chain, mention

WORDS = tuple("ab c d ef gh a b cd".split())
METHOD = MethodSettings(explainers=gold.EXPLAINERS, metrics=("lfs",), variants=("syntactic", "frame"))


def items(count=6):
    star = Parse((-1, *[0] * 7), ("dep",) * 8, ("X",) * 8, "ud")
    return [
        Item(Sentence(index, index // 2, WORDS), (mention(3, 4, sentence=index),), (star, chain(8))[index % 2], ())
        for index in range(count)
    ]


def test_gold_comes_first_and_damage_is_reproducible():
    first, again = (list(gold.sources(items(), items(), (0.0, 0.4), seed=1)) for _ in range(2))
    assert [name for name, _ in first] == ["gold", "predicted", "damaged 0%", "damaged 40%"]
    assert [item.parse for item in first[2][1]] == [item.parse for item in items()]
    assert [[item.parse for item in part] for _, part in first] == [[item.parse for item in part] for _, part in again]
    assert any(one.parse != other.parse for one, other in zip(first[3][1], items(), strict=True))


def test_the_same_structure_gives_the_same_lines(tiny):
    table = gold.compare(tiny, items(), items(), METHOD, (0.0, 0.5), chunk=4)
    by_source = {name: part.drop(columns=["source"]).reset_index(drop=True) for name, part in table.groupby("source")}
    pd.testing.assert_frame_equal(by_source["gold"], by_source["predicted"])
    pd.testing.assert_frame_equal(by_source["gold"], by_source["damaged 0%"])
    assert (by_source["gold"]["mask_overlap"] == 1).all()
    assert (by_source["damaged 50%"]["mask_overlap"] < 1).all()


def test_lines_are_the_paired_differences_of_rows(tiny):
    table = gold.compare(tiny, items(), items(), METHOD, (), chunk=8)
    rows = pd.DataFrame(evaluate(tiny, items(), METHOD).rows)
    lfs = rows[rows["variant"] == "syntactic"].pivot(index="sentence", columns="explainer", values="lfs")
    line = table[
        (table["source"] == "gold") & (table["control"] == "matched_random") & (table["variant"] == "syntactic")
    ].iloc[0]
    assert line["difference"] == pytest.approx((lfs["liap"] - lfs["matched_random"]).mean())
    assert line["n"] == 6


def line(source, control, difference, verdict, model="a"):
    return {"model": model, "source": source, "explainer": "liap", "variant": "syntactic", "control": control, "n": 10, "mean": 0.7,
            "mean_control": 0.7 - difference, "difference": difference, "verdict": verdict, "mask_overlap": 0.5}  # fmt: skip


def test_the_summary_counts_recognisers_and_their_spread():
    lines = pd.DataFrame(
        [line("gold", "matched_window", -0.1, "below"), line("gold", "matched_window", -0.2, "below", "b")]
    )
    (row,) = gold.summarise(lines).to_dict("records")
    assert (row["models"], row["below"], row["above"]) == (2, 2, 0)
    assert row["difference"] == pytest.approx(-0.15)
    assert row["sd"] == pytest.approx(np.std([-0.1, -0.2], ddof=1))


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("below", "parser's errors are not the reason"),
        ("above", "errors matter there"),
        ("contains 0", "no finding either way"),
    ],
)
def test_the_answer_follows_from_the_verdicts(verdict, said, tmp_path):
    lines = pd.DataFrame([line(source, "matched_window", -0.1, verdict) for source in ("gold", "predicted")])
    assert said in gold.answer(gold.summarise(lines))
    save(plot_sources(gold.summarise(lines)), tmp_path, "picture")
    assert (tmp_path / "picture.png").stat().st_size > 5000
