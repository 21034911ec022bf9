"""From a template's tree, with its names and evidence words, to a sentence.

1. Commas that another mark of punctuation follows, or the sentence's end, are left out.
2. Each phrase's head hangs on the head of the phrase around it; its lone words hang on its head. A name's second word is
   `flat` under its first.
3. A frame of each predicate: its own phrases' roles, edge punctuation left out, and the mentions it shares.
4. The family of each mention's evidence is what the pruning code finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from liap.corpora.planted.notation import Phrase, Shared, Word, fitted, lone_role
from liap.pruning import semantic, syntactic
from liap.records import Evidence, Frame, Parse, Sentence

FAMILIES = ("dependency", "frame", "neither")


@dataclass(slots=True)
class _Words:
    """A sentence while it is laid out: one entry a word in each list."""

    surfaces: list[str] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    mentions: dict[str, tuple[int, int]] = field(default_factory=dict)
    evidence: dict[str, list[int]] = field(default_factory=dict)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)  # identity of an item -> its words
    head_of: dict[int, int] = field(default_factory=dict)  # identity of a phrase -> its head's index

    def add(self, surface: str, part: str, relation: str) -> int:
        for values, value in zip(
            (self.surfaces, self.heads, self.relations, self.parts), (surface, -1, relation, part), strict=True
        ):
            values.append(value)
        return len(self.surfaces) - 1


def sentence(
    tree: Phrase,
    index: int,
    *,
    names: Mapping[str, Sequence[str]],
    types: Mapping[str, str],
    evidence: Mapping[str, str],
) -> Sentence:
    """The sentence of a tree; `names`, `types` and `evidence` (the evidence word) are by the mention's letter."""
    kept = _kept(tree)
    laid = _Words()
    _lay(tree, laid, kept, names, evidence)
    laid.surfaces[0] = laid.surfaces[0][0].upper() + laid.surfaces[0][1:]
    tags = ["O"] * len(laid.surfaces)
    for letter, (start, end) in laid.mentions.items():
        tags[start:end] = [f"B-{types[letter]}"] + [f"I-{types[letter]}"] * (end - start - 1)
    parse = Parse(tuple(laid.heads), tuple(laid.relations), tuple(laid.parts), "ud")
    frames = tuple(_frames(tree, laid))
    known = (
        Evidence(start, end, tuple(laid.evidence[letter]), family(parse, frames, (start, end), laid.evidence[letter]))
        for letter, (start, end) in sorted(laid.mentions.items(), key=lambda item: item[1])
    )
    return Sentence(index, index, tuple(laid.surfaces), tuple(tags), parse, frames, tuple(known))


def family(parse: Parse, frames: Sequence[Frame], span: tuple[int, int], evidence: Sequence[int]) -> str:
    """How the evidence hangs together with the mention, as the pruning code sees it: one of FAMILIES."""
    if syntactic(parse, *span)[list(evidence)].all():
        return "dependency"
    shared = semantic(frames, *span)
    return "frame" if shared is not None and shared[list(evidence)].all() else "neither"


def _kept(tree: Phrase) -> set[int]:
    """The identities of the words that are set; a comma before other punctuation is not."""
    words = list(tree.words())
    return {
        id(word)
        for word, after in zip(words, [*words[1:], None], strict=True)
        if not (word.text == "," and (after is None or after.part_of_speech == "PUNCT"))
    }


def _lay(
    phrase: Phrase, laid: _Words, kept: set[int], names: Mapping[str, Sequence[str]], evidence: Mapping[str, str]
) -> None:
    """Append the phrase's words, inner phrases included, and hang them on its head."""
    start, head = len(laid.surfaces), phrase.head
    hanging: list[int] = []
    for item in phrase.items:
        first = len(laid.surfaces)
        if isinstance(item, Phrase):
            _lay(item, laid, kept, names, evidence)
            hanging.append(laid.head_of[id(item)])
        elif isinstance(item, Word) and id(item) in kept:
            at = _lay_word(item, head, laid, names, evidence)
            if item is head:
                laid.head_of[id(phrase)], laid.relations[at] = at, phrase.relation
            else:
                hanging.append(at)
            laid.spans[id(item)] = (first, len(laid.surfaces))
    for word in hanging:
        laid.heads[word] = laid.head_of[id(phrase)]
    laid.spans[id(phrase)] = (start, len(laid.surfaces))


def _lay_word(
    word: Word, head: Word, laid: _Words, names: Mapping[str, Sequence[str]], evidence: Mapping[str, str]
) -> int:
    if word.kind == "mention":
        first, *rest = names[word.text]
        at = laid.add(first, "PROPN", word.relation)
        for other in rest:
            laid.heads[laid.add(other, "PROPN", "flat")] = at
        laid.mentions[word.text] = (at, at + 1 + len(rest))
        return at
    part, relation = fitted(word, head)
    at = laid.add(evidence[word.text] if word.kind else word.text, part, relation)
    if word.kind:
        laid.evidence.setdefault(word.text, []).append(at)
    return at


def _frames(phrase: Phrase, laid: _Words) -> list[Frame]:
    """The frames of a subtree's predicates, in the order of its phrases."""
    frames = [_frame(phrase, laid)] if phrase.head.mark == "!" else []
    for item in phrase.items:
        if isinstance(item, Phrase):
            frames += _frames(item, laid)
    return sorted(frames, key=lambda frame: frame.predicate)


def _frame(phrase: Phrase, laid: _Words) -> Frame:
    tags = ["O"] * len(laid.surfaces)
    for item in phrase.items:
        role, span = "", (0, 0)
        if isinstance(item, Shared):
            role, span = item.role, laid.mentions[item.letter]
        elif isinstance(item, Phrase):
            role, span = item.role, _trimmed(laid.spans[id(item)], laid.parts)
        elif id(item) in laid.spans:
            role, span = lone_role(item), laid.spans[id(item)]
        if role:
            tags[span[0] : span[1]] = [f"B-{role}"] + [f"I-{role}"] * (span[1] - span[0] - 1)
    predicate = laid.head_of[id(phrase)]
    tags[predicate] = "B-V"
    return Frame(predicate, tuple(tags))


def _trimmed(span: tuple[int, int], parts: Sequence[str]) -> tuple[int, int]:
    """The span without punctuation at its edges."""
    start, end = span
    while parts[start] == "PUNCT":
        start += 1
    while parts[end - 1] == "PUNCT":
        end -= 1
    return start, end
