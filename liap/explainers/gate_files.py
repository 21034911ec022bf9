"""Checks of the files that trained explainers read, before a run begins: each is given, is one, and was made for this recogniser."""

from __future__ import annotations

from dataclasses import fields

from liap.errors import InputError
from liap.explainers.explainer import Explainer
from liap.settings import MethodSettings

MAKE = "make it with studies/rationales.py"


def check_trained(explainer: Explainer, settings: MethodSettings, model_digest: str = "") -> None:
    """InputError if a trained explainer's file is missing, is none, or belongs to another recogniser (where the digest is given)."""
    own = settings.option(explainer.name, explainer.settings)
    for part in fields(own) if own is not None else ():
        if "file" not in part.metadata:
            continue
        flag, path = f"--{part.name.replace('_', '-')}", getattr(own, part.name)
        if not path:
            raise InputError(f"--explainers {explainer.name} needs {flag}, a file of its trained network; {MAKE}")
        from liap.explainers.gate_network import read_network

        trained_on = read_network(path, flag)[1].get("model_digest", "")
        if model_digest and trained_on not in ("", model_digest):
            raise InputError(f"{flag} {path} was trained on another recogniser than this run's --model; {MAKE}")
