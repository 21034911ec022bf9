"""The model hub: can it be reached, and which of its models are already on this machine?

In: the name of a model. Out: a folder of the hub's cache; or, within ten seconds, an error that names the flags which take
local files instead.

1. A model that is complete in the hub's cache needs no request.
2. One request is sent to the hub; any answer will do. Its deadline covers the name look-up too, which no socket timeout does.
   The client is that of `huggingface_hub`, so `HF_ENDPOINT`, `HF_HUB_OFFLINE`, proxies and certificates apply.
"""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

from liap.errors import InputError

PROBE_SECONDS = 5.0
LOCAL_FLAGS = "--model, --corpus, --parser and --srl-archive take what is on this machine"
REPOSITORY_NAME = re.compile(r"(?:\w[\w.-]*/)?\w[\w.-]*", re.ASCII)
TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model")
INDEX = ".index.json"  # a list of shards, in place of one file of weights
WEIGHT_FILES = ("model.safetensors", f"model.safetensors{INDEX}", "pytorch_model.bin", f"pytorch_model.bin{INDEX}")


def endpoint() -> str:
    """The hub's address."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def reach_hub(what: str) -> None:
    """Return if the hub answers within five seconds. Otherwise raise InputError: `what` ("the model x") cannot be fetched."""
    failure = _failure()
    if failure:
        raise InputError(f"{what} must be fetched from {endpoint()}, but {failure}; {LOCAL_FLAGS}")


def cached_model(name: str) -> Path | None:
    """The folder in the hub's cache with the model's configuration, tokenizer and all its weights; None if incomplete."""
    from huggingface_hub import try_to_load_from_cache

    configuration = try_to_load_from_cache(name, "config.json") if REPOSITORY_NAME.fullmatch(name) else None
    if not isinstance(configuration, str):
        return None
    folder = Path(configuration).parent
    has_tokenizer = any((folder / file).exists() for file in TOKENIZER_FILES)
    return folder if has_tokenizer and any(_complete(folder / file) for file in WEIGHT_FILES) else None


def _complete(weights: Path) -> bool:
    """Whether this file is there and, if it is an index, every shard that it names."""
    if not weights.exists() or not weights.name.endswith(INDEX):
        return weights.exists()
    shards = set(json.loads(weights.read_text(encoding="utf-8"))["weight_map"].values())
    return all((weights.parent / shard).exists() for shard in shards)


def _failure() -> str:
    """Why the hub does not answer; empty if it does."""
    from huggingface_hub import constants

    if constants.is_offline_mode():
        return "HF_HUB_OFFLINE forbids it"
    failures: list[str] = []
    answered = threading.Event()

    def probe() -> None:
        failures.extend(_ask())
        answered.set()

    # A daemon: a name look-up that hangs cannot be interrupted, and must not keep the process alive.
    threading.Thread(target=probe, name="hub-probe", daemon=True).start()
    if not answered.wait(PROBE_SECONDS):
        return f"it did not answer within {PROBE_SECONDS:.0f} seconds"
    return failures[0] if failures else ""


def _ask() -> list[str]:
    """Send one request to the hub; return what went wrong, if anything."""
    from huggingface_hub.utils import get_session

    try:
        status = get_session().head(endpoint(), timeout=PROBE_SECONDS, follow_redirects=False).status_code
    except Exception as error:  # every failure of the network stack, whichever client the user configured
        return [f"it cannot be reached ({' '.join(str(error).split()) or type(error).__name__})"]
    # A gateway's refusal does not come from the hub. Any other status does, even for an unknown page.
    return [f"a gateway on the way answers with status {status}"] if status in (407, 502, 503, 504) else []
