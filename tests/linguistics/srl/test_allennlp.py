"""AllenNLP's worker and the process that supervises it, with a stand-in for AllenNLP that misbehaves on demand."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest
import torch

from liap.errors import InputError
from liap.linguistics.srl import allennlp, label
from liap.linguistics.srl.allennlp_archive import write_clean_copy
from liap.linguistics.srl.archive_files import read_configuration
from liap.linguistics.srl.environment import LIBRARIES
from liap.linguistics.srl.frames import Settings
from liap.linguistics.srl.worker_process import WorkerFault, WorkerProcess
from liap.records import Parse, Sentence

MODEL = """
import json, os, pathlib, time
print("noise while importing")
class Archive: pass
class Model:
    class bert_model:
        class config: max_position_embeddings = 24
    def eval(self): return self
    def forward_on_instances(self, instances): return [{"tags": tags(instance)} for instance in instances]
class Reader:
    def text_to_instance(self, tokens, marks):
        words = [token.text.lower() if self.lowercase_input else token.text for token in tokens]
        return {"tokens": ["[CLS]", *words, "[SEP]"], "marks": marks}
def tags(instance):
    words, once = instance["tokens"][1:-1], pathlib.Path(os.environ.get("ONCE", "/nowhere"))
    if "stumble" in words and not once.exists():
        once.write_text(""); os.kill(os.getpid(), 9)
    if "die" in words: os._exit(7)
    if "hang" in words: time.sleep(60)
    if "fail" in words: raise ValueError("a reason\\nof two lines")
    if "shout" in words: print("noise"); os.system("echo louder noise")
    if "short" in words: return ["O"]
    return ["B-V" if mark else "B-" + word for word, mark in zip(words, instance["marks"])]
def load_archive(folder):
    assert {"config.json", "weights.th", "vocabulary", "encoder"} == set(os.listdir(folder))
    archive = Archive(); archive.model = Model(); archive.validation_dataset_reader = Reader()
    return archive
"""
FILES = {
    "allennlp/__init__.py": "",
    "allennlp/data/tokenizers.py": "class Token:\n    def __init__(self, text): self.text = text\n",
    "allennlp/models/archival.py": MODEL,
    "allennlp_models/structured_prediction/__init__.py": "",
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """A virtual environment with the stand-in, in which the real worker runs."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    packages = next(folder.glob("lib/python3*/site-packages"))
    for name, content in FILES.items():
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(content)
    for name in LIBRARIES:
        information = packages / f"{name}-2.10.1.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.10.1\n")
    return folder


@pytest.fixture
def ask(folder, environment):
    """Label sentences in which every word is a predicate."""

    def ask(*texts: str, **changes):
        settings = Settings(**({"archive": str(folder), "environment": str(environment)} | changes))
        sentences = [Sentence(index, 0, tuple(text.split())) for index, text in enumerate(texts)]
        parses = [Parse((-1,) * n, ("root",) * n, ("VERB",) * n) for n in (len(s.words) for s in sentences)]
        return label(sentences, parses, "allennlp", settings=settings)

    return ask


def test_tags_come_back_in_the_order_of_words_and_predicates(ask):
    for budget in (1, 7, 1000):
        frames = ask("He goes", "É", "a b c", batch_pieces=budget)
        assert [[frame.tags for frame in sentence] for sentence in frames] == [
            [("B-V", "B-goes"), ("B-he", "B-V")],
            [("B-V",)],
            [("B-V", "B-b", "B-c"), ("B-a", "B-V", "B-c"), ("B-a", "B-b", "B-V")],
        ]


def test_a_sentence_beyond_the_limit_has_no_frames(ask):
    first, second = ask("go " * 23, "go " * 22)
    assert (first, len(second)) == ((), 22)


def test_noise_on_standard_output_does_no_harm(ask):
    assert [frame.tags for frame in ask("shout")[0]] == [("B-V",)]


def test_words_that_are_hard_for_json_and_pipes(ask):
    (frames,) = ask("\ud800 naïve \x00 日本 " + "x" * 200_000)
    assert frames[0].tags[1:4] == ("B-naïve", "B-\x00", "B-日本")


