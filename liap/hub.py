"""The model hub: is it there, and what of it is already on this machine?

In: the name of a model. Out: a folder of the hub's cache, or an error within ten seconds that names the flags with
which everything can be given locally.

1. A model that lies whole in the hub's cache needs no request.
2. The hub is asked for one answer, of whatever kind, with a deadline that also bounds the name look-up (which no
   socket timeout does). `HF_ENDPOINT`, `HF_HUB_OFFLINE`, proxies and certificates are those of `huggingface_hub`, whose
   client is used.
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
TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model")
WEIGHTS = ("model.safetensors", "pytorch_model.bin")


def endpoint() -> str:
    """The hub's address."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def reach_hub(what: str) -> None:
    """Return if the hub answers within five seconds; else say that `what` ("the model x") cannot be fetched.

    Raises InputError, with the flags that take local files.
    """
    failure = _failure()
    if failure:
        raise InputError(f"{what} is to be fetched from {endpoint()}, but {failure}; {LOCAL_FLAGS}")


def cached_model(name: str) -> Path | None:
    """The folder of the hub's cache that holds the model's configuration and all its weights, if there is one."""
    from huggingface_hub import try_to_load_from_cache

    configuration = try_to_load_from_cache(name, "config.json") if REPOSITORY_NAME.fullmatch(name) else None
    if not isinstance(configuration, str):
        return None
    folder = Path(configuration).parent
    tokenizer = any((folder / file).exists() for file in TOKENIZERS)
    return folder if tokenizer and any(_whole(folder, file) for file in WEIGHTS) else None


def _whole(folder: Path, weights: str) -> bool:
    """Whether a checkpoint's weights are there, in one file or in all the shards that its index names."""
    index = folder / f"{weights}.index.json"
    if not index.exists():
        return (folder / weights).exists()
    shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    return all((folder / shard).exists() for shard in shards)


def _failure() -> str:
    """Why the hub gives no answer; empty where it does."""
    from huggingface_hub import constants

    if constants.is_offline_mode():
        return "HF_HUB_OFFLINE forbids asking it"
    failures: list[str] = []
    answered = threading.Event()

    def probe() -> None:
        failures.extend(_ask())
        answered.set()

    # A daemon: a name look-up that hangs cannot be interrupted, and must not keep the process alive.
    threading.Thread(target=probe, name="hub-probe", daemon=True).start()
    if not answered.wait(PROBE_SECONDS):
        return f"it gave no answer in {PROBE_SECONDS:.0f} seconds"
    return failures[0] if failures else ""


def _ask() -> list[str]:
    """One request to the hub; what went wrong, if anything did."""
    from huggingface_hub.utils import get_session

    try:
        status = get_session().head(endpoint(), timeout=PROBE_SECONDS, follow_redirects=False).status_code
    except Exception as error:  # every failure of the network stack, whichever client the user configured
        return [f"it cannot be reached ({' '.join(str(error).split()) or type(error).__name__})"]
    # A gateway's refusal is not the hub's answer; any other status, an unknown page included, is.
    return [f"the way there answers with status {status}"] if status in (407, 502, 503, 504) else []
