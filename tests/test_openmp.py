"""PyTorch's threads wait briefly, unless the user has chosen otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from liap import openmp

ROOT = Path(__file__).parents[1]
STARTS = {
    "a script": "from liap import cli; cli.quiet_start(); import torch",
    "the API": "import liap; liap.load_tagger; import torch",
}


@pytest.fixture
def without_torch(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)


def test_the_variable_is_set_once_and_said(without_torch):
    environment = {"OMP_NUM_THREADS": "2", "HOME": "/"}
    openmp.wait_briefly(environment)
    assert environment == {"OMP_NUM_THREADS": "2", "HOME": "/", "GOMP_SPINCOUNT": openmp.SPINS}
    assert openmp.said(environment) == {"OMP_NUM_THREADS": "2", "GOMP_SPINCOUNT": openmp.SPINS}
    openmp.wait_briefly(environment)
    assert environment["GOMP_SPINCOUNT"] == openmp.SPINS


@pytest.mark.parametrize("name", openmp.WAITING)
def test_the_users_own_choice_stands(name, without_torch):
    environment = {name: "active"}
    openmp.wait_briefly(environment)
    assert environment == {name: "active"}


def test_once_pytorch_is_loaded_nothing_is_set(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", sys)
    environment = {}
    openmp.wait_briefly(environment)
    assert environment == {}


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("given", "expected"), [({}, openmp.SPINS), ({"GOMP_SPINCOUNT": "77"}, "77")])
def test_the_library_reads_it(start, given, expected):
    """GNU's library prints what it has read when it is loaded."""
    environment = {name: value for name, value in os.environ.items() if name not in openmp.WAITING}
    environment |= {"OMP_DISPLAY_ENV": "verbose", "PYTHONPATH": str(ROOT)} | given
    done = subprocess.run([sys.executable, "-c", STARTS[start]], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    if "GOMP_SPINCOUNT" not in done.stderr:
        pytest.skip("this PyTorch has another OpenMP library")
    assert f"GOMP_SPINCOUNT = '{expected}'" in done.stderr
