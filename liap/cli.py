"""From the constants at the top of a script to its flags, and from its errors to one line.

A script lists its settings as constants, one a line, each with a comment that says what it is and in what unit:

    EPOCHS = 5  # passes over the training split

`settings(__file__)` makes a flag of each (`--epochs`, default 5, the comment as its help) and returns what the shell gave.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import errno
import io
import os
import re
import signal
import sys
import threading
import tokenize
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from liap.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT)
UNUSABLE = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EIO,
)  # fmt: skip

Setting = str | int | float | bool | tuple[str, ...]


def constants(script: str | Path) -> dict[str, tuple[Setting, str]]:
    """Name -> (default, comment) of the script's top-level constants, in the order of the file."""
    with tokenize.open(script) as source:
        text = source.read()
        source.seek(0)
        comments = {
            token.start[0]: token.string.lstrip("# ")
            for token in tokenize.generate_tokens(source.readline)
            if token.type == tokenize.COMMENT
        }
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            assert node.end_lineno in comments, f"{script}:{node.lineno}: a constant without a comment"
            found[node.targets[0].id] = (ast.literal_eval(node.value), comments[node.end_lineno])
    return found


def settings(script: str | Path, arguments: list[str] | None = None) -> argparse.Namespace:
    """The script's settings: its constants, overridden by the flags on the command line."""
    docstring = ast.get_docstring(ast.parse(Path(script).read_text(encoding="utf-8")))
    parser = argparse.ArgumentParser(
        prog=Path(script).name, description=docstring, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, (default, comment) in constants(script).items():
        flag = "--" + name.lower().replace("_", "-")
        text = f"{comment} (default: {_shown(default)})".replace("%", "%%")
        if isinstance(default, bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default, help=text)
        elif isinstance(default, tuple):
            parser.add_argument(flag, nargs="*", type=str, default=default, help=text, metavar="NAME")
        else:
            parser.add_argument(flag, type=type(default), default=default, help=text, metavar=type(default).__name__)
    given = parser.parse_args(arguments)
    for name, value in vars(given).items():
        if isinstance(value, list):
            setattr(given, name, tuple(value))
    return given


def _shown(default: Setting) -> str:
    if isinstance(default, tuple):
        return " ".join(default) or "none"
    return str(default) if default != "" else "none"


def _end_imports_quietly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An interrupt before `run`, while a script imports, is one line as well; then Python ends as the signal asks."""
    if issubclass(kind, KeyboardInterrupt):
        print(f"{Path(sys.argv[0]).name}: interrupted.", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _end_imports_quietly


def run(main: Callable[[], None], how_to_go_on: str = "") -> None:
    """Run a script's main; what the user can mend ends in one line and exit status 2, an interrupt in status 130."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a corpus's words may be more than the terminal's encoding holds
            stream.reconfigure(errors="backslashreplace")
    try:
        main()
    except InputError as error:
        _end(f"error: {error}", 2)
    except KeyboardInterrupt:
        _end(f"interrupted. {how_to_go_on}".strip(), 130)
    except Exception as error:
        mend = _how_to_mend(error)
        if not mend:
            raise
        _end(f"error: {mend}. {how_to_go_on}".strip(), 2)


def _how_to_mend(error: Exception) -> str:
    """What the user can do about an error of the file system; nothing for any other."""
    where = ""
    if isinstance(error, OSError):
        number = error.errno
        where = f" ({str(error.filename)[:200]})" if error.filename else ""
    else:  # libraries written in Rust know no errno, but say it at the end of their message
        match = re.search(r"\(os error (\d+)\)", str(error))
        number = int(match[1]) if match else None
    if number in FULL:
        return f"{os.strerror(number)}{where}; make room or choose another folder"
    if number in UNUSABLE:
        return f"{os.strerror(number)}{where}; choose another file or folder"
    return ""


def _end(line: str, status: int) -> None:
    """The script's last line and its exit status; a second interrupt comes too late to spoil them."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    _close_bars()
    print(f"{Path(sys.argv[0]).name}: {line}", file=sys.stderr)
    sys.exit(status)


def _close_bars() -> None:
    """End the line of each progress bar that an error left open, so that the last line stands alone."""
    bars = getattr(sys.modules.get("tqdm.std"), "tqdm", None)
    for bar in list(getattr(bars, "_instances", ())):
        made = hasattr(bar, "start_t")  # else it was interrupted while it was made, but may be shown
        with contextlib.suppress(AttributeError):
            bar.close()
        if not made:
            print(file=sys.stderr)


def quiet_libraries() -> None:
    """Keep model libraries' reports and bars out of the script's own output."""
    import logging
    import os

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    for name in ("transformers", "datasets", "huggingface_hub"):
        logging.getLogger(name).setLevel(logging.ERROR)
