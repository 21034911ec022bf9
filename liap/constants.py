"""The constants at the top of a script, read from its source: their values, comments and lines.

A constant is a name in capitals on the script's top level, and its value a literal, or arithmetic with numbers such as `2 * 5`. Nothing
of the script is run.
"""

from __future__ import annotations

import ast
import operator
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liap.errors import InputError

ARITHMETIC = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
}  # fmt: skip
NOT_HELP = re.compile(r"#\s*(fmt: \w+|noqa[^#]*)\s*")  # comments for other programs, before the one for readers


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of a script."""

    value: Any
    comment: str
    where: str  # file and line


def read_constants(script: str | Path) -> dict[str, Constant]:
    """The script's constants by name, in the order of the file."""
    with tokenize.open(script) as source:
        text = source.read()
        source.seek(0)
        comments = {
            token.start[0]: NOT_HELP.sub("", token.string).strip("# ")
            for token in tokenize.generate_tokens(source.readline)
            if token.type == tokenize.COMMENT
        }
    read = {}
    for node in ast.parse(text).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id.isupper() and node.value is not None:
            where = f"{script}:{node.lineno}"
            value = _value(node.value, f"{where}: {target.id}")
            read[target.id] = Constant(value, comments.get(node.end_lineno, ""), where)
    return read


def _value(node: ast.expr, where: str) -> Any:
    """The value of a literal, or of arithmetic with numbers."""
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(_value(part, where) for part in node.elts)
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        try:
            return ARITHMETIC[type(node.op)](_value(node.left, where), _value(node.right, where))
        except (TypeError, ArithmeticError) as error:
            raise InputError(f"{where} cannot be computed ({error}); expected a value, such as 5 or 'text'") from None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise InputError(f"{where} is an expression; expected a value, such as 5 or 'text'") from None
