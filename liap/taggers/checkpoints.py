"""Model folders, checked before they are trusted: configuration, labels, tokenizer and weights.

In: a folder in the Hugging Face layout (or a hub name, fetched into the cache). Out: its parts, or an InputError of one
line that says which file is wrong and how to mend it. Nothing that a folder holds is ever run: remote code is refused,
attention kernels are chosen here, and `pytorch_model.bin` is read with `weights_only`, which builds tensors and refuses
every other object a pickle may name.
"""

from __future__ import annotations

import json
import pickle
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from liap.errors import InputError, first_line, quoted
from liap.taggers import sizes

WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model")
NUMBERED = re.compile(r"\.\d+\.")  # in a weight's name: one of many layers
ATTENTION_KERNELS = ("sdpa", "eager")  # by preference; never one that a folder names, which may be code from elsewhere


def local_folder(folder_or_name: str) -> Path:
    """The folder itself, or the cached copy of what the hub has under that name."""
    folder = Path(folder_or_name).expanduser()
    if folder_or_name and folder.is_dir():
        return folder
    if folder_or_name and folder.exists():
        raise InputError(
            f"--model {folder_or_name}: a file; expected a folder with config.json, a tokenizer and weights"
        )
    if folder_or_name.count("/") > 1 or folder_or_name[:1] in "./~" or folder_or_name.endswith("/"):
        raise InputError(f"--model {folder_or_name}: no such folder; give a model's folder, or its name on the hub")
    return _from_hub(folder_or_name)


def _from_hub(name: str) -> Path:
    """Configuration, tokenizer and one kind of weights; safetensors where the hub has them."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    from liap.hub import cached_model, reach_hub

    cached = cached_model(name)
    if cached:
        return cached
    reach_hub(f"the model {name!r} (no folder of that name)")
    small = ["*.json", "*.txt", "*.model"]
    try:
        folder = Path(snapshot_download(name, allow_patterns=[*small, "model*.safetensors"]))
        if not any((folder / file).exists() for file in WEIGHTS):
            folder = Path(snapshot_download(name, allow_patterns=[*small, "pytorch_model*.bin"]))
    except (HfHubHTTPError, HFValidationError) as error:
        raise InputError(f"--model {name}: no folder, and the hub refuses the name ({first_line(error)})") from error
    return folder


def read_config(folder: Path) -> PreTrainedConfig:
    """The folder's configuration, once `config.json` is known to be there and to be a JSON object."""
    file = folder / "config.json"
    if not file.is_file():
        raise InputError(
            f"{folder}: no config.json, so no model is saved here; run finetune.py first, or name another with --model"
        )
    raw = _read_json(file)
    if "quantization_config" in raw:
        raise InputError(f"{file}: a quantised model; expected weights in floating point")
    sizes.check_numbers(file, raw)
    try:
        with quiet():
            config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # a wrong value may fail anywhere in transformers
        raise InputError(f"{file}: not a configuration of a known model ({first_line(error)})") from error
    sizes.check_positive(file, config)
    return config


def labels_of(config: PreTrainedConfig, where: str = "") -> tuple[str, ...]:
    """The model's labels by index, once they are known to be IOB2: O, and a B- for every I-."""
    by_index = {int(index): str(label) for index, label in (config.id2label or {}).items()}
    labels = tuple(by_index.get(index, "") for index in range(len(by_index)))
    mend = "; fine-tune a recogniser with finetune.py, or rename the labels in config.json"
    strange = [label for label in labels if label != "O" and (label[:2] not in ("B-", "I-") or len(label) < 3)]
    if strange or "O" not in labels or not any(label.startswith("B-") for label in labels):
        raise InputError(
            f"{where}labels are {', '.join(map(quoted, labels[:4]))} ...; expected O, B-<type>, I-<type>{mend}"
        )
    orphans = [label for label in labels if label.startswith("I-") and "B-" + label[2:] not in labels]
    if orphans:
        raise InputError(
            f"{where}label {quoted(orphans[0])} has no {quoted('B-' + orphans[0][2:])} beside it; expected IOB2 labels{mend}"
        )
    if len(set(labels)) < len(labels):
        raise InputError(f"{where}a label occurs twice; expected each once{mend}")
    return labels


def read_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The folder's tokenizer, which must be a fast one: only these say which word a piece came from."""
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).exists():
            _read_json(folder / name)
    if not any((folder / name).exists() for name in VOCABULARIES):
        raise InputError(
            f"{folder}: no tokenizer; expected tokenizer.json, as save_pretrained of a fast tokenizer writes"
        )
    file = folder / "tokenizer.json"
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the tokenizers library raises bare Exceptions
        raise InputError(f"{file if file.exists() else folder}: no usable tokenizer ({first_line(error)})") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise InputError(
            f"{folder}: {type(tokenizer).__name__} is a slow tokenizer; expected a fast one (a folder with tokenizer.json)"
        )
    return tokenizer


