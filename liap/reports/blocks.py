"""Documents whose tables are written by the project: the text between `<!-- PREFIX:begin NAME -->` and `<!-- PREFIX:end NAME -->`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from liap.errors import InputError


@dataclass(frozen=True, slots=True)
class Block:
    """Where a block's content lies in its document."""

    name: str
    start: int
    end: int
    line: int  # of its first marker, from 1


def find_blocks(text: str, where: str, prefix: str) -> list[Block]:
    """The blocks in order; InputError where a marker has no partner."""
    markers = list(re.finditer(rf"<!--\s*{re.escape(prefix)}:(begin|end)\s+(\S+)\s*-->", text))
    blocks = []
    for index, marker in enumerate(markers):
        kind, name = marker.groups()
        line = text.count("\n", 0, marker.start()) + 1
        partner = markers[index ^ 1] if index ^ 1 < len(markers) else None
        if kind != ("begin", "end")[index % 2] or partner is None or partner.group(2) != name:
            raise InputError(
                f"{where}:{line}: {prefix}:{kind} {name} has no partner; each begin needs its end right after it"
            )
        if kind == "begin":
            blocks.append(Block(name, marker.end(), partner.start(), line))
    return blocks


def replaced(text: str, contents: Mapping[str, str], where: str, prefix: str) -> str:
    """The document with each block's content put between its markers; InputError unless each name has one block.

    `where` names the document in messages. Blocks without a content stay as they are.
    """
    blocks = find_blocks(text, where, prefix)
    for name in contents:
        if [block.name for block in blocks].count(name) != 1:
            begin, end = f"<!-- {prefix}:begin {name} -->", f"<!-- {prefix}:end {name} -->"
            raise InputError(
                f"{where}: expected once, in this order: {begin} and {end}; put them where the block belongs"
            )
    for block in reversed(blocks):
        if block.name in contents:
            text = f"{text[: block.start]}\n{contents[block.name]}\n{text[block.end :]}"
    return text
