"""Generated tables of the VAT study and of trained rationales, against lines written by hand."""

import json

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


def test_words_of_known_polarity_have_a_column_where_there_are_any(folder):
    row = {"method": "vat", "scorer": "pooling_attention", "measure": "f1_5", "mean": 0.2, "low": 0.15, "high": 0.25}
    pd.DataFrame([row, row | {"measure": "f1_1", "mean": 0.9}]).to_csv(folder / "polarity.csv", index=False)
    lines = blocks.methods_table(folder).splitlines()
    assert lines[0].endswith("| F1 of 5 words, polarity |")
    assert lines[2] == "| no attention | 0.700 (0.020) | – | – | – | – |"
    assert lines[3].endswith("| 0.200 [0.150, 0.250] |") and lines[4].endswith("| – |")


def claimed(folder, name, settings, **differences):
    """A study in a folder of its own, with these differences and an interval of 0.02 to either side."""
    (folder / name).mkdir()
    said = {"settings": settings, "texts": {"train": 2000, "dev": 300, "test": 500}}
    (folder / name / "study.json").write_text(json.dumps(said))
    claims = {
        "accurate": "VAT more accurate than attention",
        "explains": "VAT explains better than attention (aopc_5 by base, delete)",
    }
    verdict = lambda value: "holds" if value > 0.02 else "reversed" if value < -0.02 else "not told apart"  # noqa: E731
    pd.DataFrame([
        {"claim": claims[key], "difference": value, "low": value - 0.02, "high": value + 0.02, "texts": 60, "verdict": verdict(value)}
        for key, value in differences.items()
    ]).to_csv(folder / name / "claims.csv", index=False)  # fmt: skip


def test_claims_stand_beside_each_other_by_dataset_and_encoder(tmp_path):
    seeds = {"seeds": [0, 1]}
    claimed(tmp_path, "b", {"corpus": "data/trec", "encoder": "lstm", **seeds}, explains=-0.05, accurate=0.01)
    claimed(tmp_path, "a", {"corpus": "x/sst_trees:binary", "encoder": "models/bert", **seeds}, explains=0.03)
    assert blocks.by_dataset_table(tmp_path).splitlines() == [
        "| VAT is better: | SST-2, bert | TREC, LSTM |",
        "| --- | ---: | ---: |",
        "| more accurate than plain attention | – | +0.010 [-0.010, +0.030] = |",
        "| AOPC, base model: than plain attention | +0.030 [+0.010, +0.050] ▲ | -0.050 [-0.070, -0.030] ▼ |",
        "",
        "VAT less the other, paired by text; ▲: the 95% interval is above 0, ▼: below 0, =: it contains 0. SST-2, bert: 2000 training texts, "
        "500 test texts, 60 explained, 2 seeds; TREC, LSTM: 2000 training texts, 500 test texts, 60 explained, 2 seeds.",
    ]
    with pytest.raises(InputError, match=r"no study in its folders; run studies/vat.py first"):
        blocks.by_dataset_table(tmp_path / "a")


def test_vmask_has_tables_of_its_own(folder):
    assert [line for line in blocks.vmask_methods_table(folder).splitlines() if "VAT" in line] == []
    assert "| no attention | 0.700 (0.020) |" in blocks.vmask_methods_table(folder)
    claims = pd.read_csv(folder / "claims.csv")
    claims.loc[0, "claim"] = "VMASK, trained jointly, more accurate than no attention"
    claims.to_csv(folder / "claims.csv", index=False)
    assert len(blocks.vmask_claims_table(folder).splitlines()) == 3


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
