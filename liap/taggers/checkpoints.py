"""Model folders, checked before they are trusted: configuration, labels, tokenizer and weights.

In: a folder in the Hugging Face layout, or a name on the hub, which is fetched into the cache. Out: its parts, or an InputError that
says in one line which file is wrong and how to mend it. Nothing in a folder is ever run: remote code is refused, attention kernels are
chosen here, and `pytorch_model.bin` is read with `weights_only`, which builds tensors and refuses every other object in a pickle. Only
plain files of bounded size are read, and a tokenizer is first tried in a process of its own (`tokenizer_trial`).
"""

from __future__ import annotations

import re
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
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from liap.errors import InputError, first_line, quoted
from liap.files import check_regular
from liap.hub import TOKENIZER_FILES, WEIGHT_FILES, cached_model, reach_hub
from liap.taggers import sizes
from liap.taggers.alignment import encode, is_panic
from liap.taggers.label_schemes import scheme_of
from liap.taggers.tokenizer_trial import PROBES, try_tokenizer
from liap.taggers.weight_files import LARGEST_TEXT, check_weights, read_json

NUMBERED = re.compile(r"\.\d+\.")  # in a weight's name: the number of a layer
# the start of the names that transformers reads besides weights
TEXTS = re.compile(
    "config|tokenizer|vocab|merges|added_tokens|special_tokens|chat_template|sentencepiece|spiece|spm|tiktoken"
)
SHIPPED = {"ewt": Path(__file__).parent / "ewt"}  # recognisers that the package holds, by name
ATTENTION_KERNELS = ("sdpa", "eager")  # the first that works; never one named by a folder, which may be foreign code
LOADING = {
    "dtype": torch.float32, "local_files_only": True, "output_loading_info": True, "trust_remote_code": False, "weights_only": True,
}  # fmt: skip  # for weights of unknown origin: nothing is fetched, and no code of theirs runs


def local_folder(folder_or_name: str, *, flag: str = "--model") -> Path:
    """The folder itself, that of a recogniser which the package holds, or the cached copy of the hub's model of that name."""
    if folder_or_name in SHIPPED:
        return SHIPPED[folder_or_name]
    folder = Path(folder_or_name).expanduser()
    if folder_or_name and folder.is_dir():
        return folder
    if folder_or_name and folder.exists():
        raise InputError(
            f"{flag} {folder_or_name}: a file; expected a folder with config.json, a tokenizer and weights"
        )
    if folder_or_name.count("/") > 1 or folder_or_name[:1] in "./~" or folder_or_name.endswith("/"):
        raise InputError(f"{flag} {folder_or_name}: no such folder; give a model's folder, or its name on the hub")
    return _from_hub(folder_or_name, flag)


def _from_hub(name: str, flag: str) -> Path:
    """Configuration, tokenizer and one kind of weights: safetensors if the hub has them."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    cached = cached_model(name)
    if cached:
        return cached
    reach_hub(f"the model {name!r} (no folder of that name)")
    small = ["*.json", "*.txt", "*.model"]
    try:
        folder = Path(snapshot_download(name, allow_patterns=[*small, "model*.safetensors"]))
        if not any((folder / file).exists() for file in WEIGHT_FILES):
            folder = Path(snapshot_download(name, allow_patterns=[*small, "pytorch_model*.bin"]))
    except (HfHubHTTPError, HFValidationError) as error:
        raise InputError(
            f"{flag} {name}: no such folder, and the hub refuses the name ({first_line(error)})"
        ) from error
    return folder


def read_config(folder: Path) -> PreTrainedConfig:
    """The folder's configuration, after checking that `config.json` exists and is a JSON object."""
    file = folder / "config.json"
    if not file.is_file():
        raise InputError(
            f"{folder}: no config.json, so this is not a model's folder; run finetune.py first, or name another with --model"
        )
    check_files(folder)
    raw = read_json(file)
    if "configuration_files" in raw:
        raise InputError(f"{file}: names other configurations to be read instead; expected the configuration itself")
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
    """The model's labels by index, after checking that they fit a scheme (see `label_schemes`)."""
    by_index = {int(index): str(label) for index, label in (config.id2label or {}).items()}
    labels = tuple(by_index.get(index, "") for index in range(len(by_index)))
    try:
        scheme_of(labels)
    except InputError as error:
        raise InputError(
            f"{where}{error}; fine-tune a recogniser with finetune.py, or correct the names under id2label in config.json"
        ) from None
    return labels


def check_files(folder: Path) -> None:
    """Check that the folder holds plain files and folders only, and that no text among them is too large to be one."""
    entries = [*folder.iterdir(), *folder.glob("additional_chat_templates/*")]
    check_regular(entries)
    for entry in entries:
        if TEXTS.match(entry.name) and entry.stat().st_size > LARGEST_TEXT:
            raise InputError(f"{entry}: larger than {LARGEST_TEXT:,} bytes; expected a smaller file")


