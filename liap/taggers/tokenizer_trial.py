"""A tokenizer, tried in a process of its own before it is loaded in this one.

In: the content of a `tokenizer.json`. Out: nothing, or an InputError that names the file.

The tokenizers library is written in Rust. A damaged or hostile file can make it abort the process, overflow the stack, run for ever
or fill the memory, and Python can catch none of these.

1. A child process with limits on time and memory loads the tokenizer and encodes `PROBES`. This takes 0.2 to 0.4 seconds for BERT's
   tokenizer, and about 3 for a vocabulary of 250,000 pieces.
2. A tokenizer that passed is remembered by the digest of its content, in the user's cache folder, and is not tried again.

This finds only what the probes provoke: a pattern that is slow on other words alone still passes. It is not a sandbox.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import tokenizers

from liap.errors import InputError
from liap.files import digest_of
from liap.taggers import tokenizer_child

SECONDS = 20  # of the child's processor
PATIENCE = 60  # seconds on the clock: a busy machine is no fault of the tokenizer
MEMORY = 2**32  # bytes; a vocabulary of 250,000 pieces takes a tenth
PROBES = (
    "the", "Paris", "U.S.", "don't", "2,024", "@user", "x", "", " ", "-", "\t", "a b", "zqxj", "\N{REPLACEMENT CHARACTER}",
    "naïve", "Straße", "東京", "서울", "ירושלים", "القاهرة", "हिन्दी", "กรุงเทพ", "\N{GRINNING FACE}", "👩\u200d👩\u200d👧", "e" + "\u0301" * 9,
    "\u200b", "\u00a0", "\u202e", "\ufeff", "\ue000", "\U0010fffd", "\x00", "\x7f",
    "[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "<s>", "</s>", "<unk>", "<mask>", "<pad>", "<0x41>", "##a", "▁a", "Ġa",
    "w" * 100, "abcd" * 50, *(letter * 199 + "!" for letter in "aex A0_-.é東"), *("!" + letter * 199 for letter in "a 0"),
)  # fmt: skip


def try_tokenizer(where: Path, content: bytes) -> None:
    """InputError if loading and using the tokenizer fails, crashes, or takes too much time or memory."""
    mark = _passed_folder() / _digest(content)
    if os.path.exists(mark):  # which raises nothing, whatever the folder's permissions
        return
    child = _run_child(content)
    if child is None or child.returncode == tokenizer_child.NO_LIBRARY:
        return  # no child can be started here
    if child.returncode:
        raise InputError(f"{where}: no usable tokenizer ({_reason(child)}); copy it again")
    with contextlib.suppress(OSError):  # without a cache folder it is tried again next time
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _passed_folder() -> Path:
    """An empty file for each tokenizer that passed."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    return Path(chosen if os.path.isabs(chosen) else os.path.expanduser("~/.cache")) / "liap" / "tokenizers"


def _digest(content: bytes) -> str:
    trial = Path(tokenizer_child.__file__).read_bytes()
    return digest_of((content, trial, tokenizers.__version__, *PROBES))


def _run_child(content: bytes) -> subprocess.CompletedProcess[bytes] | None:
    """What came of the child; None if none can be started."""
    library = Path(tokenizers.__file__).parents[1]
    limits = [str(SECONDS), str(MEMORY)]
    command = [sys.executable or "", "-I", tokenizer_child.__file__, str(library), *limits]
    given = json.dumps(PROBES).encode("ascii") + b"\n" + content
    try:
        return subprocess.run(
            command, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -getattr(signal, "SIGXCPU", 1))
    except OSError:
        return None


def _reason(child: subprocess.CompletedProcess[bytes]) -> str:
    if child.returncode == tokenizer_child.FAILED:
        return child.stdout.decode("utf-8", "replace")[:160] or "it fails"
    if child.returncode == -getattr(signal, "SIGXCPU", 1):
        return f"it takes over {SECONDS} seconds"
    return f"it crashes the tokenizers library, or needs over {MEMORY:,} bytes of memory (status {child.returncode})"
