"""Text for a terminal: words of a corpus cannot move its cursor, and a reader that goes away does not stop the run.

A corpus's words, a recogniser's labels, file names and records may hold any character. Scripts print through `Terminal`, the one
place where control and direction characters become escapes.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import Any

from liap.errors import printable

GONE = (errno.EPIPE, errno.ESHUTDOWN, errno.ECONNRESET)


class Terminal(io.TextIOBase):
    """A script's standard output or error: escapes what is written, and falls silent once nobody reads it any more.

    Line breaks and tabs pass. `redraws` also lets a text begin with a carriage return, as those of progress bars do.
    """

    def __init__(self, stream: Any, *, redraws: bool = False) -> None:
        self._stream, self._starts, self._silent = stream, ("\r",) if redraws else (), False

    def write(self, text: str) -> int:
        start = "\r" if text.startswith(self._starts) else ""
        lines = (
            "\t".join(printable(part) for part in line.split("\t")) for line in text.removeprefix(start).split("\n")
        )
        self._try(self._stream.write, start + "\n".join(lines))
        return len(text)

    def styled(self, text: str) -> None:
        """Write a text of the project's own, whose colours pass; the words in it have been escaped before."""
        self._try(self._stream.write, text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, call: Any, *arguments: str) -> None:
        """Call the stream. After an error nothing more is written; one that means "no reader" is no error of the run's."""
        if self._silent:
            return
        try:
            call(*arguments)
        except OSError as error:
            self._silent = True
            with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), self._stream.fileno())  # Python flushes the stream once more when it ends
            if error.errno not in GONE:
                raise

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:
        return self._stream.encoding

    @property
    def errors(self) -> str | None:
        return self._stream.errors

    @property
    def buffer(self) -> Any:
        """The bytes below, which some libraries write to."""
        return self._stream.buffer


def print_styled(text: str) -> None:
    """Print a text of the project's own, whose colours pass."""
    getattr(sys.stdout, "styled", sys.stdout.write)(text + "\n")
