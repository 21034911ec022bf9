"""How AllenNLP's environment is found and built, without building it."""

import importlib.util
import os
import stat
import sys
from pathlib import Path

import pytest

from liap.errors import InputError
from liap.linguistics.srl import environment

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def srl_env():
    specification = importlib.util.spec_from_file_location("srl_env", PROJECT / "tools" / "srl_env.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def make_environment(folder: Path, **versions: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    for name, version in (dict.fromkeys(environment.LIBRARIES, "1.0") | versions).items():
        (folder / "lib" / "python3.8" / "site-packages" / f"{name}-{version}.dist-info").mkdir(parents=True)
    return folder


def test_the_environment_is_found_and_its_versions_read(tmp_path, monkeypatch):
    folder = make_environment(tmp_path / "e", allennlp="2.10.1", allennlp_models="2.10.1", torch="1.12.1")
    located = environment.find_environment(str(folder))
    assert located.python == folder / "bin" / "python" and located.versions["torch"] == "1.12.1"
    monkeypatch.setenv(environment.VARIABLE, str(folder))
    assert environment.find_environment() == located
    monkeypatch.delenv(environment.VARIABLE)
    monkeypatch.chdir(tmp_path)
    folder.rename(tmp_path / ".venv-srl")
    assert environment.find_environment().python == tmp_path / ".venv-srl" / "bin" / "python"
    monkeypatch.chdir(tmp_path / ".venv-srl")  # no environment here, so the project's own is used
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    assert environment.find_environment().python == tmp_path / ".venv-srl" / "bin" / "python"


def test_a_missing_environment_is_reported_with_the_command_that_builds_it(tmp_path):
    with pytest.raises(InputError, match=r"no Python environment with AllenNLP 2\.10\.1 there; `make srl-env`"):
        environment.find_environment(str(tmp_path))
    old = make_environment(tmp_path / "old", allennlp="1.3.0", allennlp_models="1.3.0")
    with pytest.raises(InputError, match=r"has allennlp 1\.3\.0; expected 2\.10\.1"):
        environment.find_environment(str(old))
    next(old.glob("lib/*/*/torch-*")).rmdir()
    with pytest.raises(InputError, match="torch is not installed there"):
        environment.find_environment(str(old))


def fake_python(path: Path, prints: str, status: int = 0) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {prints}\nexit {status}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose only Pythons are those that a test puts into `bin`."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/nowhere")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def test_the_newest_working_python_is_chosen(srl_env, machine):
    with pytest.raises(srl_env.Problem, match=r"(?s)uv:.*pyenv:.*system:.*--srl archive"):
        srl_env.find_python()
    fake_python(machine / "bin" / "python3.10", "3.10", status=127)  # a shim without a version behind it
    old = fake_python(machine / "pyenv" / "versions" / "3.8.18" / "bin" / "python", "3.8")
    assert srl_env.find_python() == old
    fake_python(machine / "bin" / "python3.9", "3.9")
    assert srl_env.find_python() == "python3.9"
    with pytest.raises(srl_env.Problem, match="--python /no/python"):
        srl_env.find_python("/no/python")
    assert not srl_env.suits(sys.executable) or sys.version_info < (3, 11)


def test_uv_is_asked_last_for_a_python(srl_env, machine):
    python = fake_python(machine / "hidden" / "python", "3.10")
    fake_python(machine / "bin" / "uv", python)
    assert srl_env.find_python() == python


def test_another_folder_is_never_cleared(srl_env, tmp_path, capsys):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter").write_text("dear")
    assert srl_env.main(["--folder", str(tmp_path / "home"), "--python", sys.executable]) == 2
    assert "holds something else" in capsys.readouterr().err and (tmp_path / "home" / "letter").exists()


def test_it_is_built_once_and_again_when_the_requirements_change(srl_env, tmp_path, monkeypatch, capsys):
    ran = []
    folder, requirements = tmp_path / "e", tmp_path / "requirements.txt"
    requirements.write_text("a==1\n")
    monkeypatch.setattr(srl_env, "run", lambda command: ran.append(command) or folder.mkdir(exist_ok=True))
    monkeypatch.setattr(srl_env, "find_python", lambda given: "python3.8")
    for lines in ("a==1\n", "a==1\n", "a==2\n"):
        requirements.write_text(lines)
        (folder / "pyvenv.cfg").write_text("") if folder.exists() else None
        srl_env.build(folder, requirements)
    assert len(ran) == 8 and ran[0] == ["python3.8", "-m", "venv", "--clear", str(folder)]
    assert "--no-deps" in ran[1] and ran[3][-1] == srl_env.CHECK
    printed = capsys.readouterr().out
    assert "nothing to do" in printed and "minutes" in printed and "GB" in printed


def test_a_failed_step_leaves_no_stamp(srl_env, tmp_path, monkeypatch):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("")
    monkeypatch.setattr(srl_env, "find_python", lambda given: "/bin/false")
    with pytest.raises(srl_env.Problem, match="this failed"):
        srl_env.build(tmp_path / "e", requirements)
    assert not (tmp_path / "e" / srl_env.STAMP).exists()


def test_every_requirement_is_pinned():
    lines = (PROJECT / "requirements-srl.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(line.count("==") == 1 for line in pins)
    assert {"allennlp==2.10.1", "allennlp-models==2.10.1"} <= set(pins)
