"""From what was measured to rows, files and the page."""

import math
from dataclasses import fields
from pathlib import Path

import pytest

from liap.peers import peer_files, peer_tables
from liap.peers.comparison import ALONE, OWN, BenchmarkRun, Measured, of_answers
from liap.peers.own_side import Spent
from liap.peers.peer_cases import PeerCase
from liap.peers.peer_defects import Found
from liap.peers.peers_page import page
from liap.records import Mention, Sentence

MASK = frozenset({99})
VERSIONS = {"LIAP": {"torch": "2"}, "peers": {"ferret": "0.4", "torch": "2"}}
RECORD = {
    "model": {"layers": 2, "heads": 2, "parameters": 1_500_000}, "threads": {"LIAP": 1, "peers": 1}, "versions": VERSIONS,
    "mentions": 2, "words": [4, 4], "settings": {"samples": 20, "evaluations": 30, "steps": 4, "repeats": 3},
}  # fmt: skip


def make_case(index):
    mention = Mention(index, 0, 0, 1, ("B-LOC",), "LOC", None, "no_gold", 0.9)
    return PeerCase(Sentence(index, 0, ("Peru", "beat", "them", ".")), mention, mention, 1)


CASES = [make_case(0), make_case(1)]


def measured(cpu, scores, answers=()):
    return Measured([Spent(2 * seconds, seconds) for seconds in cpu], scores, list(answers))


def answer(units, rows=()):
    return {"units": units, "scores": [1.0] * len(units), "notes": {}, "place": 1, "pieces": [1, 5, 6, 2], "rows": rows}


@pytest.fixture
def found():
    scores = [[9.0, 3.0, 2.0, 1.0], [9.0, 1.0, 2.0, 3.0]]
    theirs = [[0.0, 1.0, 2.0, 3.0], None]  # it fails on the second mention
    words = [[(0, 4)], [(4, 8)], [(8, 12)], [(12, 13)]]
    return {
        ("lime", OWN): measured([1.0, 3.0, 2.0], scores),
        ("lime", "lime"): measured([6.0, 4.0, 5.0], theirs, [answer(words, [[1, 5, 99, 2]]), None]),
        ("lime", ALONE): measured([2.0, 2.0, 2.0], scores),
    }


def test_medians_ratios_and_agreement(found):
    own, alone, lime = peer_tables.peer_rows(found, CASES, {"lime": 0.5})
    assert (own.engine, alone.engine, lime.engine) == (OWN, ALONE, "lime")
    assert (lime.cpu_seconds, lime.cpu_seconds_lowest, lime.cpu_seconds_highest, lime.seconds) == (5.0, 4.0, 6.0, 10.0)
    assert (own.ratio, lime.ratio, lime.mentions, own.mentions) == (1.0, 2.5, 1, 2)
    assert lime.spearman == -1.0 and alone.spearman == 1.0 and math.isnan(own.spearman)
    assert math.isnan(lime.largest_difference)  # captum alone has our definition


def test_a_failure_counts_as_such_and_as_nothing_else(found):
    rows = {row.defect: row for row in peer_tables.defect_rows(found, [], CASES, MASK)}
    assert (rows["failed"].affected, rows["failed"].mentions, rows["failed"].share) == (1, 2, 0.5)
    assert rows["word_cut"].mentions == 1 and rows["word_cut"].affected == 0
    assert rows["retokenised"].rows_share == 0.0 and math.isnan(rows["word_cut"].rows_share)


def test_shares_of_defects():
    found = [[Found("place_moved", True, 0.5)], [Found("place_moved", False, 0.0)], None]
    moved, failed = peer_tables._rows("lime", "lime", found)
    assert (moved.mentions, moved.affected, moved.share, moved.rows_share) == (2, 1, 0.5, 0.25)
    assert (failed.mentions, failed.affected) == (3, 1)


def test_the_benchmark_is_per_mention_without_failures():
    run = of_answers(
        [{"explain": [8.0, 4.0], "evaluate": [2.0, 1.0]}, None, {"explain": [4.0, 2.0], "evaluate": [6.0, 3.0]}]
    )
    assert run == BenchmarkRun(3.0, 2.0, Spent(10.0, 5.0))
    assert of_answers([None]).spent.cpu == 0.0
    own = BenchmarkRun(math.nan, math.nan, Spent(1.0, 0.5))
    ferret, ours = peer_tables.benchmark_rows({"ferret": [run] * 3, OWN: [own] * 3}, {"ferret": 2, OWN: 3})
    assert (ferret.ratio, ours.ratio, ferret.mentions) == (1.0, 10.0, 2)


def benchmark_tables():
    run, own = BenchmarkRun(3.0, 2.0, Spent(10.0, 5.0)), BenchmarkRun(math.nan, math.nan, Spent(1.0, 1.0))
    return {
        "peers_benchmark.csv": peer_tables.benchmark_rows({"ferret": [run], OWN: [own]}, {"ferret": 2, OWN: 2}),
        "peers_defects.csv": peer_tables.defects_of_metrics([answer([], [[1, 6, 2]]), None], MASK),
    }


def test_parts_are_kept_beside_each_other_and_read_back(found, tmp_path):
    rows = peer_tables.peer_rows(found, CASES, {})
    defects = peer_tables.defect_rows(found, [], CASES, MASK)
    peer_files.keep(tmp_path, "benchmark", benchmark_tables(), RECORD)
    for _ in range(2):  # a part replaces its own rows
        peer_files.keep(tmp_path, "explainers", {"peers.csv": rows, "peers_defects.csv": defects}, RECORD)
    assert repr(peer_files.read(tmp_path, "peers.csv")) == repr(rows)
    assert len(peer_files.read(tmp_path, "peers_defects.csv")) == len(defects) + len(
        benchmark_tables()["peers_defects.csv"]
    )
    assert set(peer_files.read_record(tmp_path)) == {"explainers", "benchmark"}
    (tmp_path / "peers.csv").write_text("other,columns\n1,2\n")
    assert peer_files.read(tmp_path, "peers.csv") == []


def test_the_page_says_what_was_reached_and_no_more(found, tmp_path):
    peer_files.keep(
        tmp_path, "explainers", {"peers.csv": peer_tables.peer_rows(found, CASES, {}), "peers_defects.csv": []}, RECORD
    )
    text = page(tmp_path)
    assert "as fast as the fastest peer, LIME: met (lime takes 2.50 times as long)" in text
    assert "shared benchmark" not in text.partition("## The aims")[0]
    peer_files.keep(tmp_path, "benchmark", benchmark_tables(), RECORD)
    text = page(tmp_path)
    assert "ten times as fast as ferret on the shared benchmark: not met (5.0 times)" in text
    assert "| ferret | metrics of its benchmark | `place_moved` | 1 of 1 | 100% (100%) |" in text
    assert "| ferret | metrics of its benchmark | `failed` | 1 of 2 | 50% |" in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize("name", list(peer_files.KINDS))
def test_every_column_has_its_definition(name):
    text = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text()
    section = text.partition("## Peer packages")[2].partition("\n## ")[0] + text.partition("# Every")[2][:3000]
    missing = [field.name for field in fields(peer_files.KINDS[name]) if f"`{field.name}`" not in section]
    assert missing == []
