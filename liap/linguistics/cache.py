"""Parses and frames on disk, by content and settings: what was worked out once is read back without loading a model.

In: a folder, the kind of result ("parses", "frames") and the identity of what made it (a model's files, versions,
settings). Out: a store from a sentence's key to its result, both plain JSON.

1. A *key* is a hash of the words (and the predicates asked about), so a sample and the whole split share entries.
2. An *identity* is hashed into a folder's name: `cache/parses/1f0c.../`. Another model or version has another folder.
3. Results are written in chunks, a file each: a line that says what it holds and the hash of the rest, then one entry
   a line. A chunk is written under another name and renamed, so it is whole or absent, whoever else is writing.
4. A chunk whose hash does not fit is ignored; its sentences are worked out again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

FORMAT = 1
Item = TypeVar("Item")


def in_chunks(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """The items, `size` at a time."""
    rest = iter(items)
    while chunk := tuple(islice(rest, size)):
        yield chunk


def content_key(words: Sequence[str], *details: Any) -> str:
    """A name for these words, whatever sentence of whatever corpus they are."""
    return _digest(json.dumps([list(words), *details]).encode())


def stamp(path: Path) -> list[list[Any]]:
    """Name, size in bytes and time of change in nanoseconds of a file, or of every file below a folder.

    Cheap enough for every run, where reading a model to hash it is not.
    """
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stamps = []
    for file in files:
        if "__pycache__" not in file.parts and file.is_file():
            status = file.stat()
            stamps.append([str(file.relative_to(path.parent)), status.st_size, status.st_mtime_ns])
    return stamps


class Store:
    """The entries of one kind that one identity made; without a folder it remembers nothing."""

    def __init__(self, cache: Path | None, kind: str, identity: Sequence[Any]) -> None:
        self._identity = json.dumps([FORMAT, kind, *identity], sort_keys=True)
        self._folder = None if cache is None else cache / kind / _digest(self._identity.encode())
        self.entries: dict[str, Any] = {}
        for chunk in sorted(self._folder.glob("*.jsonl")) if self._folder else ():
            self.entries.update(_read_chunk(chunk))

    def write(self, entries: Mapping[str, Any]) -> None:
        """Keep these entries, in one new file."""
        if self._folder is None or not entries:
            return
        self.entries.update(entries)
        body = "".join(
            json.dumps([key, value], separators=(",", ":")) + "\n" for key, value in entries.items()
        ).encode()
        header = json.dumps({"made_by": self._identity, "entries": len(entries), "blake2b": _digest(body)})
        self._folder.mkdir(parents=True, exist_ok=True)
        # Named by its keys: a broken chunk is replaced by the one that mends it.
        _write_whole(
            self._folder / f"{_digest(json.dumps(sorted(entries)).encode())}.jsonl", header.encode() + b"\n" + body
        )


def _read_chunk(chunk: Path) -> dict[str, Any]:
    """The chunk's entries; none where it is not what was written."""
    try:
        header, _, body = chunk.read_bytes().partition(b"\n")
        if json.loads(header)["blake2b"] != _digest(body):
            return {}
        return dict(json.loads(b"[" + b",".join(body.splitlines()) + b"]"))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}


def _write_whole(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
