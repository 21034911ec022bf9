"""A results folder: provenance, chunks that make a killed run go on where it was, and files that appear whole or not at all.

1. A run's first file is `run.json` with its settings, written before its first chunk. A folder that holds rows of other settings is refused, naming the
   setting that differs; a folder of the same settings is gone on with.
2. Each chunk of work is one file under `chunks/`, written whole; it is there or it is redone.
3. At the end the chunks are joined into `scores.csv`, `explanations.jsonl` and `attention_structure.csv`, `run.json` is marked
   complete, and the chunks are removed.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from liap.errors import InputError, quoted
from liap.files import encoded, whole_file, write_whole
from liap.provenance import provenance

CHUNKS = "chunks"
OUTPUTS = ("run.json", "scores.csv", "explanations.jsonl", "attention_structure.csv")


@dataclass(slots=True, eq=False)
class Run:
    """One run of a script in a results folder."""

    folder: Path
    settings: Mapping[str, object] = field(default_factory=dict)
    seconds: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    facts: dict[str, object] = field(default_factory=dict)  # what else `run.json` should say
    afresh: bool = False  # whether what the folder holds is to be removed before the first chunk is written

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the seconds spent inside to `run.json`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - began

    def begin(self, settings: Mapping[str, object], *, overwrite: bool = False) -> bool:
        """Take the folder for these settings; False where it already holds their complete run. Writes nothing yet."""
        self.settings = json.loads(json.dumps(settings))
        self.afresh = overwrite
        if overwrite:
            return True
        before = self._read()
        if before is None:
            if (self.folder / "scores.csv").exists():
                raise InputError(
                    f"{self.folder}/scores.csv is there without a run.json that says where it came from; "
                    "choose another --results, or --overwrite"
                )
            return True
        self._refuse_other(before["settings"])
        if before.get("status") == "complete" and (self.folder / "scores.csv").exists():
            return False
        self.seconds.update(before.get("seconds", {}))
        return True

    def _clear(self) -> None:
        """Remove what another run left, so that its rows are never read as this one's."""
        for name in OUTPUTS:
            (self.folder / name).unlink(missing_ok=True)
        for name in (CHUNKS, "visualizations"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self.afresh = False

    def _read(self) -> dict | None:
        path = self.folder / "run.json"
        if not path.exists():
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(content["settings"], dict):
                raise TypeError("its settings are no table")
            Counter().update({name: float(value) for name, value in content.get("seconds", {}).items()})
            return content
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
            raise InputError(
                f"{path} is no record of a run ({error}); choose another --results, or --overwrite to start afresh"
            ) from error

    def _refuse_other(self, before: Mapping[str, object]) -> None:
        for name in sorted({*before, *self.settings}):
            if before.get(name) != self.settings.get(name):
                raise InputError(
                    f"{self.folder} holds a run with {name} = {quoted(before.get(name))}, this one has "
                    f"{quoted(self.settings.get(name))}; choose another --results, or --overwrite to start afresh"
                )

    def _write(self, status: str) -> None:
        content = {
            "status": status,
            "settings": self.settings,
            **provenance(),
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "skipped": dict(self.skipped),
            **self.facts,
        }
        write_whole(self.folder / "run.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def finish(self) -> None:
        """Mark the run complete; its chunks have been joined and go."""
        self._write("complete")
        shutil.rmtree(self.folder / CHUNKS, ignore_errors=True)

    def has_chunk(self, index: int) -> bool:
        return not self.afresh and self._chunk(index).exists()

    def _chunk(self, index: int) -> Path:
        return self.folder / CHUNKS / f"{index:06}.npz"

    def save_chunk(self, index: int, texts: Mapping[str, str], arrays: Mapping[str, np.ndarray]) -> None:
        """One file for a chunk's texts (parts of result files) and arrays."""
        if self.afresh:
            self._clear()
        self._write("running")
        with whole_file(self._chunk(index)) as file:
            parts = {name: np.frombuffer(encoded(text), dtype=np.uint8) for name, text in texts.items()}
            np.savez(file, **parts, **arrays)

    def load_chunk(self, index: int) -> dict[str, np.ndarray]:
        try:
            with self._chunk(index).open("rb") as file, np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except Exception as error:  # a damaged file fails in as many ways as it can be damaged
            raise InputError(
                f"{self._chunk(index)} is damaged ({str(error)[:200]}); remove it and start the script again: only it is redone"
            ) from error

    def join(self, name: str, part: str, chunks: int, header: str = "") -> None:
        """Write `name` from the same part of every chunk, in order."""
        with whole_file(self.folder / name) as file:
            file.write(encoded(header))
            for index in range(chunks):
                file.write(self.load_chunk(index)[part].tobytes())
