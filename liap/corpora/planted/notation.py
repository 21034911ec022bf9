"""The notation of templates: a line -> a tree of words.

A line is a sentence. Its brackets make it a dependency tree, so every sentence is projective and has one root:

    [nsubj=ARG0 the *A:kin:dependency [nmod of A]] !met [obj=ARG1 reporters] @time .

    [relation=ROLE ...]   a subtree: its relation to the head of the enclosing phrase and, if that head is a predicate, its role
                          in the head's frame (`=ROLE` is optional)
    !word   *word         the phrase's head, with and without a frame; by default the phrase's only content word
    A  B  C               a mention: a name of one or two words
    A:kin:dependency      a slot for A's evidence, filled by a word of that kind (`wordlists.EVIDENCE_WORDS`), and the relation in which
                          this construction puts it to A: one of FAMILIES
    ~:kin                 a distractor: a word of that kind, of any type, which decides no mention's type
    ARG1<A                not a word: mention A, which stands elsewhere, is ARG1 of this phrase's predicate (control, sharing)
    @time   @np:A         a phrase drawn from `phrases.PHRASES`; `%` in it stands for the letter after the colon
    word/POS/relation     a word whose part of speech or relation differs from `wordlists`

The relations are those of Universal Dependencies, the roles those of PropBank.

The families say what the author of a construction means by it, and nothing is computed from the tree or its frames:

- `dependency`: one grammatical relation joins mention and evidence: title, apposition, `of`, subject or object and predicate, also
  where a word of little meaning stands between (`became a surgeon`, `a kind of charity`);
- `frame`: they take part in the same event, as two of its participants or as participant and event;
- `neither`: the evidence is in another clause or a parenthesis, and only the course of the text connects it with the mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from liap.corpora.planted.wordlists import CLAUSE_MARKERS, EVIDENCE_PARTS, MODALS, RELATIONS, part_of_speech

TOKEN = re.compile(r"\[[^\s\[\]]+|\]|[^\s\[\]]+")
DRAWN = re.compile(r"@(\w+)(?::([A-Z]))?")
FAMILIES = ("dependency", "frame", "neither")
STRAY = "~"  # stands for the mention's letter in a distractor
CONTENT = ("NOUN", "VERB", "PROPN", "PRON")  # possible heads of a phrase without a marked head


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a template, a mention, or a slot for evidence."""

    text: str  # the word itself, the letter of a mention or of the mention that the evidence is for, or STRAY
    part_of_speech: str
    relation: str
    mark: str  # "!", "*" or ""
    kind: str = ""  # "mention", or the evidence kind of a slot
    family: str = ""  # declared family of a slot for evidence; distractors have none

    @property
    def evidence(self) -> bool:
        """Whether this is the slot of a mention's evidence."""
        return bool(self.family)

    @property
    def stray(self) -> bool:
        """Whether this is a distractor."""
        return self.text == STRAY


@dataclass(frozen=True, slots=True)
class Shared:
    """A mention's role in the frame of the phrase that contains this item."""

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
    """The line with every `@name` replaced by one of its phrases, recursively."""
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
    """A new item for a token. Items are distinguished by identity, because a template may contain a word twice."""
    kind, fields = _fields(token)
    return kind(*fields)


@lru_cache(maxsize=4096)
def _fields(token: str) -> tuple[type, tuple[str, ...]]:
    if shared := re.fullmatch(r"([A-Z0-9-]+)<([A-Z])", token):
        return Shared, (shared[1], shared[2])
    mark = token[0] if token[0] in "!*" and len(token) > 1 else ""
    text, *labels = token[len(mark) :].split("/")
    letter, kind, family = (*text.split(":"), "", "")[:3]
    if re.fullmatch(rf"[A-Z{STRAY}]", letter):
        assert family in (FAMILIES if kind and letter != STRAY else ("",)), f"family {family!r} in {token!r}"
        part = EVIDENCE_PARTS[kind] if kind else "PROPN"
        return Word, (letter, part, labels[-1] if labels else RELATIONS[part], mark, kind or "mention", family)
    part = labels[0] if labels else part_of_speech(text)
    return Word, (text, part, labels[1] if len(labels) > 1 else RELATIONS[part], mark)


def fitted(word: Word, head: Word) -> tuple[str, str]:
    """A single word's part of speech and relation, which may depend on its phrase's head. Templates have no progressive."""
    verbal = head.part_of_speech == "VERB"
    if word.text in CLAUSE_MARKERS and word.part_of_speech == "ADP" and verbal:
        return ("PART" if word.text == "to" else "SCONJ"), "mark"
    if word.text in ("was", "were", "been", "be"):
        return "AUX", "aux:pass" if verbal else "cop"
    if word.part_of_speech == "PART":
        return "PART", "case" if word.text == "'s" else "advmod"
    return word.part_of_speech, word.relation


def lone_role(word: Word) -> str:
    """The role that a single word has under a predicate; only modals and negations have one."""
    if word.text in MODALS:
        return "ARGM-MOD"
    return "ARGM-NEG" if word.text == "not" else ""
