"""Data sets of the `datasets` library: from local folders, and from a small server that answers as the hub does.

The hub's address is read when its library is imported, so what asks the server runs in a process of its own.
"""

import hashlib
import json
import os
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

from liap.corpora import holds_one_split, load
from liap.errors import InputError

NAMES = ["O", "B-PER", "I-PER", "B-LOC"]
NUMBERED = Features(tokens=List(Value("string")), ner_tags=List(ClassLabel(names=NAMES)))
ROWS = {
    "train": {"tokens": [["Ada", "Byron"], [], ["Rome"]], "ner_tags": [[1, 2], [], [3]]},
    "validation": {"tokens": [["-DOCSTART-"], ["no"], ["-DOCSTART-"], ["Oslo"]], "ner_tags": [[0], [0], [0], [3]]},
    "test": {"tokens": [["#", "a b"]], "ner_tags": [[0, 1]]},
}
READ = {
    "train": [(0, 0, ["Ada", "Byron"], ["B-PER", "I-PER"]), (1, 1, ["Rome"], ["B-LOC"])],
    "validation": [(0, 0, ["no"], ["O"]), (1, 1, ["Oslo"], ["B-LOC"])],
    "test": [(0, 0, ["#", "a b"], ["O", "B-PER"])],
}
COMMIT, SCRIPT_COMMIT = "c0ffee77" * 5, "5c41b7e0" * 5
REVISIONS = {"refs/convert/parquet": COMMIT, "main": SCRIPT_COMMIT}


def plain(sentences) -> list[tuple]:
    return [(s.index, s.document, list(s.words), list(s.tags)) for s in sentences]


def dataset(split: str, features: Features = NUMBERED) -> Dataset:
    return Dataset.from_dict(ROWS[split], features=features)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library prepares goes into the test's own folder."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


def write_parquet(folder: Path) -> None:
    """Like the hub's parquet revision: one folder per split."""
    for split in ROWS:
        (folder / split).mkdir(parents=True)
        dataset(split).to_parquet(folder / split / "0000.parquet")


@pytest.mark.parametrize("split", ROWS)
def test_a_saved_folder(tmp_path: Path, split: str):
    DatasetDict({name: dataset(name) for name in ROWS}).save_to_disk(tmp_path / "saved")
    assert plain(load(str(tmp_path / "saved"), split)) == READ[split]


def test_a_folder_of_parquet_files(tmp_path: Path):
    write_parquet(tmp_path / "corpus")
    for split, expected in READ.items():
        assert plain(load(str(tmp_path / "corpus"), split)) == expected


def test_string_tags_are_converted_to_iob2(tmp_path: Path):
    rows = Dataset.from_dict({"tokens": [["Ada", "Byron", "Rome"]], "ner_tags": [["B-PER", "E-PER", "S-LOC"]]})
    DatasetDict({"dev": rows}).save_to_disk(tmp_path / "saved")
    assert plain(load(str(tmp_path / "saved"), "dev"))[0][3] == ["B-PER", "I-PER", "B-LOC"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"tokens": [["a"]], "tags": [["O"]]}, r"train split: no column 'ner_tags'; expected .* it has tokens, tags"),
        ({"tokens": [["a"]], "ner_tags": [[0]]}, r"row 0: the tag 0 has no name"),
        ({"tokens": [["a"], ["b"]], "ner_tags": [["O"], ["PER"]]}, r"row 1: tag 'PER' has no known scheme"),
        ({"tokens": [["a", "b"]], "ner_tags": [["O"]]}, r"row 0: 2 words but 1 tags"),
        ({"tokens": [[1]], "ner_tags": [["O"]]}, r"'tokens' is List.*; expected lists of strings"),
        ({"tokens": [["a", ""]], "ner_tags": [["O", "O"]]}, r"row 0: word 1 is empty"),
        ({"tokens": [[]], "ner_tags": [[]]}, r"train split: no sentence"),
        ({"tokens": ["a"], "ner_tags": ["O"]}, r"'tokens' is Value.*; expected lists of strings"),
    ],
)
def test_an_unsuitable_data_set_is_refused(tmp_path: Path, rows: dict, message: str):
    DatasetDict({"train": Dataset.from_dict(rows)}).save_to_disk(tmp_path / "saved")
    with pytest.raises(InputError, match=message):
        load(str(tmp_path / "saved"), "train")


def test_a_missing_split_is_refused(tmp_path: Path):
    DatasetDict({"train": dataset("train")}).save_to_disk(tmp_path / "saved")
    with pytest.raises(InputError, match=r"no test split; it has train, expected test\|testb"):
        load(str(tmp_path / "saved"), "test")


def test_a_single_saved_data_set_is_the_split(tmp_path: Path):
    dataset("validation").save_to_disk(tmp_path / "single")
    assert plain(load(str(tmp_path / "single"), "train")) == READ["validation"]
    assert holds_one_split(str(tmp_path / "single"))
    Dataset.from_dict({"words": [["a"]]}).save_to_disk(tmp_path / "other")
    with pytest.raises(InputError, match=r"other: no column 'tokens'; expected .* it has words"):
        load(str(tmp_path / "other"), "train")


