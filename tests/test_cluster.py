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
import pytest

from liap.errors import InputError

ROOT = Path(__file__).parents[1]


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
    found = psutil.Process(process.pid).children(recursive=True)
    return [one for one in found if "MapWorker" in " ".join(one.cmdline()) and "IDLE" not in one.name()]


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


@pytest.fixture
def setup(tiny_folder):
    from types import SimpleNamespace

    from liap.executors.ray_executor import Setup
    from liap.provenance import digest_of_weights, versions
    from liap.settings import EvaluationSettings
    from liap.taggers.checkpoints import local_folder

    given = SimpleNamespace(
        model=str(tiny_folder), precision="fp32", device="cpu", pieces_per_batch=0, parser="gold", cache="",
        srl="gold", srl_archive="", srl_encoder="", srl_environment="", srl_precision="fp32",
    )  # fmt: skip
    digest = digest_of_weights(local_folder(given.model))
    return Setup(given, EvaluationSettings(explainers=("liap",), draws=20), digest, versions())


def test_a_worker_predicts_and_scores_as_this_process_does(setup, small_corpus, tiny):
    from liap import corpora, pipeline
    from liap.evaluation import evaluate, predict
    from liap.executors.ray_executor import Chunk, Hands
    from liap.linguistics.annotation import open_annotator
    from liap.perturbation.engine import Engine

    sentences = corpora.load(str(small_corpus), "test")[:12]
    hands = pickle.loads(pickle.dumps(Hands(setup)))
    found = hands(sentences)
    assert found.mentions == predict(Engine(tiny), sentences).mentions
    chosen = pipeline.of_sentences(sentences, [mention for each in found.mentions for mention in each])
    scored = hands(Chunk(*chosen))
    with open_annotator(setup.given) as annotator:
        annotated = annotator(*chosen)
    outcome = evaluate(Engine(tiny), annotated.items, setup.settings)
    texts, arrays = pipeline.parts_of(outcome, annotated.facts(annotated.items))
    assert (scored.texts["explanations"], scored.texts["facts"]) == (texts["explanations"], texts["facts"])
    assert all((scored.arrays[name] == values).all() for name, values in arrays.items())
    assert scored.texts["rows"].count("\n") == texts["rows"].count("\n") > 20
    assert {"score", "forward", "parse", "roles"} == set(scored.seconds)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_digest": "0"}, "is another model on a worker"),
        ({"versions": {"torch": "0.4"}}, "this process 0.4; install the same"),
    ],
)
def test_a_worker_of_another_kind_refuses_to_work(setup, small_corpus, change, message):
    from liap import corpora
    from liap.executors.ray_executor import Hands

    with pytest.raises(InputError, match=message):
        Hands(replace(setup, **change))(corpora.load(str(small_corpus), "test")[:1])


def test_a_cluster_that_does_not_answer_is_said_at_once():
    from liap.executors.ray_executor import _reach

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="refused"):
            _reach(f"127.0.0.1:{free.getsockname()[1]}")
        free.listen()
        _reach(f"ray://127.0.0.1:{free.getsockname()[1]}")
    for address in ("here", "host:", ":6379", "host:port"):
        with pytest.raises(ValueError, match="expected host:port"):
            _reach(address)