def test_a_worker_that_dies_is_started_once_more(ask, tmp_path, monkeypatch):
    monkeypatch.setenv("ONCE", str(tmp_path / "once"))
    assert len(ask("we stumble", "go")[0]) == 2
    assert (tmp_path / "once").exists()


@pytest.mark.parametrize(
    ("text", "seconds", "expected"),
    [
        ("die", 60.0, r"worker ended with status 7, after 1 restart; .*--srl archive.*log: .*noise while importing"),
        ("hang", 1.0, r"worker gave no answer in 1 seconds, after 1 restart"),
        ("one short", 60.0, r"worker answered a sentence of 2 words with something else, after 1 restart"),
        ("fail", 60.0, r"AllenNLP cannot label \(ValueError: a reason of two lines\)"),
    ],
)
def test_a_worker_that_fails_again_is_reported_in_one_line(ask, text, seconds, expected):
    with pytest.raises(InputError, match=expected) as error:
        ask(text, batch_seconds=seconds)
    assert "\n" not in str(error.value)


def test_a_fault_keeps_what_was_cached_before(ask, tmp_path, monkeypatch):
    ask("go home", cache=tmp_path)
    monkeypatch.setattr(allennlp, "WorkerProcess", None)  # a second run starts nothing
    assert len(ask("go home", cache=tmp_path)[0]) == 2


def test_versions_that_differ_from_the_files_are_refused(ask, environment, monkeypatch):
    (metadata,) = environment.glob("lib/python3*/site-packages/torch-*.dist-info/METADATA")
    monkeypatch.setattr(allennlp, "LOAD_SECONDS", 20.0)
    before = metadata.read_text()
    metadata.write_text(before.replace("2.10.1", "9.9"))
    try:
        with pytest.raises(InputError, match=r"worker reports .*'torch': '9.9'.*expected .*'torch': '2.10.1'"):
            ask("go")
    finally:
        metadata.write_text(before)


def test_another_protocol_is_refused(ask, monkeypatch):
    monkeypatch.setattr(allennlp, "PROTOCOL", 2)
    with pytest.raises(InputError, match="protocol 2 was requested; this worker has 1"):
        ask("go")


