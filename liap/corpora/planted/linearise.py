"""A template's tree, with names and evidence words -> a sentence.

1. A comma before other punctuation or at the end of the sentence is dropped.
2. A phrase's head depends on the head of the enclosing phrase, and its single words depend on its head. A name's second word
   depends on the first as `flat`.
3. Each predicate has a frame: the roles of its phrases, without punctuation at their edges, and of the mentions it shares.
4. The family of a mention's evidence is the one that its template declares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from liap.corpora.planted.notation import Phrase, Shared, Word, fitted, lone_role
from liap.records import Evidence, Frame, Parse, Sentence


@dataclass(slots=True)
class _Words:
    """A sentence under construction: each of the first four lists has one entry per word."""

    surfaces: list[str] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    mentions: dict[str, tuple[int, int]] = field(default_factory=dict)
    evidence: dict[str, int] = field(default_factory=dict)
    families: dict[str, str] = field(default_factory=dict)  # of the evidence, by mention
    strays: list[str] = field(default_factory=list)  # distractors that are still to be placed, the next one first
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)  # id of an item -> span of its words
    head_of: dict[int, int] = field(default_factory=dict)  # id of a phrase -> index of its head

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
    strays: Sequence[str] = (),
) -> Sentence:
    """The sentence of a tree. `names`, `types` and `evidence` map a mention's letter to its name, type and evidence word.

    `strays` are the words of the tree's distractors, in order.
    """
    kept = _kept(tree)
    laid = _Words(strays=list(strays))
    _lay(tree, laid, kept, names, evidence)
    laid.surfaces[0] = laid.surfaces[0][0].upper() + laid.surfaces[0][1:]
    tags = ["O"] * len(laid.surfaces)
    for letter, (start, end) in laid.mentions.items():
        tags[start:end] = [f"B-{types[letter]}"] + [f"I-{types[letter]}"] * (end - start - 1)
    parse = Parse(tuple(laid.heads), tuple(laid.relations), tuple(laid.parts), "ud")
    frames = tuple(_frames(tree, laid))
    evidence_records = (
        Evidence(start, end, (laid.evidence[letter],), laid.families[letter])
        for letter, (start, end) in sorted(laid.mentions.items(), key=lambda item: item[1])
    )
    return Sentence(index, index, tuple(laid.surfaces), tuple(tags), parse, frames, tuple(evidence_records))


def _kept(tree: Phrase) -> set[int]:
    """The ids of the words to use: all but commas before other punctuation or at the end."""
    words = list(tree.words())
    return {
        id(word)
        for word, after in zip(words, [*words[1:], None], strict=True)
        if not (word.text == "," and (after is None or after.part_of_speech == "PUNCT"))
    }


def _lay(
    phrase: Phrase, laid: _Words, kept: set[int], names: Mapping[str, Sequence[str]], evidence: Mapping[str, str]
) -> None:
    """Append the words of the phrase and its inner phrases, and attach them to its head."""
    start, head = len(laid.surfaces), phrase.head
    dependents: list[int] = []
    for item in phrase.items:
        first = len(laid.surfaces)
        if isinstance(item, Phrase):
            _lay(item, laid, kept, names, evidence)
            dependents.append(laid.head_of[id(item)])
        elif isinstance(item, Word) and id(item) in kept:
            at = _lay_word(item, head, laid, names, evidence)
            if item is head:
                laid.head_of[id(phrase)], laid.relations[at] = at, phrase.relation
            else:
                dependents.append(at)
            laid.spans[id(item)] = (first, len(laid.surfaces))
    for word in dependents:
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
    if word.stray:
        return laid.add(laid.strays.pop(0), part, relation)
    at = laid.add(evidence[word.text] if word.evidence else word.text, part, relation)
    if word.evidence:
        laid.evidence[word.text], laid.families[word.text] = at, word.family
    return at


def _frames(phrase: Phrase, laid: _Words) -> list[Frame]:
    """The frames of a subtree's predicates, sorted by predicate."""
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
