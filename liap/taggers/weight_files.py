"""Weights and JSON files of a model's folder, checked before anything in them is trusted.

In: a folder. Out: nothing, or an InputError that names the file. A safetensors file checks itself; `pytorch_model.bin` is a pickle,
of which only tensors are read, and only tensors that lie in the file.
"""

from __future__ import annotations

import json
import pickle
import warnings
from pathlib import Path

import torch

from liap.errors import InputError, first_line
from liap.files import read_bounded
from liap.hub import WEIGHT_FILES
from liap.tensor_files import check_tensor_file

LARGEST_CONFIG = 2**24  # bytes of a configuration
LARGEST_TEXT = 2**27  # bytes of a tokenizer's file or an index of weights; the largest tokenizer known has 2**25


def check_weights(folder: Path) -> None:
    """Check that the folder's weights are files of tensors and nothing else."""
    present = [folder / name for name in WEIGHT_FILES if (folder / name).is_file()]
    if not present:
        raise InputError(f"{folder}: no weights; expected model.safetensors or pytorch_model.bin")
    files = _shards(present[0]) if present[0].suffix == ".json" else [present[0]]
    for file in files:
        _check_safetensors(file) if file.suffix == ".safetensors" else _check_pickle(file)


def _shards(index: Path) -> list[Path]:
    listed = read_json(index, LARGEST_TEXT).get("weight_map")
    if not isinstance(listed, dict) or not listed or not all(isinstance(name, str) for name in listed.values()):
        raise InputError(f"{index}: no weight_map; expected an object that maps each tensor's name to its file")
    for name in sorted(set(listed.values())):
        if Path(name).name != name or not (index.parent / name).is_file():
            raise InputError(f"{index}: names {name!r}, which is not a file in {index.parent}")
    return [index.parent / name for name in sorted(set(listed.values()))]


def _check_safetensors(file: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as tensors:
            tensors.keys()
    except (SafetensorError, OSError) as error:
        raise InputError(f"{file}: not a safetensors file ({first_line(error)}); copy it again") from error


def _check_pickle(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            check_tensor_file(opened)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols: unreadable files are errors below
            state = torch.load(file, map_location="meta", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{file}: holds more than tensors, or no tensors, and was not read further; expected a state dict, preferably as model.safetensors"
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise InputError(f"{file}: not a file of tensors ({first_line(error)}); copy it again") from error
    if not isinstance(state, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise InputError(f"{file}: holds {type(state).__name__}; expected a dictionary of tensors by name")


def read_json(file: Path, most: int = LARGEST_CONFIG) -> dict:
    """The JSON object in a file of at most `most` bytes."""
    content = read_bounded(file, most)
    try:
        value = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # a number of too many digits is a plain ValueError
        raise InputError(f"{file}: not JSON ({first_line(error)}); copy it again") from error
    if not isinstance(value, dict):
        raise InputError(f"{file}: holds a JSON {type(value).__name__}; expected an object")
    return value
