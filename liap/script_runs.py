"""The project's own scripts, started one after another by a study that needs several."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from liap.errors import InputError

PACKAGE = Path(__file__).parent


def path_of(name: str) -> Path:
    """Where a script stands, such as `finetune.py` or `studies/fit_on_dev.py`: in the checkout that holds this package, or else in the installation."""
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_file():
        return checkout / name
    return PACKAGE / (name if "/" in name else f"scripts/{name}")


def flags_in(flag: str, text: str, set_here: Sequence[str] = ()) -> list[str]:
    """The words of a string of flags, as a shell reads them; InputError if it holds a flag that the study sets itself."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InputError(f"{flag} {text!r}: {error}; expected flags as on a command line") from None
    for word in words:
        if (name := word.partition("=")[0]) in set_here:
            raise InputError(f"{flag}: {name} is set by this script; leave it out")
    return words


def start(name: str, *flags: str) -> None:
    """Run a script; where it fails, its own line has said why, and its status ends this process."""
    print(f"{name} {shlex.join(flags)}", flush=True)
    status = subprocess.run([sys.executable, str(path_of(name)), *flags], check=False).returncode
    if status:
        sys.exit(status)
