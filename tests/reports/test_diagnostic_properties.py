"""Tables of the diagnostic properties, from files that are written here."""

from dataclasses import fields

import pytest

from liap.diagnostics.diagnostic_rows import DiagnosticRow
from liap.diagnostics.explainer_cost import ExplainerCost
from liap.errors import InputError
from liap.reports.diagnostic_properties import properties_of, survivors_of
from liap.reports.layout import rounded
from liap.tables import header, to_csv

NAN = float("nan")
TEXTS = {"subject": "LSTM", "variant": "-", "as_published": "-", "reason": "-"}


def row(explainer: str, name: str, value: float, **less: tuple[float, float, float]) -> DiagnosticRow:
    """One of a trained model; `less` is the difference from a control, with its interval."""
    cells = dict.fromkeys((field.name for field in fields(DiagnosticRow)), NAN) | TEXTS
    cells |= {
        "models": "trained",
        "explainer": explainer,
        "property": name,
        "value": value,
        "n": 40,
        "documents": 40,
        "compared": 3,
    }
    for control, (difference, low, high) in less.items():
        cells |= {
            f"minus_{control}": difference,
            f"minus_{control}_low": low,
            f"minus_{control}_high": high,
        }
    return DiagnosticRow(**cells)


def write(folder, name, kind, rows):
    (folder / name).write_text(header(kind) + to_csv(rows), encoding="utf-8")
    return folder


def test_word_rarity_and_length_are_controls(tmp_path):
    above, below = (0.2, 0.1, 0.3), (0.0, -0.1, 0.1)
    rows = [
        row("occlusion", "confidence_r2", 0.7, random=above, frequency=above, length=above),
        row("lime", "confidence_r2", 0.6, random=above, frequency=below, length=above),
        row("gradient", "confidence_r2", 0.6, random=above, frequency=above, length=below),
        row("frequency", "confidence_r2", 0.5),
    ]
    last = survivors_of(write(tmp_path, "diagnostics.csv", DiagnosticRow, rows)).splitlines()[-1]
    assert last == "| confidence, R2 | occlusion 0.700 | word rarity alone 0.500 | occlusion |"


def test_costs_stand_in_the_table_with_their_size(tmp_path):
    write(
        tmp_path,
        "diagnostics.csv",
        DiagnosticRow,
        [row("gradient", "faithfulness", 0.5), row("lime", "faithfulness", 0.5)],
    )
    assert properties_of(tmp_path).endswith("Costs were not measured.")
    cost = ExplainerCost("gradient", 8, 1.0, 1.0, 0.00503, 1.0, 1.0, 0.0014, 0.00907744, 4.52)
    said = properties_of(write(tmp_path, "explainer_cost.csv", ExplainerCost, [cost]))
    gradient, lime = (line for line in said.splitlines() if line.startswith(("| gradient", "| LIME")))
    assert gradient.endswith("| 2.0 | 0.0091 | 5.0 | 4.5 |") and lime.endswith("| – | – | – | – |")
    assert "a mean over 8 instances" in said


def test_a_file_of_costs_that_is_none_of_ours_is_refused(tmp_path):
    write(tmp_path, "diagnostics.csv", DiagnosticRow, [row("gradient", "faithfulness", 0.5)])
    (tmp_path / "explainer_cost.csv").write_text("explainer,mentions\ngradient,8\n", encoding="utf-8")
    with pytest.raises(InputError, match="gigaflops_alone"):
        properties_of(tmp_path)


def test_significant_digits():
    assert [rounded(value) for value in (0.00907, 0.257, 4.5, 44.8, 359.26, 0.0, -0.0316, NAN)] == [
        "0.0091", "0.26", "4.5", "45", "359", "0", "-0.032", "–",
    ]  # fmt: skip
