"""Where AllenNLP lives: the environment that `make srl-env` builds, and the versions installed there.

In: a folder, or nothing: then that of LIAP_SRL_VENV, else `.venv-srl` here, else beside the project's own files.
Out: its interpreter and the versions of the libraries that its answers depend on, read from the names of its folders;
nothing of it is run or imported.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from liap.errors import InputError

VARIABLE = "LIAP_SRL_VENV"
NAME = ".venv-srl"
PROJECT = Path(__file__).parents[3]
ALLENNLP = "2.10.1"  # the last there will be
LIBRARIES = ("allennlp", "allennlp_models", "numpy", "torch", "transformers")
INSTEAD = "--srl archive gives the same tags without AllenNLP"
MEND = f"`make srl-env` builds it; {INSTEAD}"


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment with AllenNLP in it."""

    python: Path
    versions: dict[str, str]  # of LIBRARIES


def find_environment(folder: str = "") -> Environment:
    """The environment, checked as far as its files tell; InputError where it is missing, partial or of other versions."""
    given = folder or os.environ.get(VARIABLE, "")
    places = [Path(given).expanduser()] if given else [Path(NAME), PROJECT / NAME]
    found = next((place for place in places if (place / "bin" / "python").exists()), None)
    if found is None:
        raise InputError(f"{places[0]}: no Python environment with AllenNLP {ALLENNLP} there; {MEND}")
    versions = _versions(found)
    missing = [name for name in LIBRARIES if name not in versions]
    if missing:
        raise InputError(f"{found}: {missing[0]} is not installed there; {MEND}")
    for name in ("allennlp", "allennlp_models"):
        if versions[name] != ALLENNLP:
            raise InputError(f"{found} has {name} {versions[name]}; expected {ALLENNLP}; {MEND}")
    # Not resolved: an environment's interpreter is a link, and knows its environment by the link's place.
    return Environment(found.absolute() / "bin" / "python", versions)


def _versions(environment: Path) -> dict[str, str]:
    folders = environment.glob("lib/python3*/site-packages/*.dist-info")
    named = (folder.name.removesuffix(".dist-info").rpartition("-") for folder in folders)
    installed = {name.lower().replace("-", "_"): version for name, _, version in named}
    return {name: installed[name] for name in LIBRARIES if name in installed}
