"""The README's tables come from the results, and a README that says otherwise is told so."""

import json
import runpy
from pathlib import Path

import pytest

from liap.errors import InputError
from liap.reports.blocks import replaced
from liap.reports.readme import BLOCKS, regenerated

main = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "readme.py"))["main"]


def begin(name: str) -> str:
    return f"<!-- results:begin {name} -->"


def end(name: str) -> str:
    return f"<!-- results:end {name} -->"


@pytest.fixture
def readme(tmp_path: Path) -> Path:
    path = tmp_path / "README.md"
    path.write_text(
        "# Title\n" + "".join(f"{begin(name)}OUTDATED{end(name)}\ntext\n" for name in BLOCKS), encoding="utf-8"
    )
    return path


def test_blocks_are_filled_and_the_rest_stays(readme: Path, results: Path) -> None:
    main([str(readme), str(results)])
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("# Title\n") and text.count("\ntext\n") == len(BLOCKS) and "OUTDATED" not in text
    assert "Yes: every variant of LIAP is above all three of its matched controls." in text
    assert "| LIAP, core | - / mask | 34 | 85% |" in text
    assert "| occlusion, LFS's ceiling | mask / mask |" in text and "nothing can score above it" in text
    assert "\\$y\\$" in text  # a type that would be a formula
    main([str(readme), str(results), "--check"])


def test_check_says_so_and_writes_nothing(readme: Path, results: Path, capsys: pytest.CaptureFixture) -> None:
    main([str(readme), str(results)])
    edited = readme.read_text(encoding="utf-8").replace("85%", "86%", 1)
    readme.write_text(edited, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        main([str(readme), str(results), "--check"])
    assert caught.value.code == 1 and "out of date" in capsys.readouterr().err
    assert readme.read_text(encoding="utf-8") == edited


def test_the_recognisers_scores(tmp_path: Path) -> None:
    readme, metrics = tmp_path / "README.md", tmp_path / "metrics.json"
    readme.write_text(begin("recogniser") + end("recogniser"), encoding="utf-8")
    shares = {"precision": 0.5, "recall": 0.25, "f1": 1 / 3}
    metrics.write_text(
        json.dumps({"corpus": "c", "test": {"overall": shares | {"support": 9}, "PER": shares}}), encoding="utf-8"
    )
    main([str(readme), str(tmp_path), "--recogniser", str(metrics)])  # needs no scores.csv
    lines = readme.read_text(encoding="utf-8").splitlines()
    assert lines[3:5] == ["| PER | 0.5000 | 0.2500 | 0.3333 | – |", "| overall | 0.5000 | 0.2500 | 0.3333 | 9 |"]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"test": {"PER": {"f1": 2}}}', '{"test": {"PER": 1}}', '{"test": [1]}']
)
def test_a_broken_metrics_file_is_one_line(content: str, tmp_path: Path) -> None:
    readme, metrics = tmp_path / "README.md", tmp_path / "metrics.json"
    readme.write_text(begin("recogniser") + end("recogniser"), encoding="utf-8")
    with pytest.raises(InputError, match="--recogniser"):
        main([str(readme), str(tmp_path), "--recogniser", str(metrics)])
    metrics.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"finetune\.py"):
        main([str(readme), str(tmp_path), "--recogniser", str(metrics)])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("no marker", "no <!-- results:begin"),
        ("\n" + begin("headlines") + end("headlines"), ":2: unknown block"),
        (begin("headline"), ":1: .* has no partner"),
        (begin("headline") + "\n" + end("verdict"), ":1: .* has no partner"),
        (end("headline") + begin("headline"), ":1: .* has no partner"),
        (begin("headline") + begin("verdict") + end("verdict") + end("headline"), "has no partner"),
    ],
)
def test_markers_must_pair(text: str, what: str, tmp_path: Path, results: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=what):
        main([str(readme), str(results)])
    assert readme.read_text(encoding="utf-8") == text


def test_blocks_of_other_folders_and_of_lime_s_instability(tmp_path):
    from liap.reports.readme import regenerated

    folder = tmp_path / "results" / "lime"
    folder.mkdir(parents=True)
    lines = ["samples,measure,n,documents,mean,sd,low,high"]
    lines += [
        "100,rank_correlation,4,3,0.36,0.1,0.2,0.5",
        "100,top_overlap,4,3,0.5,0.1,,",
        "1000,rank_correlation,4,3,0.66,0.1,0.5,0.8",
    ]
    lines += ["1000,top_overlap,4,3,0.75,0.1,0.6,0.9"]
    (folder / "instability.csv").write_text("\n".join(lines) + "\n")
    readme = tmp_path / "README.md"
    readme.write_text("a\n<!-- results:begin lime/instability -->\nold\n<!-- results:end lime/instability -->\nb\n")
    _, after = regenerated(readme, tmp_path / "results", tmp_path / "metrics.json")
    assert "old" not in after
    assert "| 100 | 4 | 0.360 [0.200, 0.500] | 0.500 |" in after
    assert "| 1,000 | 4 | 0.660 [0.500, 0.800] | 0.750 [0.600, 0.900] |" in after
    (folder / "instability.csv").unlink()
    with pytest.raises(InputError, match=r"run lime_baseline\.py first"):
        regenerated(readme, tmp_path / "results", tmp_path / "metrics.json")


def test_only_the_named_blocks_are_made_anew(tmp_path: Path, results: Path) -> None:
    document = tmp_path / "page.md"
    blocks = ("answer", "absent/headline", "elsewhere/absent")
    document.write_text("".join(f"<!-- results:begin {n} -->old<!-- results:end {n} -->" for n in blocks))
    before, after = regenerated(document, results, tmp_path / "none.json", ["answer"])
    assert after.count("old") == 2 and before.count("old") == 3
    with pytest.raises(InputError, match="no block 'elsewher'; it has answer, absent/headline, elsewhere/absent"):
        regenerated(document, results, tmp_path / "none.json", ["elsewher"])
    with pytest.raises(InputError, match="absent"):  # a folder names its blocks
        regenerated(document, results, tmp_path / "none.json", ["elsewhere"])


def test_blocks_of_any_document_are_replaced() -> None:
    text = "a\n<!-- study:begin x -->old<!-- study:end x -->\n<!-- study:begin y -->\nkept\n<!-- study:end y -->\n"
    assert replaced(text, {"x": "new \\1"}, "doc", "study") == text.replace("old", "\nnew \\1\n")
    assert replaced(text, {"x": "1", "y": "2"}, "doc", "study").count("\n2\n") == 1
    with pytest.raises(InputError, match="doc: expected once, in this order: <!-- study:begin z -->"):
        replaced(text, {"z": "new"}, "doc", "study")
    with pytest.raises(InputError, match="expected once"):
        replaced(text, {"x": "new"}, "doc", "other")
    with pytest.raises(InputError, match="expected once"):
        replaced(text * 2, {"x": "new"}, "doc", "study")
    with pytest.raises(InputError, match="doc:2: study:begin x has no partner"):
        replaced(text.replace("<!-- study:end x -->", ""), {"x": "new"}, "doc", "study")
