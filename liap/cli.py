"""How a script runs: its settings from constants and flags, and its errors as one line. Only scripts import this module.

    def main() -> None:
        from liap.settings import AnalysisSettings

        settings = cli.settings(__file__, AnalysisSettings)
        ...

    if __name__ == "__main__":
        cli.run(main)

A script imports this module alone at its top, and everything else in its functions: an interrupt is then one line from the start,
and `--help` answers at once.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from liap.errors import FULL_DISK, InputError
from liap.openmp import wait_briefly
from liap.terminal import Terminal

LEAST_ADDRESS_SPACE = 2**31  # bytes that PyTorch may map
WITH_MODELS = ("PIECES_PER_BATCH", "BATCH")  # constants of scripts that load it
LOWER = ("PIECES_PER_BATCH", "CHUNK", "BATCH", "LIME_SAMPLES", "RESAMPLES", "WORKERS")  # takes memory, most first
NO_MEMORY = re.compile(
    r"out of memory|not enough memory|can't allocate memory|cannot allocate memory|bad_alloc|unable to mmap"
    r"|failed to map segment|can't start new thread|unable to allocate",
    re.IGNORECASE,
)
UNUSABLE = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EIO,
)  # fmt: skip

Kind = TypeVar("Kind")


def settings(script: str | Path, kind: type[Kind], arguments: list[str] | None = None) -> Kind:
    """The script's settings: its constants, overridden by the flags on the command line; see `liap.flags`."""
    from liap import flags  # here, so that a script interrupts quietly while numpy is imported

    return flags.settings(script, kind, arguments)


def _end_imports_quietly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An interrupt while `run` ends is one line as well; then Python ends as the signal asks."""
    with contextlib.redirect_stderr(_shown(sys.stderr, redraws=True)):
        if issubclass(kind, KeyboardInterrupt):
            print(f"{Path(sys.argv[0]).name}: interrupted.", file=sys.stderr)
        else:
            sys.__excepthook__(kind, error, trace)


def _shown(stream: Any, *, redraws: bool = False) -> Any:
    """The stream as a `Terminal`; None where the process was started without one."""
    if isinstance(stream, io.TextIOWrapper):  # the terminal's encoding may lack characters of a corpus's words
        stream.reconfigure(errors="backslashreplace")
    return stream if stream is None or isinstance(stream, Terminal) else Terminal(stream, redraws=redraws)


def quiet_start() -> None:
    """What a script does to its process before anything heavy is imported: interrupts and libraries stay quiet, threads wait briefly."""
    sys.excepthook = _end_imports_quietly
    wait_briefly()
    quiet_libraries()


def run(main: Callable[[], None], how_to_go_on: str = "", *, several: bool = False) -> None:
    """Run a script's main. Errors that the user can mend end it with one line and status 2, an interrupt with status 130.

    `how_to_go_on` follows on that line. Where the script may be started as `several` processes, only the first prints.
    """
    quiet_start()
    if several:
        from liap.processes import speaking_once

        speaking_once(lambda: _run(main, how_to_go_on))
    else:
        _run(main, how_to_go_on)


def _run(main: Callable[[], None], how_to_go_on: str) -> None:
    with (
        contextlib.redirect_stdout(_shown(sys.stdout)),
        contextlib.redirect_stderr(_shown(sys.stderr, redraws=True)),
    ):
        try:
            if any(name in main.__globals__ for name in WITH_MODELS):
                _check_address_space()
            main()
            _flush()
        except InputError as error:
            _end(f"error: {error}", 2)
        except KeyboardInterrupt:
            _end(f"interrupted. {how_to_go_on}".strip(), 130)
        except Exception as error:
            mend = _memory_to_save(error, main.__globals__) or _how_to_mend(error)
            if not mend:
                raise
            _end(f"error: {mend}. {how_to_go_on}".strip(), 2)
        finally:
            with contextlib.suppress(OSError):  # an error of the output has been said
                _flush()


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _memory_to_save(error: BaseException | None, constants: Mapping[str, object]) -> str:
    """What to lower where memory ran out, of the script's own flags; empty for other errors."""
    while error is not None:
        said = isinstance(error, RuntimeError | ImportError | OSError) and NO_MEMORY.search(str(error))
        if isinstance(error, MemoryError) or said or (isinstance(error, SystemError) and _address_space() is not None):
            flags = [f"--{name.lower().replace('_', '-')}" for name in LOWER if name in constants][:2]
            return f"memory ran out; lower {' or '.join(flags) or 'the amount of data'}, or give the process more"
        error = error.__cause__ or error.__context__
    return ""


def _address_space() -> int | None:
    """The bytes of memory that the process may map; None without a limit. Under one, C code that cannot get any fails without saying why."""
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def _check_address_space() -> None:
    """InputError where PyTorch cannot even start: its own threads would end the process without a word."""
    limit = _address_space()
    if limit is not None and limit < LEAST_ADDRESS_SPACE and not {"-h", "--help"} & set(sys.argv):
        raise InputError(
            f"the process may map only {limit / 2**30:.1f} GiB of memory (ulimit -v), and PyTorch needs {LEAST_ADDRESS_SPACE / 2**30:.0f} GiB to start; give it more"
        )


def _how_to_mend(error: Exception) -> str:
    """What the user can do about an error of the file system; empty for all other errors."""
    where = ""
    if isinstance(error, OSError):
        number = error.errno
        where = f" ({str(error.filename)[:200]})" if error.filename else ""
    else:  # libraries written in Rust have no errno, but end their message with it
        match = re.search(r"\(os error (\d+)\)", str(error))
        number = int(match[1]) if match else None
    if number in FULL_DISK:
        return f"{os.strerror(number)}{where}; make room or choose another folder"
    if number in UNUSABLE:
        return f"{os.strerror(number)}{where}; choose another file or folder"
    return ""


def _end(line: str, status: int) -> None:
    """Print the script's last line and exit; a second interrupt is ignored, so that it cannot spoil the line."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    _close_bars()
    print(f"{Path(sys.argv[0]).name}: {line}", file=sys.stderr)
    sys.exit(status)


def _close_bars() -> None:
    """End the line of each progress bar that an error left open, so that the last line stands alone."""
    bars = getattr(sys.modules.get("tqdm.std"), "tqdm", None)
    for bar in list(getattr(bars, "_instances", ())):
        made = hasattr(bar, "start_t")  # a bar that was interrupted while it was made may be shown all the same
        with contextlib.suppress(AttributeError):
            bar.close()
        if not made:
            print(file=sys.stderr)


def quiet_libraries() -> None:
    """Keep model libraries' reports and bars out of the script's own output."""
    import logging

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ["MPLBACKEND"] = "agg"  # figures need no window, and matplotlib refuses to load with an unknown name here
    for name in ("transformers", "datasets", "huggingface_hub"):
        logging.getLogger(name).setLevel(logging.ERROR)
