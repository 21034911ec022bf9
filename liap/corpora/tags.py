"""Entity tags of any common scheme -> IOB2.

| scheme | a mention of one word | of three words   | directly after another of its type |
|--------|-----------------------|------------------|------------------------------------|
| IOB1   | I                     | I I I            | starts with B                      |
| IOB2   | B                     | B I I            | (always B)                         |
| BIOES  | S                     | B I E            | (always B or S)                    |

The original CoNLL-2003 files use IOB1 (Ramshaw & Marcus 1995; Tjong Kim Sang & De Meulder 2003). BILOU writes L for E and
U for S (Ratinov & Roth 2009) and is read as BIOES.

The scheme is detected from a whole file. A file with at least one mention cannot be both IOB1 and IOB2: a sentence's first
mention starts with I in IOB1 and with B in IOB2. Real files contain errors (two in CoNLL-2003's training split, a few in
MasakhaNER), so the majority of first tags decides between these two. In both, as in `conlleval`, a B always starts a mention,
and so does an I that continues nothing. No tagged word is lost.
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
    """The tags' scheme, one of SCHEMES; IOB2 if there is no mention. Raises InputError."""
    starts_with_inside = starts_with_begin = 0
    for tags in sentences:
        before = ""
        for tag in tags:
            prefix, kind = parse_tag(tag)
            if prefix in ("E", "S", "L", "U"):
                return "BIOES"
            if kind != before:  # directly after a mention of its type, B starts a mention in both schemes
                starts_with_inside += prefix == "I"
                starts_with_begin += prefix == "B"
            before = kind
    return "IOB1" if starts_with_inside > starts_with_begin else "IOB2"


def to_iob2(tags: Sequence[str], scheme: str) -> tuple[str, ...]:
    """The same mentions in IOB2: each starts with B-, and I- only continues."""
    if scheme not in SCHEMES:
        raise InputError(f"tag scheme: expected one of {', '.join(SCHEMES)}, got {scheme!r}")
    converted = []
    current_type = ""  # type of the mention that the next word may continue
    for tag in tags:
        prefix, kind = parse_tag(tag)
        if scheme != "BIOES" and prefix not in ("", "B", "I"):
            raise InputError(f"tag {quoted(tag)}: {scheme} has no prefix {prefix}-; expected B-, I- or O")
        continues = prefix in ("I", "E", "L") and kind == current_type
        converted.append(f"{'I' if continues else 'B'}-{kind}" if prefix else "O")
        current_type = "" if prefix in ("E", "L", "S", "U") else kind
    return tuple(converted)


@functools.cache
def parse_tag(tag: str) -> tuple[str, str]:
    """(prefix, type), both empty for O. Raises InputError; the caller adds file and line."""
    match = TAG.fullmatch(tag)
    if not match:
        raise InputError(f"tag {quoted(tag)} has no known scheme; expected {EXPECTED}")
    return match[1] or "", match[2] or ""
