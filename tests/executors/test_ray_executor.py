"""The engine `ray`: rows equal the local engine's, whatever happens to its workers."""

import csv
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pyarrow
import pytest

from liap import corpora
from liap.diagnostics.attention_structure import StructureSums
from liap.errors import InputError
from liap.executors.ray_executor import TRIES, Ledger, RayWorker
from liap.linguistics.annotation import group_by_sentence
from liap.provenance import digest_of_weights, versions
from liap.settings import EvaluationSettings
from liap.taggers.checkpoints import local_folder
from liap.taggers.prediction import predict
from liap.worker import Chunk, Worker, explain_chunk, tag_sentences

ROOT = Path(__file__).parents[2]


def start(tiny_folder, small_corpus, results, *more):
    """The script on two local workers; many draws make chunks that take a while."""
    flags = {
        "model": tiny_folder, "corpus": small_corpus, "parser": "gold", "srl": "gold", "examples-per-type": 0, "chunk": 1,
        "draws": 2000, "results": results, "cache": results.parent / "cache", "pictures": 2,
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "run_liap_evaluation.py")]
    command += [str(part) for name, value in flags.items() for part in (f"--{name}", value)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def finish(process):
    out, error = process.communicate(timeout=200)
    assert process.returncode == 0, error
    return out


def rows_of(results):
    with (results / "scores.csv").open(encoding="utf-8", newline="") as file:
        return [row | {"seconds": ""} for row in csv.DictReader(file)]


def workers_of(process):
    """The processes that score just now."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [one for one in children if "MapWorker" in " ".join(one.cmdline()) and "IDLE" not in one.name()]


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(tiny_folder, small_corpus, tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed")
    finish(start(tiny_folder, small_corpus, tmp_path / "local"))
    process = start(tiny_folder, small_corpus, tmp_path / "ray", "--engine", "ray", "--workers", "2")
    chunks = tmp_path / "ray" / "chunks"
    while process.poll() is None and not (chunks.is_dir() and any(chunks.glob("*.npz"))):
        time.sleep(0.01)
    victims = workers_of(process)
    assert len(victims) == 2
    victims[0].send_signal(signal.SIGKILL)
    done = len(list(chunks.glob("*.npz")))
    assert "in fp32" in finish(process)
    run = json.loads((tmp_path / "ray" / "run.json").read_text())
    sentences = len({row["sentence"] for row in rows_of(tmp_path / "local")})
    assert 0 < done < sentences - 2
    assert run["ray"]["workers"] == 2 and run["ray"]["tasks_redone"] >= 1
    assert rows_of(tmp_path / "ray") == rows_of(tmp_path / "local")
    for name in ("explanations.jsonl", "attention_structure.csv", "visualizations/example_1.png"):
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()
    local = json.loads((tmp_path / "local" / "run.json").read_text())
    assert {name: run[name] for name in ("mentions", "parses", "skipped", "recogniser", "settings")} == {
        name: local[name] for name in ("mentions", "parses", "skipped", "recogniser", "settings")
    }


MINE = """
from dataclasses import dataclass
from liap import explainer, setting

@dataclass(frozen=True)
class Power:
    power: float = setting(1.0, "exponent")

@explainer(settings=Power)
def mine(case, settings):
    return -case.distances.astype(float) ** settings.power
"""


@pytest.mark.slow
def test_a_users_explainer_and_its_settings_reach_the_workers(tiny_folder, small_corpus, tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed")
    (tmp_path / "mine.py").write_text(MINE)
    own = [
        "--explainers",
        f"{tmp_path / 'mine.py'}:mine",
        "--power",
        "2.5",
        "--draws",
        "20",
        "--pictures",
        "0",
        "--chunk",
        "20",
    ]
    finish(start(tiny_folder, small_corpus, tmp_path / "local", *own))
    finish(start(tiny_folder, small_corpus, tmp_path / "ray", *own, "--engine", "ray", "--workers", "2"))
    assert rows_of(tmp_path / "ray") == rows_of(tmp_path / "local")
    assert {row["explainer"] for row in rows_of(tmp_path / "ray")} == {"mine"}


@pytest.fixture
def worker(tiny_folder) -> Worker:
    """As `pipeline.begin` makes it, before it has loaded anything."""
    settings = EvaluationSettings(
        model=str(tiny_folder), device="cpu", parser="gold", srl="gold", cache="", explainers=("liap",), draws=20
    )
    return Worker(settings, (StructureSums,), digest_of_weights(local_folder(settings.model)), versions())


def on_ray(worker, function, task):
    """What an actor answers, without Ray: its worker comes pickled, and its ledger stands here."""
    from types import SimpleNamespace

    ledger = Ledger()
    remote = SimpleNamespace(begin=SimpleNamespace(remote=ledger.begin))
    actor = RayWorker(pickle.loads(pickle.dumps(worker.elsewhere())), function, remote)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ray", SimpleNamespace(get=lambda value: value))
        table = pyarrow.table({"index": [3], "task": [pickle.dumps(task)]})
        answer = actor(table)
    assert (answer["index"][0].as_py(), answer["tries"][0].as_py()) == (3, 1)
    return pickle.loads(answer["answer"][0].as_py())


def test_a_worker_predicts_and_scores_as_this_process_does(worker, small_corpus, tiny):
    sentences = corpora.load(str(small_corpus), "test")[:12]
    predictions = on_ray(worker, tag_sentences, sentences)
    assert predictions.mentions == predict(tiny, sentences).mentions
    chunk = Chunk(*group_by_sentence(sentences, [mention for part in predictions.mentions for mention in part]))
    explained = on_ray(worker, explain_chunk, chunk)
    expected = explain_chunk(worker, chunk)
    for name in ("explanations", "facts"):
        assert explained.texts[name] == expected.texts[name]
    assert expected.arrays and explained.arrays.keys() == expected.arrays.keys()
    assert all((explained.arrays[name] == values).all() for name, values in expected.arrays.items())
    assert explained.texts["rows"].count("\n") == expected.texts["rows"].count("\n") > 20
    assert {"score", "forward", "parse", "roles"} == set(explained.seconds)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digest": "0"}, "is another model on a worker"),
        ({"versions": {"torch": "0.4"}}, "this process 0.4; install the same"),
    ],
)
def test_a_worker_of_another_kind_refuses_to_work(worker, small_corpus, change, message):
    answer = on_ray(replace(worker, **change), tag_sentences, corpora.load(str(small_corpus), "test")[:1])
    assert isinstance(answer, InputError) and message in str(answer)


def test_a_task_whose_worker_died_each_time_ends_the_run(worker):
    from types import SimpleNamespace

    remote = SimpleNamespace(begin=SimpleNamespace(remote=lambda index: TRIES + 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ray", SimpleNamespace(get=lambda value: value))
        table = pyarrow.table({"index": [0], "task": [pickle.dumps(())]})
        answer = pickle.loads(RayWorker(worker, tag_sentences, remote)(table)["answer"][0].as_py())
    assert isinstance(answer, InputError) and "its worker died each time" in str(answer)


def test_a_worker_for_elsewhere_has_absolute_paths(worker, tiny_folder, monkeypatch):
    monkeypatch.chdir(tiny_folder.parent)
    own = ("liap", "mine.py:nearness")
    settings = replace(worker.settings, model=tiny_folder.name, cache=".cache", explainers=own)
    there = replace(worker, settings=settings).elsewhere().settings
    assert there.model == str(tiny_folder.resolve())
    assert there.cache == str((tiny_folder.parent / ".cache").resolve())
    assert there.explainers == ("liap", f"{Path.cwd()}/mine.py:nearness")
    assert there.parser == "gold"


def test_a_cluster_that_does_not_answer_is_said_at_once():
    from liap.executors.ray_executor import _reach

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="refused"):
            _reach(f"127.0.0.1:{free.getsockname()[1]}")
    for address in ("here", "host:", ":6379", "host:port"):
        with pytest.raises(ValueError, match="expected host:port"):
            _reach(address)
