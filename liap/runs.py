"""A results folder: provenance, chunks that a killed run goes on from, and files that appear whole.

1. A run locks its folder for as long as it lives, and writes `run.json` with its identity before any work. A folder that holds a run
   of another identity is refused, and the message names what differs; a part of the same run is continued.
2. Each chunk of work is one file under `chunks/`, written whole, with the identity of its run: it is complete, or it is computed again.
3. At the end the chunks are joined into the run's tables, `run.json` is marked complete with a digest of each table, and the chunks
   are removed.
4. `--overwrite` removes what the project itself wrote (see `liap.manifest`), and nothing else.

It knows no file of any study: each run names its tables, and its facts are a dataclass.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from liap import manifest
from liap.errors import InputError, quoted
from liap.files import described, digest_of, encoded, whole_file, write_whole
from liap.folder_lock import FolderLock
from liap.provenance import provenance

CHUNKS, RECORD = "chunks", "run.json"
CHUNK_FILE = re.compile(r"\d{6}\.npz")
UNFINISHED = re.compile(r"\..+\.part")  # a file that a killed process was writing
IDENTITY = "run_identity"  # in each chunk
AFRESH = "choose another --results, or --overwrite to start afresh"


@dataclass(slots=True, eq=False)
class Run:
    """One run of a script in a results folder."""

    folder: Path
    tables: tuple[str, ...] = ()  # files that the run writes; every complete run has the first
    facts: Any = None  # a dataclass with what else `run.json` says; None, and fields that are None, are left out
    settings: Mapping[str, object] = field(default_factory=dict)
    seconds: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    lock: FolderLock = field(init=False)
    found: dict[str, bytes | None] = field(default_factory=dict)  # the files that `begin` changed, as they were before

    def __post_init__(self) -> None:
        self.lock = FolderLock(self.folder)

    @property
    def identity(self) -> str:
        """A digest of everything that decides the run's rows."""
        return digest_of([json.dumps(self.settings, sort_keys=True)])

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the seconds spent inside to `run.json`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - began

    def take(self) -> None:
        """Lock the folder, before any work; InputError if another run has it, or if it cannot be written to."""
        self.lock.acquire()

    def begin(self, settings: Mapping[str, object], *, overwrite: bool = False) -> bool:
        """Take the folder for these settings, and write `run.json`; False if it already holds their complete run.

        With `overwrite`, a complete run and a run of other settings are removed, and a part of the same run is continued.
        """
        self.settings = json.loads(json.dumps(settings))
        self.take()
        self._remove_unfinished()
        before = self._before(overwrite)
        if before is not None and self._is_complete(before):
            if not overwrite:
                self.lock.release()
                return False
            before = None
        if before is None:
            self._clear(overwrite)
            paths = {name: self.folder / name for name in (RECORD, manifest.NAME)}
            self.found = {name: path.read_bytes() if path.exists() else None for name, path in paths.items()}
            self._write("running")
        else:
            self.seconds.update(before.get("seconds", {}))
        return True

    @contextlib.contextmanager
    def unchanged_if_refused(self) -> Iterator[None]:
        """Until the first chunk is saved, an InputError leaves the folder as it was, free for a run of other settings."""
        try:
            yield
        except InputError:
            for name, content in self.found.items():
                if content is None:
                    (self.folder / name).unlink(missing_ok=True)
                else:
                    write_whole(self.folder / name, content)
            self.lock.release()
            raise

    def _before(self, overwrite: bool) -> dict | None:
        """The record of a run with these settings, if the folder holds one; InputError for any other run, unless overwritten."""
        try:
            before = self._read()
            if before is not None:
                self._refuse_other(before["settings"])
            elif self.tables and (self.folder / self.tables[0]).exists():
                raise InputError(
                    f"{self.folder / self.tables[0]} exists without a run.json that says where it came from; {AFRESH}"
                )
        except InputError:
            if not overwrite:
                raise
            return None
        return before

    def _is_complete(self, before: Mapping[str, Any]) -> bool:
        return before.get("status") == "complete" and all((self.folder / name).exists() for name in self.tables[:1])

    def _clear(self, overwrite: bool) -> None:
        """Remove what another run left, so that its rows are never taken for this run's."""
        written = manifest.recorded(self.folder)
        if overwrite:
            written |= {RECORD, *self.tables}  # a version without a list wrote these
        manifest.remove(self.folder, written | {f"{CHUNKS}/{path.name}" for path in self._chunks()})

    def _chunks(self) -> list[Path]:
        """The chunks' files; what else lies beside them is not the project's."""
        folder = self.folder / CHUNKS
        return [path for path in folder.iterdir() if CHUNK_FILE.fullmatch(path.name)] if folder.is_dir() else []

    def _remove_unfinished(self) -> None:
        """Remove the files that killed processes were writing here."""
        for folder in (self.folder, self.folder / CHUNKS):
            for path in folder.iterdir() if folder.is_dir() else ():
                if UNFINISHED.fullmatch(path.name) and path.is_file():
                    path.unlink(missing_ok=True)

    def _read(self) -> dict | None:
        """The folder's record; InputError for one that was edited, or is no record."""
        path = self.folder / RECORD
        if not path.exists():
            return None
        if not path.is_file():
            raise InputError(f"{path} is not a regular file; choose another --results")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(content["settings"], dict):
                raise TypeError("its settings are not a table")
            Counter().update({name: float(value) for name, value in content.get("seconds", {}).items()})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
            raise InputError(f"{path} is not a record of a run ({error}); {AFRESH}") from error
        said = content.get("identity")
        if said is not None and said != digest_of([json.dumps(content["settings"], sort_keys=True)]):
            raise InputError(f"{path} was edited: its settings are not those its rows were made with; {AFRESH}")
        return content

    def _refuse_other(self, before: Mapping[str, object]) -> None:
        names = [name for name in {**self.settings, **before} if before.get(name) != self.settings.get(name)]
        if names:
            first, *others = names
            besides = f" (they differ in {', '.join(others)} too)" if others else ""
            raise InputError(
                f"{self.folder} holds a run with {first} = {quoted(before.get(first))}, this one has "
                f"{quoted(self.settings.get(first))}{besides}; {AFRESH}"
            )

    def _write(self, status: str) -> None:
        facts = asdict(self.facts) if self.facts is not None else {}
        content = {
            "status": status,
            "identity": self.identity,
            "settings": self.settings,
            **provenance(),
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "skipped": dict(self.skipped),
            **{name: value for name, value in facts.items() if value is not None},
        }
        if status == "complete":
            content["files"] = {
                name: described(self.folder / name) for name in self.tables if (self.folder / name).is_file()
            }
        self.write(RECORD, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def write(self, name: str, content: str | bytes) -> None:
        """A file of the run that appears whole."""
        self.record([name])
        write_whole(self.folder / name, content)

    def record(self, names: Iterable[str]) -> None:
        """List files as the project's own, before they are written."""
        manifest.record(self.folder, names)

    def finish(self) -> None:
        """Mark the run complete, remove its chunks, which have been joined, and let go of the folder."""
        self._write("complete")
        manifest.remove(self.folder, [f"{CHUNKS}/{path.name}" for path in self._chunks()])
        self.lock.release()

    def has_chunk(self, index: int) -> bool:
        """Whether the chunk was saved; InputError if another run saved it."""
        path = self._chunk(index)
        if not path.exists():
            return False
        self._check_own(path, self._load(index, IDENTITY))
        return True

    def _chunk(self, index: int) -> Path:
        return self.folder / CHUNKS / f"{index:06}.npz"

    def save_chunk(self, index: int, texts: Mapping[str, str], arrays: Mapping[str, np.ndarray]) -> None:
        """One file for a chunk's texts (parts of result files) and arrays."""
        self._write("running")
        self.found.clear()
        parts = {name: np.frombuffer(encoded(text), dtype=np.uint8) for name, text in texts.items()}
        with whole_file(self._chunk(index)) as file:
            np.savez(file, **{IDENTITY: np.array(self.identity)}, **parts, **arrays)

    def load_chunk(self, index: int, *parts: str) -> dict[str, np.ndarray]:
        """The chunk's texts, as UTF-8 bytes, and its arrays: those named, or all.

        InputError if the file is missing, if what is read of it is damaged, or if it is another run's.
        """
        arrays = self._load(index, *([IDENTITY, *parts] if parts else []))
        self._check_own(self._chunk(index), arrays)
        return arrays

    def _load(self, index: int, *parts: str) -> dict[str, np.ndarray]:
        path = self._chunk(index)
        mend = "start the script again: only this chunk is computed again"
        if not path.exists():
            raise InputError(f"{path} is missing; {mend}")
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files if not parts or name in parts}
        except Exception as error:  # numpy raises errors of many kinds for damaged files
            raise InputError(f"{path} is damaged ({str(error)[:200]}); remove it and {mend}") from error

    def _check_own(self, path: Path, arrays: Mapping[str, np.ndarray]) -> None:
        if str(arrays.get(IDENTITY)) != self.identity:
            raise InputError(f"{path} belongs to another run; {AFRESH}")

    def join(self, name: str, part: str, chunks: int, header: str = "") -> None:
        """Write `name` from the same part of every chunk, in order."""
        self.record([name])
        with whole_file(self.folder / name) as file:
            file.write(encoded(header))
            for index in range(chunks):
                file.write(self.load_chunk(index, part)[part].tobytes())
