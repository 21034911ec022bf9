"""The sizes in a `config.json`, checked against the weights beside it before anything of that size is allocated.

In: a model's folder. Out: nothing, or an InputError that names the size.

1. The raw numbers are checked before transformers makes tables of labels or layers: none above a million may exceed the number of
   bytes in the weights; at most 1,000 layers (or groups, blocks, experts) and 100,000 labels are allowed.
2. The model is built on PyTorch's meta device, which takes no memory: its encoder must not have more parameters than the weights
   have bytes, since each parameter takes at least one byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import AutoModelForTokenClassification, PreTrainedConfig, PreTrainedTokenizerFast

from liap.errors import InputError

REPEATED = re.compile("layer|group|block|expert|depth")  # sizes that say how often a module is repeated
MOST_REPEATED, MOST_LABELS = 1_000, 100_000
SMALL = 10**6  # a number up to this takes little memory
UNBOUNDED = re.compile("theta|seed")  # whole numbers that are not sizes
POSITIVE = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")
NO_LIMIT = 1_000_000  # pieces; for models with relative positions whose tokenizer names no limit
MEND = "copy config.json and the weights again, from the same model"


def check_numbers(file: Path, content: dict) -> None:
    """Check that no number in the file describes more than the weights beside it can hold."""
    largest = max(weight_bytes(file.parent), SMALL)
    for name, value in _whole_numbers(content):
        most = MOST_LABELS if name == "num_labels" else MOST_REPEATED if REPEATED.search(name) else largest
        if value > most and not UNBOUNDED.search(name):
            raise InputError(f"{file}: {name} is {_short(value)}; expected at most {most:,} with these weights; {MEND}")


def check_positive(file: Path, config: PreTrainedConfig) -> None:
    """Check that the sizes that every encoder has are whole numbers from 1."""
    for name in POSITIVE:
        value = getattr(config, name, None)
        if value is not None and not (type(value) is int and value >= 1):
            raise InputError(f"{file}: {name} is {str(value)[:40]}; expected a whole number from 1; {MEND}")


def check_layout(folder: Path, config: PreTrainedConfig) -> None:
    """Check that the encoder described by the configuration is no larger than the weights."""
    with torch.device("meta"):
        model = AutoModelForTokenClassification.from_config(
            config, attn_implementation="eager", trust_remote_code=False
        )
    numbers = sum(weight.numel() for weight in model.base_model.parameters())
    if numbers > (held := weight_bytes(folder)):
        raise InputError(
            f"{folder}: config.json describes {_short(numbers)} weights, but their file has only {held:,} bytes; "
            f"they belong to different models: {MEND}"
        )


def weight_bytes(folder: Path) -> int:
    """The size of the folder's weight files in bytes."""
    weights = [file for file in folder.iterdir() if file.suffix in (".safetensors", ".bin") and file.is_file()]
    return sum(file.stat().st_size for file in weights)


def _whole_numbers(content: object) -> Iterator[tuple[str, int]]:
    """(key, number) for every whole number in nested JSON; the key is the nearest one above it."""
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


def max_pieces_of(model: torch.nn.Module, tokenizer: PreTrainedTokenizerFast) -> int:
    """The longest input, with special tokens: the positions the model has, or fewer where its tokenizer says so."""
    limits = [NO_LIMIT, tokenizer.model_max_length]  # a tokenizer without a limit says 1e30
    positions = getattr(model.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        limits.append(positions - _unused_positions(model))
    return int(min(limits))


def _unused_positions(model: torch.nn.Module) -> int:
    """RoBERTa-like models number positions from behind that of the padding, so the first positions stay unused."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            return module.padding_idx + 1
    return 0
