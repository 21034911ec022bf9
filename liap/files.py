"""Files that appear whole or not at all, digests of what was read, UTF-8 text, and checks of the folders that flags name."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from liap.errors import FULL_DISK, InputError

DIGEST_BYTES = 16
BIG_FILE = 2**20  # bytes; digests of files of this size are remembered, smaller files are read again
BLOCK = 2**20  # bytes read at a time
_remembered: dict[str, str] = {}  # state of a file -> digest of its content


@contextlib.contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[io.BufferedWriter]:
    """A file to write. It gets the name `path` once it is complete; after an error nothing remains of it.

    `durable`: wait until the content is on disk. A cache can do without: it checks what it reads.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def write_whole(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Write a file that appears whole or not at all."""
    with whole_file(path, durable=durable) as file:
        file.write(encoded(content) if isinstance(content, str) else content)


def encoded(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which UTF-8 cannot hold, becomes its escape, as in JSON: `\\ud800`."""
    return text.encode("utf-8", errors="backslashreplace")


def read_text(path: Path) -> str:
    """A file's text, without a byte-order mark. Raises InputError with line and byte where it is not UTF-8."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}:{line}: not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}; convert the file, "
            f"for instance with iconv -f <its encoding> -t utf-8"
        ) from None


def check_regular(paths: Iterable[Path]) -> None:
    """InputError for the first path that is neither a file nor a folder: a pipe or a device may be read for ever."""
    for path in paths:
        if not (path.is_file() or path.is_dir()):
            raise InputError(
                f"{path}: a dangling link, a pipe or a device; expected a plain file: delete or replace it"
            )


def read_bounded(path: Path, most: int) -> bytes:
    """The content of a plain file of at most `most` bytes; InputError for any other."""
    check_regular([path])
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise InputError(f"{path}: larger than {most:,} bytes; expected a smaller file")
    return content


def check_folder(flag: str, folder: str | Path) -> None:
    """InputError if the folder that the flag names cannot be made: it has no name, or a file is in the way."""
    if not str(folder).strip():
        raise InputError(f"{flag} is empty; expected a folder, which is made if need be")
    folder = Path(folder)
    above = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not above.is_dir():
        raise InputError(f"{flag} {folder}: {above} is a file; expected a folder, which is made if need be")


def check_writable(flag: str, folder: str | Path) -> None:
    """InputError if no file can be written to the folder that the flag names; folders made for this check are removed."""
    check_folder(flag, folder)
    made = [path for path in (Path(folder), *Path(folder).parents) if not path.exists()]
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".part"):
            pass
    except OSError as error:
        if error.errno in FULL_DISK:
            raise
        raise InputError(
            f"{flag} {folder}: {os.strerror(error.errno or 0)}; choose a folder that can be written"
        ) from None
    finally:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()


def digest_of(parts: Iterable[str | bytes]) -> str:
    """A digest of texts. Each ends with a zero byte, so that `ab, c` and `a, bc` differ."""
    state = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        state.update(part.encode("utf-8", errors="surrogatepass") if isinstance(part, str) else part)
        state.update(b"\0")
    return state.hexdigest()


def digest_of_path(path: Path, *, cache: Path | None = None) -> str:
    """A digest of a file's content, or of the names and contents of all files below a folder except `__pycache__`.

    Reading a large model takes seconds, so digests of big files are remembered in this process and, given a cache folder, on
    disk. A file counts as unchanged while its device, inode, size and times of modification and change are the same.
    """
    if not path.is_dir():
        return _digest_of_file(path, cache)
    names = sorted(file.relative_to(path) for file in path.rglob("*") if file.is_file())
    return digest_of_files((path / name for name in names if "__pycache__" not in name.parts), below=path, cache=cache)


def digest_of_files(files: Iterable[Path], *, below: Path | None = None, cache: Path | None = None) -> str:
    """A digest of the files' contents and names, or, `below` a folder, their paths from there."""
    return digest_of(
        part
        for file in files
        for part in (file.relative_to(below).as_posix() if below else file.name, _digest_of_file(file, cache))
    )


def described(path: Path) -> dict[str, object]:
    """What `run.json` says of a finished table: its number of lines, and a digest."""
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b""))
    return {"lines": lines, "digest": digest_of_path(path)}


def _digest_of_file(path: Path, cache: Path | None) -> str:
    status = path.stat()
    if status.st_size < BIG_FILE:
        return hashlib.blake2b(path.read_bytes(), digest_size=DIGEST_BYTES).hexdigest()
    # Modification times can be set at will, for instance by `cp -p`; the time of change cannot.
    times = f"{status.st_mtime_ns}-{status.st_ctime_ns}"
    state = f"{status.st_dev}-{status.st_ino}-{status.st_size}-{times}"
    record = cache / "digests" / state if cache else None
    if state not in _remembered:
        _remembered[state] = _recorded(record) or _read_digest(path)
    if record and not record.exists():
        write_whole(record, _remembered[state], durable=False)
    return _remembered[state]


def _recorded(record: Path | None) -> str:
    """The digest that an earlier process wrote; empty if there is none."""
    text = record.read_bytes().decode("ascii", "replace") if record and record.is_file() else ""
    return text if re.fullmatch(f"[0-9a-f]{{{2 * DIGEST_BYTES}}}", text) else ""


def _read_digest(path: Path) -> str:
    state = hashlib.blake2b(digest_size=DIGEST_BYTES)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            state.update(block)
    return state.hexdigest()
