"""Files that `torch.save` wrote, measured before torch allocates anything of the sizes that they state.

In: the file, opened. Out: nothing, or an error: `pickle.UnpicklingError` for a file that holds more than plain tensors, `ValueError`
with the reason for sizes that cannot be right.

1. The zip format stores its entries uncompressed, so together they are no larger than the file.
2. The pickle inside is read by a reader that knows the few names plain tensors need and builds only descriptions of them. Even
   torch's own reader for tensors allocates whatever `torch.Tensor(10**10)` or `bytearray(10**10)` in a pickle asks for.
3. Every storage must lie in the file, and no tensor may have more numbers than its storage (a stride of 0 would repeat them).

The format before 2020 is a sequence of pickles, followed by the storages; steps 2 and 3 apply to it too.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

ZIP_START = b"PK\x03\x04"
OLD_MAGIC = 0x1950A86A20F9469CFC6C
LARGEST_PICKLE = 2**23  # bytes; a model of 10,000 tensors takes two million
MOST_ENTRIES = 100_000
ITEM_BYTES = {
    **dict.fromkeys(("ByteStorage", "CharStorage", "BoolStorage", "UntypedStorage"), 1),
    **dict.fromkeys(("HalfStorage", "BFloat16Storage", "ShortStorage"), 2),
    **dict.fromkeys(("FloatStorage", "IntStorage"), 4),
    **dict.fromkeys(("DoubleStorage", "LongStorage", "ComplexFloatStorage"), 8),
    "ComplexDoubleStorage": 16,
}
# Opcodes that allocate what they name, or call what is not a plain function.
REFUSED = (
    pickle.BYTEARRAY8, pickle.NEXT_BUFFER, pickle.INST, pickle.OBJ, pickle.NEWOBJ, pickle.NEWOBJ_EX, pickle.EXT1, pickle.EXT2,
    pickle.EXT4,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Storage:
    """What a pickle says of a storage: its name in the file, and its size."""

    key: str
    numbers: int
    item_bytes: int


@dataclass(frozen=True, slots=True)
class TensorHeader:
    """What a pickle says of a tensor: its place in a storage, counted in numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(slots=True)
class Headers:
    """All storages and tensors of a file."""

    storages: dict[str, Storage] = field(default_factory=dict)
    tensors: list[TensorHeader] = field(default_factory=list)


def check_tensor_file(file: io.BufferedIOBase) -> None:
    """Check that the file's tensors are no larger than the file; it is left at its start."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    zipped = file.read(len(ZIP_START)) == ZIP_START
    file.seek(0)
    try:
        _check_zip(file, size) if zipped else _check_old(file, size)
    except (pickle.UnpicklingError, ValueError):
        raise
    except Exception as error:  # a damaged pickle may fail in any way
        raise pickle.UnpicklingError(f"{type(error).__name__}: {error}") from error
    finally:
        file.seek(0)


def _check_zip(file: io.BufferedIOBase, size: int) -> None:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ValueError(f"a damaged zip file: {error}") from error
    entries = archive.infolist()
    by_name = {entry.filename: entry for entry in entries}
    if len(by_name) < len(entries) or len(entries) > MOST_ENTRIES:
        raise ValueError("a zip file with repeated or too many entries")
    total = sum(entry.file_size for entry in entries)
    if total > size:
        raise ValueError(f"its entries unpack to {total:,} bytes, more than the file's {size:,}")
    pickles = [name for name in by_name if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ValueError("a zip file without data.pkl")
    if by_name[pickles[0]].file_size > LARGEST_PICKLE:
        raise ValueError(f"its pickle is larger than {LARGEST_PICKLE:,} bytes")
    headers = Headers()
    try:
        content = archive.read(pickles[0])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise ValueError(f"a damaged zip file: {error}") from error
    _Reader(io.BytesIO(content), headers).load()
    folder = pickles[0].removesuffix("data.pkl")
    for storage in headers.storages.values():
        entry = by_name.get(f"{folder}data/{storage.key}")
        if entry is None or storage.numbers * storage.item_bytes > entry.file_size:
            raise ValueError(f"storage {storage.key!r} lacks some of its {storage.numbers:,} numbers")
    _check_tensors(headers)


def _check_old(file: io.BufferedIOBase, size: int) -> None:
    headers = Headers()
    stream = io.BytesIO(file.read(LARGEST_PICKLE))  # the storages behind the pickles may be cut
    if _Reader(stream, Headers()).load() != OLD_MAGIC:
        raise pickle.UnpicklingError("not a file that torch.save wrote")
    for target in (Headers(), Headers(), headers):  # the protocol, the system's sizes, the content
        _Reader(stream, target).load()
    total = sum(storage.numbers * storage.item_bytes for storage in headers.storages.values())
    if total > size:
        raise ValueError(f"it describes {total:,} bytes of numbers, more than the file's {size:,}")
    _check_tensors(headers)


def _check_tensors(headers: Headers) -> None:
    for tensor in headers.tensors:
        numbers = math.prod(tensor.shape)
        last = tensor.offset + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride, strict=True))
        if numbers and (numbers > tensor.storage.numbers or last >= tensor.storage.numbers):
            raise ValueError(
                f"a tensor of shape {tensor.shape} lies in a storage of {tensor.storage.numbers:,} numbers"
            )


class _Reader(pickle._Unpickler):  # the one in Python: the one in C allocates a memo of any size that a pickle names
    """Builds dictionaries, lists, texts and numbers, and headers in place of tensors."""

    dispatch = {  # noqa: RUF012
        opcode: load for opcode, load in pickle._Unpickler.dispatch.items() if bytes([opcode]) not in REFUSED
    }

    def __init__(self, stream: io.BytesIO, headers: Headers) -> None:
        super().__init__(stream, encoding="utf-8")
        self._headers = headers

    def find_class(self, module: str, name: str) -> Callable[..., Any] | str:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"):
            return self._tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        if module in ("torch", "torch.storage") and name in ITEM_BYTES:
            return name
        if module == "torch" and name.isidentifier() and name[0].islower():  # a dtype, which is never called
            return name
        raise pickle.UnpicklingError(f"holds {module}.{name}")

    def persistent_load(self, reference: Sequence[Any]) -> Storage:
        kind, storage_type, key, _, numbers, *_ = reference
        if kind != "storage" or storage_type not in ITEM_BYTES:
            raise pickle.UnpicklingError("holds an unknown storage")
        storage = Storage(str(key), _whole(numbers), ITEM_BYTES[storage_type])
        if self._headers.storages.setdefault(storage.key, storage) != storage:
            raise ValueError(f"storage {storage.key!r} has two sizes")
        return storage

    def _tensor(
        self, storage: Storage, offset: int, shape: Sequence[int], stride: Sequence[int], *_: Any
    ) -> TensorHeader:
        if not isinstance(storage, Storage) or len(shape) != len(stride):
            raise pickle.UnpicklingError("holds a tensor without a storage")
        header = TensorHeader(storage, _whole(offset), tuple(map(_whole, shape)), tuple(map(_whole, stride)))
        self._headers.tensors.append(header)
        return header


def _whole(number: Any) -> int:
    if type(number) is not int or not 0 <= number < 2**63:
        raise ValueError("a size that is no whole number")
    return number
