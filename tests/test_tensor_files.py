"""Files of tensors that state sizes they do not have are refused before anything is allocated."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict

import pytest
import torch

from liap.tensor_files import LARGEST_PICKLE, check_tensor_file

KINDS = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool)


def saved(content, zipped=True) -> io.BytesIO:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=zipped)
    return stream


def rewritten(stream, change, compression=zipfile.ZIP_STORED) -> io.BytesIO:
    """The zip file with `change(name, content)` in place of each entry."""
    changed = io.BytesIO()
    with zipfile.ZipFile(stream) as before, zipfile.ZipFile(changed, "w", compression) as after:
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return changed


class Call:
    """Pickled, it is a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("zipped", [True, False])
def test_sound_files_pass_and_are_left_at_their_start(zipped):
    table = torch.arange(12.0).reshape(3, 4)
    content = {str(kind): torch.zeros(3, 2, dtype=kind) for kind in KINDS} | {
        "parameter": torch.nn.Parameter(table),
        "view": table[1:, ::2],
        "transposed": table.T,
        "none": torch.zeros(0, 5),
        "one": torch.tensor(1.0),
    }
    for state in (content, torch.nn.Linear(2, 3).state_dict(), OrderedDict(a=torch.ones(1)), [torch.ones(2)], {}):
        stream = saved(state, zipped)
        check_tensor_file(stream)
        assert stream.tell() == 0


@pytest.mark.parametrize("zipped", [True, False])
def test_a_table_larger_than_its_storage_is_refused(zipped):
    with pytest.raises(ValueError, match="lies in a storage of 1 numbers"):
        check_tensor_file(saved({"a": torch.zeros(1).expand(60_000, 60_000)}, zipped))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_storage_that_is_not_in_the_file_is_refused(zipped):
    def grown(_, content):
        huge = b"J" + struct.pack("<i", 2**31 - 1)
        return content.replace(b"K\x08tq", huge + b"tq").replace(b"K\x08Ntq", huge + b"Ntq")

    stream = saved({"a": torch.zeros(8)}, zipped)
    stream = rewritten(stream, grown) if zipped else io.BytesIO(grown("", stream.getvalue()))
    with pytest.raises(ValueError, match=r"lacks some of its 2,147,483,647 numbers|describes 8,589,934,588 bytes"):
        check_tensor_file(stream)


def test_a_zip_file_that_unpacks_to_more_is_refused():
    bomb = rewritten(
        saved({"a": torch.zeros(1)}),
        lambda name, content: content + bytes(10**7 * name.endswith("data/0")),
        zipfile.ZIP_DEFLATED,
    )
    with pytest.raises(ValueError, match="its entries unpack to 10,"):
        check_tensor_file(bomb)


def test_a_large_pickle_is_refused():
    stream = rewritten(saved({}), lambda name, content: content + bytes((LARGEST_PICKLE + 1) * name.endswith(".pkl")))
    with pytest.raises(ValueError, match="pickle is larger"):
        check_tensor_file(stream)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_occurs_twice_is_refused():
    stream = saved({})
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(archive.namelist()[0], b"}.")
    with pytest.raises(ValueError, match="repeated"):
        check_tensor_file(stream)


@pytest.mark.parametrize(
    "content",
    [
        Call(bytearray, 10**12),
        Call(torch.Tensor, 10**12),
        Call(eval, "1/0"),
        Call(torch.load, "x"),
        bytearray(3),
        torch.zeros(2).to_sparse(),
        torch.Size([1]),
    ],
    ids=["bytearray", "tensor", "eval", "load", "bytes", "sparse", "size"],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_but_plain_tensors_is_read(content, zipped):
    with pytest.raises(pickle.UnpicklingError):
        check_tensor_file(saved({"a": content}, zipped))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"PK\x03\x04" + bytes(99), b"hello", bytes(range(256)) * 9, pickle.dumps({})]
)
def test_what_is_no_such_file_is_refused(content):
    with pytest.raises((ValueError, pickle.UnpicklingError)):
        check_tensor_file(io.BytesIO(content))
