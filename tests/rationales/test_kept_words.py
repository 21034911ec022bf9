"""Which words a mask keeps and puts first, by hand; and the tables of several runs."""

import numpy as np
import pandas as pd
import pytest

from liap.errors import InputError
from liap.explainers.gate_network import GateNetwork, WordMask, save
from liap.rationales import rationale_blocks as blocks
from liap.rationales.kept_words import ScoredMention, evidence_forms, groups_of, row_of
from liap.records import Evidence, Sentence

KNOWN = Evidence(1, 2, (0,), "dependency")
SENTENCE = Sentence(0, 0, ("Surgeon", "Ann", "left", "a", "village"), evidence=(KNOWN, Evidence(3, 4, (4,), "frame")))
CONTEXT = np.array([True, False, True, True, True])
FORMS = frozenset({"surgeon", "village"})


def mention(evidence, *scores):
    return ScoredMention(SENTENCE, CONTEXT, evidence, {"vmask": np.array(scores)})


def test_groups_are_the_own_evidence_that_of_others_and_the_rest():
    assert evidence_forms([SENTENCE, SENTENCE]) == FORMS
    groups = groups_of(mention(KNOWN, 0.0, 0.0, 0.0, 0.0, 0.0), FORMS)
    assert {name: np.flatnonzero(words).tolist() for name, words in groups.items()} == {
        "deciding": [0], "evidence elsewhere": [4], "other": [2, 3],
    }  # fmt: skip
    assert list(groups_of(mention(None, 0.0, 0.0, 0.0, 0.0, 0.0), FORMS)) == ["context"]


def test_a_word_that_ties_shares_the_first_place():
    mentions = [mention(KNOWN, 0.9, 0, 0.1, 0.2, 0.9), mention(KNOWN, 0.895, 0, 0.1, 0.9, 0.5)]
    groups = [groups_of(one, FORMS) for one in mentions]
    rows = [row_of("vmask", group, [one.scores["vmask"] for one in mentions], groups) for group in groups[0]]
    assert [(row.group, row.words) for row in rows] == [("deciding", 2), ("evidence elsewhere", 2), ("other", 4)]
    assert [row.stays for row in rows] == pytest.approx([0.8975, 0.7, 0.325])
    assert [(row.first, row.near_best) for row in rows] == [(0.25, 1.0), (0.25, 0.5), (0.5, 0.5)]
    assert sum(row.first for row in rows) == 1


@pytest.fixture
def runs(tmp_path):
    """Two runs, the longer one first by name."""
    for name, steps, mean in (("10000", 10000, 0.6), ("2500", 2500, 0.5)):
        folder = tmp_path / name
        for kind, network in (("diffmask", GateNetwork(2, 4, 4, 2)), ("vmask", WordMask(4, 4, 2))):
            record = {"steps": steps, "share_open": 0.25, "divergence": 0.125, "seconds": 12.4}
            save(network, record, folder / "trained" / f"{kind}.safetensors")
        rows = [
            {"explainer": one, "family": family, "n": 5, "mean": mean, "low": mean - 0.1, "high": mean + 0.1}
            for one in ("diffmask", "vmask", "random")
            for family in ("dependency", "frame")
        ]
        pd.DataFrame(rows).to_csv(folder / "evidence_by_family.csv", index=False)
    kept = [{"explainer": "vmask", "group": "deciding", "words": 2, "stays": 0.9, "first": 0.25, "near_best": 1.0}]
    pd.DataFrame(kept).to_csv(tmp_path / "kept.csv", index=False)
    return tmp_path


def test_runs_of_more_steps_stand_below(runs):
    assert blocks.steps_table(runs).splitlines() == [
        "| explainer | steps | dependency | frame | words kept | answer moves, nats | processor seconds |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {steps} | {shares} | {shares} | 0.250 | 0.125 | 12 |"
            for name in ("DiffMask", "VMASK")
            for steps, shares in (("2,500", "0.500 [0.400, 0.600]"), ("10,000", "0.600 [0.500, 0.700]"))
        ),
    ]
    with pytest.raises(InputError, match=r"no runs of studies/rationales\.py"):
        blocks.steps_table(runs / "2500")


def test_masks_stand_beside_their_controls(tmp_path):
    rows = [
        {"family": family, "explainer": explainer, "variant": variant, "n": count, "mean": mean}
        for family, variant, explainer, count, mean in (
            ("dependency", "same_role", "liap", 5, 0.9),
            ("dependency", "same_role", "matched_random", 5, 0.25),
            ("frame", "same_role", "liap", 0, float("nan")),
            ("frame", "-", "random", 5, 0.1),
        )
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "evidence_by_family.csv", index=False)
    assert blocks.matched_evidence_table(tmp_path).splitlines()[2:] == [
        "| same role | 0.900 / 0.250 / – / – | – / – / – / – |",
        "",
        "Each cell: LIAP / random mask / nearest words / same distances; controls have as many words as the mask.",
    ]


def test_kept_words_are_a_line_per_explainer_and_group(runs):
    assert blocks.kept_table(runs).splitlines() == [
        "| explainer | context words | number | kept | best of its mention | near the best |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        "| VMASK | deciding | 2 | 0.900 | 0.250 | 1.00 |",
    ]
