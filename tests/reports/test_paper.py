"""What goes into a paper: plots in several formats and in a column's width, captions, and LaTeX tables."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from liap import manifest
from liap.errors import InputError
from liap.reports import plots
from liap.reports.analysis import Analysis, analyse
from liap.reports.display import Shown
from liap.reports.latex import latex_table, latex_text, of_markdown
from liap.reports.report import draw_all, titled_tables, write_latex
from liap.reports.rows import read_rows
from liap.reports.style import add_legend, drawn_for, new_axes, save
from liap.settings import AnalysisSettings, FigureSettings

STARTS = {"png": b"\x89PNG\r\n", "pdf": b"%PDF-", "svg": b"<?xml"}


@pytest.fixture(scope="module")
def analysis(results: Path) -> Analysis:
    return analyse(read_rows(results), settings=AnalysisSettings(resamples=100))


def test_each_format_is_written_whole_and_the_same_twice(analysis: Analysis, tmp_path: Path) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        with drawn_for(FigureSettings(formats=("png", "pdf", "svg"))):
            save(plots.plot_by_explainer(analysis), folder, "plot")
    for ending, start in STARTS.items():
        content = (tmp_path / "one" / f"plot.{ending}").read_bytes()
        assert content.startswith(start) and len(content) > 3000
        assert content == (tmp_path / "two" / f"plot.{ending}").read_bytes()
    assert b"/Type3" not in (tmp_path / "one" / "plot.pdf").read_bytes()  # which some publishers refuse


def test_a_column_has_its_width_and_its_size_of_text(analysis: Analysis, tmp_path: Path) -> None:
    with drawn_for(FigureSettings(font_size=8.0, column_width=3.3)):
        for draw in (plots.plot_by_explainer, plots.plot_vs_sentence_length, plots.plot_curve, plots.plot_distribution):
            axes = draw(analysis)
            save(axes, tmp_path, "plot")
            figure = axes.get_figure()
            figure.draw_without_rendering()  # saving measures in another resolution
            assert figure.get_figwidth() == 3.3
            assert axes.xaxis.label.get_size() == pytest.approx(8.0)
            sides = figure.bbox
            for part in (axes.get_legend(), axes.xaxis.label, axes.yaxis.label):
                box = part.get_window_extent()
                assert box.x0 >= sides.x0 - 2 and box.x1 <= sides.x1 + 2, (draw.__name__, part)
            assert axes.get_window_extent().height > 0.3 * sides.height
    assert plots.plot_distribution(analysis).get_figure().get_figwidth() == 7.0  # outside, as designed


@pytest.mark.parametrize(
    ("designed", "column", "width"), [(12.0, 3.3, 6.6), (4.4, 3.3, 3.3), (12.0, 6.5, 6.5), (12.0, 0.0, 12.0)]
)
def test_panels_take_a_column_or_two(designed: float, column: float, width: float, tmp_path: Path) -> None:
    figure = Figure(figsize=(designed, 4.0), layout="constrained")
    figure.subplots(1, 2)
    with drawn_for(FigureSettings(column_width=column)):
        save(figure, tmp_path, "panels")
    assert figure.get_figwidth() == pytest.approx(width)


def test_a_figure_whose_texts_have_fixed_places_keeps_its_proportions(tmp_path: Path) -> None:
    figure = Figure(figsize=(11.0, 4.0))
    text = figure.text(0.1, 0.5, "word", fontsize=10)
    with drawn_for(FigureSettings(font_size=8.0, column_width=3.3)):
        save(figure, tmp_path, "sentence")
    assert tuple(figure.get_size_inches()) == pytest.approx((6.6, 2.4)) and text.get_size() == pytest.approx(6.0)


def test_a_legend_that_is_designed_beside_the_axes_goes_above_those_of_a_column(tmp_path: Path) -> None:
    def drawn() -> Axes:
        axes = new_axes(8.0, 5.0)
        for number in range(6):
            axes.plot([0, 0.8], [0, number], label=f"explainer number {number}")
        add_legend(axes, loc="center left", bbox_to_anchor=(1.01, 0.5))
        save(axes, tmp_path, "plot")
        axes.get_figure().draw_without_rendering()
        return axes

    aside = drawn()
    assert aside.get_legend().get_window_extent().x0 > aside.get_window_extent().x1
    with drawn_for(FigureSettings(font_size=8.0, column_width=3.3)):
        above = drawn()
    legend, whole = above.get_legend().get_window_extent(), above.get_figure().bbox
    assert legend.y0 > above.get_window_extent().y1 - 1
    assert legend.x0 >= 0 and legend.x1 <= whole.width and legend.y1 <= whole.height + 1
    assert {label.get_size() for label in above.get_xticklabels()} == {8.0}


def test_each_picture_has_its_caption_beside_it(analysis: Analysis, tmp_path: Path) -> None:
    drawn = draw_all(analysis, tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()).count(".txt") == len(drawn) == 5
    for name in drawn:
        caption = (tmp_path / name).with_suffix(".txt").read_text(encoding="utf-8")
        assert caption.endswith("40 mentions in 8 documents.\n") and len(caption.splitlines()) == 1
        assert not re.search(r"\b(lfs|signed_difference|matched_\w+)\b", caption)  # names of columns
    assert "LFS of LIAP, syntactic by predicted entity type" in (tmp_path / "lfs_boxplot_by_entity.txt").read_text()
    assert {f"{Path(name).stem}.txt" for name in drawn} <= manifest.recorded(tmp_path)


def test_every_table_as_latex(analysis: Analysis, tmp_path: Path) -> None:
    names = write_latex(analysis, tmp_path)
    assert len(names) == len(titled_tables(analysis)) > 6
    for name in names:
        text = (tmp_path / name).read_text(encoding="utf-8")
        body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
        columns = len(re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)[1])
        lines = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert len(lines) > 1
        assert all(len(re.findall(r"(?<!\\)&", line)) == columns - 1 for line in lines), name
        assert f"tab:{Path(name).stem}" in text and not re.search(r"[▲▼–]", text)
    assert "nearest words (control)" in (tmp_path / "lfs_by_explainer.tex").read_text(encoding="utf-8")


def test_letters_that_latex_would_read_as_commands() -> None:
    assert latex_text(r"50% of a_b & c$ #1 {x} \y ~^") == (
        r"50\% of a\_b \& c\$ \#1 \{x\} \textbackslash{}y \textasciitilde{}\textasciicircum{}"
    )
    assert latex_text("-0.061 [-0.074, -0.051] ▼") == r"$-$0.061 [$-$0.074, $-$0.051] $\downarrow$"
    assert latex_text("10-19 words, LFS-K, 3-1") == "10-19 words, LFS-K, 3-1"
    assert latex_text("0%-10%, 25%-50%") == r"0\%-10\%, 25\%-50\%"
    assert latex_text("[a]") == "{[}a]"


DOCUMENT = r"""# Page
```python
# no heading
```
## What it *costs*

