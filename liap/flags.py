"""From the constants at the top of a script, and the flags on its command line, to its settings.

A script lists its settings as constants, one per line. The comment says what the setting is, and in what unit:

    EPOCHS = 5  # passes over the training split

`settings(__file__, FineTuningSettings)` makes each a flag (`--epochs`, default 5, with the comment as its help) and returns the
dataclass with the values that the command line gave.

1. Read the constants from the script's source; a constant may be a value, or arithmetic such as `2 * 5`.
2. Add the settings that explainers and metrics declare for themselves, also those of a user's own file.
3. Check that each constant has the type of its setting, and a comment.
4. Parse the command line.
"""

from __future__ import annotations

import argparse
import ast
import sys
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from liap.constants import Constant, read_constants
from liap.errors import InputError, first_line, quoted
from liap.settings import MethodSettings, Settings

PLAIN = {str: "text in quotes", int: "a whole number", float: "a number", bool: "True or False"}
METAVARS = {str: "TEXT", int: "N", float: "X"}

Kind = TypeVar("Kind", bound=Settings)


@dataclass(frozen=True, slots=True)
class Flag:
    """A setting on the command line."""

    name: str  # of the setting
    kind: Any  # str, int, float, bool, or a tuple of one of these
    default: Any
    help: str

    @property
    def element(self) -> Any:
        """The type of each value where the setting is a tuple; None for other settings."""
        return typing.get_args(self.kind)[0] if typing.get_origin(self.kind) is tuple else None


def settings(script: str | Path, kind: type[Kind], arguments: list[str] | None = None) -> Kind:
    """The script's settings: its constants, overridden by the flags on the command line."""
    arguments = sys.argv[1:] if arguments is None else arguments
    written = read_constants(script)
    methods = _methods_with_settings(kind, written, arguments) if issubclass(kind, MethodSettings) else ()
    values = vars(_parser(script, _flags(kind, written, methods)).parse_args(arguments))
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    options = {method.name: _own_settings(method, values) for method in methods}
    own = {field.name for method in methods for field in fields(method.settings)}
    given = frozenset(name for name in values if any(part.partition("=")[0] == _spelled(name) for part in arguments))
    return kind(**{name: value for name, value in values.items() if name not in own}, options=options, given=given)


def _methods_with_settings(
    kind: type[MethodSettings], written: Mapping[str, Constant], arguments: list[str]
) -> list[Any]:
    """The explainers and metrics whose own settings become flags.

    Where the script lets the user choose methods, these are all of the project and those in the user's files; else those that
    the script always runs.
    """
    from liap.explainers import EXPLAINERS, find_explainers
    from liap.faithfulness import METRICS, find_metrics
    from liap.plugins import is_file

    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("explainers", "metrics"):
        early.add_argument(f"--{name}", nargs="*")
    chosen = vars(early.parse_known_args(arguments)[0])
    methods: list[Any] = []
    for name, known, find in (("explainers", EXPLAINERS, find_explainers), ("metrics", METRICS, find_metrics)):
        constant = written.get(name.upper())
        if constant is None:
            methods += find(getattr(kind(), name))
            continue
        names = constant.value if chosen[name] is None else chosen[name]
        files = tuple(part for part in names if is_file(part)) if isinstance(names, tuple | list) else ()
        methods += [*known.values(), *(find(files) if files else ())]
    # The project's own first, so that a name taken twice is the fault of a user's file.
    return sorted((method for method in methods if method.settings is not None), key=lambda method: bool(method.source))


def _flags(kind: type[Settings], written: Mapping[str, Constant], methods: Sequence[Any]) -> list[Flag]:
    """A flag for each constant, then one for each setting of a method that is no constant."""
    types = typing.get_type_hints(kind)
    types = {field.name: types[field.name] for field in fields(kind) if field.name not in ("options", "given")}
    own: dict[str, Flag] = {}
    for method in methods:
        for flag in _own_flags(method):
            if flag.name in own or flag.name in types:
                raise InputError(
                    f"{_place(method)}: its setting {flag.name} has the name of another flag; give it another name"
                )
            own[flag.name] = flag
    known = types | {name: flag.kind for name, flag in own.items()}
    flags = []
    for name, constant in written.items():
        if name.lower() not in known:
            raise InputError(
                f"{constant.where}: {name} is not a setting; expected one of {', '.join(known).upper()}, or a name in small letters"
            )
        flags.append(_flag_of(name.lower(), known[name.lower()], constant))
    return [*flags, *(flag for name, flag in own.items() if name.upper() not in written)]


