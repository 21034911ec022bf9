"""Every plot exists, uses the axes that it is passed, labels them, and accepts any word."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from liap import manifest
from liap.reports import heat_map, plots
from liap.reports.analysis import Analysis, analyse
from liap.reports.report import draw_all
from liap.reports.rows import read_rows
from liap.reports.style import save
from liap.settings import AnalysisSettings

NAMES = ["lfs_boxplot_by_entity", "lfs_distribution", "lfs_vs_sentence_length", "lfs_by_explainer", "lfs_curve"]
PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module")
def analysis(results: Path) -> Analysis:
    return analyse(read_rows(results), settings=AnalysisSettings(resamples=200))


def drawings(analysis: Analysis) -> dict[str, Callable[[Axes | None], Axes]]:
    return {
        "lfs_boxplot_by_entity": lambda ax: plots.plot_boxplot_by_entity(analysis, ax),
        "lfs_distribution": lambda ax: plots.plot_distribution(analysis, ax),
        "lfs_vs_sentence_length": lambda ax: plots.plot_vs_sentence_length(analysis, ax),
        "lfs_by_explainer": lambda ax: plots.plot_by_explainer(analysis, ax=ax),
        "lfs_curve": lambda ax: plots.plot_curve(analysis, ax),
    }


LABELS = {
    "lfs_boxplot_by_entity": ("predicted entity type", "LFS of LIAP, syntactic (higher is better)"),
    "lfs_distribution": ("LFS of LIAP, syntactic (higher is better)", "mentions"),
    "lfs_vs_sentence_length": ("sentence length (words)", "LFS of LIAP, syntactic (higher is better)"),
    "lfs_by_explainer": ("LFS (mean, 95% interval over documents; right is better)", ""),
    "lfs_curve": ("K (words at each end of the ranking)", "LFS-K (mean)"),
}


@pytest.mark.parametrize("name", NAMES)
def test_axes_are_labelled_and_chance_is_marked(analysis: Analysis, name: str) -> None:
    own = Figure().subplots()
    ax = drawings(analysis)[name](own)
    assert ax is own
    assert (ax.get_xlabel(), ax.get_ylabel()) == LABELS[name]
    assert "chance (0.5)" in [text.get_text() for text in ax.get_legend().get_texts()]


def texts(ax: Axes) -> str:
    shown = [*ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts, *ax.get_legend().get_texts()]
    return "\n".join(text.get_text() for text in shown)


def test_counts_are_shown(analysis: Analysis) -> None:
    shown = {name: texts(draw(None)) for name, draw in drawings(analysis).items()}
    assert "PER\nn = 14" in shown["lfs_boxplot_by_entity"]
    assert "\\$y\\$\nn = 13" in shown["lfs_boxplot_by_entity"]  # a type that would be a formula
    assert "sensitive (n = 33)" in shown["lfs_distribution"] and "(n = 7)" in shown["lfs_distribution"]
    assert "one mention (n = 40)" in shown["lfs_vs_sentence_length"]
    assert "LIAP, core\n(n = 34)" in shown["lfs_by_explainer"] and "ceiling of LFS" in shown["lfs_by_explainer"]
    assert "occlusion, LFS's ceiling, n = 40" in shown["lfs_curve"]


def test_points_are_the_tables_means(analysis: Analysis) -> None:
    ax = plots.plot_by_explainer(analysis)
    drawn = sorted(float(container[0].get_xdata()[0]) for container in ax.containers)
    np.testing.assert_allclose(drawn, sorted(analysis.explainers["mean"]))


def test_all_files_appear_and_the_heat_map_only_with_its_table(analysis: Analysis, tmp_path: Path) -> None:
    written = draw_all(analysis, tmp_path)
    assert written == [f"{name}.png" for name in NAMES]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [manifest.NAME, *written, *(name.replace(".png", ".txt") for name in written)]
    )
    for name in written:
        content = (tmp_path / name).read_bytes()
        assert content.startswith(PNG) and len(content) > 5000


@pytest.mark.parametrize(
    "word", ["<b>bold</b>", "$x$", "$", "\\frac", "$\\alpha", "東京", "a\x00b", "%s {0}", "_" * 60]
)
def test_any_word_as_a_type_or_variant(word: str, tmp_path: Path, score_row: Callable, write_scores: Callable) -> None:
    rows = [
        score_row(sentence=index, document=index, text=word, predicted_type=word, explainer=word) for index in range(3)
    ]
    write_scores(tmp_path, rows)
    one = analyse(read_rows(tmp_path), settings=AnalysisSettings(explainer=word, resamples=100))
    save(plots.plot_boxplot_by_entity(one), tmp_path, "box")
    save(plots.plot_by_explainer(one), tmp_path, "all")
    assert (tmp_path / "box.png").read_bytes().startswith(PNG)


def test_one_mention_without_a_score_draws_too(tmp_path: Path, score_row: Callable, write_scores: Callable) -> None:
    nothing = float("nan")
    write_scores(tmp_path, [score_row(lfs=nothing, reason="empty", signed_difference=nothing, coverage=0.0)])
    written = draw_all(analyse(read_rows(tmp_path), settings=AnalysisSettings(resamples=100)), tmp_path)
    assert all((tmp_path / name).is_file() for name in written)


def test_one_long_sentence_does_not_squeeze_the_length_axis(
    tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    lengths = [10 + index % 20 for index in range(200)] + [400]
    rows = [score_row(sentence=index, document=index, sentence_length=words) for index, words in enumerate(lengths)]
    rows += [
        score_row(sentence=200, document=200, sentence_length=400, start=start, end=start + 1) for start in range(1, 30)
    ]
    write_scores(tmp_path, rows)
    ax = plots.plot_vs_sentence_length(analyse(read_rows(tmp_path), settings=AnalysisSettings(resamples=100)))
    assert "not shown: 30 mentions in longer sentences (up to 400 words)" in texts(ax)
    assert len(ax.collections[0].get_offsets()) == 200 and ax.get_xlim() == (0, 31)


def test_short_lengths_are_all_shown(analysis: Analysis) -> None:
    ax = plots.plot_vs_sentence_length(analysis)
    assert "not shown" not in texts(ax) and len(ax.collections[0].get_offsets()) == 40


def structure_file(folder: Path, layers: int = 3, heads: int = 4) -> pd.DataFrame:
    lines = [
        {
            "layer": layer,
            "head": head,
            "relation": relation,
            "observed": 0.1,
            "expected": 0.1,
            "mentions": 7,
            "documents": 3,
        }
        | {"ratio": ratio, "low": ratio * 0.8, "high": ratio * 1.2}
        for relation in ("head", "dependents", "frame")
        for layer in range(layers)
        for head in range(heads)
        for ratio in [2.0 if (layer, head) == (1, 2) else 1.0]
    ]
    pd.DataFrame(lines).to_csv(folder / "attention_structure.csv", index=False)
    return pd.DataFrame(lines)


def test_heat_map_puts_each_ratio_in_its_cell(analysis: Analysis, tmp_path: Path) -> None:
    structure_file(tmp_path)
    rows = heat_map.read_structure(tmp_path)
    ax = heat_map.plot_structure(rows, "head")
    image = ax.images[0].get_array()
    assert image.shape == (3, 4) and image[1, 2] == 1.0 and np.abs(image).sum() == 1.0
    assert [text.get_text() for text in ax.texts] == ["2.00"]  # values only where the interval leaves 1 out
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("head", "layer")
    assert "7 mentions" in ax.get_title()
    assert draw_all(analysis, tmp_path, rows)[-1] == "attention_structure.png"


@pytest.mark.parametrize(
    ("layers", "heads", "numbers", "note"),
    [
        (12, 12, 3, "A number: the 95% interval leaves out 1. No number: the interval contains 1"),
        (24, 16, 3, "A number: the 95% interval leaves out 1. No number: the interval contains 1"),
        (24, 20, 0, "there are too many cells to write them here"),
    ],
)
def test_a_line_under_the_heat_maps_explains_cells_without_a_number(
    layers: int, heads: int, numbers: int, note: str, tmp_path: Path
) -> None:
    figure = heat_map.draw_structure(structure_file(tmp_path, layers, heads)).get_figure()
    assert sum(len(axes.texts) for axes in figure.axes) == numbers
    shown = " ".join(figure.get_supxlabel().split())
    assert note in shown and "Grey" not in shown


def test_a_cell_without_a_value_is_said_to_be_grey(tmp_path: Path) -> None:
    rows = structure_file(tmp_path)
    rows.loc[5, ["ratio", "low", "high"]] = np.nan
    assert "Grey: no value." in heat_map.draw_structure(rows).get_figure().get_supxlabel()


@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (12, 12), (24, 20)])
def test_heat_maps_of_any_size_and_degenerate_ratios(layers: int, heads: int, tmp_path: Path) -> None:
    rows = structure_file(tmp_path, layers, heads)
    rows.loc[0, ["ratio", "low"]] = 0.0
    rows.loc[len(rows) - 1, ["ratio", "low", "high"]] = np.nan
    save(heat_map.draw_structure(rows), tmp_path, "map")
    assert (tmp_path / "map.png").read_bytes().startswith(PNG)


def test_a_run_without_a_structure_table_has_none(tmp_path: Path) -> None:
    assert heat_map.read_structure(tmp_path) is None
