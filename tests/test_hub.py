"""The hub: every way in which it can be absent, told within the deadline, and models in its cache."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from huggingface_hub import constants

from liap import hub
from liap.errors import InputError

FLAGS = "--model, --corpus, --parser and --srl-archive"


class Answer(BaseHTTPRequestHandler):
    status = 200

    def do_HEAD(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("status", [200, 302, 401, 404, 500])
def test_any_answer_from_the_hub_will_do(server: HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int):
    monkeypatch.setattr(Answer, "status", status)
    hub.reach_hub("the model x")


@pytest.mark.parametrize("status", [407, 502, 503, 504])
def test_a_gateways_refusal_is_not_an_answer(server: HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int):
    monkeypatch.setattr(Answer, "status", status)
    with pytest.raises(InputError, match=rf"the model x must be fetched .* answers with status {status}; {FLAGS}"):
        hub.reach_hub("the model x")


def test_a_closed_port_is_reported_at_once(server: HTTPServer):
    server.shutdown()
    server.server_close()
    started = time.monotonic()
    with pytest.raises(InputError, match=rf"cannot be reached \(.*\); {FLAGS}"):
        hub.reach_hub("the model x")
    assert time.monotonic() - started < 3


def test_offline_mode_sends_no_request(server: HTTPServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=rf"HF_HUB_OFFLINE forbids it; {FLAGS}"):
        hub.reach_hub("the model x")


def test_a_look_up_that_hangs_is_abandoned_at_the_deadline(monkeypatch: pytest.MonkeyPatch):
    """A resolver may hang whatever timeout the request has."""
    released = threading.Event()
    monkeypatch.setattr(hub, "PROBE_SECONDS", 0.2)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "_ask", lambda: [str(released.wait(60))])
    started = time.monotonic()
    with pytest.raises(InputError, match="it did not answer within 0 seconds"):
        hub.reach_hub("the model x")
    released.set()
    assert time.monotonic() - started < 3


@pytest.mark.slow
def test_a_silent_hub_ends_a_process_within_ten_seconds(tmp_path: Path):
    """Imports and exit included, against a port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = os.environ | {
            "HF_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "HF_HOME": str(tmp_path),
            "HF_HUB_OFFLINE": "0",
            "NO_PROXY": "*",
        }
        program = "from liap import cli, corpora; cli.run(lambda: corpora.load('conll2003', 'train') and None)"
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60
        )
    assert time.monotonic() - started < 10
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and FLAGS in done.stderr and "eriktks/conll2003" in done.stderr


def cached(cache: Path, *files: str) -> Path:
    """A model in the hub's cache, as its library lays it out."""
    repository = cache / "models--owner--small"
    snapshot = repository / "snapshots" / "0123abcd"
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123abcd")
    for file in files:
        (snapshot / file).write_text("{}")
    return snapshot


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
def test_a_complete_model_in_the_cache_needs_no_hub(cache: Path, weights: str):
    snapshot = cached(cache, "config.json", "tokenizer.json", weights)
    assert hub.cached_model("owner/small") == snapshot


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_half_a_model_in_the_cache_is_not_used(cache: Path, missing: str):
    cached(cache, *{"config.json", "tokenizer.json", "model.safetensors"} - {missing})
    assert hub.cached_model("owner/small") is None


def test_every_shard_must_be_there(cache: Path):
    snapshot = cached(cache, "config.json", "tokenizer.json", "one.safetensors")
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    assert hub.cached_model("owner/small") is None
    (snapshot / "two.safetensors").write_text("")
    assert hub.cached_model("owner/small") == snapshot


@pytest.mark.parametrize("name", ["./nowhere", "/no/where", "a/b/c", "", "a b", "../small", "x?", "owner/other"])
def test_any_other_name_is_not_in_the_cache(cache: Path, name: str):
    cached(cache, "config.json", "tokenizer.json", "model.safetensors")
    assert hub.cached_model(name) is None