<!-- results:begin costs -->
| explainer | LFS ↑ | ms |
| --- | ---: | ---: |
| **LIME** | 0.8 ±0.1 | 5 |
| `a\|b` \_c | -0.1 | &lt;1 |

400 mentions. See [the page](docs/page.md).
<!-- results:end costs -->

| a | b |
|---|---|
| 10-19 | x |
"""


def test_tables_of_a_document() -> None:
    files = of_markdown(DOCUMENT, "page")
    assert list(files) == ["page_1.tex", "page_2.tex"]
    first, second = files.values()
    assert r"\caption{What it costs. 400 mentions. See the page.}" in first and r"\label{tab:page_1}" in first
    assert r"\begin{tabular}{lrr}" in first and r"explainer & LFS $\uparrow$ & ms \\" in first
    assert r"LIME & 0.8 $\pm$0.1 & 5 \\" in first
    assert r"a\textbar{}b \_c & $-$0.1 & \textless{}1 \\" in first
    assert r"\begin{tabular}{ll}" in second and r"10-19 & x \\" in second


@given(st.lists(st.text(max_size=8), min_size=3, max_size=3))
def test_any_cell_leaves_the_table_in_its_columns(cells: list[str]) -> None:
    text = latex_table(Shown(["a", "b", "c"], [cells]), "caption", "label")
    line = text.splitlines()[text.splitlines().index(r"\midrule") + 1]
    assert line.endswith(r" \\")
    assert len(re.findall(r"(?<!\\)&", line)) == 2
    plain = re.sub(r"\\[a-z]+\{\}|\\[\\{}$&#%_]|\$(-|\\[a-z]+)\$", "", line)
    assert not set(plain.replace("&", "").replace("{[}", "").replace("{*}", "")) & set("$#%_{}\\^~")


def test_flags_of_a_paper(results: Path, tmp_path: Path, script: Callable) -> None:
    shutil.copy(results / "scores.csv", tmp_path)
    flags = ["--results", tmp_path, "--resamples", 100, "--variant", "core", "--no-page"]
    status, _, err = script(
        "analyze_results.py", *flags, "--formats", "svg", "--column-width", 3.3, "--font-size", 7, "--latex"
    )
    assert status == 0, err
    endings = {path.suffix for path in tmp_path.iterdir()}
    assert {".svg", ".tex", ".txt", ".csv"} <= endings and not {".png", ".html"} & endings
    for wrong in (["--formats", "gif"], ["--font-size", 1], ["--column-width", 1]):
        status, _, err = script("analyze_results.py", *flags, *wrong)
        assert (status, wrong[0] in err.splitlines()[-1]) == (2, True)
    with pytest.raises(InputError, match="--formats must name at least one of png, pdf, svg"):
        AnalysisSettings(formats=())
