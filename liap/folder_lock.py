"""A results folder belongs to one run at a time: an operating-system lock that ends with its process.

The lock is `flock` on a file `.lock` in the folder, which also names the host and process that hold it. It needs no cleaning up:
a process that is killed lets go of it. On Linux it works over NFS too; where a file system has no locks, the run says so and goes on.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import sys
from pathlib import Path

from liap.errors import FULL_DISK, InputError, first_line, quoted

NAME = ".lock"
FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
HELD = (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK)
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class FolderLock:
    """Held from `acquire` until `release`, or until the process ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._descriptor: int | None = None
        self._made: list[Path] = []  # folders

    def acquire(self) -> None:
        """InputError, naming the holder, where another run has the folder, or where it cannot be written to."""
        if self._descriptor is not None:
            return
        folder = self._path.parent
        try:
            self._made = [path for path in (folder, *folder.parents) if not path.exists()]
            folder.mkdir(parents=True, exist_ok=True)
            self._lock()
        except OSError as error:
            if error.errno in FULL_DISK:
                raise
            raise InputError(
                f"{folder}: no file can be written there ({first_line(error)}); choose another --results"
            ) from error

    def _lock(self) -> None:
        while self._descriptor is None:
            descriptor = os.open(self._path, FLAGS, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                said = os.read(descriptor, 1000)
                os.close(descriptor)
                self._explain(error, said)
                return
            if _has_name(descriptor, self._path):  # else its last holder removed it between opening and locking
                self._descriptor = descriptor
            else:
                os.close(descriptor)
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, json.dumps({"host": socket.gethostname(), "process": os.getpid()}).encode())

    def _explain(self, error: OSError, said: bytes) -> None:
        """InputError where the folder is taken; a line where its file system has no locks."""
        folder = self._path.parent
        if error.errno in HELD:
            raise InputError(
                f"{folder} is in use by {_holder(said)}; wait until that run ends, or choose another --results"
            ) from None
        if error.errno not in NO_LOCKS:
            raise error
        reason = os.strerror(error.errno)
        print(f"{folder}: this file system has no locks ({reason}); start no second run there", file=sys.stderr)

    def release(self) -> None:
        """Let go of the folder; the lock's file goes too, and so does the folder if it was made here and is empty."""
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None
            with contextlib.suppress(OSError):
                for folder in self._made:
                    folder.rmdir()

    def __del__(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


def _holder(said: bytes) -> str:
    """Who holds the lock, as far as its file says."""
    try:
        record = json.loads(said)
        return f"process {int(record['process'])} on {quoted(record['host'])}"
    except (ValueError, KeyError, TypeError):
        return "another run"


def _has_name(descriptor: int, path: Path) -> bool:
    """Whether the open file still has its name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
