"""An AllenNLP archive's files, read without running or unpacking anything: `model.tar.gz` or its folder.

In: a path. Out: the configuration, the label vocabulary and the state dictionary.

1. A member of the tar file with a path outside its folder, a link or a device ends the reading; nothing is ever
   extracted, the three or four files that are wanted go to memory, within bounds.
2. `weights.th` is a pickle: it is read by torch's reader for tensors alone, which runs nothing.
3. Labels are numbered as AllenNLP's `Vocabulary.from_files` does: from 0, or from 1 behind a padding label where
   `non_padded_namespaces.txt` does not exempt them.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from liap.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

CONFIGURATION, WEIGHTS = "config.json", "weights.th"
LABELS, NON_PADDED = "vocabulary/labels.txt", "vocabulary/non_padded_namespaces.txt"
LARGEST_TEXT = 2**24  # bytes of a text file
LARGEST_WEIGHTS = 2**31  # bytes of the weights: BERT-large has 1.3e9
LARGEST_ARCHIVE = 2**33  # bytes of all members
MOST_MEMBERS = 10_000
READ_AT_ONCE = 2**20  # bytes
EXPECTED = "expected an AllenNLP SRL-BERT archive (model.tar.gz, or its folder), see --srl-archive"
BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the labeller needs of `config.json`."""

    encoder: str  # name of the encoder, whose vocabulary cuts the words
    sizes: dict[str, Any] | None  # BERT's configuration, where the archive holds it
    padding_label: str
    unknown_label: str

    @property
    def lower_case(self) -> bool:
        """Whether words are lower-cased: AllenNLP goes by the encoder's name."""
        return "uncased" in self.encoder


def read_configuration(archive: Path) -> Configuration:
    """The archive's configuration; of a tar file only what stands before it is read."""
    text = _read(archive, {CONFIGURATION: LARGEST_TEXT}, stop_early=True)[CONFIGURATION]
    where = f"{archive}: {CONFIGURATION}"
    try:
        configuration = json.loads(text)
        model = configuration["model"]
        reader = configuration.get("validation_dataset_reader") or configuration["dataset_reader"]
        kind, encoder, name = model["type"], model["bert_model"], reader.get("bert_model_name")
        vocabulary = configuration.get("vocabulary") or {}
        padding = str(vocabulary.get("padding_token") or "@@PADDING@@")
        unknown = str(vocabulary.get("oov_token") or "@@UNKNOWN@@")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is no JSON ({error}); {EXPECTED}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{where} lacks what a role labeller has ({type(error).__name__}: {error}); {EXPECTED}"
        ) from None
    if kind != "srl_bert":
        raise InputError(f"{where} describes a model of type {kind!r}; expected 'srl_bert', see --srl-archive")
    if not isinstance(encoder, str | dict) or not isinstance(name, str) or not 0 < len(name) < 200:
        raise InputError(
            f"{where}: bert_model must be a name or a configuration and bert_model_name a name; {EXPECTED}"
        )
    return Configuration(name, encoder if isinstance(encoder, dict) else None, padding, unknown)


def read_model(archive: Path, configuration: Configuration) -> tuple[tuple[str, ...], dict[str, Tensor]]:
    """The labels in order of the model's outputs, and the state dictionary."""
    files = _read(archive, {LABELS: LARGEST_TEXT, NON_PADDED: LARGEST_TEXT, WEIGHTS: LARGEST_WEIGHTS}, stop_early=False)
    labels = _labels(archive, files[LABELS], files[NON_PADDED], configuration)
    return labels, _state(archive, files.pop(WEIGHTS))


