"""The files of an AllenNLP archive, `model.tar.gz` or its folder, read without running or unpacking anything.

In: a path. Out: the configuration, the label vocabulary and the state dictionary.

1. A tar file is never extracted: the three or four files needed are read into memory, within bounds. A path outside the
   archive's folder, a link or a device is an error.
2. `weights.th` is a pickle. torch's reader for plain tensors loads it, which runs no code, once the sizes that it states have been
   checked (`liap.tensor_files`).
3. Labels are numbered as by AllenNLP's `Vocabulary.from_files`: from 0; or from 1 after a padding label, unless
   `non_padded_namespaces.txt` exempts them.
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

from liap.errors import InputError, first_line
from liap.files import read_bounded
from liap.tensor_files import check_tensor_file

if TYPE_CHECKING:
    from torch import Tensor

CONFIGURATION, WEIGHTS = "config.json", "weights.th"
LABELS, NON_PADDED = "vocabulary/labels.txt", "vocabulary/non_padded_namespaces.txt"
LARGEST_TEXT = 2**24  # bytes of a text file
LARGEST_WEIGHTS = 2**31  # bytes of the weights: BERT-large has 1.3e9
LARGEST_ARCHIVE = 2**33  # bytes of all members
MOST_MEMBERS = 10_000
READ_AT_ONCE = 2**20  # bytes
HEADER_BYTES = 2**24  # of all members, long names included: a member has 512, its long name a few thousand
EXPECTED = "expected an AllenNLP SRL-BERT archive (model.tar.gz, or its folder), see --srl-archive"
BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The fields of `config.json` that the labeller needs."""

    encoder: str  # name of the encoder, whose vocabulary splits the words
    sizes: dict[str, Any] | None  # BERT's configuration; None if the archive only names it
    padding_label: str
    unknown_label: str

    @property
    def lower_case(self) -> bool:
        """Whether words are lower-cased. AllenNLP decides this by the encoder's name."""
        return "uncased" in self.encoder


def read_configuration(archive: Path) -> Configuration:
    """The archive's configuration. A tar file is read no further than that."""
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
        raise InputError(f"{where} is not JSON ({error}); {EXPECTED}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{where} lacks an entry of role labellers ({type(error).__name__}: {error}); {EXPECTED}"
        ) from None
    if kind != "srl_bert":
        raise InputError(f"{where} describes a model of type {kind!r}; expected 'srl_bert', see --srl-archive")
    if not isinstance(encoder, str | dict) or not isinstance(name, str) or not 0 < len(name) < 200:
        raise InputError(
            f"{where}: bert_model must be a name or a configuration, and bert_model_name a name; {EXPECTED}"
        )
    return Configuration(name, encoder if isinstance(encoder, dict) else None, padding, unknown)


def read_model(archive: Path, configuration: Configuration) -> tuple[tuple[str, ...], dict[str, Tensor]]:
    """The labels in the order of the model's outputs, and the state dictionary."""
    files = _read(archive, {LABELS: LARGEST_TEXT, NON_PADDED: LARGEST_TEXT, WEIGHTS: LARGEST_WEIGHTS}, stop_early=False)
    labels = _labels(archive, files[LABELS], files[NON_PADDED], configuration)
    return labels, _state(archive, files.pop(WEIGHTS))


def read_label_files(archive: Path) -> dict[str, bytes]:
    """The unchanged files of the label vocabulary, by their names in the archive."""
    return _read(archive, {LABELS: LARGEST_TEXT, NON_PADDED: LARGEST_TEXT}, stop_early=True)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file. InputError if there is none."""
    try:
        value = json.loads(read_bounded(path, LARGEST_TEXT))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a JSON file ({error})") from None
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
        raise InputError(f"{archive}: {LABELS} has an empty or repeated label; expected one label per line, each once")
    return tuple(lines)


def _state(archive: Path, weights: bytes) -> dict[str, Tensor]:
    import torch

    where = f"{archive}: {WEIGHTS}"
    try:
        stream = io.BytesIO(weights)
        check_tensor_file(stream)
        state = torch.load(stream, map_location="cpu", weights_only=True)
    except Exception as error:  # a hostile pickle can fail in any way
        raise InputError(
            f"{where} is not a file of plain tensors ({first_line(error)}), and nothing else is loaded; {EXPECTED}"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise InputError(f"{where} holds a {type(state).__name__} with more than tensors; expected a state dictionary")
    return {str(name): value for name, value in state.items()}


def _read(archive: Path, wanted: dict[str, int], *, stop_early: bool) -> dict[str, bytes]:
    """The wanted files of an archive (name -> largest size in bytes)."""
    if archive.is_dir():
        files = {
            name: read_bounded(archive / name, bound) for name, bound in wanted.items() if (archive / name).is_file()
        }
    elif archive.is_file():
        try:
            files = _read_tar(archive, wanted, stop_early=stop_early)
        except InputError:
            raise
        except BROKEN as error:
            raise InputError(f"{archive} cannot be read as a .tar.gz file ({error}); {EXPECTED}") from None
    else:
        raise InputError(f"{archive}: no such file or folder; {EXPECTED}, or use --srl none")
    missing = [name for name in wanted if name not in files]
    if missing:
        raise InputError(f"{archive} has no {', '.join(missing)}; {EXPECTED}")
    return files


def _read_tar(archive: Path, wanted: dict[str, int], *, stop_early: bool) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with _uncompressed(archive) as stream, tarfile.open(fileobj=(bounded := _Bounded(stream)), mode="r:") as tar:
        for member in _checked(tar, archive):
            name = str(PurePosixPath(member.name))
            if name not in wanted or not member.isreg():
                continue
            if member.size > wanted[name]:
                raise InputError(f"{archive}: {name} is larger than {wanted[name]} bytes; {EXPECTED}")
            bounded.left += member.size
            file = tar.extractfile(member)
            files[name] = b"".join(iter(lambda file=file: file.read(READ_AT_ONCE), b""))
            if stop_early and len(files) == len(wanted):
                break
    return files


def _checked(tar: tarfile.TarFile, archive: Path) -> Iterator[tarfile.TarInfo]:
    """The members, each checked before it is read or skipped."""
    total = 0
    for count, member in enumerate(tar):
        path = PurePosixPath(member.name)
        total += member.size
        if member.size < 0:
            raise InputError(f"{archive}: member {member.name!r} has a negative size; {EXPECTED}")
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
    """A stream that refuses to read more than is needed: a tar header may claim any size, and tarfile trusts it."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self.left = HEADER_BYTES  # may still be read
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= READ_AT_ONCE or size > self.left:
            raise tarfile.ReadError(f"a header that claims {size} bytes, or too many headers")
        self.left -= size
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()
