"""Generated tables of the VAT study and of trained rationales, against lines written by hand."""

import pandas as pd
import pytest

from liap.errors import InputError
from liap.rationales import rationale_blocks as blocks
from liap.reports.readme import regenerated


def explained(method, scorer, judge, measure, mean, operator="delete"):
    return {
        "method": method, "scorer": scorer, "judge": judge, "operator": operator, "measure": measure, "n": 60, "mean": mean,
        "low": mean - 0.1, "high": mean + 0.1, "seeds": 2, "sd": 0.01,
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    accuracy = [
        {"method": method, "n": 500, "mean": mean, "low": mean, "high": mean, "seeds": 2, "sd": 0.02}
        for method, mean in (("no_attention", 0.7), ("vat", 0.8))
    ]
    rows = [
        explained("vat", "pooling_attention", "base", "aopc_5", 0.3),
        explained("vat", "pooling_attention", "base", "aopc_5", 0.9, operator="unk"),
        explained("vat", "pooling_attention", "itself", "aopc_5", 0.4),
        explained("vat", "pooling_attention", "base", "post_hoc_5", 0.5),
        explained("vat", "random", "base", "aopc_5", 0.1),
        explained("attention", "random", "base", "aopc_5", 0.2),
    ]
    claims = [
        {"claim": name, "published": "better", "difference": 0.02, "low": -0.01, "high": 0.05, "texts": 60, "verdict": "not told apart"}
        for name in (
            "VAT more accurate than attention", "VAT explains better than attention (aopc_5 by base, delete)",
            "VAT explains better than attention (aopc_5 by itself, delete)",
        )
    ]  # fmt: skip
    layers = [
        {"layer": layer, "group": group, "words": words, "stays": stays}
        for group, words, stays_by_layer in (("evidence", 9, (1.0, 0.9)), ("no evidence", 90, (0.5, 0.25)))
        for layer, stays in enumerate(stays_by_layer)
    ]
    for name, table in (
        ("accuracy", accuracy),
        ("explanations", rows),
        ("claims", claims),
        ("layers", layers),
    ):
        pd.DataFrame(table).to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def test_methods_stand_above_what_explains_their_answers_too(folder):
    assert blocks.methods_table(folder).splitlines()[2:] == [
        "| no attention | 0.700 (0.020) | – | – | – |",
        "| VAT | 0.800 (0.020) | 0.300 [0.200, 0.400] | 0.400 [0.300, 0.500] | 0.500 [0.400, 0.600] |",
        "| random scores, on VAT |  | 0.100 [0.000, 0.200] | – | – |",
        "",
        "Accuracy: 500 test texts; explanations: 60; 2 seeds; intervals: 95%, texts resampled.",
    ]


def test_claims_about_explanations_are_judged_as_published(folder):
    lines = blocks.claims_table(folder).splitlines()[2:]
    assert [line.split(" | ")[0] for line in lines] == [
        "| VAT more accurate than attention",
        "| VAT explains better than attention (aopc_5 by base, delete)",
    ]
    assert lines[0].endswith("| +0.020 [-0.010, +0.050] | not told apart |")


def test_words_by_layer_are_a_line_per_group(folder):
    assert blocks.layers_table(folder).splitlines() == [
        "| context words | number | 0 | 0 to 1 |",
        "| --- | ---: | ---: | ---: |",
        "| evidence | 9 | 1.000 | 0.900 |",
        "| no evidence | 90 | 0.500 | 0.250 |",
    ]


def test_a_document_gets_the_tables_and_a_missing_file_names_its_script(folder, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- results:begin words_by_layer -->\n<!-- results:end words_by_layer -->\n")
    _, after = regenerated(page, folder, folder / "none.json", further=blocks.TABLES)
    assert "| evidence | 9 |" in after
    (folder / "layers.csv").unlink()
    with pytest.raises(InputError, match=r"layers.csv: no such file; run studies/rationales.py first"):
        regenerated(page, folder, folder / "none.json", further=blocks.TABLES)
