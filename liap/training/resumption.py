"""The checkpoint from which an interrupted fine-tuning goes on, so that the result equals that of an undisturbed run.

In: all that the next epoch depends on, after each epoch. Out: the same, when the same command is started again.

1. One file holds the weights, the optimiser, the schedule, the scaler of float16, the epochs so far, the best epoch's weights, and the
   states of all random generators. It appears whole or not at all, in a hidden folder inside `--output`.
2. It records digests of the settings, the corpus, the encoder and the software. If one differs, the checkpoint is not used.
3. The file is read with `weights_only`, so nothing in it is ever run. A file that cannot be read is not used.

Only one process on its own writes and reads checkpoints: under several, each would have to keep the generators of its own dropout,
on a disk that the others may not reach.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from liap.errors import first_line
from liap.files import digest_of, whole_file
from liap.provenance import versions
from liap.records import Sentence
from liap.taggers.entity_f1 import EntityScore
from liap.training.fine_tuning_settings import FineTuningSettings

FOLDER = ".fine-tuning"  # inside --output
FILE = "checkpoint.pt"
NAMES = {
    "software": "versions of the software",
    "settings": "settings",
    "corpus": "sentences",
    "encoder": "encoder weights or configuration",
}
Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training split: the mean loss of its steps (nats per labelled word), and the dev score after it."""

    number: int  # from 1
    loss: float
    dev: EntityScore


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """All that the next epoch depends on, and what the run reports in the end."""

    epochs: tuple[Epoch, ...]
    best: Tensors  # weights of the best epoch so far
    weights: Tensors
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    scaler: dict[str, Any]  # empty unless training is in float16
    generators: dict[str, Any]
    training_seconds: float
    scoring_seconds: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Digests of everything that decides the trained weights, in the order in which a difference is reported."""

    software: str
    settings: str
    corpus: str
    encoder: str


FIELDS = tuple(field.name for field in fields(Progress))


def identify(
    settings: FineTuningSettings,
    splits: Sequence[Sequence[Sentence]],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
) -> Identity:
    """The identity of a run before its first step; precision and device are those in use, names and paths have no part in it."""
    chosen = {name: value for name, value in settings.training().items() if name not in ("model", "device")}
    chosen |= {"device": model.device.type}
    words = (part for split in splits for sentence in split for part in (*sentence.words, *sentence.tags, ""))
    return Identity(
        software=digest_of([json.dumps(versions(), sort_keys=True)]),
        settings=digest_of([json.dumps(chosen, sort_keys=True)]),
        corpus=digest_of([*(str(len(split)) for split in splits), *words]),
        encoder=digest_of([*_described(model), tokenizer.backend_tokenizer.to_str()]),
    )


def _described(model: PreTrainedModel) -> Iterator[str]:
    """The model's class, configuration and weights as text, the same wherever its folder is."""
    configuration = json.loads(model.config.to_json_string(use_diff=False))
    configuration.pop("_name_or_path", None)
    yield type(model).__name__ + json.dumps(configuration, sort_keys=True)
    for name, tensor in model.state_dict().items():
        values = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        yield f"{name} {hashlib.blake2b(values, digest_size=16).hexdigest()}"


def save(folder: Path, identity: Identity, progress: Progress) -> None:
    """Write the checkpoint, whole or not at all; the earlier one stays until then."""
    content = {name: getattr(progress, name) for name in FIELDS}
    content["epochs"] = [asdict(epoch) for epoch in progress.epochs]
    with whole_file(folder / FILE) as file:
        try:
            torch.save({"identity": asdict(identity), "progress": content}, file)
        except RuntimeError as error:  # PyTorch hides the error of a full disk behind one of its own
            raise error.__context__ if isinstance(error.__context__, OSError) else error from None


def load(folder: Path, identity: Identity) -> tuple[Progress | None, str]:
    """The progress of an interrupted run, and a line for the user that says whether training goes on from it."""
    for leftover in folder.glob(f".{FILE}.*"):
        leftover.unlink()  # of a process that was killed while it wrote
    file = folder / FILE
    if not file.exists():
        return None, ""
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
        differing = [name for name, value in asdict(identity).items() if content["identity"][name] != value]
        if differing:
            return None, f"{file} was made with other {NAMES[differing[0]]}: training starts from the first epoch"
        values = {name: content["progress"][name] for name in FIELDS}
        epochs = tuple(Epoch(row["number"], row["loss"], EntityScore(**row["dev"])) for row in values["epochs"])
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, TypeError, OSError) as error:
        return None, f"{file} cannot be read ({first_line(error)}): training starts from the first epoch"
    line = f"going on from {file}: epoch {len(epochs)} is finished"
    return Progress(**values | {"epochs": epochs}), line


def remove(folder: Path) -> None:
    """Remove the checkpoint, once the recogniser is written or where none was finished."""
    shutil.rmtree(folder, ignore_errors=True)


def generator_states() -> dict[str, Any]:
    """The states of all random generators that training draws from: the order of the sentences, and dropout."""
    name, keys, *rest = np.random.get_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return {
        "python": random.getstate(),
        "numpy": (name, keys.tolist(), *rest),
        "torch": torch.get_rng_state(),
        "cuda": cuda,
    }


def restore_generators(states: dict[str, Any]) -> None:
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    torch.set_rng_state(states["torch"])
    if states["cuda"]:
        torch.cuda.set_rng_state_all(states["cuda"])
