"""Runs of our own: the grid that flags name, cells that are kept, refused and joined, and models that fail."""

import json
import math
import pickle
from dataclasses import replace

import pytest

from liap.errors import InputError
from liap.taggers.entity_f1 import EntityScore
from liap.transfer.grid_scores import GridScore, read_scores
from liap.transfer.transfer_run_settings import (
    GridCell,
    StartingPoint,
    TransferRunSettings,
    cells_to_run,
    read_starts,
)
from liap.transfer.transfer_runs import (
    CellOutcome,
    TrainingWorker,
    digest_of_corpora,
    identity_of_cell,
    is_finished,
    join_cells,
    save_cell,
    train_cell,
    unfinished,
)

NAMES = ("Rome", "Oslo", "Bonn", "Smith")


def text(count):
    """The word before a name decides its type."""
    return "".join(f"in O\n{NAMES[i % 4]} B-LOC\nMr O\n{NAMES[i // 4 % 4]} B-PER\n. O\n\n" for i in range(count))


@pytest.fixture
def settings(tmp_path):
    for language in ("aa", "bb"):
        folder = tmp_path / "corpora" / language
        folder.mkdir(parents=True)
        for split, count in (("train", 24), ("dev", 4), ("test", 6)):
            (folder / f"{split}.txt").write_text(text(count))
    return TransferRunSettings(
        starts=("tiny=tiny",),
        corpora=str(tmp_path / "corpora"),
        seeds=(0,),
        epochs=1,
        batch=8,
        learning_rate=1e-3,
        precision="fp32",
        device="cpu",
        results=str(tmp_path / "results"),
    )


def worker_of(settings):
    worker = TrainingWorker(settings, ("aa", "bb"))
    worker.corpora_digest = digest_of_corpora(worker.corpora)
    return worker


def test_starting_points_are_a_name_and_a_model():
    assert read_starts(["base=xlm-r", "hau@hau=m/hau", "swa@swa=m", "swa@kin=m", "p=/a=b"]) == (
        StartingPoint("base", "xlm-r"),
        StartingPoint("hau", "m/hau", ("hau",)),
        StartingPoint("swa", "m", ("swa", "kin")),
        StartingPoint("p", "/a=b"),
    )


@pytest.mark.parametrize(
    ("starts", "message"),
    [
        (["base"], "'base'; expected name=model"),
        (["=model"], "expected name=model"),
        (["base="], "expected name=model"),
        (["a/b=model"], "expected name=model"),
        (["a@=model"], "expected name=model"),
        (["a=x", "a=y"], "names 'a' twice"),
        (["a=x", "a=x"], "names 'a' twice"),
        (["a=x", "a@hau=x"], "names 'a' twice"),
        (["same-language=x"], "cannot be a starting point's name"),
        (["..=x"], "cannot be a starting point's name"),
        ([], "--starts is empty"),
    ],
)
def test_other_starting_points_are_refused(starts, message):
    with pytest.raises(InputError, match=message):
        read_starts(starts)


