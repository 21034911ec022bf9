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
    """A local server. The test decides its headers and how much of the body it sends."""

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
                with contextlib.suppress(ConnectionError):  # the client may have closed the connection
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


HEADERS = [
    {},
    {"x-goog-hash": f"crc32c=AAAAAA==,md5={base64.b64encode(MD5.digest()).decode()}"},
    {"Content-MD5": base64.b64encode(MD5.digest()).decode()},
    {"ETag": f'"{MD5.hexdigest()}"', "x-goog-generation": "1"},
    {"ETag": '"not-a-digest"', "x-goog-generation": "1"},
    {"ETag": f'"{"0" * 32}"'},  # from a server that does not explain its tags
    {"x-goog-hash": "md5=!!!"},
]


@pytest.mark.parametrize("headers", HEADERS)
def test_a_complete_file_is_fetched_once(server, tmp_path, headers):
    server.headers |= headers
    path = find_archive(server.address, cache=tmp_path, progress=bool(headers))
    assert path.name == "srl.tar.gz" and path.read_bytes() == BODY
    assert find_archive(server.address, cache=tmp_path) == path and server.requests == 1
    assert files(tmp_path) == [path]
    assert find_archive(server.address + "&y", cache=tmp_path) != path


def test_without_a_length_everything_received_is_kept(server, tmp_path):
    del server.headers["Content-Length"]
    assert find_archive(server.address, cache=tmp_path).read_bytes() == BODY


@pytest.mark.parametrize(
    "headers",
    [
        {"x-goog-hash": f"md5={base64.b64encode(bytes(16)).decode()}"},
        {"Content-MD5": base64.b64encode(bytes(16)).decode()},
        {"ETag": f'"{"0" * 32}"', "x-goog-stored-content-length": "1"},
    ],
)
def test_a_digest_other_than_the_servers_is_refused(server, tmp_path, headers):
    server.headers |= headers
    with pytest.raises(InputError, match=r"arrived damaged.*--srl-archive.*--srl none"):
        find_archive(server.address, cache=tmp_path)
    assert files(tmp_path) == []


def test_a_truncated_file_is_refused_and_the_next_try_starts_over(server, tmp_path):
    server.sent = 1000
    with pytest.raises(InputError, match=r"1000 bytes of 1024000; try again.*--srl none"):
        find_archive(server.address, cache=tmp_path)
    assert files(tmp_path) == []
    server.sent = len(BODY)
    target = find_archive(server.address, cache=tmp_path)
    target.rename(target.with_name(target.name + ".part"))  # as left by a killed run, with more bytes than the file
    target.with_name(target.name + ".part").write_bytes(BODY * 2)
    assert find_archive(server.address, cache=tmp_path).read_bytes() == BODY
    assert files(tmp_path) == [target]


def test_two_processes_fetch_it_once(server, tmp_path):
    server.wait = 0.2
    paths = []
    seekers = [
        threading.Thread(target=lambda: paths.append(find_archive(server.address, cache=tmp_path))) for _ in range(3)
    ]
    for seeker in seekers:
        seeker.start()
    for seeker in seekers:
        seeker.join()
    assert len(paths) == 3 and server.requests == 1 and paths[0].read_bytes() == BODY


def test_a_refusal_is_reported(server, tmp_path):
    server.status = 404
    with pytest.raises(InputError, match=r"cannot be fetched.*Not Found.*--srl-archive.*--srl none"):
        find_archive(server.address, cache=tmp_path)
    assert files(tmp_path) == []


def test_a_server_that_does_not_answer_is_abandoned_within_ten_seconds(server, tmp_path, monkeypatch):
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
    with pytest.raises(InputError, match="does not name a file"):
        find_archive("https://example.org/")
