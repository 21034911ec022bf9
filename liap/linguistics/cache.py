"""Parses and frames on disk. A result that was computed once is read back without loading a model.

In: a folder, the kind of result ("parses", "frames") and the identity of what makes it: digests of a model's files, versions,
settings. Out: a store that maps a sentence's key to its result. Both are plain JSON.

1. A *key* is a digest of the words and the predicates asked about, so a sample and the whole split share entries.
2. The *identity* names a folder: `cache/parses/1f0c.../`. Another model or version has another folder.
3. Results are written in chunks, one file each: a header line with the digest of the rest, then one entry per line. A chunk
   appears whole or not at all, even if other processes are writing.
4. A chunk that does not match its digest is ignored, and its sentences are computed again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from liap.files import digest_of, write_whole

FORMAT = 2
Element = TypeVar("Element")


def in_chunks(elements: Iterable[Element], size: int) -> Iterator[tuple[Element, ...]]:
    """The elements, `size` at a time."""
    rest = iter(elements)
    while chunk := tuple(islice(rest, size)):
        yield chunk


def content_key(words: Sequence[str], *details: Any) -> str:
    """A key for these words, in whichever sentence of whichever corpus they occur."""
    return digest_of([json.dumps([list(words), *details])])


class Store:
    """The entries of one kind and one identity. Without a folder it keeps nothing."""

    def __init__(self, cache: Path | None, kind: str, identity: Mapping[str, str]) -> None:
        self._identity = json.dumps([FORMAT, kind, identity], sort_keys=True)
        self._folder = None if cache is None else cache / kind / digest_of([self._identity])
        self.entries: dict[str, Any] = {}
        for chunk in sorted(self._folder.glob("*.jsonl")) if self._folder else ():
            self.entries.update(_read_chunk(chunk))

    def write(self, entries: Mapping[str, Any]) -> None:
        """Keep these entries, in a file of their own."""
        if self._folder is None or not entries:
            return
        self.entries.update(entries)
        lines = (json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries.items())
        body = "".join(lines).encode()
        header = json.dumps({"made_by": self._identity, "entries": len(entries), "digest": digest_of([body])})
        # Named after its keys, so that a broken chunk is replaced when its entries are computed again.
        name = f"{digest_of([json.dumps(sorted(entries))])}.jsonl"
        write_whole(self._folder / name, header.encode() + b"\n" + body, durable=False)


def _read_chunk(chunk: Path) -> dict[str, Any]:
    """The chunk's entries; none if it was damaged."""
    try:
        header, _, body = chunk.read_bytes().partition(b"\n")
        if json.loads(header)["digest"] != digest_of([body]):
            return {}
        return dict(json.loads(b"[" + b",".join(body.splitlines()) + b"]"))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
