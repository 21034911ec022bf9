"""What is printed at the end of a run: five lines for a corpus, shaded sentences for raw text."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from liap.reports.declared import declared
from liap.reports.summary import MOST_SENTENCES, five_lines, shaded_sentences, two_methods

NAN = float("nan")
WORDS = ["Ann", "met", "Bob", "\x1b[31m"]


def rows_of(score_row: Callable, lfs: dict[tuple[str, str], list[float]]) -> list[dict]:
    """A row per mention of each method; mentions are in one sentence each, two to a document."""
    rows = []
    for (explainer, variant), values in lfs.items():
        for place, value in enumerate(values):
            about = {"sentence": place, "document": place // 2, "explainer": explainer, "variant": variant}
            reason = {"reason": "uncovered", "signed_difference": NAN} if value != value else {}
            rows.append(score_row(**about, **reason, lfs=value, insensitive=value == value and place == 0))
    return rows


def explanations(folder: Path, mentions: int, scores: dict[str, list[float]]) -> None:
    about = {"start": 0, "end": 1, "type": "PER", "probability": 0.9, "words": WORDS, "scores": scores}
    lines = [json.dumps(about | {"sentence": place}) + "\n" for place in range(mentions)]
    (folder / "explanations.jsonl").write_text("".join(lines), encoding="utf-8")


def test_five_lines_of_a_corpus(tmp_path: Path, score_row: Callable, write_scores: Callable) -> None:
    lfs = {
        ("liap", "syntactic"): [0.6, 0.8, 0.7, 0.7],
        ("liap", "core"): [0.9, NAN, 0.9, NAN],
        ("matched_random", "syntactic"): [0.5, 0.5, 0.5, 0.5],
        ("matched_random", "core"): [0.6, NAN, 0.6, NAN],
        ("matched_window", "syntactic"): [0.9, 0.9, 0.7, 0.7],
        ("matched_window", "core"): [0.8, NAN, 0.8, NAN],
        ("attention", ""): [0.8, 0.8, 0.8, 0.8],
        ("occlusion_ceiling", ""): [1.0, 1.0, 1.0, 1.0],
    }
    write_scores(tmp_path, rows_of(score_row, lfs))
    (tmp_path / "visualizations").mkdir()
    (tmp_path / "visualizations" / "example_1.png").touch()
    counts, means, beside, insensitive, pictures = five_lines(tmp_path).splitlines()
    assert counts == "4 mentions explained, in 4 sentences of 2 documents."
    assert means == "Mean LFS: best attention 0.800; LIAP, syntactic 0.700; chance 0.5."
    assert "1 of 2 variants have a better mean than every control" in beside
    assert "LIAP, syntactic: +0.200 over random masks of the same size, -0.100 over the same number" in beside
    assert "means alone" in beside
    assert insensitive.startswith("Insensitive under LIAP, syntactic: 1 of 4 mentions (25%)")
    assert pictures.startswith(f"1 picture: {tmp_path / 'visualizations'}. ")
    assert pictures.endswith(f"python analyze_results.py --results {tmp_path}")


def test_a_run_without_controls_or_scores_has_five_lines_too(
    tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    write_scores(tmp_path, rows_of(score_row, {("occlusion", ""): [NAN, NAN]}))
    lines = five_lines(tmp_path).splitlines()
    assert len(lines) == 5 and "no method has a score" in lines[1] and "nothing can be said" in lines[2]
    assert "No pictures" in lines[4]


def test_shaded_sentences_name_type_and_p_and_the_top_words(
    tmp_path: Path, score_row: Callable, write_scores: Callable
) -> None:
    scores = {"liap/core": [0.0, 1.0, 0.0, 0.0], "attention": [0.0, 1.0, 2.0, 3.0], "occlusion": [0.0, 0.1, 0.9, -0.5]}
    explanations(tmp_path, 1, scores)
    write_scores(tmp_path, rows_of(score_row, {("liap", "core"): [0.25], ("occlusion", ""): [NAN]}))
    title, first, second = shaded_sentences(tmp_path, colour=False).splitlines()
    assert title == "Ann: PER, p = 0.90"
    assert first.split() == ["LIAP", "(LFS", "0.25)", "[Ann]", "*met*", "Bob", r"\x1b[31m"]
    assert second.split() == ["occlusion", "[Ann]", "*met*", "*Bob*", r"\x1b[31m"]
    coloured = shaded_sentences(tmp_path, colour=True)
    assert "\x1b[30;48;5;69mmet\x1b[0m" in coloured and "\x1b[31m" not in coloured


def test_colour_is_for_terminals(
    tmp_path: Path, score_row: Callable, write_scores: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    explanations(tmp_path, 1, {"occlusion": [0.0, 1.0, 0.0, 0.0]})
    write_scores(tmp_path, rows_of(score_row, {("occlusion", ""): [0.5]}))
    assert "\x1b" not in shaded_sentences(tmp_path)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" in shaded_sentences(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shaded_sentences(tmp_path)


def test_long_texts_are_cut(tmp_path: Path, score_row: Callable, write_scores: Callable) -> None:
    explanations(tmp_path, MOST_SENTENCES + 3, {})
    write_scores(tmp_path, rows_of(score_row, {("occlusion", ""): [0.5]}))
    shown = shaded_sentences(tmp_path, colour=False)
    assert shown.count("Ann: PER") == MOST_SENTENCES and "… and 3 more mentions" in shown


def test_the_two_methods_shown() -> None:
    run = declared()
    assert two_methods(["attention", "occlusion", "liap/core", "liap/both"], run) == ["liap/core", "occlusion"]
    assert two_methods(["lime", "attention", "occlusion_ceiling"], run) == ["attention", "lime"]
    assert two_methods(["occlusion_ceiling"], run) == ["occlusion_ceiling"]
    assert two_methods([], run) == []


def test_a_run_of_metrics_without_a_headline_says_so(tmp_path: Path) -> None:
    record = {"name": "family", "label": "", "about": "", "columns": [{"name": "family", "kind": "str"}]}
    (tmp_path / "run.json").write_text(json.dumps({"methods": {"explainers": [], "metrics": [record]}}))
    assert "No metric that ran has a column for tables" in five_lines(tmp_path)
