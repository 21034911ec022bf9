"""Broken and hostile archives end in one line, and nothing in them is ever run."""

import gzip
import json
import os
import pickle
import shutil
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liap.errors import InputError
from liap.linguistics.srl import archive_files
from liap.linguistics.srl.archive_files import read_configuration
from liap.linguistics.srl.frames import Request


class Payload:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("saved", ["pickle", "torch", "old torch", "noise", "empty", "list"])
def test_only_files_of_tensors_are_unpickled(tmp_path, saved, toy):
    folder, mark = toy.write_folder(tmp_path / "model"), tmp_path / "ran"
    weights = folder / "weights.th"
    if saved == "pickle":
        weights.write_bytes(pickle.dumps(Payload(mark)))
    elif "torch" in saved:
        torch.save(toy.state_of() | {"x": Payload(mark)}, weights, _use_new_zipfile_serialization=saved == "torch")
    elif saved == "list":
        torch.save([torch.zeros(1)], weights)
    else:
        weights.write_bytes(b"" if saved == "empty" else bytes(range(256)) * 9)
    for path in (folder, toy.pack(folder)):
        with pytest.raises(InputError, match=r"weights.th (is not a file of plain tensors|holds a list)") as error:
            toy.opened(path)
        assert "\n" not in str(error.value) and not mark.exists()
    if saved == "pickle":
        pickle.loads(weights.read_bytes())
        assert mark.exists()


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 3) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, "/etc/passwd"
    return info


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (member("../evil"), "lies outside"),
        (member("a/../../evil"), "lies outside"),
        (member("/etc/evil"), "lies outside"),
        (member("weights.th", tarfile.SYMTYPE, 0), "is a link, a device or sparse"),
        (member("x", tarfile.LNKTYPE, 0), "is a link, a device or sparse"),
        (member("x", tarfile.CHRTYPE, 0), "is a link, a device or sparse"),
        (member("x", tarfile.FIFOTYPE, 0), "is a link, a device or sparse"),
    ],
)
def test_a_hostile_archive_is_not_read(tmp_path, extra, message, toy):
    with pytest.raises(InputError, match=message):
        toy.opened(toy.pack(toy.write_folder(tmp_path / "model"), extra))
    assert not (tmp_path.parent / "evil").exists()


def test_a_header_that_claims_a_huge_size_is_refused(tmp_path, toy):
    folder = toy.write_folder(tmp_path / "model")
    for kind, reason in ((tarfile.REGTYPE, "unexpected end"), (tarfile.XHDTYPE, "a header that claims")):
        info = member("huge", kind)
        header = bytearray(info.tobuf())
        header[124:136] = b"77777777777\0"
        header[148:156] = b" " * 8
        header[148:156] = f"{sum(header[:512]):06o}\0 ".encode()
        path = tmp_path / "huge.tar"
        path.write_bytes(bytes(header) + bytes(10240))
        with pytest.raises(InputError, match=reason):
            read_configuration(path)
    folder.joinpath("config.json").write_bytes(b" " * (archive_files.LARGEST_TEXT + 1))
    for path in (folder, toy.pack(folder)):
        with pytest.raises(InputError, match="larger than"):
            read_configuration(path)


def long_name(kind: bytes, size: int) -> bytes:
    """A header that says the next member's name, which takes `size` bytes."""
    info = tarfile.TarInfo("././@LongLink" if kind == tarfile.GNUTYPE_LONGNAME else "pax")
    info.type, info.size = kind, size
    text = (
        b"x" * size
        if kind == tarfile.GNUTYPE_LONGNAME
        else f"{size} path={'x' * (size - len(str(size)) - 7)}\n".encode()
    )
    return info.tobuf() + text + bytes(-size % 512)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
