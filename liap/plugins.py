"""Explainers and metrics by name: the project's own, or a function in a user's file, as `mine.py:nearness`."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from liap.errors import InputError, first_line

MODULE_PREFIX = "_liap_"  # of the names under which users' files are modules

Declared = TypeVar("Declared")
Value = TypeVar("Value")


def from_file(
    flag: str,
    names: tuple[str, ...],
    known: Mapping[str, Declared],
    kind: type[Declared],
    declare: Callable[..., Declared],
) -> tuple[Declared, ...]:
    """The declaration behind each name, none twice; an undecorated function of a user's file gets the default declaration."""
    if not names:
        raise InputError(f"{flag} must name at least one of {', '.join(known)}")
    chosen = tuple(
        _from_file(flag, name, kind, declare) if is_file(name) else _known(flag, name, known) for name in names
    )
    for declared in chosen:
        if declared.source and declared.name in known:
            raise InputError(
                f"{flag} {declared.source}: the project has a {declared.name} of its own; give your function another name"
            )
    called = [declared.name for declared in chosen]
    twice = next((name for name in called if called.count(name) > 1), "")
    if twice:
        raise InputError(f"{flag} names {twice} twice; expected each once")
    return chosen


def is_file(name: str) -> bool:
    """Whether the name is that of a function in a file."""
    return ".py:" in name or name.endswith(".py")


def absolute(name: str) -> str:
    """The name with an absolute path, for a process with another working folder; names of the project stay as they are."""
    path, _, function = name.rpartition(":")
    return f"{Path(path).expanduser().absolute()}:{function}" if is_file(name) else name


def files_of(names: tuple[str, ...]) -> tuple[Path, ...]:
    """The users' files among the names, each once."""
    return tuple(dict.fromkeys(Path(name.rpartition(":")[0]).expanduser() for name in names if is_file(name)))


def _known(flag: str, name: str, known: Mapping[str, Declared]) -> Declared:
    if name not in known:
        raise InputError(f"{flag} must be among {', '.join(known)}, or FILE.py:FUNCTION, got {name!r}")
    return known[name]


def _from_file(flag: str, name: str, kind: type[Declared], declare: Callable[..., Declared]) -> Declared:
    path, _, function = name.rpartition(":")
    if not path or not function.isidentifier():
        raise InputError(f"{flag} {name}: expected FILE.py:FUNCTION, such as mine.py:nearness")
    module = _module(flag, Path(path).expanduser().absolute())
    value = getattr(module, function, None)
    if value is None:
        names = [key for key, item in vars(module).items() if callable(item) and not key.startswith("_")]
        raise InputError(f"{flag} {name}: no {function} in {path}; it has {', '.join(names) or 'no function'}")
    if isinstance(value, kind):
        return replace(value, source=path)
    if not callable(value) or isinstance(value, type) or not hasattr(value, "__name__"):
        raise InputError(f"{flag} {name}: {function} is a {type(value).__name__}; expected a function")
    return replace(declare(value), source=path)


@functools.cache
def _module(flag: str, path: Path) -> ModuleType:
    """The file, run once; InputError with the line where it fails."""
    if not path.is_file():
        raise InputError(f"{flag} {path}: no such file; expected FILE.py:FUNCTION")
    name = f"{MODULE_PREFIX}{path.stem}_{hashlib.blake2b(str(path).encode(), digest_size=6).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look up the types of their fields
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise InputError(
            f"{path}:{_line_in(path, error)}: the file cannot be run ({type(error).__name__}: {first_line(error)}); "
            "mend it, then start again"
        ) from error
    return module


def guarded(call: Callable[[], Value], source: str, what: str, place: str) -> Value:
    """The call's value; an error in a function of a user's file (`source`, or "") becomes one line with its place there."""
    try:
        return call()
    except InputError:
        raise
    except Exception as error:
        if not source:
            raise
        raise failure(source, what, place, error) from error


def failure(source: str, what: str, place: str, error: Exception) -> InputError:
    """What to raise where a function of a user's file fails: the file and line, what failed, and on which mention."""
    line = _line_in(Path(source).expanduser().absolute(), error)
    reason = f"{type(error).__name__}: {first_line(error)}"
    return InputError(f"{source}:{line}: {what} failed on {place} ({reason}); mend the function")


def _line_in(path: Path, error: BaseException) -> int:
    """The innermost line of the file that led to the error; the first one where the error does not say."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else 1
