"""The page's file and its data, without a browser: closed forms, digests, determinism, and files that do not fit together."""

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from liap import manifest
from liap.errors import InputError
from liap.reports.analysis import Analysis, analyse
from liap.reports.page import PAGE, browser_data, write_page, write_page_of
from liap.reports.page.browser_data import browser_data as data_of
from liap.reports.page.browser_data import rank_correlations
from liap.reports.page.headline_plot import MARGIN, headline_plot
from liap.reports.rows import read_rows
from liap.settings import AnalysisSettings


@pytest.fixture(scope="module")
def analysis(run_folder: Path) -> Analysis:
    return analyse(read_rows(run_folder), settings=AnalysisSettings(resamples=100))


@pytest.fixture
def folder(run_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return shutil.copytree(run_folder, tmp_path / "run")


def blocks_of(text: str) -> dict[str, object]:
    found = re.findall(r'<script type="application/octet-stream" id="([^"]+)">([^<]*)</script>', text)
    return {name: json.loads(gzip.decompress(base64.b64decode(content))) for name, content in found}


def test_correlations_of_known_rankings() -> None:
    scores = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [1.0, 5.0, 9.0], [1.0, 1.0, 2.0], [4.0, 4.0, 4.0]])
    found = rank_correlations(scores)
    assert found[0, :3].tolist() == pytest.approx([1, -1, 1])
    assert found[0, 3] == pytest.approx(np.sqrt(3) / 2)
    assert np.isnan(found[4]).all()


def test_mentions_without_scores_or_without_context(folder: Path, analysis: Analysis) -> None:
    """A line may have no method's scores, and a mention may be its whole sentence."""
    path = folder / "explanations.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines[3]["scores"] = {}
    span = lines[4]["start"], lines[4]["end"]
    lines[4] |= {"words": lines[4]["words"][: span[1]]} if span[0] == 0 else {}
    lines[4]["scores"] = {name: scores[: len(lines[4]["words"])] for name, scores in lines[4]["scores"].items()}
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (folder / "sentences.jsonl").unlink()
    data = data_of(analysis.panel, folder)
    assert data.blocks[0]["mentions"][3] == {"scores": [None] * 4, "drops": None}
    assert all(column[3] is None for column in data.disagreement)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(arrays(float, (3, 7), elements=st.integers(-3, 3).map(float)))
def test_correlations_are_scipys(scores: np.ndarray) -> None:
    found = rank_correlations(scores)
    for left in range(3):
        for right in range(3):
            if np.ptp(scores[left]) and np.ptp(scores[right]):
                assert found[left, right] == pytest.approx(spearmanr(scores[left], scores[right]).statistic, abs=1e-9)
            else:
                assert np.isnan(found[left, right])


