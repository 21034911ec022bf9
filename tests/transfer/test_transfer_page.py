"""docs/transfer.md: what the sentences say follows from the numbers, and every number comes from the published files."""

import re
from dataclasses import replace

import pytest

from liap.errors import InputError
from liap.transfer.monolingual import comparison_rows
from liap.transfer.transfer_analysis import TransferAnalysis
from liap.transfer.transfer_page import blocks, rewrite
from liap.transfer.transfer_verdict import p_shown, verdict
from liap.transfer.zero_shot import grids_of, margin_rows
from tests.transfer.conftest import study


def analysis_of(scores):
    return TransferAnalysis(
        scores=tuple(scores),
        categories=("overall", "PER"),
        reference="base",
        monolingual=(),
        comparisons=tuple(comparison_rows(scores, ("overall", "PER"), "base")),
        zero_shot=(),
        margins=tuple(row for grid in grids_of(scores).values() for row in margin_rows(grid)),
        grids={"overall": grids_of(scores)},
        overlaps={},
        correlations=(),
        published=(),
        checks=(),
    )


def shifted(own, away, seeds=(-1.0, -0.5, 0.0, 0.5, 1.0)):
    """A starting point that adds `own` on its language and `away` (a number for each language) elsewhere."""
    table = [[50.0 + (own if row == column else away[row]) for column in range(3)] for row in range(3)]
    flat = [[50.0] * 3] * 3
    return [*study(seeds=seeds, table=flat), *study("new", seeds=seeds, table=table)]


def test_effects_in_one_direction_in_none_and_no_effect_read_differently():
    better, mixed, none = (
        verdict(analysis_of(shifted(*changes)))[-1] for changes in ((5, (-4, -4, -4)), (5, (9, 0, -9)), (0, (0, 0, 0)))
    )
    assert "On the fine-tuning language F1 is mostly higher: +5.00 points" in better
    assert "On the other languages F1 is mostly lower: -4.00 points" in better
    assert "3 of 3 fine-tuning languages transfer worse (aa, bb, cc)" in better
    assert "On the other languages F1 changes, but in no one direction: +0.00 points" in mixed
    assert "1 of 3 fine-tuning languages transfer worse (cc)" in mixed
    assert none.count("no change of F1 can be told from chance") == 2


def test_too_few_seeds_are_named():
    assert "and 0 after Holm's correction. None could be" in verdict(analysis_of(shifted(5, (0, 0, 0), (0, 1))))[0]
    ten = tuple(range(10))
    assert (
        "3 have p < .05 as the published test has it, and 3 after Holm's correction."
        in verdict(analysis_of(shifted(50, (0, 0, 0), ten)))[0]
    )


def test_p_values_are_never_zero():
    assert [p_shown(p) for p in (0.5, 0.0001, float("nan"))] == ["p = 0.5000", "p < 0.0005", "p not defined"]


def test_blocks_without_published_tables_are_empty_tables(scores):
    found = blocks(analysis_of(scores))
    assert "12 runs" in found["setting"] and "; 2 seeds for each" in found["setting"]
    fewer = [one for one in scores if (one.starting_point, one.finetune_language, one.seed) != ("other", "aa", 1)]
    assert "; 1 to 2 seeds for each" in blocks(analysis_of(fewer))["setting"]  # a model failed
    assert found["unlike"].startswith("No two published tables")
    assert "| aa | 15.0 | 40.0 | 13.0 | 38.0 |" in found["means"]


def test_a_document_has_the_blocks_that_it_wants(scores, tmp_path):
    document = tmp_path / "page.md"
    kept = "before\n<!-- transfer:begin setting -->\nof others\n<!-- transfer:end setting -->\n"
    document.write_text(kept + "<!-- transfer:begin own_means -->\n\n<!-- transfer:end own_means -->\nafter\n")
    rewrite(document, analysis_of(scores))
    text = document.read_text(encoding="utf-8")
    assert text.startswith(kept) and text.endswith("<!-- transfer:end own_means -->\nafter\n")
    assert "| aa | 15.0 | 40.0 | 13.0 | 38.0 |" in text
    document.write_text(kept, encoding="utf-8")
    with pytest.raises(
        InputError, match="no block <!-- transfer:begin NAME --> for these runs; expected one of own_setting"
    ):
        rewrite(document, analysis_of(scores))
    assert document.read_text(encoding="utf-8") == kept


def test_the_document_and_the_readme_are_what_the_script_writes(published_analysis, tmp_path, request):
    copy = tmp_path / "page.md"
    for name in ("docs/transfer.md", "README.md"):
        document = (request.config.rootpath / name).read_text(encoding="utf-8")
        emptied = re.sub(r"(<!-- transfer:begin (?!own_)\w+ -->)[^<]*", r"\1", document)
        copy.write_text(emptied, encoding="utf-8")
        rewrite(copy, published_analysis)
        assert emptied != document and copy.read_text(encoding="utf-8").splitlines() == document.splitlines()
    copy.write_text((request.config.rootpath / "docs" / "transfer.md").read_text(encoding="utf-8"), encoding="utf-8")
    before = copy.read_text(encoding="utf-8")
    rewrite(copy, replace(published_analysis, checks=published_analysis.checks[:5]))
    assert copy.read_text(encoding="utf-8") != before
