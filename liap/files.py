"""Files that appear whole or not at all, digests of what was read, and checks of the folders that flags name."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from liap.errors import InputError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[io.BufferedWriter]:
    """A file to write that takes the name `path` once it is whole and on disk; after an error nothing is left of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def write_whole(path: Path, content: bytes | str) -> None:
    with whole_file(path) as file:
        file.write(encoded(content) if isinstance(content, str) else content)


def encoded(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which is no text, becomes its escape, as JSON has it: `\\ud800`."""
    return text.encode("utf-8", errors="backslashreplace")


def check_folder(flag: str, folder: Path) -> None:
    """InputError where a file stands in the way of the folder that the flag names."""
    above = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not above.is_dir():
        raise InputError(f"{flag} {folder}: {above} is a file; expected a folder, which is made if need be")