def read_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The folder's tokenizer, which must be a fast one: only fast tokenizers say which word a piece came from."""
    check_files(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).exists() and "fast_tokenizer_files" in read_json(folder / name, LARGEST_TEXT):
            raise InputError(f"{folder / name}: names other tokenizers; expected tokenizer.json to be the only one")
    if not any((folder / name).exists() for name in TOKENIZER_FILES):
        raise InputError(
            f"{folder}: no tokenizer; expected tokenizer.json, as a fast tokenizer's save_pretrained writes it"
        )
    file = folder / "tokenizer.json"
    where = file if file.exists() else folder
    if file.exists():
        try_tokenizer(file, file.read_bytes())
    tokenizer = _load_tokenizer(folder, where)
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise InputError(
            f"{folder}: {type(tokenizer).__name__} is a slow tokenizer; expected a fast one (a folder with tokenizer.json)"
        )
    _check_tokenizer(tokenizer, folder, where)
    return tokenizer


def _check_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path, where: Path) -> None:
    """Try the tokenizer as transformers has built it, which may differ from the file; it may have had no tokenizer.json at all."""
    limit = tokenizer.model_max_length
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not limit >= 1:
        raise InputError(
            f"{folder / 'tokenizer_config.json'}: model_max_length is {quoted(limit)}; expected a number of pieces from 1"
        )
    if where == folder:
        try_tokenizer(folder, tokenizer.backend_tokenizer.to_str().encode("utf-8"))
    try:
        encode(tokenizer, PROBES)
    except InputError as error:
        raise InputError(f"{where}: no usable tokenizer ({error})") from error


def _load_tokenizer(folder: Path, where: Path) -> PreTrainedTokenizerBase:
    try:
        with quiet():
            return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except BaseException as error:  # the tokenizers library raises bare Exceptions, and panics that are not even those
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise InputError(f"{where}: no usable tokenizer ({first_line(error)})") from error


def read_classifier(folder: Path, config: PreTrainedConfig, *, new_head: bool = False) -> PreTrainedModel:
    """The token classifier in single precision; with `new_head`, its last layer may be missing or have another size."""
    check_weights(folder)
    try:
        sizes.check_layout(folder, config)
    except InputError:
        raise
    except Exception as error:  # a wrong value may fail anywhere in transformers
        raise InputError(f"{folder}: the model cannot be built ({first_line(error)})") from error
    for kernel in ATTENTION_KERNELS:
        try:
            with quiet():
                model, report = AutoModelForTokenClassification.from_pretrained(
                    folder,
                    config=config,
                    attn_implementation=kernel,
                    ignore_mismatched_sizes=True,
                    **LOADING,
                )
            break
        except Exception as error:  # here too
            if kernel == ATTENTION_KERNELS[-1] or "does not support" not in str(error):
                raise InputError(f"{folder}: the model cannot be loaded ({first_line(error)})") from error
    _check_loading(folder, model, report, new_head)
    return model


def _check_loading(folder: Path, model: PreTrainedModel, report: dict, new_head: bool) -> None:
    """Missing weights would be random numbers: an error, except for a head that is about to be trained."""
    body = model.base_model_prefix + "."
    missing = sorted(name for name in report["missing_keys"] if not new_head or name.startswith(body))
    wrong = sorted(entry for entry in report["mismatched_keys"] if not new_head or entry[0].startswith(body))
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise InputError(
            f"{folder}: the weights lack {', '.join(missing[:3])}{more}; expected a model fine-tuned for token classification"
        )
    extra = sorted(name for name in report["unexpected_keys"] if name.startswith(body) and NUMBERED.search(name))
    if extra:
        raise InputError(
            f"{folder}: config.json leaves out {extra[0]}, which is among the weights; they belong to different models"
        )
    if wrong:
        name, actual, expected = wrong[0]
        raise InputError(
            f"{folder}: {name} has shape {tuple(actual)}, config.json says {tuple(expected)}; they belong to different models"
        )


def check_vocabulary(model: torch.nn.Module, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Check that every piece of the tokenizer has a row in the model's embedding."""
    try:
        rows = len(model.get_input_embeddings().weight)
    except NotImplementedError as error:
        raise InputError(
            f"{folder}: {type(model).__name__} has no table of input embeddings; expected a model that reads pieces"
        ) from error
    largest = max(tokenizer.get_vocab().values(), default=-1)
    if not 0 <= largest < rows:
        raise InputError(
            f"{folder}: the tokenizer's pieces reach number {largest}, but the model has only {rows}; they belong to different models"
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Silence load reports and progress bars of transformers: whatever matters in them is an error here."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(transformers_logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