def test_a_python_that_cannot_be_started_is_reported(ask, environment, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("")
    (tmp_path / "lib").symlink_to(environment / "lib")
    with pytest.raises(InputError, match=r"bin/python cannot be started \(Permission denied\)"):
        ask("go", environment=str(tmp_path))


def test_bf16_is_refused(ask):
    with pytest.raises(InputError, match="fp32 only, not in bf16"):
        ask("go", precision="bf16")


def test_an_archive_with_code_never_reaches_the_worker(ask, tmp_path, toy, monkeypatch):
    bad = toy.write_folder(tmp_path / "model")
    (bad / "weights.th").write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR.")
    monkeypatch.setattr(WorkerProcess, "exchange", None)
    with pytest.raises(InputError, match="not a file of plain tensors"):
        ask("go", archive=str(bad))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("non_padded", ["*labels\n*tags\n", "*tags\n"])
def test_the_clean_copy_has_everything_that_allennlp_requires(tmp_path, toy, non_padded):
    labels = ("@@UNKNOWN@@", *toy.labels)
    state = toy.state_of(len(labels) + (non_padded == "*tags\n"))
    source = toy.write_folder(tmp_path / "model", labels=labels, non_padded=non_padded, state=state)
    copy = tmp_path / "copy"
    copy.mkdir()
    write_clean_copy(copy, source, read_configuration(source), encoder="")
    config = json.loads((copy / "config.json").read_text())
    assert config["model"]["bert_model"].items() >= toy.sizes.items()
    assert config["dataset_reader"] == {"type": "srl", "bert_model_name": str(copy / "encoder")}
    written = torch.load(copy / "weights.th", weights_only=True)
    assert written["bert_model.embeddings.position_ids"].tolist() == [list(range(24))]
    assert written["bert_model.pooler.dense.weight"].shape == (16, 16)
    kept = [name for name in state if "pooler" not in name]
    assert kept and all(torch.equal(written[name], state[name]) for name in kept)
    for name in ("labels.txt", "non_padded_namespaces.txt"):
        assert (copy / "vocabulary" / name).read_bytes() == (source / "vocabulary" / name).read_bytes()
    assert (copy / "encoder" / "vocab.txt").read_text() == (tmp_path / "toy-uncased" / "vocab.txt").read_text()


def script(code: str) -> WorkerProcess:
    return WorkerProcess([sys.executable, "-c", code], dict(os.environ))


@pytest.mark.parametrize(
    ("code", "seconds", "expected"),
    [
        ("print('hello there', flush=True); input()", 60.0, "wrote 'hello there' where"),
        ("print('[' * 100_000)", 60.0, r"wrote '\[\["),
        ("import os; os.close(0); import time; time.sleep(0.5); print('bye')", 60.0, "wrote 'bye' where"),
        ("print('{\"id\": 7}', flush=True); input()", 60.0, "where an answer was expected"),
        ("import time; time.sleep(60)", 1.0, "gave no answer in 1 seconds"),  # and does not read its input
        ("while True: print('noise', end='')", 60.0, "wrote a line of over"),
        ("import os; os.kill(os.getpid(), 9)", 60.0, r"was killed by signal 9 \(Killed\)"),
        ("import os, sys; os.close(0); os.close(1); sys.exit(3)", 60.0, "ended with status 3"),
    ],
)
def test_anything_but_an_answer_is_a_fault(code, seconds, expected, monkeypatch):
    monkeypatch.setattr("liap.linguistics.srl.worker_process.LONGEST_ANSWER", 200_000)
    with script(code) as process, pytest.raises(WorkerFault, match=expected):
        process.exchange({"words": "x" * 300_000}, seconds)


def test_the_end_of_the_log_is_one_line():
    code = "import sys; print('first ' * 1000, 'last\\nwords', file=sys.stderr)"
    with script(code) as process:
        with pytest.raises(WorkerFault):
            process.exchange({}, 10.0)
        assert process.log_end().endswith("first last words") and len(process.log_end()) == 300


PARENT = """
import os, sys, time
from liap.linguistics.srl.worker_process import WorkerProcess
worker = WorkerProcess([sys.argv[1], "-I", sys.argv[2], str(os.getpid())], dict(os.environ))
holder = os.fork() if sys.argv[3] == "held" else 0  # a child that keeps the worker's pipes open
if not holder and sys.argv[3] == "held": time.sleep(60)
print(worker.process_id, holder, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("pipes", ["closed", "held"])
def test_no_worker_outlives_a_killed_parent(environment, pipes):
    command = [sys.executable, "-c", PARENT, str(environment / "bin" / "python"), str(allennlp.WORKER), pipes]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        worker, holder = map(int, parent.stdout.readline().split())
        time.sleep(0.5)  # lets the worker reach its loop; while it starts, it checks its parent itself
        assert running(worker)
        parent.kill()
        limit = time.monotonic() + 10
        while running(worker) and time.monotonic() < limit:
            time.sleep(0.05)
        if holder:
            os.kill(holder, signal.SIGKILL)
    assert not running(worker)


def test_the_end_of_input_ends_the_worker(environment):
    command = [str(environment / "bin" / "python"), "-I", str(allennlp.WORKER), str(os.getpid())]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as worker:
        worker.stdin.close()
        try:
            assert worker.wait(10) == 0
        finally:
            worker.kill()


def test_a_worker_with_another_parent_ends(environment):
    command = [str(environment / "bin" / "python"), "-I", str(allennlp.WORKER), "1"]
    assert subprocess.run(command, timeout=10, stdin=subprocess.PIPE).returncode == 1


def running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_worker_is_python_3_8_and_imports_nothing_from_liap():
    tree = ast.parse(allennlp.WORKER.read_text(), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in imported if name.startswith("liap")]
