"""Fixtures that several rooms' tests use; under tests every shape in a signature is checked."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

CHECKER = "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"  # an int is also a float
install_import_hook("liap", CHECKER)

SHARED = Path(__file__).parents[1].parent / "shared"
LONG = (
    "test_readme_commands.py",
    "test_reliability.py",
    "test_resume.py",
    "test_interrupt.py",
    "test_installation.py",
)  # files


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that of several processes none is left with one at the end."""
    order = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real corpora and models beside the project; tests that want them skip where they are not."""
    if not SHARED.is_dir():
        pytest.skip("the folder 'shared' with real corpora and models is not beside the project")
    return SHARED


VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"abcdefghijklmnop",
    *(f"##{letter}" for letter in "abcdefghijklmnop"),
]
LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    """A folder with a random two-layer BERT for tags; a word of the letters a to p has as many pieces as letters."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    index = {piece: number for number, piece in enumerate(VOCABULARY)}
    backend = Tokenizer(models.WordPiece(index, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", index["[CLS]"]), ("[SEP]", index["[SEP]"])]
    )
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=64, **special).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.5,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
    )
    model = BertForTokenClassification(config)
    with torch.no_grad():  # lean towards mentions, so that there is something to explain
        model.classifier.bias.copy_(torch.tensor([0.0, 2.0, 0.0, 2.0, 0.0]))
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    """The recogniser of `tiny_folder`."""
    from liap.taggers.transformer import TransformerTagger

    return TransformerTagger.load(str(tiny_folder))


ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def script():
    """Run a script in this process as a shell would; (exit status, standard output, standard error)."""
    import contextlib
    import io
    import runpy
    import signal
    import sys

    def call(name: str, *arguments: object) -> tuple[int, str, str]:
        path = ROOT / name
        out, err = (
            io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=how) for how in ("strict", "backslashreplace")
        )
        status = 0
        before, sys.argv = sys.argv, [str(path), *map(str, arguments)]
        handler = signal.getsignal(signal.SIGINT)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                runpy.run_path(str(path), run_name="__main__")
        except SystemExit as ended:
            status = ended.code or 0
        finally:
            sys.argv = before
            signal.signal(signal.SIGINT, handler)  # which an ending script ignores
        for stream in (out, err):
            stream.flush()
        return status, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err))

    return call


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory) -> Path:
    """Forty sentences with tags, parses and frames, for the recogniser of `tiny_folder`."""
    import json
    import random

    folder, draw = tmp_path_factory.mktemp("corpus"), random.Random(0)
    for split in ("train", "dev", "test"):
        lines = []
        for _ in range(40):
            length = draw.randint(1, 12)
            words = ["".join(draw.choices("abcdefghij", k=draw.randint(1, 3))) for _ in range(length)]
            heads = [-1, *(draw.randrange(word) for word in range(1, length))]
            frames = [{"predicate": 0, "tags": ["B-V", *["B-ARG0"] * (length - 1)]}] if length > 4 else []
            lines.append(
                {
                    "words": words,
                    "tags": ["B-PER" if draw.random() < 0.2 else "O" for _ in words],
                    "upos": ["VERB", *["NOUN"] * (length - 1)],
                    "heads": heads,
                    "deprels": ["root", *["dep"] * (length - 1)],
                    "frames": frames,
                }
            )
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    return folder


@dataclass
class Place:
    """A model, a corpus and a results folder that a test may spoil, and flags beside those of a small run."""

    model: Path
    corpus: Path
    results: Path
    flags: dict[str, object] = field(default_factory=dict)

    def command(self, script: str) -> list[object]:
        """The script's flags; `output` is where finetune.py writes, as other scripts do to `results`."""
        cheap = {"examples-per-type": 2, "results": self.results, "chunk": 1}
        small = {
            "run_liap_evaluation.py": cheap
            | {"parser": "gold", "srl": "gold", "explainers": "liap", "pictures": 0, "cache": self.results.parent / "cache"},
            "lime_baseline.py": cheap | {"lime-samples": 20, "instability-per-type": 0, "examples": 1},
            "finetune.py": {"output": self.results, "epochs": 1},
            "analyze_results.py": {"results": self.results, "resamples": 100},
        }[script]  # fmt: skip
        sources = {} if script == "analyze_results.py" else {"model": self.model, "corpus": self.corpus}
        return [part for flag, value in (sources | small | self.flags).items() for part in (f"--{flag}", value)]