def test_the_grid_goes_seed_by_seed(settings):
    settings = replace(settings, starts=("base=x", "aa@aa=y"), seeds=(3, 5))
    names = [cell.name for cell in cells_to_run(settings, ("aa", "bb"))]
    first = ["base on aa, seed 3", "base on bb, seed 3", "aa on aa, seed 3"]
    assert names == [*first, *(name.replace("3", "5") for name in first)]
    with pytest.raises(InputError, match="zz@zz: not among the languages aa, bb"):
        cells_to_run(replace(settings, starts=("zz@zz=y",)), ("aa", "bb"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": ()}, "--seeds is empty"),
        ({"seeds": (1, 1)}, "--seeds names '1' twice"),
        ({"seeds": (-1,)}, "--seed must be at least 0, got -1"),
        ({"languages": ("aa", "aa")}, "--languages names 'aa' twice"),
        ({"epochs": 0}, "--epochs must be at least 1"),
        ({"keep_epoch": "first"}, "--keep-epoch must be one of"),
        ({"results": " "}, "--results is empty"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings, changes, message):
    with pytest.raises(InputError, match=message):
        replace(settings, **changes)


def test_a_cell_is_scored_on_every_language(settings):
    worker = worker_of(replace(settings, epochs=6))
    outcome = train_cell(worker, GridCell(StartingPoint("tiny", "tiny"), "aa", 0))
    assert outcome.error == "" and outcome.best_epoch == 6 and outcome.skipped == 0
    places = [(one.evaluation_language, one.part, one.split) for one in outcome.scores]
    assert places == [
        ("aa", "finetune", "eval"), ("aa", "finetune", "test"), ("aa", "zero_shot_grid", "test"), ("bb", "zero_shot_grid", "test"),
    ]  # fmt: skip
    own, away = outcome.scores[2], outcome.scores[3]
    assert own.f1 == away.f1 and own.types == away.types  # both languages have the same sentences
    assert [(one.entity_type, one.support) for one in own.types] == [("LOC", 6), ("PER", 6)] and math.isnan(own.loss)
    assert own.f1 > 0.5


def test_a_cell_that_fails_says_why(settings, tmp_path):
    outcome = train_cell(worker_of(settings), GridCell(StartingPoint("x", str(tmp_path / "no model")), "aa", 0))
    assert outcome.scores == () and "no such folder" in outcome.error and outcome.error.startswith("InputError")


def outcome_of(cell):
    types = (EntityScore("PER", 0.5, 0.5, 0.5, 3),)
    score = GridScore(
        cell.start.name, cell.language, cell.seed, "aa", "finetune", "test", 0.5, 0.5, 0.5, math.nan, types
    )
    return CellOutcome((score,), 1.0, 1, 0)


def test_cells_are_kept_and_joined_in_the_grids_order(settings, tmp_path):
    worker = worker_of(replace(settings, seeds=(0, 1)))
    cells = cells_to_run(worker.settings, worker.languages)
    assert [number for number, _ in unfinished(worker, cells, {"tiny": "d"})] == [0, 1, 2, 3]
    for number in (3, 0):
        identity = identity_of_cell(worker, cells[number], "d")
        save_cell(cells[number].folder(tmp_path / "results"), outcome_of(cells[number]), identity, worker.types)
    assert [number for number, _ in unfinished(worker, cells, {"tiny": "d"})] == [1, 2]
    assert join_cells(tmp_path / "results", cells, worker.types) == 2
    table = read_scores(tmp_path / "results" / "results.csv")
    assert [(one.finetune_language, one.seed) for one in table] == [("aa", 0), ("bb", 1)]
    again = worker_of(replace(worker.settings, overwrite=True))
    assert len(list(unfinished(again, cells, {"tiny": "d"}))) == 4


def test_cells_of_other_settings_weights_or_sentences_are_refused(settings, tmp_path):
    worker = worker_of(settings)
    (cell, _) = cells_to_run(settings, worker.languages)
    folder, identity = cell.folder(tmp_path / "results"), identity_of_cell(worker, cell, "d")
    save_cell(folder, outcome_of(cell), identity, worker.types)
    assert is_finished(folder, identity)
    with pytest.raises(InputError, match="made with another weights digest"):
        is_finished(folder, identity_of_cell(worker, cell, "e"))
    with pytest.raises(InputError, match="made with another epochs"):
        is_finished(folder, identity_of_cell(worker_of(replace(settings, epochs=2)), cell, "d"))
    (tmp_path / "corpora" / "bb" / "test.txt").write_text(text(5))
    with pytest.raises(InputError, match="made with another corpora digest"):
        is_finished(folder, identity_of_cell(worker_of(settings), cell, "d"))
    (folder / "cell.json").write_text("[]")
    with pytest.raises(InputError, match="not a record of a cell"):
        is_finished(folder, identity)


def test_a_cell_without_its_record_is_made_again(settings, tmp_path):
    worker = worker_of(settings)
    cell = cells_to_run(settings, worker.languages)[0]
    folder, identity = cell.folder(tmp_path / "results"), identity_of_cell(worker, cell, "d")
    save_cell(folder, outcome_of(cell), identity, worker.types)
    assert json.loads((folder / "cell.json").read_text())["identity"]["seed"] == 0
    (folder / "cell.json").unlink()
    assert not is_finished(folder, identity)


def test_a_worker_elsewhere_has_absolute_paths_and_checks_its_corpora(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    named = replace(settings, corpora="corpora", results="results", starts=("a=model", "b@aa=some/name"))
    worker = worker_of(named)
    sent = pickle.loads(pickle.dumps(worker.elsewhere()))
    assert sent.settings.corpora == str(tmp_path / "corpora") and sent.settings.results == str(tmp_path / "results")
    assert sent.settings.starts == (f"a={tmp_path / 'model'}", "b@aa=some/name") and "corpora" not in vars(sent)
    monkeypatch.chdir("/")
    sent.check()
    cell = pickle.loads(pickle.dumps(GridCell(StartingPoint("tiny", "tiny"), "aa", 0)))
    outcome = pickle.loads(pickle.dumps(train_cell(sent, cell)))
    assert (outcome.error, len(outcome.scores)) == ("", 4)
    (tmp_path / "corpora" / "aa" / "test.txt").write_text(text(5))
    with pytest.raises(InputError, match="holds other sentences on a worker than here"):
        pickle.loads(pickle.dumps(sent)).check()


def test_a_worker_of_other_versions_is_refused(settings):
    worker = worker_of(settings)
    worker.versions = {"torch": "0"}
    with pytest.raises(InputError, match="a worker has torch"):
        worker.check()