def test_scores_and_drops_survive_the_blocks(folder: Path, analysis: Analysis) -> None:
    write_page(analysis, folder)
    blocks = blocks_of((folder / PAGE).read_text(encoding="utf-8"))
    index, details = blocks["index"], blocks["details-0"]
    lines = [json.loads(line) for line in (folder / "explanations.jsonl").read_text(encoding="utf-8").splitlines()]
    structure = [json.loads(line) for line in (folder / "sentences.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(index["mentions"]["start"]) == len(details["mentions"]) == len(lines) == 90
    assert index["explainers"] == ["LIAP, syntactic", "LIAP, frame", "attention", "occlusion"]
    names = ["liap/syntactic", "liap/frame", "attention", "occlusion"]
    for line, detail in zip(lines, details["mentions"], strict=True):
        for name, packed in zip(names, detail["scores"], strict=True):
            if name not in line["scores"]:
                assert packed is None
                continue
            largest, whole = packed
            expected = np.array(line["scores"][name])
            assert np.abs(np.array(whole) / 1000 * largest - expected).max() <= 0.0011 * largest
        known = next(one for one in structure[line["sentence"]]["mentions"] if one["start"] == line["start"])
        assert (np.array(detail["drops"]) / 10_000).tolist() == pytest.approx(known["drops"], abs=1e-9)
    assert details["sentences"]["7"]["heads"] == structure[7]["heads"]


def test_the_policy_names_the_only_script_and_the_only_style(folder: Path, analysis: Analysis) -> None:
    write_page(analysis, folder)
    text = (folder / PAGE).read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1].replace("&#39;", "'")
    for kind, contents in (
        ("script", re.findall(r"<script>(.*?)</script>", text, re.DOTALL)),
        ("style", re.findall(r"<style>(.*?)</style>", text, re.DOTALL)),
    ):
        assert len(contents) == 1
        digest = base64.b64encode(hashlib.sha256(contents[0].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(
        r"\son\w+=|\sstyle=|https?:|<b>", body.replace("<b>Outcomes:</b>", "").replace("<b>Predicted types:</b>", "")
    )


def test_the_same_results_give_the_same_bytes(folder: Path, analysis: Analysis) -> None:
    write_page(analysis, folder)
    first = (folder / PAGE).read_bytes()
    write_page(analysis, folder)
    assert (folder / PAGE).read_bytes() == first
    assert PAGE in manifest.recorded(folder)


def test_lines_that_are_not_those_of_the_rows_are_refused(folder: Path, analysis: Analysis) -> None:
    path = folder / "explanations.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(InputError, match=r"explanations\.jsonl: no line for mention 59:"):
        write_page(analysis, folder)
    extra = json.loads(lines[-1]) | {"sentence": 999}
    path.write_text("".join(lines) + json.dumps(extra) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"mention 999:\d+-\d+ has no row in scores\.csv"):
        write_page(analysis, folder)
    path.write_text("".join(lines), encoding="utf-8")
    (folder / "run.json").write_text(json.dumps({"files": {"explanations.jsonl": {"lines": 90, "digest": "0"}}}))
    with pytest.raises(InputError, match="the run wrote other values"):
        write_page(analysis, folder)
    (folder / "run.json").unlink()
    other = json.loads((folder / "sentences.jsonl").read_text(encoding="utf-8").splitlines()[0])
    other["words"][1] = "other"
    (folder / "sentences.jsonl").write_text(json.dumps(other) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"sentence 0 has other words than in explanations\.jsonl"):
        write_page(analysis, folder)


def test_a_long_run_shows_its_first_mentions(folder: Path, analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[data_of.__module__]
    monkeypatch.setattr(module, "MOST_MENTIONS", 40)
    data = data_of(analysis.panel, folder)
    assert (data.mentions, data.left_out) == (40, 50)
    write_page(analysis, folder)
    text = (folder / PAGE).read_text(encoding="utf-8")
    assert "The first 40 mentions; 50 more are in explanations.jsonl." in text


def test_the_plot_has_the_numbers_of_the_table(analysis: Analysis) -> None:
    plot = headline_plot(analysis)
    points = {point.text.split(":")[0]: point for line in plot.lines for point in line.points}
    table = analysis.explainers.to_dict("records")
    assert len(points) == len(table) == 11
    for row in table:
        point = points[analysis.panel.label(row)]
        place = MARGIN + (100 - 2 * MARGIN) * row["mean"]  # LFS lies in [0, 1]
        assert point.x == pytest.approx(place, abs=1e-3) and point.low <= point.x <= point.high
        assert f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}], n = {row['n']}" in point.text
    assert [line.title for line in plot.lines] == ["LIAP, syntactic", "LIAP, frame", "attention", "occlusion", "random"]
    assert [len(line.points) for line in plot.lines] == [4, 4, 1, 1, 1]


def test_a_page_of_a_run_that_has_just_ended(folder: Path, tmp_path: Path) -> None:
    assert write_page_of(folder) == str(folder / PAGE)
    (folder / "run.json").write_text(json.dumps({"settings": {}, "methods": {"explainers": [], "metrics": []}}))


def test_neither_torch_nor_scipy_nor_matplotlib_is_loaded(folder: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom liap.reports.page import write_page_of\n"
        f"write_page_of(Path({str(folder)!r}))\n"
        "heavy = {'torch', 'transformers', 'spacy', 'matplotlib', 'scipy'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_templates_are_part_of_the_package() -> None:
    """Every file that the page is made of is named in the package's data."""
    import tomllib

    root = Path(__file__).parents[3]
    data = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    templates = Path(browser_data.__file__).parent / "templates"
    listed = {path for pattern in data["liap.reports.page"] for path in templates.parent.glob(pattern)}
    assert listed == set(templates.iterdir()) and len(listed) > 8


def test_any_type_of_a_mention_is_text(make_run: Callable, tmp_path: Path) -> None:
    """Labels and types of a corpus are escaped in the page's own text."""
    folder = make_run(tmp_path, 20)
    write_page_of(folder)
    text = (folder / PAGE).read_text(encoding="utf-8")
    assert "<bdi>&lt;b&gt;</bdi>" in text and "window.ran" not in text