@pytest.fixture
def place(tiny_folder, small_corpus, tmp_path) -> Place:
    """Copies of its own; no results yet."""
    model, corpus = (
        shutil.copytree(folder, tmp_path / name) for folder, name in ((tiny_folder, "model"), (small_corpus, "corpus"))
    )
    return Place(model, corpus, tmp_path / "results")


@pytest.fixture(scope="session")
def unwritten(script, tiny_folder, small_corpus, tmp_path_factory) -> Place:
    """Results with all their chunks, of a run that was interrupted before it joined them; not to be written to."""
    place = Place(tiny_folder, small_corpus, tmp_path_factory.mktemp("unwritten") / "results")

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("liap.diagnostics.attention_structure.write", interrupt)
        status, _, err = script("run_liap_evaluation.py", *place.command("run_liap_evaluation.py"))
    assert status == 130, err
    return place


@pytest.fixture(scope="session")
def finished(script, unwritten, tmp_path_factory) -> Place:
    """The same, gone on with and analysed; not to be written to."""
    place = replace(unwritten, results=tmp_path_factory.mktemp("finished") / "results")
    shutil.copytree(unwritten.results, place.results)
    status, _, err = script("run_liap_evaluation.py", *place.command("run_liap_evaluation.py"))
    assert status == 0, err
    status, _, err = script("analyze_results.py", "--results", place.results, "--resamples", 150)
    assert status == 0, err
    return place


@pytest.fixture(scope="session")
def parser(tmp_path_factory) -> Path:
    """An untrained spaCy pipeline, whose trees mean nothing, but are cached."""
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("tagger").add_label("NN")
    component = pipeline.add_pipe("parser")
    for label in ("nsubj", "obl", "case"):
        component.add_label(label)
    pipeline.initialize()
    folder = tmp_path_factory.mktemp("parser") / "pipeline"
    pipeline.to_disk(folder)
    return folder


HOSTILE_BYTES = (
    b"", b"\0", b"\xff\xfe", b"\n", b"\r", b"\t", b'"', b",", b"[" * 2000, b"{", b"}", b"nan", b"-inf", b"1e999", b"-1", b"9" * 5000,
    b"\\ud800", "\u2028".encode(), b"-DOCSTART-", b"O", b"B-", b"I-PER", b"null", b"true", b"x" * 200_000,
)  # fmt: skip
HOSTILE_VALUES = (
    None, True, 0, -1, 1.5, 3, 10**9, 10**12, 10**30, float("nan"), float("inf"), "", "x", "\0", "\ud800", "a\nb", "9", [], [[]], {},
    {"x": 1}, ["a", "b"], [-1, 0], [10**12],
)  # fmt: skip


@pytest.fixture(scope="session")
def mutated():
    """Sound content -> a strategy: bytes with pieces cut, doubled or put in; or a JSON document with other values, more and fewer."""
    from copy import deepcopy

    from hypothesis import strategies as st

    @st.composite
    def changed_bytes(draw, content: bytes) -> bytes:
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(0, len(content)))
            end = min(len(content), start + draw(st.integers(0, 9)))
            piece = draw(st.one_of(st.sampled_from(HOSTILE_BYTES), st.binary(max_size=4), st.just(content[start:] * 2)))
            content = content[:start] + piece + content[end:]
        return content

    @st.composite
    def changed_json(draw, document: object) -> object:
        document = deepcopy(document)
        for _ in range(draw(st.integers(1, 2))):
            above, key, node = None, None, document
            while isinstance(node, dict | list) and node and draw(st.integers(0, 4)):
                above, key = node, draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
                node = above[key]
            value = deepcopy(draw(st.sampled_from(HOSTILE_VALUES)))
            if above is None:
                document = value
            elif draw(st.integers(0, 3)):
                above[key] = value
            else:
                del above[key]
        return document

    return lambda content: changed_bytes(content) if isinstance(content, bytes) else changed_json(content)


@pytest.fixture(scope="session")
def ends_soundly():
    """Call a reader: its result, or None after an InputError of one line; any other error fails the test."""
    from liap.errors import InputError

    def call(read, *arguments):
        try:
            return read(*arguments)
        except InputError as error:
            if len(str(error).splitlines()) != 1 or len(str(error)) > 2000:
                raise AssertionError(f"not one line: {error!r}") from error
            return None

    return call
