"""The table of measured costs, from a file as the benchmark writes it."""

import pytest

from liap.diagnostics.explainer_cost import TOGETHER, ExplainerCost
from liap.errors import InputError
from liap.reports.explainer_costs import FILE, costs_of_explainers
from liap.tables import header, to_csv


def test_a_line_per_explainer_with_both_ways(tmp_path):
    rows = [
        ExplainerCost("gradient", 12, 1.0, 1.0, 0.0125, 1.0, 1.0, 0.01, 0.5, 31.4),
        ExplainerCost(TOGETHER, 12, 60.0, 20.0, 1.0, 40.5, 20.0, 0.5, 9.0, float("nan")),
    ]
    (tmp_path / FILE).write_text(header(ExplainerCost) + to_csv(rows))
    lines = costs_of_explainers(tmp_path).splitlines()
    assert lines[2] == "| gradient | 1.0 + 1.0 | 1.0 + 1.0 | 12.5 | 10.0 | 31 |"
    assert lines[3] == "| all together | 60.0 + 20.0 | 40.5 + 20.0 | 1000.0 | 500.0 | – |"
    assert lines[-1].startswith("12 mentions.")


@pytest.mark.parametrize("text", ["", "explainer,mentions\n", "explainer,mentions\ngradient,12\n"])
def test_another_file_is_one_line(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match=r"explainer_cost\.csv: .*run it again"):
        costs_of_explainers(tmp_path)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"studies/benchmark\.py"):
        costs_of_explainers(tmp_path)
