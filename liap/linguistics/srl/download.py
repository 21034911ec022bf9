"""Where the role labeller's archive is; it is downloaded at most once.

In: a path, an address, or nothing (the published AllenNLP archive). Out: a path on this machine.

1. A downloaded archive is used without asking the server.
2. Otherwise the server must answer within ten seconds. The bytes go to a `.part` file beside the target. Its lock makes a
   second process wait for the first. A part left by an interrupted run is started over.
3. The file gets its name only if its length and MD5 digest match what the server reports: `Content-Length`, and `x-goog-hash`,
   `Content-MD5` or Google's ETag of 32 hex digits, which is the digest. What the server does not report is not checked.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import os
import queue
import re
import threading
import urllib.request
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from tqdm import tqdm

from liap.errors import InputError

PUBLISHED = "https://storage.googleapis.com/allennlp-public-models/structured-prediction-srl-bert.2020.12.15.tar.gz"
DEFAULT_FOLDER = Path("~/.cache/liap")  # of downloads, if there is no other cache
ANSWER_WITHIN = 8.0  # seconds
MEND = "give --srl-archive the path of a downloaded archive, or use --srl none"
READ_AT_ONCE = 2**18  # bytes


def find_archive(archive: str, *, cache: Path | None = None, progress: bool = False) -> Path:
    """The archive's path. An address is downloaded to the cache's folder, unless it is there already."""
    if archive and not archive.startswith(("http://", "https://")):
        return Path(archive).expanduser()
    address = archive or PUBLISHED
    name = PurePosixPath(unquote(urlsplit(address).path)).name
    if not name:
        raise InputError(f"{address} does not name a file; {MEND}")
    # Other addresses may have other files of the same name.
    digest = hashlib.blake2b(address.encode(), digest_size=6).hexdigest()
    target = (cache or DEFAULT_FOLDER.expanduser()) / "downloads" / digest / name
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(address, target, progress=progress)
    return target


def _download(address: str, target: Path, *, progress: bool) -> None:
    part = target.with_name(target.name + ".part")
    with part.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if target.is_file():  # another process has fetched it meanwhile
            return
        file.truncate(0)
        try:
            with _open(address) as response:
                _check(address, response.headers, *_copy(response, file, progress))
            file.flush()
            os.fsync(file.fileno())
            os.replace(part, target)
        except (OSError, HTTPException) as error:
            if isinstance(error, OSError) and error.filename is not None:
                raise  # an error of the disk, not of the network
            raise InputError(
                f"the download of {address} was interrupted ({_reason(error)}); try again, or {MEND}"
            ) from error
        finally:
            part.unlink(missing_ok=True)


def _open(address: str) -> HTTPResponse:
    """The server's answer, or InputError within ten seconds. The deadline covers the name look-up too."""
    answers: queue.SimpleQueue[HTTPResponse | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(address, timeout=ANSWER_WITHIN))
        except Exception as error:  # for the caller's thread
            answers.put(error)

    # A daemon: a name look-up that hangs cannot be interrupted, and must not keep the process alive.
    threading.Thread(target=ask, name="archive-download", daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_WITHIN)
    except queue.Empty:
        answer = TimeoutError(f"no answer in {ANSWER_WITHIN:.0f} seconds")
    if isinstance(answer, Exception):
        raise InputError(
            f"the role labeller's archive {address} cannot be fetched ({_reason(answer)}); {MEND}"
        ) from answer
    return answer


def _copy(response: HTTPResponse, file: BinaryIO, progress: bool) -> tuple[int, str]:
    """Copy the response; its length in bytes and its MD5 digest."""
    digest, length = hashlib.md5(usedforsecurity=False), 0
    total = _length(response.headers)
    with tqdm(
        total=total, desc="downloading", unit="B", unit_scale=True, unit_divisor=1024, disable=not progress
    ) as bar:
        while block := response.read(READ_AT_ONCE):
            file.write(block)
            digest.update(block)
            length += len(block)
            bar.update(len(block))
    return length, digest.hexdigest()


def _check(address: str, headers: Message, length: int, digest: str) -> None:
    expected_length, expected_digest = _length(headers), _md5(headers)
    if expected_length is not None and length != expected_length:
        raise InputError(f"{address} was cut short: {length} bytes of {expected_length}; try again, or {MEND}")
    if expected_digest is not None and digest != expected_digest:
        raise InputError(
            f"{address} arrived damaged: MD5 {digest}, the server says {expected_digest}; try again, or {MEND}"
        )


def _length(headers: Message) -> int | None:
    length = headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _md5(headers: Message) -> str | None:
    """The MD5 digest that the server reports for the file, in hex."""
    hashes = [item.strip() for line in headers.get_all("x-goog-hash", []) for item in line.split(",")]
    encoded = [item.removeprefix("md5=") for item in hashes if item.startswith("md5=")] + headers.get_all(
        "Content-MD5", []
    )
    for item in encoded:
        try:
            return base64.b64decode(item, validate=True).hex()
        except binascii.Error:
            continue
    tag = headers.get("ETag", "").strip('"')
    from_google = any(name.lower().startswith("x-goog-") for name in headers)
    return tag.lower() if from_google and re.fullmatch("[0-9a-fA-F]{32}", tag) else None


def _reason(error: Exception) -> str:
    return " ".join(str(getattr(error, "reason", None) or error).split()) or type(error).__name__