def test_broken_parquet_is_reported_in_one_line(tmp_path: Path):
    write_parquet(tmp_path / "corpus")
    (tmp_path / "corpus" / "train" / "0000.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(InputError, match=r"corpus .* cannot be read") as caught:
        load(str(tmp_path / "corpus"), "train")
    assert "\n" not in str(caught.value)


class Hub(BaseHTTPRequestHandler):
    """The requests that `datasets` makes for a data set: its revision, its tree, and its files.

    `files/<repository>/<commit>/` holds the files of each commit.
    """

    files: Path
    asked: list[str]

    def do_GET(self) -> None:
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        self.asked.append(f"{self.command} {path}")
        status, body = self.answer(path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", SCRIPT_COMMIT if SCRIPT_COMMIT in path else COMMIT)
        self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
        if status == 404:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def answer(self, path: str) -> tuple[int, bytes]:
        for revision, commit in REVISIONS.items():
            path = path.replace(f"/{revision}", f"/{commit}")
        kind, name, action, commit, inside = (*path.removeprefix("/api").split("/", 6)[2:], "", "", "", "", "")[:5]
        target = self.files / kind / name / commit / inside
        if path.startswith("/api") and action in ("", "revision"):
            exists = (self.files / kind / name).is_dir()
            answer = {"id": f"{kind}/{name}", "sha": commit or SCRIPT_COMMIT, "siblings": []}
            return (200, json.dumps(answer).encode()) if exists else (404, b"")
        if action == "tree" and target.is_dir():
            entries = target.rglob("*") if "recursive=true" in self.path.lower() else target.iterdir()
            return 200, json.dumps([self.entry(file, commit) for file in sorted(entries)]).encode()
        if action == "resolve" and target.is_file():
            return 200, target.read_bytes()
        return 404, b""

    def entry(self, file: Path, commit: str) -> dict[str, str | int]:
        path = file.as_posix().split(f"/{commit}/", 1)[1]
        kind = "directory" if file.is_dir() else "file"
        return {"type": kind, "path": path, "size": file.stat().st_size, "oid": hashlib.sha1(path.encode()).hexdigest()}

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    files = tmp_path / "files"
    write_parquet(files / "eriktks" / "conll2003" / COMMIT / "conll2003")
    for language in ("hau", "yor"):
        write_parquet(files / "owner" / "several" / COMMIT / language)
    (files / "owner" / "several" / SCRIPT_COMMIT).mkdir()
    (files / "owner" / "several" / SCRIPT_COMMIT / "several.py").write_text("raise SystemExit('a script was run')")
    write_parquet(files / "owner" / "plain" / SCRIPT_COMMIT / "data")
    Hub.files, Hub.asked = files, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


CLIENT = """
import json, sys
from liap.corpora import load
from liap.errors import InputError
answers = []
for corpus, split in json.loads(sys.argv[1]):
    try:
        answers.append([[s.index, s.document, s.words, s.tags] for s in load(corpus, split)])
    except InputError as error:
        answers.append(str(error))
print(json.dumps(answers))
"""


def ask(server: ThreadingHTTPServer, home: Path, *questions: tuple[str, str]) -> list:
    """What a fresh process with that hub and cache reads for each (corpus, split): rows, or an error's line."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(home), "NO_PROXY": "*"}
    command = [sys.executable, "-W", "error", "-c", CLIENT, json.dumps(questions)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_hub_is_read_and_later_its_cache_is_enough(hub: ThreadingHTTPServer, tmp_path: Path):
    expected = json.loads(json.dumps(READ))
    questions = [
        ("eriktks/conll2003", "train"),
        ("conll2003", "dev"),
        ("conll2003:conll2003", "test"),
        ("owner/several:yor", "test"),
        ("owner/plain", "train"),
        ("owner/several", "test"),
        ("owner/several:xyz", "test"),
        ("owner/nothing", "test"),
    ]
    *read, unnamed, unknown, nothing = ask(hub, tmp_path / "home", *questions)
    assert read == [expected["train"], *(expected[s] for s in ("validation", "test", "test", "train"))]
    assert "expected one of its configurations, such as owner/several:hau; it has hau, yor" in unnamed
    assert "expected one of its configurations" in unknown
    assert nothing.startswith("corpus 'owner/nothing' cannot be read") and "\n" not in nothing
    assert any(f"resolve/{COMMIT}/conll2003/train/0000.parquet" in line for line in Hub.asked)

    hub.shutdown()
    hub.server_close()
    questions = [("conll2003", "train"), ("owner/plain", "train")]
    absent = [("owner/several:hau", "test"), ("owner/several", "test"), ("owner/new", "test")]
    answers = ask(hub, tmp_path / "home", *questions, *absent)
    assert answers[:2] == [expected["train"], expected["train"]]
    for line in answers[2:]:
        assert "cannot be reached" in line and "--model, --corpus, --parser and --srl-archive" in line
