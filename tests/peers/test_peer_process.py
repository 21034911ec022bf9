"""The protocol with the peers' process, by a fake one; and how its environment is found and built."""

import importlib.util
import sys
from pathlib import Path

import pytest

from liap.errors import InputError
from liap.peers import peer_process
from liap.peers.peer_process import PeerFailure, PeerSide, find_python

PROJECT = Path(__file__).parents[2]
FAKE = """\
import json, os, sys
for number, line in enumerate(sys.stdin):
    message = json.loads(line)
    if number == 0:
        answer = START
    elif message["do"] == "benchmark":
        answer = {"explain": [2.0, 1.0], "evaluate": [4.0, 3.0]}
    elif message["peer"] == "dies":
        sys.stderr.write("out of ideas")
        sys.exit(3)
    elif message["peer"] == "fails":
        answer = {"error": "IndexError: no such piece"}
    else:
        answer = {"seconds": 0.5, "asked": message, "path": os.environ.get("PYTHONPATH", "")}
    print(json.dumps({**answer, "id": message["id"]}), flush=True)
"""
START = {"protocol": 1, "versions": {"lime": "1"}, "threads": 1, "routes": [["lime", "lime"]], "python": "3.11"}


@pytest.fixture
def start(tmp_path):
    def open_side(answer=START):
        program = tmp_path / "fake.py"
        program.write_text(FAKE.replace("START", repr(answer)))
        return PeerSide(Path(sys.executable), "model", threads=1, program=(str(program),), loads_within=60.0)

    return open_side


def test_messages_and_answers(start, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/of/this/side")
    with start() as side:
        assert side.routes == [("lime", "lime")] and side.versions == {"lime": "1"}
        answer = side.explain("lime", "lime", {"words": ["a"]}, {"samples": 3}, watch=True)
        assert answer["asked"] | {"id": 0} == {
            "do": "explain", "peer": "lime", "explainer": "lime", "case": {"words": ["a"]}, "settings": {"samples": 3},
            "watch": True, "id": 0,
        }  # fmt: skip
        assert answer["path"] == ""  # an environment of its own
        assert side.benchmark({"words": ["a"]}, {})["explain"] == [2.0, 1.0]


def test_a_failing_package_is_told_from_a_failing_process(start):
    with start() as side:
        with pytest.raises(PeerFailure, match="no such piece"):
            side.explain("fails", "lime", {}, {})
        assert side.explain("lime", "lime", {}, {})["seconds"] == 0.5  # it goes on
        with pytest.raises(InputError, match=r"ended with status 3; its last words: out of ideas"):
            side.explain("dies", "lime", {}, {})


def test_a_process_that_does_not_start_is_refused(start):
    with pytest.raises(InputError, match=r"did not start \(no model\); `make peers-env` builds it anew"):
        start({"error": "no model"})
    with pytest.raises(InputError, match="speaks protocol 7; expected 1"):
        start(START | {"protocol": 7})


def test_the_environment_is_found(tmp_path, monkeypatch):
    monkeypatch.delenv(peer_process.VARIABLE, raising=False)
    with pytest.raises(InputError, match="`make peers-env` builds it"):
        find_python(str(tmp_path / "none"))
    python = tmp_path / ".venv-peers" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert find_python(str(tmp_path / ".venv-peers")) == python
    monkeypatch.chdir(tmp_path)
    assert find_python() == python
    monkeypatch.setenv(peer_process.VARIABLE, str(tmp_path / "other"))
    with pytest.raises(InputError, match="other: no Python environment"):
        find_python()


@pytest.fixture
def peers_env(monkeypatch):
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    specification = importlib.util.spec_from_file_location("peers_env", PROJECT / "tools" / "peers_env.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    yield module
    sys.modules.pop("srl_env", None)


def test_the_environment_is_built_with_what_the_requirements_name(peers_env, tmp_path, monkeypatch, capsys):
    ran, requirements = [], tmp_path / "requirements.txt"
    requirements.write_text("a==1\n")
    folder = tmp_path / "e"
    monkeypatch.setattr(peers_env.srl_env, "run", lambda command: ran.append(command) or folder.mkdir(exist_ok=True))
    given = ["--folder", str(folder), "--requirements", str(requirements), "--python", "python3.11"]
    assert peers_env.main(given) == 0 and peers_env.main(given) == 0
    assert len(ran) == 4 and ran[0] == ["python3.11", "-m", "venv", "--clear", str(folder)]
    assert "--no-deps" not in ran[1] and ran[3][-1] == peers_env.CHECK
    assert "all peers import" in capsys.readouterr().out


def test_a_folder_with_something_else_is_left_alone(peers_env, tmp_path, capsys):
    (tmp_path / "letter").write_text("dear")
    assert peers_env.main(["--folder", str(tmp_path)]) == 2
    assert "peers_env.py: error:" in capsys.readouterr().err and (tmp_path / "letter").exists()


def test_every_requirement_is_pinned():
    lines = (PROJECT / "requirements-peers.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(line.count("==") == 1 for line in pins)
    named = {line.partition("==")[0] for line in pins}
    assert {"ferret-xai", "captum", "shap", "lime", "transformers-interpret", "torch"} <= named
