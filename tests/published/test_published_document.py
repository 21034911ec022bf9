"""The document of the published protocol, and the script that writes it."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from liap.published.document import blocks
from liap.published.experiment import Facts
from liap.published.protocol_table import TableRow
from liap.reports.blocks import replaced

SCRIPT = Path(__file__).parents[2] / "studies" / "published_protocol.py"


def row(table, step, label, sample, **changes):
    values = {"mentions": 40, "n": 36, "liap": 0.6, "median": 0.6, "sd": 0.2, "random": 0.55}
    return TableRow(table, step, label, sample, **(values | {"difference": 0.05, "low": -0.01, "high": 0.1} | changes))


def facts(model="", lime_saw_mention=3):
    return Facts(model, "corpus", "parser", "none", draws=64, too_long=0, lime_saw_mention=lime_saw_mention)


def test_the_document_says_what_the_rows_say():
    rows = [
        row("path", 0, "as published", "published"),
        row("path", 0, "as published", "gold", liap=0.7, difference=0.15, low=0.1, high=0.2),
        row("path", 1, "fair", "predicted", random=0.5),
        *(
            row("strategy", 0, label, sample)
            for label in ("both", "best of the five")
            for sample in ("published", "gold")
        ),
        row("type", 0, "LOC", "published"),
        row("lime", 0, "answered", "published"),
    ]
    found = blocks(rows, facts("bert"))
    assert "**0.550**" in found["answer"] and "50%" in found["answer"]  # .05 of .1
    assert found["answer"].count("which random could give too") == 2
    assert found["answer"].count("which is more than noise") == 1
    assert found["steps"].splitlines()[-1].startswith("| 1 | fair | – | – | – | – | 36 | 0.600 | 0.500 |")
    assert "| LOC | 10 | 0.572 | 0.557 | 0.244 | 36 | 0.600 |" in found["types"]
    assert "| PER | 10 | 0.661 | 0.550 | 0.234 | – |" in found["types"]
    below = blocks([row("path", 0, "a", "published", liap=0.4), *rows[1:]], facts())
    assert "does not even lie above 0.5" in below["answer"]


def test_markers_are_replaced_and_missing_ones_named():
    text = "a\n<!-- published:begin x -->\nold\n<!-- published:end x -->\nb"
    assert replaced(text, {"x": "new \\1"}, "doc", "published") == text.replace("old", "new \\1")
    with pytest.raises(ValueError, match=r"doc: expected once.*begin y"):
        replaced(text, {"y": "new"}, "doc", "published")


def test_the_script_writes_the_table_and_the_document(tiny_folder, tmp_path, monkeypatch, capsys):
    generator = np.random.default_rng(0)
    lines = []
    for _ in range(12):
        words = ["".join(generator.choice(list("abcdefghijklmnop"), 3)) for _ in range(9)]
        frame = {"predicate": 1, "tags": ["B-ARG0", "B-V", "B-ARG1", *["I-ARG1"] * 3, "O", "O", "O"]}
        lines.append(
            {
                "words": words,
                "tags": ["O", "O", "B-PER", "I-PER", "O", "B-LOC", "O", "O", "O"],
                "upos": ["VERB"] * 9,
                "heads": [-1, 0, 0, 2, 2, 4, 4, 4, 0],
                "deprels": ["root", *["dep"] * 8],
                "frames": [frame],
            }
        )
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    document = tmp_path / "page.md"
    document.write_text((SCRIPT.parents[1] / "docs" / "published_protocol.md").read_text(encoding="utf-8"))
    flags = [
        "--model",
        tiny_folder,
        "--corpus",
        tmp_path,
        "--parser",
        "gold",
        "--srl",
        "gold",
        "--examples-per-type",
        2,
    ]
    flags += ["--draws", 20, "--results", tmp_path / "results", "--cache", "", "--document", document]
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, flags)])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert (tmp_path / "results" / "published_protocol.csv").is_file()
    written = document.read_text(encoding="utf-8")
    assert "| 0 | as published |" in written and "4 mentions" in written
    document.write_text(written.replace("| 0 | as published |", "| 0 | typed by hand |"))
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--from-csv"])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert document.read_text(encoding="utf-8") == written
    capsys.readouterr()
