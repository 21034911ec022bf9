"""The page in headless Chromium: filters, order, links, keys, colours, hostile words."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from liap.reports.analysis import analyse
from liap.reports.page import PAGE, write_page
from liap.reports.rows import read_rows
from liap.settings import AnalysisSettings

SETTINGS = AnalysisSettings(resamples=100)


@pytest.fixture(scope="module")
def rows(run_folder: Path) -> pd.DataFrame:
    """LIAP's syntactic rows: a mention each, in the page's order."""
    table = pd.read_csv(run_folder / "scores.csv", keep_default_na=False, na_values={"lfs": [""]})
    chosen = table[(table["explainer"] == "liap") & (table["variant"] == "syntactic")]
    return chosen.sort_values(["sentence", "start"], ignore_index=True)


def test_each_filter_keeps_the_rows_that_fit(opened: Callable, rows: pd.DataFrame, run_folder: Path) -> None:
    one = opened()
    assert one.count() == len(rows) == 90
    one.choose("type", "<b>")
    assert one.count() == (rows["predicted_type"] == "<b>").sum() > 0
    one.choose("outcome", "wrong type")
    both = (rows["predicted_type"] == "<b>") & (rows["outcome"] == "wrong_type")
    assert one.places() == list(np.flatnonzero(both))
    one.page.click("#all")
    one.settle()
    assert one.count() == 90
    one.choose("scored", "LIAP, frame")
    assert one.places() == list(np.flatnonzero(rows["sentence"] % 5 > 0))
    one.page.click("#all")
    for label, insensitive in (("sensitive", 0), ("insensitive", 1)):
        one.choose("sensitivity", label)
        assert one.places() == list(np.flatnonzero(rows["insensitive"] == insensitive))
    one.page.click("#all")
    one.page.fill("#search", "ANN LEE")
    one.settle()
    lines = [json.loads(line) for line in (run_folder / "explanations.jsonl").read_text(encoding="utf-8").splitlines()]
    found = ["ann lee" in " ".join(line["words"]).lower() for line in lines]
    assert one.places() == list(np.flatnonzero(found)) != []
    one.page.fill("#search", "no such words")
    one.settle()
    assert one.count() == 0 and "No mention fits" in one.page.inner_text("#list")
    assert one.complaints == []


def test_each_order(opened: Callable, rows: pd.DataFrame, run_folder: Path) -> None:
    from scipy.stats import spearmanr

    one = opened()
    lfs, words = rows["lfs"].to_numpy(), rows["sentence_length"].to_numpy()
    one.choose("order", "LFS, lowest first")
    assert one.places() == list(np.argsort(lfs, kind="stable"))
    one.choose("order", "LFS, highest first")
    assert one.places() == list(np.argsort(-lfs, kind="stable"))
    one.choose("order", "longest sentence")
    assert one.places() == list(np.argsort(-words, kind="stable"))
    one.choose("order", "shortest sentence")
    assert one.places() == list(np.argsort(words, kind="stable"))
    one.choose("second", "attention")
    one.choose("order", "the two explainers disagree most")
    apart = []
    for line in map(json.loads, (run_folder / "explanations.jsonl").read_text(encoding="utf-8").splitlines()):
        context = [word for word in range(len(line["words"])) if not line["start"] <= word < line["end"]]
        scores = [np.array(line["scores"][name])[context] for name in ("liap/syntactic", "attention")]
        apart.append(round(100 * (1 - spearmanr(*scores).statistic)))
    shown = np.array(apart)[one.places()]
    assert len(shown) == 90 and (np.diff(shown) <= 0).all() and shown[0] > shown[-1]
    one.choose("order", "the two explainers agree most")
    assert (np.diff(np.array(apart)[one.places()]) >= 0).all()


def test_two_explainers_side_by_side_with_structure_and_drops(opened: Callable, run_folder: Path) -> None:
    line = next(
        line
        for line in map(json.loads, (run_folder / "explanations.jsonl").read_text(encoding="utf-8").splitlines())
        if line["sentence"] == 7
    )
    sentence = json.loads((run_folder / "sentences.jsonl").read_text(encoding="utf-8").splitlines()[7])
    one = opened(f"#7-{line['start']}-{line['end']}")
    one.choose("first", "attention")
    one.choose("second", "occlusion")
    first, second = one.page.query_selector_all("#detail .two section")
    assert first.query_selector("h4").inner_text().startswith("attention (LFS 0.")
    for part, name in ((first, "attention"), (second, "occlusion")):
        spans = part.query_selector_all(".word")
        assert [span.inner_text() for span in spans] == line["words"]
        for word, span in enumerate(spans):
            own = line["start"] <= word < line["end"]
            assert ("own" in span.get_attribute("class")) == own
            if not own and span.get_attribute("title") not in ("0", None):
                shown = float(span.get_attribute("title").replace("−", "-"))
                largest = max(map(abs, line["scores"][name]))
                assert shown == pytest.approx(line["scores"][name][word], abs=0.001 * largest + 0.005 * abs(shown))
    assert len(one.page.query_selector_all(".structure path.arc")) == sum(head >= 0 for head in sentence["heads"])
    drops = sentence["mentions"][0]["drops"]
    assert len(one.page.query_selector_all(".structure .drop")) == sum(drop > 0 for drop in drops)
    assert len(one.page.query_selector_all(".structure .rise")) == sum(drop < 0 for drop in drops)
    roles = [text.inner_html() for text in one.page.query_selector_all(".structure .role")]
    assert roles == [name for name, _, _ in sentence["frames"][0]["roles"]]


def test_a_link_to_a_mention(opened: Callable, rows: pd.DataFrame) -> None:
    row = rows.iloc[50]
    one = opened(f"#{row['sentence']}-{row['start']}-{row['end']}")
    assert one.title() == row["text"]
    assert one.page.get_attribute('.row[aria-selected="true"]', "data-place") == "50"
    other = next(kind for kind in ("PER", "LOC") if kind != row["predicted_type"])
    one.choose("type", other)
    one.page.evaluate("location.hash = '#nothing'")
    one.page.evaluate(f"location.hash = '#{row['sentence']}-{row['start']}-{row['end']}'")
    one.settle()
    assert one.count() == 90 and one.title() == row["text"]  # the filter that hid it is gone
    one.page.click(".row >> nth=0")
    one.settle()
    first = rows.iloc[int(one.page.get_attribute('.row[aria-selected="true"]', "data-place"))]
    assert one.page.url.endswith(f"#{first['sentence']}-{first['start']}-{first['end']}")
    assert one.complaints == []
    for odd in ("#%", "#1-2", "#<script>"):
        assert opened(odd).complaints == []


def test_keys(opened: Callable, rows: pd.DataFrame) -> None:
    one = opened()
    chosen = lambda: int(one.page.get_attribute('.row[aria-selected="true"]', "data-place"))  # noqa: E731
    one.page.focus("#list")
    for key, place in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("End", 89), ("Home", 0)):
        one.page.keyboard.press(key)
        one.settle()
        assert chosen() == place and one.title() == " ".join(rows.iloc[place]["text"].split())
    one.page.keyboard.press("PageDown")
    one.settle()
    assert 5 < chosen() < 20
    active = one.page.get_attribute("#list", "aria-activedescendant")
    assert active == f"row-{chosen()}" and one.page.query_selector(f"#{active}")
    one.page.keyboard.press("/")
    assert one.page.evaluate("document.activeElement.id") == "search"
    one.page.keyboard.type("a/b")
    assert one.page.input_value("#search") == "a/b"
    one.page.keyboard.press("Escape")
    assert one.page.evaluate("document.activeElement.id") == "list"
    assert one.complaints == []


def test_colours_follow_the_system_and_the_switch(opened: Callable) -> None:
    back = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(255, 255, 255)", "rgb(20, 23, 28)"
    bright, night = opened(color_scheme="light"), opened(color_scheme="dark")
    assert (bright.page.evaluate(back), night.page.evaluate(back)) == (light, dark)
    bright.choose("theme", "dark")
    night.choose("theme", "light")
    assert (bright.page.evaluate(back), night.page.evaluate(back)) == (dark, light)
    bright.page.emulate_media(media="print")
    assert bright.page.evaluate(back) == light
    assert not bright.page.is_visible("#list") and bright.page.is_visible("#detail")


def test_paper_has_every_table_and_the_whole_tree(opened: Callable) -> None:
    one = opened("#7-0-2")
    closed = "document.querySelectorAll('details:not([open])').length"
    assert one.page.evaluate(closed) == 3
    one.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert one.page.evaluate(closed) == 0
    one.page.emulate_media(media="print")
    one.page.set_viewport_size({"width": 700, "height": 900})  # of A4, in pixels
    for part in (".structure", "table"):
        widths = f"[...document.querySelectorAll('{part}')].map((part) => part.getBoundingClientRect().width)"
        assert all(0 < width <= 700 for width in one.page.evaluate(widths))
    one.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert one.page.evaluate(closed) == 3
    assert one.complaints == []


def test_words_are_text_and_nothing_else_runs_or_is_fetched(opened: Callable, rows: pd.DataFrame, html: Path) -> None:
    one = opened()
    for place in np.flatnonzero((rows["sentence"] % 10 == 0).to_numpy()):
        row = rows.iloc[place]
        one.page.evaluate(f"location.hash = '#{row['sentence']}-{row['start']}-{row['end']}'")
        one.settle()
    assert one.page.evaluate("window.ran") is None
    assert one.page.query_selector_all("main script, main img") == []
    assert [url.split("#")[0] for url in one.requests] == [html.as_uri()]
    assert one.complaints == []
    refused = one.page.evaluate(
        """async () => {
            const seen = [];
            document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
            const box = document.createElement("div");
            box.innerHTML = "<b onclick='window.ran=1' style='color:red'>x</b>";
            document.body.append(box);
            box.firstChild.click();
            const script = document.createElement("script");
            script.textContent = "window.ran=1";
            document.body.append(script);
            await fetch("https://example.org/").catch(() => 0);
            await new Promise((done) => setTimeout(done, 200));
            return seen;
        }"""
    )
    assert {name.split("-")[0] for name in refused} == {"script", "style", "connect"}
    assert one.page.evaluate("window.ran") is None


def test_no_width_needs_sideways_scrolling(opened: Callable) -> None:
    for width in (320, 390, 768, 1280):
        one = opened(viewport={"width": width, "height": 844})
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_old_folder_gives_a_page_without_arcs(opened: Callable, run_folder: Path, tmp_path: Path) -> None:
    for name in ("scores.csv", "explanations.jsonl"):
        shutil.copy(run_folder / name, tmp_path)
    analysis = analyse(read_rows(tmp_path), settings=SETTINGS)
    write_page(analysis, tmp_path)
    one = opened(path=tmp_path / PAGE)
    assert one.count() == 90 and one.page.query_selector(".structure") is None
    assert len(one.page.query_selector_all("#detail .two section")) == 2
    assert one.complaints == []
    (tmp_path / "explanations.jsonl").unlink()
    write_page(analysis, tmp_path)
    one = opened(path=tmp_path / PAGE)
    assert one.page.query_selector("#list") is None and "no explanations.jsonl" in one.page.inner_text("main")
    assert one.complaints == []
