"""The notation templates are written in: a line of it in, a tree of words out.

A line is a sentence; brackets make it a dependency tree, so every sentence is projective and has one root:

    [nsubj=ARG0 the *A:kin [nmod of A]] !met [obj=ARG1 reporters] @time .

    [relation=ROLE ...]   a subtree: its relation to the head of the phrase around it, and its role in the frame of that head
                          where that head is a predicate (no effect elsewhere; `=ROLE` may be left out)
    !word   *word         the phrase's head, with and without a frame; unmarked, the head is the phrase's only content word
    A  B  C               a mention: a name of one word or two
    A:kin                 a slot for A's evidence, filled by a word of that kind (`evidence.WORDS`)
    ARG1<A                no word: mention A is ARG1 of this phrase's predicate though it stands elsewhere (control, sharing)
    @time   @np:A         a phrase drawn from `phrases.PHRASES`; `%` in it stands for the letter after the colon
    word/POS/relation     a word whose part of speech or relation differs from what the lexicon says

The relations are those of Universal Dependencies, the roles those of PropBank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from liap.corpora.planted.evidence import PARTS_OF_SPEECH
from liap.corpora.planted.lexicon import CLAUSE_MARKERS, MODALS, RELATIONS, part_of_speech

TOKEN = re.compile(r"\[[^\s\[\]]+|\]|[^\s\[\]]+")
DRAWN = re.compile(r"@(\w+)(?::([A-Z]))?")
CONTENT = ("NOUN", "VERB", "PROPN", "PRON")  # what heads a phrase that marks no head


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a template, a mention, or a slot for evidence."""

    text: str  # the surface; the letter of a mention; the letter of the mention that a slot's evidence is for
    part_of_speech: str
    relation: str
    mark: str  # "!", "*" or ""
    kind: str = ""  # "mention", or the evidence kind of a slot


@dataclass(frozen=True, slots=True)
class Shared:
    """A mention's role in the frame of the phrase that holds this."""

    role: str
    letter: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A subtree: items in the order of the sentence, one of them the head."""

    relation: str
    role: str
    items: tuple[Word | Shared | Phrase, ...]

    @property
    def head(self) -> Word:
        """The marked word, or the only content word."""
        words = [item for item in self.items if isinstance(item, Word)]
        marked = [word for word in words if word.mark]
        heads = marked or [word for word in words if word.part_of_speech in CONTENT]
        heads = heads or [word for word in words if word.part_of_speech != "PUNCT"][:2]
        assert len(heads) == 1, f"{len(heads)} heads among {' '.join(word.text for word in words)!r}; expected one"
        return heads[0]

    def words(self) -> Iterator[Word]:
        """All words of the subtree, in order."""
        for item in self.items:
            if isinstance(item, Phrase):
                yield from item.words()
            elif isinstance(item, Word):
                yield item


def drawn(line: str, phrases: Mapping[str, Sequence[str]], generator: np.random.Generator) -> str:
    """The line with every `@name` replaced by one of its phrases, phrases within phrases too."""
    while match := DRAWN.search(line):
        choices = phrases[match[1]]
        chosen = choices[generator.integers(len(choices))].replace("%", match[2] or "%")
        line = line[: match.start()] + chosen + line[match.end() :]
    return line


def tree(line: str) -> Phrase:
    """The tree of a line without `@`; the root's relation is `root`."""
    open_phrases: list[tuple[str, list[Word | Shared | Phrase]]] = [("root", [])]
    for token in TOKEN.findall(line):
        if token.startswith("["):
            open_phrases.append((token[1:], []))
        elif token == "]":
            label, items = open_phrases.pop()
            open_phrases[-1][1].append(_phrase(label, items))
        else:
            open_phrases[-1][1].append(_item(token))
    assert len(open_phrases) == 1, f"unbalanced brackets in {line!r}"
    return _phrase(*open_phrases[0])


def _phrase(label: str, items: list[Word | Shared | Phrase]) -> Phrase:
    relation, _, role = label.partition("=")
    return Phrase(relation, role, tuple(items))


def _item(token: str) -> Word | Shared:
    """A new item for a token: items are told apart by identity, for a template may hold a word twice."""
    made, fields = _fields(token)
    return made(*fields)


@lru_cache(maxsize=4096)
def _fields(token: str) -> tuple[type, tuple[str, ...]]:
    if shared := re.fullmatch(r"([A-Z0-9-]+)<([A-Z])", token):
        return Shared, (shared[1], shared[2])
    mark = token[0] if token[0] in "!*" and len(token) > 1 else ""
    text, *given = token[len(mark) :].split("/")
    letter, _, kind = text.partition(":")
    if re.fullmatch(r"[A-Z]", letter):
        part = PARTS_OF_SPEECH[kind] if kind else "PROPN"
        return Word, (letter, part, given[-1] if given else RELATIONS[part], mark, kind or "mention")
    part = given[0] if given else part_of_speech(text)
    return Word, (text, part, given[1] if len(given) > 1 else RELATIONS[part], mark)


def fitted(word: Word, head: Word) -> tuple[str, str]:
    """A lone word's part of speech and relation, where its phrase's head decides them (templates have no progressive)."""
    verbal = head.part_of_speech == "VERB"
    if word.text in CLAUSE_MARKERS and word.part_of_speech == "ADP" and verbal:
        return ("PART" if word.text == "to" else "SCONJ"), "mark"
    if word.text in ("was", "were", "been", "be"):
        return "AUX", "aux:pass" if verbal else "cop"
    if word.part_of_speech == "PART":
        return "PART", "case" if word.text == "'s" else "advmod"
    return word.part_of_speech, word.relation


def lone_role(word: Word) -> str:
    """The role that a lone word has by itself under a predicate: modals and negation."""
    if word.text in MODALS:
        return "ARGM-MOD"
    return "ARGM-NEG" if word.text == "not" else ""
