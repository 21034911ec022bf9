"""A supervised process that answers lines of JSON with lines of JSON: a message and a time limit -> an answer.

1. Messages go to its standard input, and answers come from its standard output, both numbered. An answer to another message,
   any other line, silence beyond the limit and the end of the process are faults. What it wrote last is read first.
2. Neither pipe blocks, so a process that does not read cannot block the one that writes.
3. Its standard error goes to an unnamed file, whose last words explain a fault.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST_ANSWER = 2**26  # bytes
READ_AT_ONCE = 2**16  # bytes
LOG_SHOWN = 300  # characters
END_WITHIN = 2.0  # seconds in which a process must end after closing its pipe


class WorkerFault(Exception):
    """The process failed to answer. The message completes a sentence that starts with "the worker"."""


class WorkerProcess:
    """A running process. Call `close`, or use it in a `with` statement."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `close`)
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=environment, bufsize=0
            )
        except BaseException:
            self._log.close()
            raise
        self._unread = bytearray()
        self._messages = 0
        for pipe in (self._process.stdin, self._process.stdout):
            os.set_blocking(pipe.fileno(), False)

    @property
    def process_id(self) -> int:
        return self._process.pid

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def exchange(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to a message. WorkerFault if there is none within this many seconds."""
        self._messages += 1
        unsent = memoryview(json.dumps({**message, "id": self._messages}).encode() + b"\n")
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            selector.register(self._process.stdin, selectors.EVENT_WRITE)
            while b"\n" not in self._unread:
                left = deadline - time.monotonic()
                ready = {key.fileobj for key, _ in selector.select(max(left, 0.0))}
                if left <= 0:
                    raise WorkerFault(f"gave no answer in {seconds:.0f} seconds")
                if self._process.stdin in ready:
                    unsent = self._send(unsent)
                    if not unsent:
                        selector.unregister(self._process.stdin)
                if self._process.stdout in ready:
                    self._receive()
        line, _, rest = self._unread.partition(b"\n")
        self._unread = rest
        return self._answer(bytes(line))

    def log_end(self) -> str:
        """The end of the process's standard error, as one line."""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 4 * LOG_SHOWN))
        return " ".join(self._log.read().decode("utf-8", "replace").split())[-LOG_SHOWN:]

    def close(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self._log.close()

    def _send(self, unsent: memoryview) -> memoryview:
        try:
            return unsent[os.write(self._process.stdin.fileno(), unsent[:READ_AT_ONCE]) :]
        except BlockingIOError:
            return unsent
        except BrokenPipeError:  # what the process wrote before it stopped reading says more than this does
            return unsent[:0]

    def _receive(self) -> None:
        try:
            block = os.read(self._process.stdout.fileno(), READ_AT_ONCE)
        except BlockingIOError:
            return
        if not block:
            raise WorkerFault(self._end())
        self._unread += block
        if len(self._unread) > LONGEST_ANSWER:
            raise WorkerFault(f"wrote a line of over {LONGEST_ANSWER} bytes")

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or answer.get("id") != self._messages:
            shown = line[:80].decode("utf-8", "replace")
            raise WorkerFault(f"wrote {shown!r} where an answer was expected")
        return answer

    def _end(self) -> str:
        try:
            status = self._process.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            return "closed its pipes"
        if status < 0:
            return f"was killed by signal {-status} ({signal.strsignal(-status)})"
        return f"ended with status {status}"
