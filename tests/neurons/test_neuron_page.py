"""The document's tables come from the study's files."""

import json

import pytest

from liap.errors import InputError
from liap.neurons.encoder_rows import EncoderProbeRow, LayerRow
from liap.neurons.neuron_findings import NEGATIVE, NONE, POSITIVE, finding
from liap.neurons.neuron_page import rewrite
from liap.neurons.neuron_rows import LabelPairRow, MatchingRow, ProbeRow, RankerRow
from liap.tables import header, to_csv
from liap.training.recurrent_grid import BaselineRow

NAMES = ("taggers", "findings", "rankers", "seeds", "probes", "encoder")
NONE_KNOWN = (0.0, float("nan"), float("nan"))


def write(path, rows):
    path.write_text(header(type(rows[0])) + to_csv(rows))


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(
        "".join(f"<!-- neurons:begin {name} -->\nold {name}\n<!-- neurons:end {name} -->\n" for name in NAMES)
    )
    return path


def test_tables(document, tmp_path):
    chance = (0.0, -0.1, 0.1)
    write(tmp_path / "findings.csv", [
        finding("up", "r", POSITIVE, [0.2, 0.3], chance), finding("six", "shared", 6.0, [5.0, 6.0], chance),
        finding("down", "r", NEGATIVE, [0.5], (0.0, float("nan"), float("nan"))),
    ])  # fmt: skip
    write(tmp_path / "rankers.csv", [
        RankerRow("t", seed, "zero", ranker, label, 2.0 + seed, 10.0, 0.25, 0.5)
        for seed in (0, 1) for ranker in ("sensitivity", "random") for label in ("I-X", "B-X")
    ] + [RankerRow("t", 0, "zero", "random", "O", float("nan"), 0.0, 1.0, 1.0)])  # fmt: skip
    write(tmp_path / "seed_matching.csv", [MatchingRow("t", 0, 1, "B-X", 0.5, 0.1, 0.7, 0.0, -0.3, 0.3, 6, 2.0)])
    write(tmp_path / "probes.csv", [ProbeRow("t", 0, "all", 50, 0.95, 0.8, 0.15, 0.83)])
    assert rewrite(document, neurons=[tmp_path]) == ["findings", "rankers", "seeds", "probes"]
    text = document.read_text()
    assert "| six | shared | 6 | 5.50 [-0.85, 11.85] | yes | 0.00 [-0.10, 0.10] | yes |" in text
    assert "| down | r | below 0 | 0.50 | unclear | 0.00 | – |" in text
    assert (
        "| zero | `sensitivity` | 2.5 [-3.9, 8.9] | 10.0 [10.0, 10.0] | 0.25 [0.25, 0.25] | 0.50 [0.50, 0.50] |" in text
    )
    assert "Means over 2 labels, without O, whose F1 does not always fall by half." in text
    assert "| zero | *random* | 2.5 [-3.9, 8.9] | 10.0 [10.0, 10.0] | 0.25 [0.25, 0.25] |" in text  # O is in no column
    assert "| B-X | 0.70 | 0.00 | [-0.30, 0.30] | 6.0 | 2.0 |" in text and "1 pair of seeds;" in text
    assert "| `all` | 50 | 0.950 | 0.800 | 0.150 | 0.830 |" in text
    assert "old taggers" in text and "old encoder" in text and "old findings" not in text


def blocks(path, *names):
    path.write_text("".join(f"<!-- neurons:begin {name} -->\n<!-- neurons:end {name} -->\n" for name in names))
    return path


