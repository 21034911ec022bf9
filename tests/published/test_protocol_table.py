"""The table of the published protocol: groups and statistics by hand, and its file read back."""

import dataclasses
import json

import numpy as np
import pytest

from liap.errors import InputError
from liap.published.experiment import LAST, Facts, ProtocolScore
from liap.published.protocol_settings import PublishedProtocolSettings
from liap.published.protocol_table import RECORD, TABLE, read, table_rows, write
from liap.published.selection import StudyMention

FACTS = Facts("bert", "corpus", "parser", "none", draws=64, too_long=0)
NAN = float("nan")


def score(document, liap, random=0.5, *, step=0, strategy="both", published=True, kind="LOC", lime=True):
    mention = StudyMention(document, document, 0, 1, kind, published)
    return ProtocolScore(mention, step, strategy, liap, random, lime_answered=lime, lime_saw_mention=lime)


SCORES = [
    score(0, 0.6),
    score(1, 1.0, 0.7, kind="PER", lime=False),
    score(2, NAN, NAN, kind="PER", lime=False),
    score(3, 0.2, 0.4, published=False),
    score(0, 0.9, 0.8, strategy="best"),
    score(4, 0.5, step=LAST, published=False),
]


def test_each_row_sums_up_its_group():
    rows = {(row.table, row.step, row.label, row.sample): row for row in table_rows(SCORES)}
    row = rows["path", 0, "as published", "published"]
    assert (row.mentions, row.n, row.liap, row.median) == (3, 2, pytest.approx(0.8), pytest.approx(0.8))
    assert (row.random, row.difference) == (pytest.approx(0.6), pytest.approx(0.2))
    assert row.low <= row.difference <= row.high
    row = rows["path", 0, "as published", "gold"]
    assert (row.mentions, row.n, row.liap) == (4, 3, pytest.approx(0.6))
    assert rows["type", 0, "PER", "published"].n == 1
    assert rows["lime", 0, "did not", "published"].mentions == 2
    assert rows["strategy", 0, "best of the five", "published"].liap == pytest.approx(0.9)
    empty = rows["strategy", 0, "semantic", "published"]
    assert (empty.mentions, empty.n) == (0, 0) and np.isnan(empty.liap)
    assert [key[3] for key in rows if key[:2] == ("path", LAST)] == ["predicted"]


def test_what_is_written_is_read_back_and_other_files_are_named(tmp_path):
    settings = PublishedProtocolSettings(results=str(tmp_path), document="")
    write(tmp_path, settings, SCORES, FACTS)
    rows, facts = read(tmp_path)
    assert facts == dataclasses.replace(FACTS, lime_saw_mention=1)
    assert [row.label for row in rows] == [row.label for row in table_rows(SCORES)]
    record = json.loads((tmp_path / RECORD).read_text(encoding="utf-8"))
    assert record["settings"]["draws"] == 64
    (tmp_path / RECORD).write_text("{}")
    with pytest.raises(InputError, match=rf"{RECORD}: not a record of this script"):
        read(tmp_path)
    (tmp_path / TABLE).write_text("table,step\npath,one\n")
    with pytest.raises(InputError, match=rf"{TABLE}: not a table of this script"):
        read(tmp_path)
    with pytest.raises(InputError, match="no such file; run without --from-csv first"):
        read(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"draws": 19}, "--draws must be at least 20, got 19"),
        ({"examples_per_type": 0}, "--examples-per-type must be at least 1, got 0"),
        ({"document": "nowhere.md"}, "nowhere.md: no such file; give --document"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        PublishedProtocolSettings(**({"document": ""} | changes))