def read_label_files(archive: Path) -> dict[str, bytes]:
    """The label vocabulary's files as they are, by their names in the archive."""
    return _read(archive, {LABELS: LARGEST_TEXT, NON_PADDED: LARGEST_TEXT}, stop_early=True)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; InputError where it is none."""
    try:
        value = json.loads(_read_file(path, LARGEST_TEXT))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON file ({error})") from None
    if not isinstance(value, dict):
        raise InputError(f"{path} holds a JSON {type(value).__name__}; expected an object")
    return value


def _labels(archive: Path, labels: bytes, non_padded: bytes, configuration: Configuration) -> tuple[str, ...]:
    try:
        patterns = non_padded.decode("utf-8").split()
        lines = labels.decode("utf-8").replace("\r\n", "\n").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{archive}: vocabulary/ is not UTF-8 ({error}); {EXPECTED}") from None
    exempt = any("labels".endswith(pattern[1:]) if pattern[0] == "*" else pattern == "labels" for pattern in patterns)
    if not exempt:
        if configuration.unknown_label not in lines:
            raise InputError(f"{archive}: {LABELS} is padded but has no {configuration.unknown_label}; {EXPECTED}")
        lines = [configuration.padding_label, *lines]
    lines = [line.replace("@@NEWLINE@@", "\n") for line in lines]
    if "" in lines or len(set(lines)) < len(lines):
        raise InputError(f"{archive}: {LABELS} has an empty or a repeated label; expected one label a line, each once")
    return tuple(lines)


def _state(archive: Path, weights: bytes) -> dict[str, Tensor]:
    import torch

    where = f"{archive}: {WEIGHTS}"
    try:
        state = torch.load(io.BytesIO(weights), map_location="cpu", weights_only=True)
    except Exception as error:  # a hostile pickle fails in as many ways as it can be made
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise InputError(
            f"{where} is not a file of plain tensors, and nothing else is loaded ({reason}); {EXPECTED}"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise InputError(f"{where} holds a {type(state).__name__} with more than tensors; expected a state dictionary")
    return {str(name): value for name, value in state.items()}


def _read(archive: Path, wanted: dict[str, int], *, stop_early: bool) -> dict[str, bytes]:
    """The wanted files of an archive, each within its bound in bytes."""
    if archive.is_dir():
        found = {
            name: _read_file(archive / name, bound) for name, bound in wanted.items() if (archive / name).is_file()
        }
    elif archive.is_file():
        try:
            found = _read_tar(archive, wanted, stop_early=stop_early)
        except InputError:
            raise
        except BROKEN as error:
            raise InputError(f"{archive} cannot be read as a .tar.gz file ({error}); {EXPECTED}") from None
    else:
        raise InputError(f"{archive}: no such file or folder; {EXPECTED}")
    missing = [name for name in wanted if name not in found]
    if missing:
        raise InputError(f"{archive} has no {', '.join(missing)}; {EXPECTED}")
    return found


def _read_file(path: Path, bound: int) -> bytes:
    if path.stat().st_size > bound:
        raise InputError(f"{path} is larger than {bound} bytes; {EXPECTED}")
    return path.read_bytes()


def _read_tar(archive: Path, wanted: dict[str, int], *, stop_early: bool) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with _uncompressed(archive) as stream, tarfile.open(fileobj=_Bounded(stream), mode="r:") as tar:
        for member in _checked(tar, archive):
            name = str(PurePosixPath(member.name))
            if name not in wanted or not member.isreg():
                continue
            if member.size > wanted[name]:
                raise InputError(f"{archive}: {name} is larger than {wanted[name]} bytes; {EXPECTED}")
            file = tar.extractfile(member)
            found[name] = b"".join(iter(lambda file=file: file.read(READ_AT_ONCE), b""))
            if stop_early and len(found) == len(wanted):
                break
    return found


def _checked(tar: tarfile.TarFile, archive: Path) -> Iterator[tarfile.TarInfo]:
    """The members, each looked at before anything is read of it or skipped."""
    total = 0
    for count, member in enumerate(tar):
        path = PurePosixPath(member.name)
        total += member.size
        if path.is_absolute() or ".." in path.parts:
            raise InputError(
                f"{archive}: member {member.name!r} lies outside the archive's folder; not read. {EXPECTED}"
            )
        if not (member.isreg() or member.isdir()) or member.issparse():
            raise InputError(
                f"{archive}: member {member.name!r} is a link, a device or sparse; expected plain files. {EXPECTED}"
            )
        if count >= MOST_MEMBERS or total > LARGEST_ARCHIVE:
            raise InputError(f"{archive}: over {MOST_MEMBERS} members or {LARGEST_ARCHIVE} bytes; {EXPECTED}")
        yield member


def _uncompressed(archive: Path) -> io.BufferedIOBase:
    with archive.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(archive) if zipped else archive.open("rb")


class _Bounded(io.RawIOBase):
    """A stream of which no single read is large: a tar header may claim any size, and tarfile believes it."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST_TEXT:
            raise tarfile.ReadError(f"a header that claims {size} bytes")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()
