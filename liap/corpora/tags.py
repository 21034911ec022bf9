"""Entity tags of any common scheme -> IOB2.

| scheme | a mention of one word | of three words   | directly after another of its type |
|--------|-----------------------|------------------|------------------------------------|
| IOB1   | I                     | I I I            | opens with B                       |
| IOB2   | B                     | B I I            | (always B)                         |
| BIOES  | S                     | B I E            | (always B or S)                    |

IOB1 is that of the original CoNLL-2003 files (Ramshaw & Marcus 1995; Tjong Kim Sang & De Meulder 2003). BILOU writes L
for E and U for S (Ratinov & Roth 2009) and is read as BIOES.

The scheme is told from a whole file. With at least one mention a file cannot be both IOB1 and IOB2: a sentence's first
mention opens with I in the one and with B in the other. Real files hold slips (two in CoNLL-2003's training split, a few
in MasakhaNER), so between these two the majority of openings decides; either way, as in `conlleval`, a B always opens a
mention, and so does an I that continues nothing: no word that was tagged is lost.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

from liap.errors import InputError, quoted

SCHEMES = ("IOB2", "IOB1", "BIOES")
TAG = re.compile(r"O|([BIESLU])-(\S+)")
EXPECTED = "O or <prefix>-<type> with a prefix of IOB1, IOB2 or BIOES/BILOU, such as B-PER"


def detect_scheme(sentences: Iterable[Sequence[str]]) -> str:
    """The one of SCHEMES in which the sentences' tags are; IOB2 where there is no mention. Raises InputError."""
    opened_by_inside = opened_by_begin = 0
    for tags in sentences:
        before = ""
        for tag in tags:
            prefix, kind = parse_tag(tag)
            if prefix in ("E", "S", "L", "U"):
                return "BIOES"
            if kind != before:  # after another of its type, B opens a mention in both schemes
                opened_by_inside += prefix == "I"
                opened_by_begin += prefix == "B"
            before = kind
    return "IOB1" if opened_by_inside > opened_by_begin else "IOB2"


def to_iob2(tags: Sequence[str], scheme: str) -> tuple[str, ...]:
    """The same mentions in IOB2: each opens with B-, and I- only continues."""
    if scheme not in SCHEMES:
        raise InputError(f"tag scheme: expected one of {', '.join(SCHEMES)}, got {scheme!r}")
    converted = []
    open_type = ""  # of the mention that the next word may continue
    for tag in tags:
        prefix, kind = parse_tag(tag)
        if scheme != "BIOES" and prefix not in ("", "B", "I"):
            raise InputError(f"tag {quoted(tag)}: {scheme} has no prefix {prefix}-; expected B-, I- or O")
        continues = prefix in ("I", "E", "L") and kind == open_type
        converted.append(f"{'I' if continues else 'B'}-{kind}" if prefix else "O")
        open_type = "" if prefix in ("E", "L", "S", "U") else kind
    return tuple(converted)


@functools.cache
def parse_tag(tag: str) -> tuple[str, str]:
    """(prefix, type), both empty for O. Raises InputError, to which the caller adds the place."""
    match = TAG.fullmatch(tag)
    if not match:
        raise InputError(f"tag {quoted(tag)} is of no known scheme; expected {EXPECTED}")
    return match[1] or "", match[2] or ""
