"""The role labeller `dependency`: frames from rules on the dependency tree, for when there is no trained labeller.

In: parses, in Universal Dependencies or ClearNLP's relations. Out: a frame for each verb, with PropBank's role names (Palmer
et al. 2005). There is no training and no lexicon, so the spans are more reliable than the names. ARG0 and ARG1 are the *deep*
subject and object. Other dependents of a verb are ARG2, or an adjunct that their preposition or adverb names.

1. A verb's own dependents have roles: subject, objects, complements, obliques, adverbs and modals. A role spans the
   dependent's subtree, without punctuation at its edges. In a passive the subject is ARG1, and a `by` phrase is ARG0.
2. If a verb modifies a noun (relative clause, participle), the noun fills a role: the one that the clause lacks, or that of
   the relative pronoun, which then is R-<role>.
3. A verb without a subject takes it from the verb above. Conjuncts share their subject, and their modals. The subject of a
   complement is the object above, or else the subject above; that of an adverbial clause is the subject above.

A verb's own roles are inside its subtree and shared ones are outside, so roles never overlap.

Known differences: auxiliaries and copulas are not predicates (as for the other labellers), no role continues another (C-),
and a verb's sense is unknown, so the subject of `fall` is ARG0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from liap.linguistics.srl.frames import predicates
from liap.records import Frame, Parse, Sentence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ClearNLP's relation -> the closest one of Universal Dependencies. A preposition (`prep`) heads its phrase, so it is the oblique.
UNIVERSAL_NAMES = {
    "dobj": "obj",
    "nsubjpass": "nsubj:pass",
    "csubjpass": "csubj:pass",
    "dative": "iobj",
    "prep": "obl",
    "agent": "obl:agent",
    "npadvmod": "obl",
    "relcl": "acl:relcl",
    "auxpass": "aux:pass",
    "neg": "advmod",
    "prt": "compound:prt",
    "oprd": "xcomp",
    "acomp": "xcomp",
    "attr": "xcomp",
    "intj": "discourse",
}
SUBJECTS = ("nsubj", "csubj")
MODALS = _words("can could will would shall should may might must ought ca wo 'll 'd ’ll ’d")
NEGATIONS = frozenset(("not", "n't", "n’t", "never", "no"))
RELATIVES = _words("who whom whose which that where when why")
TIMES = _words(
    "now then today yesterday tomorrow tonight already still soon later again always often sometimes "
    "recently currently once monday tuesday wednesday thursday friday saturday sunday january february "
    "march april may june july august september october november december second seconds minute minutes "
    "hour hours day days night nights morning afternoon evening week weeks weekend month months year "
    "years season decade century time times moment ago when before after"
)
PLACES = frozenset(("here", "there", "where", "home", "abroad", "everywhere", "nearby"))
OPENERS = {  # the first word of a clause or phrase -> its adjunct role
    **dict.fromkeys(("because", "as", "since"), "ARGM-CAU"),
    **dict.fromkeys(("when", "while", "until", "till", "before", "after", "during"), "ARGM-TMP"),
    **dict.fromkeys(("in", "at", "on", "near", "under", "over", "between", "among", "inside", "outside"), "ARGM-LOC"),
    **dict.fromkeys(("toward", "towards", "through", "across", "along", "around"), "ARGM-DIR"),
    **dict.fromkeys(("like", "by"), "ARGM-MNR"),
}


def label_by_rules(sentences: Sequence[Sentence], parses: Sequence[Parse]) -> list[tuple[Frame, ...]]:
    """A frame for each of the parser's verbs."""
    return [
        tuple(_Tree(sentence.words, parse).frame(verb) for verb in predicates(parse))
        for sentence, parse in zip(sentences, parses, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Role:
    """A role of a verb, with its half-open span."""

    name: str
    start: int
    end: int


class _Tree:
    """A sentence's tree, with the questions that the rules ask about it."""

    def __init__(self, words: Sequence[str], parse: Parse) -> None:
        self.words = [word.lower() for word in words]
        self.heads = parse.heads
        self.relations = [UNIVERSAL_NAMES.get(relation, relation) for relation in parse.relations]
        self.parts_of_speech = parse.parts_of_speech
        self.children: list[list[int]] = [[] for _ in words]
        for word, head in enumerate(parse.heads):
            if head >= 0:
                self.children[head].append(word)

    def frame(self, verb: int) -> Frame:
        """The verb's roles, as tags."""
        tags = ["O"] * len(self.words)
        tags[verb] = "B-V"
        for role in self._roles(verb):
            assert all(tags[word] == "O" for word in range(role.start, role.end))
            tags[role.start : role.end] = [f"B-{role.name}", *[f"I-{role.name}"] * (role.end - role.start - 1)]
        return Frame(verb, tuple(tags))

    def _roles(self, verb: int) -> Iterator[_Role]:
        relative = self._relation(verb) == "acl" and self._noun_above(verb)
        pronoun = ""
        for child in self.children[verb]:
            name = self._name(verb, child)
            if not name:
                continue
            if relative and self.words[child] in RELATIVES and not self.children[child]:
                pronoun, name = name, f"R-{name}"
            yield from self._role(name, child)
        if self._relation(verb) in ("acl", "amod") and self._noun_above(verb):
            yield from self._role(pronoun or self._missing(verb), self.heads[verb], without=verb)
            return
        if not self._subjects(verb):
            for subject in self._shared_subjects(verb):
                yield from self._role(
                    "ARG1" if self._passive(verb) else "ARG0", subject, without=self._branch(subject, verb)
                )
        if self._relation(verb) == "conj" and not any(self._relation(child) == "aux" for child in self.children[verb]):
            above = self.children[self.heads[verb]]
            yield from (_Role("ARGM-MOD", word, word + 1) for word in above if self._is_modal(word))

    def _name(self, verb: int, child: int) -> str:
        """The role of one of the verb's dependents; empty if it has none."""
        relation, passive = self._relation(child), self._passive(verb)
        if relation in SUBJECTS:
            return "ARG1" if passive or self.relations[child].endswith(":pass") else "ARG0"
        if relation == "aux":
            return "ARGM-MOD" if self._is_modal(child) else ""
        if relation == "obj":
            return "ARG2" if passive else "ARG1"
        if relation in ("xcomp", "ccomp"):
            has_object = passive or any(self._relation(other) == "obj" for other in self.children[verb])
            return "ARG2" if has_object else "ARG1"
        if relation == "obl":
            return self._oblique(child, passive)
        if relation == "advmod":
            return self._adverb(child)
        if relation == "advcl":
            first = self.words[min(self._subtree(child))]
            return "ARGM-PRP" if first == "to" else OPENERS.get(first, "ARGM-ADV")
        return {"iobj": "ARG2", "discourse": "ARGM-DIS", "vocative": "ARGM-DIS"}.get(relation, "")

    def _oblique(self, child: int, passive: bool) -> str:
        phrase = self._subtree(child)
        first = self.words[min(phrase)]
        if self.relations[child] == "obl:agent" or (passive and first == "by"):
            return "ARG0"
        heads = [child, *(word for word in self.children[child] if self.relations[word] == "pobj")]
        if any(self.words[word] in TIMES for word in heads) or self.relations[child] == "obl:tmod":
            return "ARGM-TMP"
        return OPENERS.get(first, "ARG2")

    def _adverb(self, child: int) -> str:
        word = self.words[child]
        if word in NEGATIONS:
            return "ARGM-NEG"
        if word in TIMES:
            return "ARGM-TMP"
        if word in PLACES:
            return "ARGM-LOC"
        return "ARGM-MNR" if word.endswith("ly") else "ARGM-ADV"

    def _missing(self, verb: int) -> str:
        """The role that a clause without a relative pronoun lacks, which the noun it modifies fills."""
        if self._passive(verb):
            return "ARG1"
        if not self._subjects(verb) and not self._infinitive(verb):
            return "ARG0"
        if not any(self._relation(child) in ("obj", "ccomp") for child in self.children[verb]):
            return "ARG1"
        return "ARGM-TMP" if self.words[self.heads[verb]] in TIMES else "ARG2"

    def _shared_subjects(self, verb: int) -> list[int]:
        """The subjects that a verb without one takes from the verbs above it."""
        relation, above = self._relation(verb), self.heads[verb]
        if above < 0 or relation not in ("conj", "xcomp", "advcl"):
            return []
        if relation == "advcl" and not (self.words[verb].endswith("ing") or self._infinitive(verb)):
            return []
        objects = [child for child in self.children[above] if self._relation(child) in ("obj", "iobj")]
        if relation == "xcomp" and objects:
            return objects[:1]
        subjects = self._subjects(above)
        in_relative = self._relation(above) == "acl" and self._noun_above(above)
        if in_relative and all(self.words[subject] in RELATIVES for subject in subjects):
            return [self.heads[above]]
        if subjects:
            return subjects
        return self._shared_subjects(above)

    def _branch(self, noun: int, verb: int) -> int:
        """The noun's dependent whose subtree contains the verb; -1 if there is none."""
        while verb >= 0 and self.heads[verb] != noun:
            verb = self.heads[verb]
        return verb

    def _passive(self, verb: int) -> bool:
        marked = any(self.relations[child].endswith(":pass") for child in self.children[verb])
        bare = self.relations[verb] in ("acl", "amod") and not self._infinitive(verb)
        return marked or (bare and not self.words[verb].endswith("ing"))

    def _role(self, name: str, head: int, without: int = -1) -> Iterator[_Role]:
        """The unbroken span around `head` in its subtree, without the subtree of `without` and without punctuation at the edges."""
        allowed = self._subtree(head) - (self._subtree(without) if without >= 0 else set())
        start, end = head, head + 1
        while start - 1 in allowed:
            start -= 1
        while end in allowed:
            end += 1
        while end - 1 > head and self.parts_of_speech[end - 1] == "PUNCT":
            end -= 1
        while start < head and self.parts_of_speech[start] == "PUNCT":
            start += 1
        yield _Role(name, start, end)

    def _subtree(self, word: int) -> set[int]:
        below, open_words = {word}, [word]
        while open_words:
            children = self.children[open_words.pop()]
            below.update(children)
            open_words.extend(children)
        return below

    def _relation(self, word: int) -> str:
        return self.relations[word].partition(":")[0]

    def _subjects(self, verb: int) -> list[int]:
        return [child for child in self.children[verb] if self._relation(child) in SUBJECTS]

    def _is_modal(self, word: int) -> bool:
        return self._relation(word) == "aux" and self.words[word] in MODALS

    def _infinitive(self, verb: int) -> bool:
        return any(self.words[child] == "to" and child < verb for child in self.children[verb])

    def _noun_above(self, verb: int) -> bool:
        above = self.heads[verb]
        return above >= 0 and self.parts_of_speech[above] in ("NOUN", "PROPN", "PRON", "DET", "NUM")
