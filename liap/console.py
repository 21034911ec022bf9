"""The console commands of an installation: each runs the script of the project's root, with the constants that stand in it.

| command         | script                   |
|-----------------|--------------------------|
| `liap-finetune` | `finetune.py`            |
| `liap-evaluate` | `run_liap_evaluation.py` |
| `liap-lime`     | `lime_baseline.py`       |
| `liap-analyze`  | `analyze_results.py`     |

In a checkout the scripts lie beside the package; a wheel holds copies of them, as `liap.scripts` (see `setup.py`). Where they read and write
does not depend on that: paths count from the folder in which the command is started.
"""

from __future__ import annotations

import runpy

from liap.script_runs import path_of


def finetune() -> None:
    """`liap-finetune`."""
    _run("finetune.py")


def evaluate() -> None:
    """`liap-evaluate`."""
    _run("run_liap_evaluation.py")


def lime() -> None:
    """`liap-lime`."""
    _run("lime_baseline.py")


def analyze() -> None:
    """`liap-analyze`."""
    _run("analyze_results.py")


def _run(name: str) -> None:
    path = path_of(name)
    assert path.is_file(), path
    runpy.run_path(str(path), run_name="__main__")