def read_classifier(folder: Path, config: PreTrainedConfig, *, new_head: bool = False) -> PreTrainedModel:
    """The token classifier in single precision; with `new_head`, its last layer may be missing or of another size."""
    check_weights(folder)
    try:
        sizes.check_layout(folder, config)
    except InputError:
        raise
    except Exception as error:  # as above
        raise InputError(f"{folder}: the model cannot be built ({first_line(error)})") from error
    for kernel in ATTENTION_KERNELS:
        try:
            with quiet():
                model, report = AutoModelForTokenClassification.from_pretrained(
                    folder,
                    config=config,
                    attn_implementation=kernel,
                    dtype=torch.float32,
                    ignore_mismatched_sizes=True,
                    local_files_only=True,
                    output_loading_info=True,
                    trust_remote_code=False,
                    weights_only=True,
                )
            break
        except Exception as error:  # as above
            if kernel == ATTENTION_KERNELS[-1] or "does not support" not in str(error):
                raise InputError(f"{folder}: the model cannot be loaded ({first_line(error)})") from error
    _check_loading(folder, model, report, new_head)
    return model


def _check_loading(folder: Path, model: PreTrainedModel, report: dict, new_head: bool) -> None:
    """Weights that a file lacks would be random numbers: an error, but for a head that is to be trained."""
    body = model.base_model_prefix + "."
    missing = sorted(name for name in report["missing_keys"] if not new_head or name.startswith(body))
    wrong = sorted(entry for entry in report["mismatched_keys"] if not new_head or entry[0].startswith(body))
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise InputError(
            f"{folder}: the weights lack {', '.join(missing[:3])}{more}; expected a model fine-tuned for token classification"
        )
    left = sorted(name for name in report["unexpected_keys"] if name.startswith(body) and NUMBERED.search(name))
    if left:
        raise InputError(
            f"{folder}: config.json leaves out {left[0]}, which the weights hold; they belong to different models"
        )
    if wrong:
        name, found, expected = wrong[0]
        raise InputError(
            f"{folder}: {name} has shape {tuple(found)}, config.json says {tuple(expected)}; they belong to different models"
        )


def check_weights(folder: Path) -> None:
    """The folder's weights are tensor files that carry nothing else."""
    found = [folder / name for name in WEIGHTS if (folder / name).is_file()]
    if not found:
        raise InputError(f"{folder}: no weights; expected model.safetensors or pytorch_model.bin")
    files = _shards(found[0]) if found[0].suffix == ".json" else [found[0]]
    for file in files:
        _check_safetensors(file) if file.suffix == ".safetensors" else _check_pickle(file)


def _shards(index: Path) -> list[Path]:
    listed = _read_json(index).get("weight_map")
    if not isinstance(listed, dict) or not listed or not all(isinstance(name, str) for name in listed.values()):
        raise InputError(f"{index}: no weight_map; expected a table from each tensor's name to its file")
    for name in sorted(set(listed.values())):
        if Path(name).name != name or not (index.parent / name).is_file():
            raise InputError(f"{index}: names {name!r}, which is no file in {index.parent}")
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols: what cannot be read is an error below
            state = torch.load(file, map_location="meta", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{file}: holds more than tensors, or none, and was not opened further; expected a state dict, best as model.safetensors"
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise InputError(f"{file}: not a file of tensors ({first_line(error)}); copy it again") from error
    if not isinstance(state, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise InputError(f"{file}: holds {type(state).__name__}; expected a table of tensors by name")


def check_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Every piece that the tokenizer can yield has a row in the model's embedding."""
    rows = model.get_input_embeddings().num_embeddings
    largest = max(tokenizer.get_vocab().values(), default=-1)
    if not 0 <= largest < rows:
        raise InputError(
            f"{folder}: the tokenizer's pieces reach number {largest}, the model knows {rows}; they belong to different models"
        )


@contextmanager
def quiet() -> Iterator[None]:
    """No load reports and no progress bars from transformers: what matters of them is an error here."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(transformers_logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()


def _read_json(file: Path) -> dict:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # a number of too many digits is a plain ValueError
        raise InputError(f"{file}: not JSON ({first_line(error)}); copy it again") from error
    if not isinstance(content, dict):
        raise InputError(f"{file}: holds a JSON {type(content).__name__}; expected an object")
    return content
