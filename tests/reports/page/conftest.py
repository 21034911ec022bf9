"""A results folder with word scores, trees, frames and drops, with words that a page must not run; and a browser that opens its page.

Tests in a browser skip where there is no Chromium or no Playwright, and fail instead where LIAP_REQUIRE_BROWSER is set. CHROMIUM
names another browser's program.
"""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from liap.reports.analysis import analyse
from liap.reports.page import PAGE, write_page
from liap.reports.rows import read_rows
from liap.settings import AnalysisSettings

HOSTILE = (
    "<script>window.ran=1</script>",
    "</script><img src=x onerror=window.ran=1>",
    "&lt;b&gt;",
    "{{7*7}}",
    "\u202egnirts",
    "'\"`",
    "مرحبا",
)
PLAIN = "the council of Geneva said on Monday that talks with Ann Lee would go on in Paris , near the river".split()
RELATIONS, OUTCOMES = (
    ("nsubj", "obj", "case", "obl", "det", "amod"),
    ("correct", "wrong_type", "wrong_boundary", "spurious"),
)
METHODS = ("liap/syntactic", "liap/frame", "attention", "occlusion")
CONTROLS = ("matched_random", "matched_window", "matched_distance")


def sentence_of(number: int, draw: random.Random) -> dict:
    """Words with a tree and perhaps a frame; every tenth sentence has a hostile word."""
    words = draw.choices(PLAIN, k=draw.randint(6, 34))
    if number % 10 == 0:
        words[0] = HOSTILE[number // 10 % len(HOSTILE)]
    heads = [-1, *(draw.randrange(max(0, word - 6), word) for word in range(1, len(words)))]
    relations = ["root", *draw.choices(RELATIONS, k=len(words) - 1)]
    cut = draw.randint(3, len(words) - 1)
    frames = [{"predicate": 2, "roles": [["ARG0", 0, 2], ["V", 2, 3], ["ARG1", 3, cut + 1]]}] if number % 2 else []
    return {"sentence": number, "words": words, "heads": heads, "relations": relations, "frames": frames}


def mentions_of(sentence: dict, draw: random.Random) -> list[dict]:
    """One or two mentions with drops, and scores that are the drops with noise."""
    count, mentions = len(sentence["words"]), []
    for start in (0, count - 2)[: 1 + sentence["sentence"] % 2]:
        drops = [0.0 if start <= word < start + 2 else round(draw.gauss(0, 0.1) ** 3 * 40, 4) for word in range(count)]
        drops = [max(-1.0, min(1.0, drop)) for drop in drops]
        mentions.append({"start": start, "end": start + 2, "drops": drops})
    return mentions


def scores_of(drops: list[float], start: int, draw: random.Random) -> dict[str, list[float]]:
    scores = {}
    for name in METHODS:
        noisy = [drop + draw.gauss(0, 0.02) for drop in drops]
        kept = [score if name in ("attention", "occlusion") or draw.random() < 0.4 else 0.0 for score in noisy]
        scores[name] = [0.0 if start <= word < start + 2 else round(score, 6) for word, score in enumerate(kept)]
    return scores


def write_run(folder: Path, sentences: int, score_row: Callable, write_scores: Callable) -> Path:
    """Write the run's files; the folder."""
    draw, rows, explained, lines = random.Random(0), [], [], []
    for number in range(sentences):
        sentence = sentence_of(number, draw)
        sentence["mentions"] = mentions_of(sentence, draw)
        lines.append(sentence)
        for mention in sentence["mentions"]:
            span, kind = {"start": mention["start"], "end": mention["end"]}, draw.choice(("PER", "LOC", "ORG", "<b>"))
            about = {
                "sentence": number, **span, "document": number // 4, "predicted_type": kind, "gold_type": draw.choice((kind, "PER", "")),
                "text": " ".join(sentence["words"][mention["start"] : mention["end"]]), "sentence_length": len(sentence["words"]),
                "context": len(sentence["words"]) - 2, "outcome": draw.choice(OUTCOMES), "probability": round(draw.uniform(0.4, 1), 4),
                "k": min(3, (len(sentence["words"]) - 2) // 2),
            }  # fmt: skip
            scores = scores_of(mention["drops"], mention["start"], draw)
            if number % 5 == 0:
                del scores["liap/frame"]
            explained.append(
                {
                    "sentence": number,
                    **span,
                    "type": kind,
                    "probability": about["probability"],
                    "words": sentence["words"],
                    "scores": scores,
                }
            )
            names = [
                *METHODS,
                *(f"{control}/{variant}" for control in CONTROLS for variant in ("syntactic", "frame")),
                "random",
            ]
            for name in names:
                explainer, _, variant = name.partition("/")
                lost = variant == "frame" and number % 5 == 0
                lfs = float("nan") if lost else draw.uniform(0.3, 1)
                changes = {"explainer": explainer, "variant": variant, "lfs": lfs, "insensitive": draw.random() < 0.3}
                changes |= {"signed_difference": float("nan"), "reason": "uncovered"} if lost else {}
                changes |= {"explainer_operator": "unk"} if explainer == "occlusion" else {}
                rows.append(score_row(**about, **changes))
    write_scores(folder, rows)
    for name, content in (("explanations", explained), ("sentences", lines)):
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in content)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def make_run(score_row: Callable, write_scores: Callable) -> Callable[[Path, int], Path]:
    """Write a run of so many sentences into a folder."""
    return lambda folder, sentences: write_run(folder, sentences, score_row, write_scores)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, make_run: Callable) -> Path:
    """A run of 60 sentences and 90 mentions; not to be written to."""
    return make_run(tmp_path_factory.mktemp("run"), 60)


def lacking(reason: str) -> None:
    """Skip, or fail where a browser is required."""
    if os.environ.get("LIAP_REQUIRE_BROWSER"):
        pytest.fail(f"LIAP_REQUIRE_BROWSER is set, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        lacking("there is no Chromium (apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("Playwright is not installed (pip install -r requirements-browser.txt)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def html(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the run; other results are not needed."""
    folder = tmp_path_factory.mktemp("page")
    for name in ("scores.csv", "explanations.jsonl", "sentences.jsonl"):
        shutil.copy(run_folder / name, folder)
    write_page(analyse(read_rows(folder), settings=AnalysisSettings(resamples=100)), folder)
    return folder / PAGE


class Opened:
    """A page that was opened, with everything that it asked for or complained about."""

    def __init__(self, browser, html: Path, address: str = "", **options) -> None:
        self.page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page.set_default_timeout(15_000)
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(html.as_uri() + address)
        self.page.wait_for_selector("html[data-ready]")

    def choose(self, name: str, label: str) -> None:
        self.page.select_option(f"#{name}", label=label)
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_timeout(60)
        frames = "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30)))"
        self.page.evaluate(f"new Promise((done) => {frames})")  # on a busy machine, 60 ms may hold no frame

    def count(self) -> int:
        return int(self.page.inner_text("#count").split(" of ")[0].replace(",", ""))

    def places(self) -> list[int]:
        """The mentions in the list, all of them, by their place in the run."""
        self.page.evaluate("document.getElementById('list').style.height = '6000px'")
        self.settle()
        return [int(row.get_attribute("data-place")) for row in self.page.query_selector_all(".row")]

    def title(self) -> str:
        return self.page.inner_text("#detail h3")


@pytest.fixture
def opened(chromium, html: Path) -> Iterator[Callable[..., Opened]]:
    pages = []

    def open_page(address: str = "", path: Path = html, **options) -> Opened:
        pages.append(Opened(chromium, path, address, **options))
        return pages[-1]

    yield open_page
    for one in pages:
        one.page.close()
