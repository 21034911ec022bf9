import base64
import contextlib
import hashlib
import http.server
import threading
import time
from pathlib import Path

import pytest

from liap.errors import InputError
from liap.linguistics.srl import download
from liap.linguistics.srl.download import find_archive

BODY = bytes(range(256)) * 4000
MD5 = hashlib.md5(BODY)


class Server:
    """A local server whose answer the test decides: headers, and how much of the body comes."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {"Content-Length": str(len(BODY))}
        self.sent, self.status, self.requests, self.wait = len(BODY), 200, 0, 0.0
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.requests += 1
                time.sleep(owner.wait)
                self.send_response(owner.status)
                for name, value in owner.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # the client may have given up
                    self.wfile.write(BODY[: owner.sent])

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/models/srl.tar.gz?x=1"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


SAID = [
    {},
    {"x-goog-hash": f"crc32c=AAAAAA==,md5={base64.b64encode(MD5.digest()).decode()}"},
    {"Content-MD5": base64.b64encode(MD5.digest()).decode()},
    {"ETag": f'"{MD5.hexdigest()}"', "x-goog-generation": "1"},
    {"ETag": '"not-a-digest"', "x-goog-generation": "1"},
    {"ETag": f'"{"0" * 32}"'},  # of a server that does not say what its tags are
    {"x-goog-hash": "md5=!!!"},
]


@pytest.mark.parametrize("said", SAID)
def test_a_whole_file_is_fetched_once(server, tmp_path, said):
    server.headers |= said
    path = find_archive(server.address, cache=tmp_path, progress=bool(said))
    assert path.name == "srl.tar.gz" and path.read_bytes() == BODY
    assert find_archive(server.address, cache=tmp_path) == path and server.requests == 1
    assert files(tmp_path) == [path]
    assert find_archive(server.address + "&y", cache=tmp_path) != path


def test_without_a_length_all_that_comes_is_taken(server, tmp_path):
    del server.headers["Content-Length"]
    assert find_archive(server.address, cache=tmp_path).read_bytes() == BODY


@pytest.mark.parametrize(
    "said",
    [
        {"x-goog-hash": f"md5={base64.b64encode(bytes(16)).decode()}"},
        {"Content-MD5": base64.b64encode(bytes(16)).decode()},
        {"ETag": f'"{"0" * 32}"', "x-goog-stored-content-length": "1"},
    ],
)
def test_another_digest_than_the_servers_is_no_archive(server, tmp_path, said):
    server.headers |= said
    with pytest.raises(InputError, match=r"arrived damaged.*--srl-archive.*--srl none"):
        find_archive(server.address, cache=tmp_path)
    assert files(tmp_path) == []


def test_a_file_cut_short_is_no_archive_and_the_next_try_starts_over(server, tmp_path):
    server.sent = 1000
    with pytest.raises(InputError, match=r"1000 bytes of 1024000; try again.*--srl none"):
        find_archive(server.address, cache=tmp_path)
    assert files(tmp_path) == []
    server.sent = len(BODY)
    target = find_archive(server.address, cache=tmp_path)
    target.rename(target.with_name(target.name + ".part"))  # as a killed run leaves it, with more than the file's bytes
    target.with_name(target.name + ".part").write_bytes(BODY * 2)
    assert find_archive(server.address, cache=tmp_path).read_bytes() == BODY
    assert files(tmp_path) == [target]


def test_two_at_once_fetch_it_once(server, tmp_path):
    server.wait = 0.2
    found = []
    seekers = [
        threading.Thread(target=lambda: found.append(find_archive(server.address, cache=tmp_path))) for _ in range(3)
    ]
    for seeker in seekers:
        seeker.start()
    for seeker in seekers:
        seeker.join()
    assert len(found) == 3 and server.requests == 1 and found[0].read_bytes() == BODY


def test_a_refusal_is_said(server, tmp_path):
    server.status = 404
    with pytest.raises(InputError, match=r"cannot be fetched.*Not Found.*--srl-archive.*--srl none"):
        find_archive(server.address, cache=tmp_path)
    assert files(tmp_path) == []


def test_a_server_that_does_not_answer_is_given_up_within_ten_seconds(server, tmp_path, monkeypatch):
    assert download.ANSWER_WITHIN < 10
    monkeypatch.setattr(download, "ANSWER_WITHIN", 0.3)
    server.wait = 1.0
    with pytest.raises(InputError, match=r"cannot be fetched.*--srl-archive.*--srl none"):
        find_archive(server.address, cache=tmp_path)


def test_the_published_archive_is_the_default(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(download, "_download", lambda address, target, progress: asked.append((address, target.name)))
    find_archive("", cache=tmp_path)
    name = "structured-prediction-srl-bert.2020.12.15.tar.gz"
    assert asked == [(f"https://storage.googleapis.com/allennlp-public-models/{name}", name)]


def test_a_path_is_a_path():
    assert find_archive("some/model.tar.gz") == Path("some/model.tar.gz")
    with pytest.raises(InputError, match="names no file"):
        find_archive("https://example.org/")
