"""Model folders that cannot be used: each gives one clear line, and nothing in them is ever run."""

import json
import os
import pickle
import struct
import zipfile

import pytest
import torch
from safetensors.torch import load_file, save_file

from liap.errors import InputError
from liap.taggers.checkpoints import quiet, read_classifier, read_config
from liap.taggers.transformer import TransformerTagger


class Payload:
    """Unpickled, it makes a file."""

    def __init__(self, file):
        self.file = str(file)

    def __reduce__(self):
        return (os.mkdir, (self.file,))


def edit_json(file, **changes):
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def labels(folder, *names):
    edit_json(folder / "config.json", id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)})


def weights(folder, change):
    state = load_file(folder / "model.safetensors")
    change(state)
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def as_bin(folder, content=None):
    state = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(state if content is None else content, folder / "pytorch_model.bin")


def slow_tokenizer(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    edit_json(folder / "tokenizer_config.json", tokenizer_class="BertJapaneseTokenizer", word_tokenizer_type="basic")


def instead(folder, name, how):
    """A pipe, a link to a device that never ends, or a link to nothing in place of the file."""
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name) if how == "pipe" else (folder / name).symlink_to(how)


def sparse(file, size):
    with file.open("wb") as opened:
        opened.truncate(size)


def bin_bomb(folder):
    """Ten million zeros behind each storage, compressed."""
    as_bin(folder)
    file = folder / "pytorch_model.bin"
    with zipfile.ZipFile(file) as before:
        contents = {name: before.read(name) for name in before.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after:
        for name, content in contents.items():
            after.writestr(name, content + bytes(10**5 * ("/data/" in name)))


BAD_FOLDERS = {
    "a dangling link": (lambda f: instead(f, "x.bin", "nowhere"), "x.bin: a dangling link, a pipe or a device"),
    "a link to itself": (lambda f: instead(f, "x.json", "x.json"), "x.json: a dangling link, a pipe or a device"),
    "config a pipe": (lambda f: instead(f, "config.json", "pipe"), "no config.json"),
    "config endless": (lambda f: instead(f, "config.json", "/dev/zero"), "no config.json"),
    "config of 20 MB": (lambda f: sparse(f / "config.json", 2 * 10**7), "config.json: larger than"),
    "config elsewhere": (
        lambda f: edit_json(f / "config.json", configuration_files=["config.4.0.0.json"]),
        "names other configurations",
    ),
    **{
        f"{name} {how}": (lambda f, name=name, how=how: instead(f, name, how), f"{name}: a dangling link, a pipe or a")
        for name in ("tokenizer.json", "vocab.txt", "added_tokens.json", "chat_template.jinja", "model.safetensors")
        for how in ("pipe", "/dev/zero", "nowhere")
    },
    "vocabulary of 1 TB": (lambda f: sparse(f / "vocab.txt", 10**12), "vocab.txt: larger than"),
    "chat template a pipe": (
        lambda f: ((f / "additional_chat_templates").mkdir(), instead(f, "additional_chat_templates/x.jinja", "pipe")),
        "x.jinja: a dangling link, a pipe or a device",
    ),
    "tokenizer elsewhere": (
        lambda f: edit_json(f / "tokenizer_config.json", fast_tokenizer_files=["tokenizer.4.0.0.json"]),
        "names other tokenizers",
    ),
    "limit a text": (
        lambda f: edit_json(f / "tokenizer_config.json", model_max_length="long"),
        "tokenizer_config.json: model_max_length is 'long'; expected a number",
    ),
    "limit 0": (lambda f: edit_json(f / "tokenizer_config.json", model_max_length=0), "model_max_length is 0"),
    "limit undefined": (
        lambda f: edit_json(f / "tokenizer_config.json", model_max_length=float("nan")),
        "model_max_length is nan",
    ),
    "bin that unpacks to more": (bin_bomb, "its entries unpack to"),
    "bin of a table that repeats": (
        lambda f: as_bin(f, {"bert.embeddings.word_embeddings.weight": torch.zeros(1).expand(60_000, 60_000)}),
        "lies in a storage of 1 numbers",
    ),
    "no config": (lambda f: (f / "config.json").unlink(), "no config.json.*finetune.py"),
    "config cut": (lambda f: (f / "config.json").write_text('{"model_type": "be'), "config.json: not JSON"),
    "config a list": (lambda f: (f / "config.json").write_text("[]"), "config.json: holds a JSON list"),
    "config not UTF-8": (lambda f: (f / "config.json").write_bytes(b'{"a": "\xff"}'), "config.json: not JSON"),
    "config deep": (lambda f: (f / "config.json").write_text("[" * 100_000), "config.json: not JSON"),
    "config of no model": (lambda f: (f / "config.json").write_text("{}"), "config.json: not a configuration"),
    "config unknown": (lambda f: edit_json(f / "config.json", model_type="abacus"), "config.json: not a configuration"),
    "config of a wrong kind": (lambda f: edit_json(f / "config.json", hidden_size="wide"), str),
    "config quantised": (lambda f: edit_json(f / "config.json", quantization_config={}), "quantised"),
    "config without heads": (lambda f: edit_json(f / "config.json", num_attention_heads=0), str),
    "labels unnamed": (lambda f: labels(f, *(f"LABEL_{i}" for i in range(5))), "'LABEL_0'.*no outside label"),
    "labels without O": (lambda f: labels(f, "B-A", "I-A", "B-B", "I-B", "B-C"), "expected an outside label such as O"),
    "labels of no scheme": (lambda f: labels(f, "O", "B-LOC", "I-PER", "I-ORG", "I-MISC"), "they fit no scheme"),
    "labels twice": (lambda f: labels(f, "O", "B-LOC", "I-LOC", "B-PER", "B-PER"), "occurs twice"),
    "labels a list": (lambda f: edit_json(f / "config.json", id2label=["O", "B-X"]), str),
    "labels by name": (lambda f: edit_json(f / "config.json", id2label={"zero": "O", "one": "B-X"}), str),
    "labels and weights differ": (lambda f: labels(f, "O", "B-LOC", "I-LOC"), "classifier.*shape.*config.json says"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "no weights; expected model.safetensors"),
    "weights cut": (lambda f: (f / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{"), "not a safetensors file"),
    "weights empty": (lambda f: (f / "model.safetensors").write_bytes(b""), "not a safetensors file"),
    "weights huge header": (
        lambda f: (f / "model.safetensors").write_bytes(struct.pack("<Q", 2**62) + b"{}"),
        "not a safetensors file",
    ),
    "weights without classifier": (
        lambda f: weights(f, lambda state: [state.pop(name) for name in list(state) if name.startswith("classifier")]),
        "the weights lack classifier.bias, classifier.weight",
    ),
    "weights without a layer": (
        lambda f: weights(f, lambda state: state.pop("bert.encoder.layer.1.output.dense.weight")),
        "lack bert.encoder.layer.1.output.dense.weight",
    ),
    "weights of another width": (lambda f: edit_json(f / "config.json", intermediate_size=48), "has shape"),
    "weights not a number": (
        lambda f: weights(f, lambda state: state["bert.encoder.layer.1.output.dense.weight"].fill_(torch.nan)),
        "output is not finite",
    ),
    "config of a model that fails": (
        lambda f: edit_json(f / "config.json", hidden_dropout_prob=float("nan")),
        "does not answer",
    ),
    "index without map": (
        lambda f: ((f / "model.safetensors").unlink(), (f / "model.safetensors.index.json").write_text("{}")),
        "no weight_map",
    ),
    "index out of the folder": (
        lambda f: (
            (f / "model.safetensors").rename(f.parent / "model.safetensors"),
            (f / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../model.safetensors"}}'),
        ),
        "names '../model.safetensors'",
    ),
    "bin of no tensors": (lambda f: as_bin(f, ["a", "list"]), "holds list"),
    "bin of text": (lambda f: (as_bin(f), (f / "pytorch_model.bin").write_text("hello")), "pytorch_model.bin"),
    "bin empty": (lambda f: (as_bin(f), (f / "pytorch_model.bin").write_bytes(b"")), "pytorch_model.bin"),
    "tokenizer slow": (slow_tokenizer, "slow tokenizer|no usable tokenizer"),
    "tokenizer missing": (
        lambda f: [(f / name).unlink(missing_ok=True) for name in ("tokenizer.json", "vocab.txt")],
        "no tokenizer; expected tokenizer.json",
    ),
    "tokenizer cut": (lambda f: (f / "tokenizer.json").write_text('{"version'), "tokenizer.json: not JSON"),
    "tokenizer of nothing": (lambda f: (f / "tokenizer.json").write_text("{}"), "no usable tokenizer"),
    "tokenizer configuration": (lambda f: (f / "tokenizer_config.json").write_text("7"), "tokenizer_config.json"),
    "tokenizer of a larger model": (
        lambda f: (
            edit_json(f / "config.json", vocab_size=20),
            weights(f, lambda s: s.update({k: s[k][:20].clone() for k in s if "word_embeddings" in k})),
        ),
        "the tokenizer's pieces reach number",
    ),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_bad_folders_end_in_one_line(case, bert_folder, capfd):
    spoil, message = BAD_FOLDERS[case]
    spoil(bert_folder)
    with pytest.raises(InputError, match=None if message is str else message) as caught:
        TransformerTagger.load(str(bert_folder))
    assert "\n" not in str(caught.value) and str(bert_folder) in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("token", ["", "[UNK]"])
def test_an_empty_mask_token_is_none(token, bert_folder):
    edit_json(bert_folder / "tokenizer_config.json", mask_token=token)
    tagger = TransformerTagger.load(str(bert_folder))
    tagger.check_operator("unk")
    with pytest.raises(InputError, match="the model's tokenizer has no mask token"):
        tagger.check_operator("mask")


def test_a_bin_of_tensors_loads_and_answers_as_safetensors_do(bert_folder):
    ids = torch.arange(5)[None]
    before = TransformerTagger.load(str(bert_folder)).logits(ids, None)
    as_bin(bert_folder)
    assert torch.equal(TransformerTagger.load(str(bert_folder)).logits(ids, None), before)


@pytest.mark.parametrize("how", ["torch", "torch legacy", "pickle", "beside tensors"])
def test_a_payload_never_runs(how, bert_folder, tmp_path):
    proof = tmp_path / "ran"
    as_bin(bert_folder, {})
    file = bert_folder / "pytorch_model.bin"
    if how == "pickle":
        file.write_bytes(pickle.dumps({"classifier.weight": Payload(proof)}))
    else:
        tensors = {"classifier.bias": torch.zeros(5)} if how == "beside tensors" else {}
        torch.save(tensors | {"x": Payload(proof)}, file, _use_new_zipfile_serialization=how != "torch legacy")
    with pytest.raises(InputError, match=r"pytorch_model\.bin: holds more than tensors"):
        TransformerTagger.load(str(bert_folder))
    assert not proof.exists()
    Payload(proof).__reduce__()[0](proof)  # the payload itself works
    assert proof.exists()


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_remote_code_never_runs(file, bert_folder, tmp_path):
    proof = tmp_path / "ran"
    (bert_folder / "evil.py").write_text(f"import os\nos.mkdir({str(proof)!r})\nclass Evil: pass\n")
    table = {
        "AutoConfig": "evil.Evil",
        "AutoModelForTokenClassification": "evil.Evil",
        "AutoTokenizer": ["evil.Evil", "evil.Evil"],
    }
    edit_json(bert_folder / file, auto_map=table)
    for kind in ("bert", "abacus"):  # a known model is read by transformers' own code, an unknown one not at all
        edit_json(bert_folder / "config.json", model_type=kind)
        try:
            TransformerTagger.load(str(bert_folder))
        except InputError:
            assert kind == "abacus"
    assert not proof.exists()


def test_a_folder_cannot_name_its_attention_kernel(bert_folder):
    for key in ("attn_implementation", "_attn_implementation"):
        edit_json(bert_folder / "config.json", **{key: "someone/kernel"})
    assert TransformerTagger.load(str(bert_folder)).model.config._attn_implementation == "sdpa"


def test_a_new_head_may_be_missing_but_not_the_encoder(bert_folder):
    weights(bert_folder, lambda state: [state.pop(name) for name in list(state) if name.startswith("classifier")])
    config = read_config(bert_folder)
    assert read_classifier(bert_folder, config, new_head=True).num_labels == 5
    weights(bert_folder, lambda state: state.pop("bert.embeddings.word_embeddings.weight"))
    with pytest.raises(InputError, match=r"lack bert\.embeddings\.word_embeddings\.weight"):
        read_classifier(bert_folder, config, new_head=True)


@pytest.mark.parametrize("name", ["/no/such/folder", "./model", "a/b/c", "", "model/"])
def test_no_folder_of_that_name(name):
    with pytest.raises(InputError, match="no such folder"):
        TransformerTagger.load(name)


def test_a_file_is_no_folder(bert_folder):
    with pytest.raises(InputError, match="a file; expected a folder"):
        TransformerTagger.load(str(bert_folder / "config.json"))


def test_an_unreachable_hub_is_said_at_once(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="some/recogniser"):
        TransformerTagger.load("some/recogniser")


def test_quiet_restores_what_it_silenced():
    from transformers.utils import logging

    def state():
        return logging.get_verbosity(), logging.is_progress_bar_enabled()

    def fail_quietly():
        with quiet():
            assert state() == (logging.CRITICAL, False)
            raise ZeroDivisionError

    before = state()
    with pytest.raises(ZeroDivisionError):
        fail_quietly()
    assert state() == before
