"""The sizes that a `config.json` names, bounded by the weights beside it before anything of such a size is made.

In: a model's folder. Out: nothing, or an InputError that names the size.

1. As the file has them, before transformers makes tables of labels or layers: no whole number over a million is larger than the
   weights have bytes, there are at most 1,000 layers (or groups, blocks, experts) and 100,000 labels.
2. The model is laid out on PyTorch's meta device, which takes no memory: its encoder must not have more numbers than the
   weights have bytes, of which each number takes at least one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import AutoModelForTokenClassification, PreTrainedConfig

from liap.errors import InputError

REPEATED = re.compile("layer|group|block|expert|depth")  # sizes that say how often a module is made
MOST_REPEATED, MOST_LABELS = 1_000, 100_000
SMALL = 10**6  # a single number up to this asks for little
UNBOUNDED = re.compile("theta|seed")  # whole numbers that are no sizes
POSITIVE = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")
MEND = "copy config.json and the weights again, from the same model"


def check_numbers(file: Path, content: dict) -> None:
    """No number of the file asks for more than the weights beside it can hold."""
    largest = max(weight_bytes(file.parent), SMALL)
    for name, value in _whole_numbers(content):
        most = MOST_LABELS if name == "num_labels" else MOST_REPEATED if REPEATED.search(name) else largest
        if value > most and not UNBOUNDED.search(name):
            raise InputError(
                f"{file}: {name} is {_short(value)}; expected at most {most:,} beside these weights; {MEND}"
            )


def check_positive(file: Path, config: PreTrainedConfig) -> None:
    """The sizes that every encoder has are whole numbers from 1."""
    for name in POSITIVE:
        value = getattr(config, name, None)
        if value is not None and not (type(value) is int and value >= 1):
            raise InputError(f"{file}: {name} is {str(value)[:40]}; expected a whole number from 1; {MEND}")


def check_layout(folder: Path, config: PreTrainedConfig) -> None:
    """The encoder that the configuration describes is no larger than the weights."""
    with torch.device("meta"):
        model = AutoModelForTokenClassification.from_config(
            config, attn_implementation="eager", trust_remote_code=False
        )
    numbers = sum(weight.numel() for weight in model.base_model.parameters())
    if numbers > (held := weight_bytes(folder)):
        raise InputError(
            f"{folder}: config.json describes {_short(numbers)} weights, the file of weights has {held:,} bytes; "
            f"they belong to different models: {MEND}"
        )


def weight_bytes(folder: Path) -> int:
    """Bytes of the folder's files of weights."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.suffix in (".safetensors", ".bin"))


def _whole_numbers(content: object) -> Iterator[tuple[str, int]]:
    """(key, number) of every whole number in nested JSON, under the nearest key above it."""
    waiting = [("", content)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(name, part) for part in value]
        elif type(value) is int:
            yield name, value


def _short(number: int) -> str:
    return f"{number:,}" if number < 10**15 else f"about 10^{len(str(number)) - 1}"
