"""A recogniser's labels -> their scheme: what each label says, and which entities a sentence's labels mark.

The scheme is decided from the set of labels alone. In this table X and Y are types, and the rules are strict: labels that break
them mark nothing.

| scheme | labels of a type                  | an entity is                                                                  |
|--------|-----------------------------------|-------------------------------------------------------------------------------|
| IOB2   | B-X, and I-X or no I-X            | a B-X with the I-X that follow it                                             |
| IOB1   | I-X; B-X for some types, not all  | a run of I-X; a B-X always starts an entity                                   |
| IO     | I-X                               | a run of I-X: two neighbours of one type are one entity                       |
| plain  | X                                 | a run of X: two neighbours of one type are one entity                         |
| BIOES  | B-X, I-X, E-X, S-X                | an S-X, or a B-X with any I-X and an E-X that ends it                         |
| BILOU  | B-X, I-X, L-X, U-X                | a U-X, or a B-X with any I-X and an L-X that ends it                          |
| BIOS   | B-X, I-X, S-X, and no E-X         | an S-X, or a B-X with the I-X that follow it                                  |

1. A label is spelled `B-X`, `B_X`, `X-B` or `X_B`, all labels of a set alike. A type may hold the separator itself.
2. The outside label is `O`, or else the one label among `OUT`, `OUTSIDE`, `0`, `NONE`, `NIL` and `_`, in upper or lower case. Labels
   of special tokens, such as `[PAD]` or `<s>`, mark nothing either.
3. A set with a B-X for every I-X is read as IOB2. IOB1 with a B-X for every type cannot be told from it.
4. In IOB2, BIOES and BILOU the rules are those of `seqeval` in its strict mode (Nakayama 2018), in IOB1 those of `liap.corpora.tags`.

Whatever the scheme, the probability of an entity is the geometric mean, over its words, of the probability of the predicted label.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from liap.errors import InputError, quoted
from liap.records import tag_spans

Entity = tuple[str, int, int]  # type, start, end

OUTSIDE = ("OUT", "OUTSIDE", "0", "NONE", "NIL", "_")  # in upper case; beside O
SPECIAL = re.compile(r"\[.*\]|<.*>", re.DOTALL)
SPELLINGS = tuple(
    re.compile(pattern, re.DOTALL)
    for separator in "-_"
    for pattern in (rf"(?P<prefix>[BIESLU]){separator}(?P<type>.+)", rf"(?P<type>.+){separator}(?P<prefix>[BIESLU])")
)
NAMELESS = re.compile(r"\d+|[BI][-_]|[-_][BI]|\s*")  # as plain labels these name no type
EXPECTED = "expected an outside label such as O, and types in one scheme: B-PER and I-PER, I-PER, PER, BIOES or BILOU"


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """What each label of a recogniser says."""

    name: str
    labels: tuple[str, ...]
    parts: tuple[
        tuple[str, str], ...
    ]  # (prefix, type) by label index; ("", "") marks nothing, ("", type) is a plain type
    outside: int  # index of the outside label

    @property
    def types(self) -> tuple[str, ...]:
        """The entity types, in alphabetical order."""
        return tuple(sorted({kind for _, kind in self.parts if kind}))

    def entities(self, labels: Sequence[str]) -> tuple[Entity, ...]:
        """(type, start, end) of each entity that a sentence's labels mark, in order of the sentence."""
        part_of = dict(zip(self.labels, self.parts, strict=True))
        parts = [part_of[label] for label in labels]
        if self.name in ("BIOES", "BILOU", "BIOS"):
            return _bounded_runs(parts, must_end=self.name != "BIOS")
        tags = tuple(f"{prefix or 'I'}-{kind}" if kind else "O" for prefix, kind in parts)
        return tag_spans(tags, strict=self.name == "IOB2")

    @property
    def is_iob2(self) -> bool:
        """Whether the labels are IOB2 tags in the usual spelling, so that nothing needs to be converted."""
        tags = (f"{prefix}-{kind}" if kind else "O" for prefix, kind in self.parts)
        return self.name == "IOB2" and self.labels == tuple(tags)


@functools.cache
def scheme_of(labels: tuple[str, ...]) -> LabelScheme:
    """The scheme of a recogniser's labels, given by index. Raises InputError if they fit none."""
    if len(set(labels)) < len(labels):
        raise InputError("a label occurs twice; expected each label once")
    outside = _outside(labels)
    marks = [index != outside and not SPECIAL.fullmatch(label) for index, label in enumerate(labels)]
    marking = tuple(label for label, mark in zip(labels, marks, strict=True) if mark)
    if not marking:
        raise InputError(f"{_shown(labels)} no label marks an entity; {EXPECTED}")
    part_of = dict(zip(marking, _parts(marking), strict=True))
    name = _name(part_of)
    return LabelScheme(name, labels, tuple(part_of.get(label, ("", "")) for label in labels), outside)


def entity_types(labels: Sequence[str], type_map: Sequence[str] = ()) -> tuple[str, ...]:
    """The types of the mentions that a recogniser with these labels can give, once its types are mapped."""
    types = scheme_of(tuple(labels)).types
    mapped = read_type_map(type_map, types)
    return tuple(sorted({mapped.get(kind, kind) for kind in types} - {""}))