def test_removals_stand_beside_both_controls(tmp_path):
    chance = (0.02, -0.01, 0.05)
    write(tmp_path / "findings.csv", [
        finding("B-x and I-x correlate", "r", POSITIVE, [0.2, 0.3], (0.0, -0.1, 0.1)),
        finding("B-A and I-A correlate", "r", POSITIVE, [0.0, 0.1], (0.0, -0.1, 0.1)),
        finding("25 top neurons of B-A take it away (zero)", "d", 0.64, [0.2, 0.3], chance),
        finding("25 top neurons of B-A take it away more than other labels' (zero)", "d", NONE, [0.15, 0.25], NONE_KNOWN),
        finding("25 top neurons of B-A take it away (mean)", "d", NONE, [0.7, 0.8], (0.6, 0.5, 0.7)),
        finding("25 top neurons of B-A take it away more than other labels' (mean)", "d", NONE, [0.1, 0.1], NONE_KNOWN),
        finding("25 top neurons of B-C take it away (zero)", "d", NONE, [0.1, 0.1], chance),
        finding("25 top neurons of B-C take it away more than other labels' (zero)", "d", NONE, [0.1, 0.1], NONE_KNOWN),
    ])  # fmt: skip
    write(tmp_path / "rankers.csv", [
        RankerRow("t", seed, fill, ranker, label, taken + seed, 10.0, 0.25, 0.5)
        for seed in (0, 1) for fill, own in (("zero", 20.0), ("mean", 9.0)) for label in ("B-A", "B-C")
        for ranker, taken in (("sensitivity", own), ("random", 40.0))
    ])  # fmt: skip
    document = blocks(tmp_path / "page.md", "removal", "brief", "findings")
    assert rewrite(document, neurons=[tmp_path]) == ["removal", "brief", "findings"]
    removal, brief, findings = document.read_text().split("<!-- neurons:end")[:3]
    assert (
        "| B-A | zero | 0.25 [-0.39, 0.89] | 0.02 [-0.01, 0.05] | 0.05 | +0.20 [-0.44, +0.84] | 20.5 | 40.5 |"
        in removal
    )
    assert (
        "| B-A | mean | 0.75 [0.11, 1.39] | 0.60 [0.50, 0.70] | 0.65 | +0.10 [+0.10, +0.10] | 9.5 | 40.5 |" in removal
    )
    assert "its 25 neurons set to" in removal
    assert "Of 2 published findings: 1 agree, 1 unclear, 0 disagree; 0 within chance." in brief
    assert "B-A and I-A" not in brief and "(mean)" in brief and "more than" not in brief and "B-C" not in brief
    assert "B-A and I-A" in findings and "(mean)" in findings and "more than" not in findings and "B-C" not in findings


def test_taggers_stand_beside_each_other(tmp_path):
    for name, values, chance in (
        ("one", [0.2, 0.4], (0.0, -0.1, 0.1)), ("two", [0.2, 0.4], (0.0, -0.9, 0.9)),
        ("nochar-wordcnn-crf", [0.5], (0.0, -0.1, 0.1)), ("charcnn-wordcnn-softmax", [0.05], (0.0, -0.1, 0.1)),
    ):  # fmt: skip
        (tmp_path / name).mkdir()
        write(tmp_path / name / "findings.csv", [finding("up", "r", POSITIVE, values, chance)])
        write(tmp_path / name / "label_pairs.csv", [LabelPairRow(name, 0, "A", "B", 0.1, 0.2, 3, 2.0, 0.5)])
    document = blocks(tmp_path / "page.md", "by_tagger")
    names = "one", "nochar-wordcnn-crf", "two", "charcnn-wordcnn-softmax"
    rewrite(document, neurons=[tmp_path / name for name in names])
    first, second = document.read_text().split("Word layer CNN:")  # a table for each word layer
    assert "| finding | published | `one`, 2 seeds | `two`, 2 seeds |" in first
    assert "| up | above 0 | 0.30 [-0.97, 1.57] | 0.30 [-0.97, 1.57]* |" in first
    assert "| finding | published | `nochar-crf`, 1 seed | `charcnn-softmax`, 1 seed |" in second
    assert "| up | above 0 | 0.50 | 0.05* |" in second and "*: within chance." in second


