"""Tokenizers that abort, panic, hang or fill the memory are found in a process of their own."""

import json
import os
import subprocess
import sys
import time

import pytest

from liap.errors import InputError
from liap.taggers import checkpoints, tokenizer_child, tokenizer_trial
from liap.taggers.checkpoints import read_tokenizer
from liap.taggers.tokenizer_trial import try_tokenizer


def replace(pattern, content=""):
    return {"type": "Replace", "pattern": pattern, "content": content}


def nested(depth):
    """Deeper than the parser of JSON in Rust follows; each level is 40 bytes."""
    inner = json.dumps(replace({"String": "a"}))
    return '{"type":"Sequence","normalizers":[' * depth + inner + "]}" * depth


def growing(times):
    """Each step doubles a word of letters a."""
    return {"type": "Sequence", "normalizers": [replace({"String": "a"}, "aa")] * times}


BPE = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}
DAMAGES = {
    "memory": {"normalizer": growing(40)},
    "a slow pattern": {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a+)+(a+)+(a+)+$"}, "behavior": "Isolated", "invert": False}},
    "a broken pattern": {"normalizer": replace({"Regex": "(((("})},
    "pieces of no length": {"pre_tokenizer": {"type": "FixedLength", "length": 0}},
    "a broken map": {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}},
    "a merge of unknown pieces": {"model": BPE | {"merges": [["a", "x"]]}},
    "a merge that is missing": {"model": BPE | {"vocab": {"a": 0, "b": 1}}},
    "no unknown token": {"model": {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}},
    "no unknown number": {"model": {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": None}},
    "an unknown number that is too large": {"model": {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": 7}},
    "a special token without a number": {"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x", "type_id": 0}}], "pair": [], "special_tokens": {}}},
    "no model": {"model": None},
    "dropout above 1": {"model": BPE | {"dropout": 7.0}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """The limits in tests: a second, and a quarter of the memory."""
    monkeypatch.setattr(tokenizer_trial, "SECONDS", 1)
    monkeypatch.setattr(tokenizer_trial, "MEMORY", 2**30)


@pytest.fixture
def content(bert_folder):
    return json.loads((bert_folder / "tokenizer.json").read_text())


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_tokenizer_is_refused_in_one_line(damage, content, bert_folder, capfd):
    (bert_folder / "tokenizer.json").write_text(json.dumps(content | DAMAGES[damage]))
    began = time.monotonic()
    with pytest.raises(InputError, match=r"tokenizer\.json: no usable tokenizer \(") as error:
        read_tokenizer(bert_folder)
    assert "\n" not in str(error.value) and time.monotonic() - began < 30
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("depth", [100, 600, 5000, 100_000])
def test_deep_nesting_does_not_abort_the_process(depth, content, bert_folder):
    text = json.dumps(content | {"normalizer": 0}).replace('"normalizer": 0', f'"normalizer": {nested(depth)}')
    (bert_folder / "tokenizer.json").write_text(text)
    with pytest.raises(InputError, match=r"tokenizer\.json: (no usable tokenizer|not JSON)"):
        read_tokenizer(bert_folder)


def test_a_tokenizer_that_passed_is_not_tried_again(bert_folder, monkeypatch):
    file = bert_folder / "tokenizer.json"
    runs = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: runs.append(1) or run(*arguments, **options))
    for expected in (1, 1):
        try_tokenizer(file, file.read_bytes() + b" ")
        assert len(runs) == expected
    try_tokenizer(file, file.read_bytes() + b"\n")
    assert len(runs) == 2
    for expected in (3, 4):  # a failure is not remembered
        with pytest.raises(InputError):
            try_tokenizer(file, b"{}")
        assert len(runs) == expected


def test_a_cache_that_cannot_be_written_is_no_error(tokenizer_cache, bert_folder, monkeypatch):
    file = bert_folder / "tokenizer.json"
    (tokenizer_cache / "file").touch()
    monkeypatch.setattr(tokenizer_trial, "_passed_folder", lambda: tokenizer_cache / "file" / "below")
    try_tokenizer(file, file.read_bytes() + b" " * 9)


def test_the_cache_folder_is_the_users(monkeypatch, tmp_path, real_passed_folder):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert real_passed_folder() == tmp_path / "liap" / "tokenizers"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for unusable in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unusable)
        assert real_passed_folder() == tmp_path / "home" / ".cache" / "liap" / "tokenizers"


def test_a_tokenizer_without_tokenizer_json_is_tried_as_transformers_builds_it(content, bert_folder, monkeypatch):
    tried = []
    monkeypatch.setattr(
        checkpoints, "try_tokenizer", lambda where, text: tried.append((where, json.loads(text)["model"]))
    )
    (bert_folder / "tokenizer.json").unlink()
    pieces = sorted(content["model"]["vocab"], key=content["model"]["vocab"].get)
    (bert_folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in pieces))
    read_tokenizer(bert_folder)
    ((where, model),) = tried
    assert where == bert_folder and model["vocab"] == content["model"]["vocab"]


@pytest.mark.parametrize("python", ["/no/such/python", "", None])
def test_without_a_child_process_nothing_is_refused_or_remembered(python, bert_folder, monkeypatch, tokenizer_cache):
    before = set(tokenizer_cache.iterdir())
    monkeypatch.setattr(sys, "executable", python)
    try_tokenizer(bert_folder / "tokenizer.json", b"{}")
    assert set(tokenizer_cache.iterdir()) == before


def test_the_child_is_light(bert_folder):
    """It starts without this project, torch and transformers, whatever the working folder holds."""
    folder = os.path.dirname(tokenizer_child.__file__)
    code = f"import sys; sys.path.insert(0, {folder!r}); import tokenizer_child, tokenizers; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"liap", "torch", "transformers", "numpy"} & set(modules)