@pytest.mark.parametrize(("size", "count"), [(2**20, 40), (2**23, 3), (600, 3000)])
def test_long_names_are_bounded(tmp_path, kind, size, count):
    """Three thousand of 16 MB took minutes: gzip packs each into a few kilobytes."""
    path = tmp_path / "names.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        header = long_name(kind, size)
        for _ in range(count):
            packed.write(header + (tarfile.TarInfo("x").tobuf() if count < 3000 else b""))
        packed.write(bytes(1024))
    began = time.monotonic()
    with pytest.raises(InputError, match=r"or too many headers|cannot be read as a .tar.gz file"):
        read_configuration(path)
    assert time.monotonic() - began < 5


def deflated(weights: Path, extra: bytes = b"") -> None:
    """Rewrite the file of tensors with its entries compressed, and `extra` behind each storage."""
    with zipfile.ZipFile(weights) as before:
        contents = {name: before.read(name) for name in before.namelist()}
    with zipfile.ZipFile(weights, "w", zipfile.ZIP_DEFLATED) as after:
        for name, content in contents.items():
            after.writestr(name, content + extra * ("/data/" in name))


def test_weights_that_unpack_to_more_than_their_file_are_not_unpacked(tmp_path, toy):
    folder = toy.write_folder(tmp_path / "model")
    deflated(folder / "weights.th", bytes(10**6))
    for path in (folder, toy.pack(folder)):
        with pytest.raises(InputError, match=r"weights.th is not a file of plain tensors \(its entries unpack to"):
            toy.opened(path)


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("embeddings.word_embeddings.weight", torch.zeros(1).expand(60_000, 60_000), "lies in a storage of 1 numbers"),
        ("embeddings.word_embeddings.weight", torch.zeros(1, 0).expand(10**6, 0), "says vocab_size"),
        ("encoder.layer.0.intermediate.dense.weight", torch.zeros(0, 16).T.reshape(10**9, 0), "describes .* weights"),
    ],
)
def test_a_table_that_claims_more_than_it_holds_is_refused(tmp_path, name, table, message, toy):
    state = toy.state_of() | {f"bert_model.{name}": table}
    config = toy.configuration(bert_model=toy.sizes | {"intermediate_size": 10**9}) if "dense" in name else None
    folder = toy.write_folder(tmp_path / "model", state=state, config=config)
    with pytest.raises(InputError, match=message):
        toy.opened(folder)


@pytest.mark.parametrize("name", ["config.json", "weights.th", "vocabulary/labels.txt"])
@pytest.mark.parametrize("how", ["pipe", "endless", "dangling"])
def test_only_plain_files_are_read(tmp_path, how, name, toy):
    file = toy.write_folder(tmp_path / "model") / name
    file.unlink()
    os.mkfifo(file) if how == "pipe" else file.symlink_to("/dev/zero" if how == "endless" else "nowhere")
    with pytest.raises(InputError, match=f"has no {name}"):
        toy.opened(tmp_path / "model")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x1f\x8b", b"\x1f\x8b\x08" + bytes(40), "cut"])
def test_a_broken_tar_file_is_reported_in_one_line(tmp_path, folder, content, toy):
    copy = shutil.copytree(folder, tmp_path / "model")
    path = toy.pack(copy)
    path.write_bytes(path.read_bytes()[:3000] if content == "cut" else content)
    with pytest.raises(
        InputError, match=r"cannot be read as a .tar.gz file|has no config.json|has no weights.th"
    ) as error:
        toy.opened(path)
    assert "\n" not in str(error.value) and "--srl-archive" in str(error.value)