def test_grids_share_a_table(tmp_path):
    for recipe, vectors in (("fast", "encoder"), ("published", "glove")):
        (tmp_path / recipe).mkdir()
        row = BaselineRow(
            "t", "none", "lstm", "softmax", 0, vectors, recipe, 10, 9, 0.8, 0.7, 0.7, 0.75, 0.8, -0.05, 9.0
        )
        write(tmp_path / recipe / "baselines.csv", [row])
    document = blocks(tmp_path / "page.md", "taggers")
    rewrite(document, recurrent=[tmp_path / "fast", tmp_path / "published"])
    assert document.read_text().count("| `t` |") == 2
    assert "| `t` | glove | published | 1 | 0.8000 | 0.7500 | 0.8000 | -0.0500 |" in document.read_text()


@pytest.mark.parametrize(("content", "message"), [
    ("nothing", "no <!-- neurons:begin NAME --> marker"),
    ("<!-- neurons:begin luck -->\n<!-- neurons:end luck -->\n", r"page\.md:1: unknown block 'luck'; expected one of findings"),
])  # fmt: skip
def test_documents_without_known_blocks_are_refused(tmp_path, content, message):
    (tmp_path / "page.md").write_text(content)
    with pytest.raises(InputError, match=message):
        rewrite(tmp_path / "page.md", neurons=[tmp_path])


def encoder_row(layer, drop, fill="mean"):
    """Its interval is drop -+ 0.05, and random draws lie between 0 and 0.2."""
    about = "hidden", layer, 384, "PER", "attribution", "most", fill, 0.25, 96
    return LayerRow(*about, 0.5, drop, drop - 0.05, drop + 0.05, 0.05, 0.0, 0.2, 0.1, 9, 40)


def test_the_layers_that_matter(tmp_path):
    rows = [encoder_row(0, 0.3), encoder_row(1, 0.22), encoder_row(2, 0.4), encoder_row(0, 0.1, "zero")]
    write(tmp_path / "encoder_layers.csv", rows)
    accuracies = (("all", 384, 0.95, 0.8), ("attribution", 10, 0.9, 0.7), ("random", 10, 0.85, 0.7))
    write(tmp_path / "encoder_probes.csv", [
        EncoderProbeRow("hidden", 0, name, count, accuracy, control, accuracy - control, 0.83)
        for name, count, accuracy, control in accuracies
    ])  # fmt: skip
    facts = {
        "removals": 1200,
        "layers_computed": 10,
        "layers_naively": 25,
        "seconds_shared": 2.0,
        "seconds_naively": 3.0,
    }
    (tmp_path / "run.json").write_text(json.dumps(facts))
    document = blocks(tmp_path / "page.md", "encoder_types", "encoder_probes", "encoder_speed")
    rewrite(document, encoder=[tmp_path])
    text = document.read_text()
    assert "| PER | hidden | mean | 2 | +0.40 [+0.35, +0.45] | +0.05 [0.00, +0.20] | +0.10 | 0, 2 |" in text
    assert "| PER | hidden | zero | 0 |" in text and "| none |" in text
    assert "| hidden | 0 | 0.950 | 0.800 | 0.150 | 0.900 | 0.850 |" in text and "sees 10 neurons" in text
    assert "1,200 removals" in text and "2.50 times fewer layers" in text and "1.50 times less processor time" in text
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match="no record of the study's speed"):
        rewrite(document, encoder=[tmp_path])


def test_drops_beyond_the_draws_are_bold(document, tmp_path):
    write(tmp_path / "encoder_layers.csv", [encoder_row(0, 0.3), encoder_row(1, 0.22)])
    rewrite(document, encoder=[tmp_path])
    text = document.read_text()
    assert (
        "| hidden | 0 | 96 of 384 | mean | **+0.30 (+0.05)** |" in text
        and "| hidden | 1 | 96 of 384 | mean | +0.22 (+0.05) |" in text
    )


def test_missing_tables_are_named(document, tmp_path):
    with pytest.raises(InputError, match=r"findings\.csv: no such file; run the study"):
        rewrite(document, neurons=[tmp_path])