def _flag_of(name: str, kind: Any, constant: Constant) -> Flag:
    """The flag of a constant, once its comment and its type are known to be there."""
    if not constant.comment:
        raise InputError(
            f"{constant.where}: {name.upper()} has no comment; expected one on its line, which is the help of {_spelled(name)}"
        )
    default = _typed(constant.value, kind, f"{constant.where}: {name.upper()}")
    return Flag(name, kind, default, constant.comment + _names_to_choose(name))


def _names_to_choose(name: str) -> str:
    """The project's explainers or metrics, for the help of the flag that chooses among them; empty for other flags."""
    from liap.explainers import EXPLAINERS
    from liap.faithfulness import METRICS

    known = {"explainers": EXPLAINERS, "metrics": METRICS}.get(name, ())
    return f"; the project's: {', '.join(known)}" if known else ""


def _own_flags(method: Any) -> list[Flag]:
    """The settings that an explainer or a metric declares; InputError where a user's own are no plain values with defaults."""
    kind, place = method.settings, _place(method)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise InputError(f"{place}: its settings are {quoted(kind)}; expected a dataclass")
    try:
        types = typing.get_type_hints(kind)
    except (NameError, TypeError) as error:
        raise InputError(f"{place}: the types of its settings cannot be read ({first_line(error)})") from error
    flags = []
    for field in fields(kind):
        flag = Flag(field.name, types[field.name], field.default, field.metadata.get("about") or f"of {method.name}")
        if (flag.element or flag.kind) not in PLAIN:
            raise InputError(
                f"{place}: its setting {field.name} is of type {flag.kind}; expected str, int, float, bool, or a tuple of one"
            )
        if field.default is MISSING:
            raise InputError(f"{place}: its setting {field.name} has no default; expected one")
        _typed(field.default, flag.kind, f"{place}: its setting {field.name}")
        flags.append(flag)
    return flags


def _own_settings(method: Any, values: Mapping[str, Any]) -> Any:
    """The explainer's or metric's own dataclass, with the values of its flags."""
    try:
        return method.settings(**{field.name: values[field.name] for field in fields(method.settings)})
    except InputError:
        raise
    except Exception as error:
        if not method.source:
            raise
        raise InputError(f"{_place(method)}: its settings are refused ({first_line(error)})") from error


def _place(method: Any) -> str:
    return f"{method.source}: {method.name}" if method.source else method.name


def _spelled(name: str) -> str:
    return "--" + name.replace("_", "-")


def _parser(script: str | Path, flags: Sequence[Flag]) -> argparse.ArgumentParser:
    # No abbreviations: `--metric` would name methods that the early look at the command line does not see.
    parser = argparse.ArgumentParser(
        prog=Path(script).name,
        description=ast.get_docstring(ast.parse(Path(script).read_text(encoding="utf-8"))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for flag in flags:
        _add(parser, flag)
    return parser


def _add(parser: argparse.ArgumentParser, flag: Flag) -> None:
    shown = _shown(flag.default)
    text = (flag.help + (f" (default: {shown})" if shown else "")).replace("%", "%%")
    if flag.kind is bool:
        parser.add_argument(_spelled(flag.name), action=argparse.BooleanOptionalAction, default=flag.default, help=text)
        return
    kind, several = flag.element or flag.kind, {"nargs": "*"} if flag.element else {}
    parser.add_argument(
        _spelled(flag.name), type=kind, default=flag.default, help=text, metavar=METAVARS[kind], **several
    )


def _typed(value: Any, kind: Any, where: str) -> Any:
    """The value, once it is known to be of its setting's type."""
    if typing.get_origin(kind) is tuple:
        if isinstance(value, tuple | list):
            return tuple(_typed(part, typing.get_args(kind)[0], where) for part in value)
        raise InputError(
            f"{where} is {quoted(value)}; expected several values in brackets, such as (1, 2) or ('a', 'b')"
        )
    if kind is float and type(value) is int:
        return float(value)
    if kind is int and type(value) is float and value.is_integer():
        return int(value)
    if type(value) is not kind:
        raise InputError(f"{where} is {quoted(value)}; expected {PLAIN[kind]}")
    return value


def _shown(default: Any) -> str:
    """The default as the user would type it; empty for empty text."""
    if isinstance(default, tuple):
        return " ".join(map(str, default))
    return {True: "yes", False: "no"}[default] if isinstance(default, bool) else str(default)
