"""The document's tables come from the study's files."""

import pytest

from liap.errors import InputError
from liap.neurons.encoder_study import LayerRow
from liap.neurons.neuron_findings import NEGATIVE, POSITIVE, finding
from liap.neurons.neuron_page import rewrite
from liap.neurons.neuron_rows import MatchingRow, ProbeRow, RankerRow
from liap.tables import header, to_csv

NAMES = ("taggers", "findings", "rankers", "seeds", "probes", "encoder")


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
        for seed in (0, 1) for ranker in ("sensitivity", "random") for label in ("O", "B-X")
    ])  # fmt: skip
    write(tmp_path / "seed_matching.csv", [MatchingRow("t", 0, 1, "B-X", 0.5, 0.1, 0.7, 0.0, -0.3, 0.3, 6, 2.0)])
    write(tmp_path / "probes.csv", [ProbeRow("t", 0, "all", 50, 0.95, 0.8, 0.15, 0.83)])
    assert rewrite(document, neurons=str(tmp_path)) == ["findings", "rankers", "seeds", "probes"]
    text = document.read_text()
    assert "| six | shared | 6 | 5.50 [-0.85, 11.85] | yes | 0.00 [-0.10, 0.10] | yes |" in text
    assert "| down | r | below 0 | 0.50 | unclear | 0.00 | – |" in text
    assert (
        "| zero | `sensitivity` | 2.5 [-3.9, 8.9] | 10.0 [10.0, 10.0] | 0.25 [0.25, 0.25] | 0.50 [0.50, 0.50] |" in text
    )
    assert "| B-X | 0.70 | 0.00 | [-0.30, 0.30] | 6.0 | 2.0 |" in text and "1 pair of seeds;" in text
    assert "| `all` | 50 | 0.950 | 0.800 | 0.150 | 0.830 |" in text
    assert "old taggers" in text and "old encoder" in text and "old findings" not in text


def test_drops_beyond_the_draws_are_bold(document, tmp_path):
    def row(layer, drop):
        return LayerRow(
            "hidden",
            layer,
            384,
            "PER",
            "attribution",
            "most",
            0.25,
            96,
            0.5,
            drop,
            0.1,
            0.4,
            0.05,
            0.0,
            0.2,
            0.1,
            9,
            40,
        )

    write(tmp_path / "encoder_layers.csv", [row(0, 0.3), row(1, 0.1)])
    rewrite(document, encoder=str(tmp_path))
    text = document.read_text()
    assert (
        "| hidden | 0 | 96 of 384 | **+0.30 (+0.05)** |" in text
        and "| hidden | 1 | 96 of 384 | +0.10 (+0.05) |" in text
    )


def test_missing_tables_are_named(document, tmp_path):
    with pytest.raises(InputError, match=r"findings\.csv: no such file; run the study"):
        rewrite(document, neurons=str(tmp_path))