@pytest.mark.parametrize(
    "name", ["config.json", "weights.th", "vocabulary/labels.txt", "vocabulary/non_padded_namespaces.txt"]
)
def test_a_missing_part_is_named(tmp_path, folder, name, toy):
    copy = shutil.copytree(folder, tmp_path / "model")
    (copy / name).unlink()
    with pytest.raises(InputError, match=f"has no {name}"):
        toy.opened(copy)
    with pytest.raises(InputError, match="no such file or folder"):
        read_configuration(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "lacks an entry of role labellers"),
        ("{}", "lacks an entry of role labellers"),
        (json.dumps({"model": 3, "dataset_reader": {}}), "lacks an entry of role labellers"),
        ({"type": "srl"}, "a model of type 'srl'"),
        ({"bert_model": [1]}, "bert_model must be a name or a configuration"),
        ('{"model": {"type": "srl_bert", "bert_model": ""}, "dataset_reader": {}}', "bert_model must be a name"),
        ({"sizes": {"hidden_size": "x"}}, "hidden_size must be a positive"),
        ({"sizes": {"num_hidden_layers": 10**12}}, "says num_hidden_layers"),
        ({"sizes": {"num_attention_heads": 3}}, "do not divide"),
        ({"sizes": {"hidden_act": "boom"}}, "hidden_act 'boom'"),
        ({"sizes": {"layer_norm_eps": None}}, "layer_norm_eps"),
        ({"sizes": {"position_embedding_type": "relative_key"}}, "absolute positions"),
    ],
)
def test_a_broken_configuration_is_reported_in_one_line(tmp_path, folder, text, message, toy):
    copy = shutil.copytree(folder.parent, tmp_path / "copy") / "model"
    if isinstance(text, dict):
        sizes = text.pop("sizes", None)
        text = json.dumps(toy.configuration(**text, **({"bert_model": toy.sizes | sizes} if sizes else {})))
    (copy / "config.json").write_text(text)
    with pytest.raises(InputError, match=message) as error:
        toy.opened(copy)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ("O", "B-V")}, "does not fit its configuration or labels"),
        ({"labels": ("O", "B-V", "O")}, "empty or repeated label"),
        ({"labels": ("O", "", "B-V")}, "empty or repeated label"),
        ({"non_padded": "tags\n"}, "has no @@UNKNOWN@@"),
        ({"sizes": {"type_vocab_size": 1}}, "1 token type"),
        ({"sizes": {"vocab_size": 11}}, "12 pieces, but"),
        ({"state": {}}, "weights.th has 0"),
        ({"more": {"bert_model.encoder.layer.1.extra.weight": torch.zeros(1)}}, "does not fit"),
        ({"more": {"tag_projection_layer.bias": torch.full((7,), torch.nan)}}, "infinite or undefined"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_reported_in_one_line(tmp_path, changes, message, toy):
    sizes, more = changes.pop("sizes", {}), changes.pop("more", {})
    made = {"state": toy.state_of(**sizes) | more, "config": toy.configuration(bert_model=toy.sizes | sizes)} | changes
    with pytest.raises(InputError, match=message) as error:
        toy.opened(toy.write_folder(tmp_path / "model", **made))
    assert "\n" not in str(error.value)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_modified_archive_loads_or_is_refused_in_one_line(data, mutated, ends_soundly, folder, toy, tmp_path_factory):
    copy = shutil.copytree(folder.parent, tmp_path_factory.mktemp("changed") / "copy") / "model"
    names = ("config.json", "vocabulary/labels.txt", "vocabulary/non_padded_namespaces.txt", "weights.th")
    name = data.draw(st.sampled_from((*names, "sizes", "tar")))
    if name == "sizes":
        text = json.dumps(data.draw(mutated(json.loads((copy / "config.json").read_bytes()))))
        (copy / "config.json").write_text(text)
    elif name != "tar":
        sound = (copy / name).read_bytes()
        (copy / name).write_bytes(data.draw(st.one_of(mutated(sound), st.binary(max_size=60))))
    path = toy.pack(copy, mode="w") if name == "tar" or data.draw(st.booleans()) else copy
    if name == "tar":
        path.write_bytes(data.draw(mutated(path.read_bytes())))
    labeller = ends_soundly(toy.opened, path)
    if labeller is not None:
        (tags,) = labeller.tag([Request(("he", "goes", "home"), 1)])
        assert tags is None or len(tags) == 3
    shutil.rmtree(copy.parent)