def read_type_map(entries: Sequence[str], types: Sequence[str]) -> dict[str, str]:
    """`PERSON=PER` -> {"PERSON": "PER"}; an empty right side drops the type. Raises InputError; `types` are the recogniser's."""
    mapped: dict[str, str] = {}
    for entry in entries:
        source, equals, target = entry.partition("=")
        if not source or not equals or "=" in target or len(target.split()) > 1 or target != target.strip():
            raise InputError(
                f"--type-map {quoted(entry)}: expected <recogniser's type>=<corpus's type>, such as PERSON=PER, "
                "or <recogniser's type>= to drop a type"
            )
        if source not in types:
            raise InputError(
                f"--type-map {quoted(entry)}: the recogniser has no type {quoted(source)}; expected one of {', '.join(types)}"
            )
        if source in mapped:
            raise InputError(f"--type-map {quoted(entry)}: {source} is mapped twice; expected each type once")
        mapped[source] = target
    if not any(mapped.get(kind, kind) for kind in types):
        raise InputError("--type-map drops every type of the recogniser; expected at least one to stay")
    return mapped


def map_types(entities: Sequence[Entity], mapped: dict[str, str]) -> tuple[Entity, ...]:
    """The entities with their types mapped, less those whose type is dropped."""
    renamed = ((mapped.get(kind, kind), start, end) for kind, start, end in entities)
    return tuple(entity for entity in renamed if entity[0])


def iob2_tags(entities: Sequence[Entity], words: int) -> tuple[str, ...]:
    """The entities as one IOB2 tag per word."""
    tags = ["O"] * words
    for kind, start, end in entities:
        tags[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return tuple(tags)


def _bounded_runs(parts: Sequence[tuple[str, str]], *, must_end: bool) -> tuple[Entity, ...]:
    """Entities of schemes with a prefix for single words; with `must_end`, longer ones need their last word's prefix."""
    entities: list[Entity] = []
    opened: tuple[str, int] | None = None
    for position, (prefix, kind) in enumerate((*parts, ("", ""))):
        continues = opened is not None and prefix in ("I", "E", "L") and kind == opened[0]
        if opened and (prefix in ("E", "L") if continues else not must_end):
            entities.append((*opened, position + continues))
        if not continues or prefix != "I":
            opened = None
        if prefix == "B":
            opened = (kind, position)
        elif prefix in ("S", "U"):
            entities.append((kind, position, position + 1))
    return tuple(entities)


def _outside(labels: tuple[str, ...]) -> int:
    """The index of the outside label."""
    if "O" in labels:
        return labels.index("O")
    candidates = [index for index, label in enumerate(labels) if label.upper() in ("O", *OUTSIDE)]
    if len(candidates) != 1:
        which = "more than one outside label" if candidates else "no outside label"
        raise InputError(f"{_shown(labels)} {which}; {EXPECTED}")
    return candidates[0]


def _parts(labels: tuple[str, ...]) -> list[tuple[str, str]]:
    """(prefix, type) of each label that marks something. All must be spelled alike, or be plain types, such as G-P-E."""
    matches = [[spelling.fullmatch(label) for label in labels] for spelling in SPELLINGS]
    best = max(matches, key=lambda row: sum(map(bool, row)))  # the first of equals
    if all(best):
        return [(match["prefix"], match["type"]) for match in best]
    if any(match and match["prefix"] in ("B", "I") for row in matches for match in row):
        odd = labels[[bool(match) for match in best].index(False)]
        usual = labels[[bool(match) for match in best].index(True)]
        raise InputError(f"{_shown(labels)} {quoted(odd)} is not spelled like {quoted(usual)}; {EXPECTED}")
    bare = set(labels) <= set("BIESLU")
    nameless = [label for label in labels if bare or NAMELESS.fullmatch(label)]
    if nameless:
        raise InputError(f"{_shown(labels)} {quoted(nameless[0])} names no entity type; {EXPECTED}")
    return [("", label) for label in labels]


def _name(part_of: dict[str, tuple[str, str]]) -> str:
    """The scheme's name. `part_of` maps each label that marks something to (prefix, type)."""
    prefixes = {prefix for prefix, _ in part_of.values()}
    if prefixes in ({""}, {"I"}):
        return "IO" if prefixes == {"I"} else "plain"
    begin, inside, single = (
        {kind for prefix, kind in part_of.values() if prefix in which} for which in ("B", "I", "SU")
    )
    if prefixes <= {"B", "I"}:
        if inside <= begin:
            return "IOB2"
        if begin <= inside:
            return "IOB1"
    else:
        name = "BIOS" if prefixes <= {"B", "I", "S"} else _bounded_name(prefixes)
        if name and all(kind in begin | single for _, kind in part_of.values()):
            return name
    raise InputError(f"{_shown(tuple(part_of))} they fit no scheme; {EXPECTED}")


def _bounded_name(prefixes: set[str]) -> str:
    """BIOES or BILOU; empty if the prefixes are neither's."""
    for name, needed in (("BIOES", {"B", "E", "S"}), ("BILOU", {"B", "L", "U"})):
        if needed <= prefixes <= needed | {"I"}:
            return name
    return ""


def _shown(labels: tuple[str, ...]) -> str:
    return f"labels are {', '.join(map(quoted, labels[:4]))}{' ...' if len(labels) > 4 else ''}:"
