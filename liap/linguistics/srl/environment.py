"""AllenNLP's environment, which `make srl-env` builds, and the versions installed in it.

In: a folder; by default LIAP_SRL_VENV, then `.venv-srl` in the current folder, then beside the project's own files.
Out: its interpreter, and the versions of the libraries that affect its answers. They are read from the names of its folders;
nothing in it is run or imported.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from liap.errors import InputError

VARIABLE = "LIAP_SRL_VENV"
NAME = ".venv-srl"
PROJECT = Path(__file__).parents[3]
ALLENNLP = "2.10.1"  # the last release
LIBRARIES = ("allennlp", "allennlp_models", "numpy", "torch", "transformers")
INSTEAD = "--srl archive gives the same tags without AllenNLP"
MEND = f"`make srl-env` builds it; {INSTEAD}"


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python environment that contains AllenNLP."""

    python: Path
    versions: dict[str, str]  # of LIBRARIES


def find_environment(folder: str = "") -> Environment:
    """The environment, checked by its files. InputError if it is missing or incomplete, or has other versions."""
    chosen = folder or os.environ.get(VARIABLE, "")
    places = [Path(chosen).expanduser()] if chosen else [Path(NAME), PROJECT / NAME]
    environment = next((place for place in places if (place / "bin" / "python").exists()), None)
    if environment is None:
        raise InputError(f"{places[0]}: no Python environment with AllenNLP {ALLENNLP} there; {MEND}")
    versions = _versions(environment)
    missing = [name for name in LIBRARIES if name not in versions]
    if missing:
        raise InputError(f"{environment}: {missing[0]} is not installed there; {MEND}")
    for name in ("allennlp", "allennlp_models"):
        if versions[name] != ALLENNLP:
            raise InputError(f"{environment} has {name} {versions[name]}; expected {ALLENNLP}; {MEND}")
    # Not resolved: the interpreter is a link, and finds its environment by the link's location.
    return Environment(environment.absolute() / "bin" / "python", versions)


def _versions(environment: Path) -> dict[str, str]:
    folders = environment.glob("lib/python3*/site-packages/*.dist-info")
    named = (folder.name.removesuffix(".dist-info").rpartition("-") for folder in folders)
    installed = {name.lower().replace("-", "_"): version for name, _, version in named}
    return {name: installed[name] for name in LIBRARIES if name in installed}
