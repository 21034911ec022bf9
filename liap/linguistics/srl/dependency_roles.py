"""The role labeller `dependency`: frames read off the dependency tree, where no trained labeller is at hand.

In: parses, in Universal Dependencies or ClearNLP's relations. Out: a frame for each verb, roles named as in PropBank
(Palmer et al. 2005). Nothing is learned and no lexicon is asked, so the spans are better than the names: ARG0 and ARG1
are the *deep* subject and object, and what else a verb governs is ARG2 or an adjunct by its preposition or adverb.

1. A verb's own dependents: subject, objects, complements, obliques, adverbs and modals; a role spans the dependent's
   subtree, without punctuation at its edges. In a passive the subject is ARG1, and a `by` phrase ARG0.
2. A verb that modifies a noun (relative clause, participle) has the noun for a role: the one that its clause lacks, or
   that of its relative pronoun, which then is R-<role>.
3. A verb without a subject has that of the verb above it: conjuncts share theirs; a complement is controlled by the
   object above, else the subject; an adverbial clause by the subject. Conjuncts share modals too.

A verb's own roles lie below it and shared ones outside what is below it, so no two roles overlap.

Known differences: auxiliaries and copulas are no predicates (as for the other labellers), no role continues another
(C-), and a verb's sense is unknown, so the subject of `fall` is ARG0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from liap.linguistics.srl.frames import Labelling, Settings, predicates
from liap.records import Frame, Parse, Sentence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ClearNLP's names of what Universal Dependencies names otherwise; where prepositions are heads, so is a phrase's case.
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
OPENERS = {  # what a clause or a phrase opens with -> its adjunct role
    **dict.fromkeys(("because", "as", "since"), "ARGM-CAU"),
    **dict.fromkeys(("when", "while", "until", "till", "before", "after", "during"), "ARGM-TMP"),
    **dict.fromkeys(("in", "at", "on", "near", "under", "over", "between", "among", "inside", "outside"), "ARGM-LOC"),
    **dict.fromkeys(("toward", "towards", "through", "across", "along", "around"), "ARGM-DIR"),
    **dict.fromkeys(("like", "by"), "ARGM-MNR"),
}


@contextmanager
def open_labelling(settings: Settings) -> Iterator[Labelling]:
    """Frames by the rules above; see `liap.linguistics.srl.label`."""
    yield _label


def _label(sentences: Sequence[Sentence], parses: Sequence[Parse]) -> list[tuple[Frame, ...]]:
    """A frame for each of the parser's verbs."""
    return [
        tuple(_Tree(sentence.words, parse).frame(verb) for verb in predicates(parse))
        for sentence, parse in zip(sentences, parses, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Role:
    """A role of a verb, and its half-open span."""

    name: str
    start: int
    end: int


class _Tree:
    """A sentence's tree, with what the rules ask of it."""

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
        """The role that a dependent of the verb plays; empty for none."""
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
        """The role of the noun that a clause without a relative pronoun modifies."""
        if self._passive(verb):
            return "ARG1"
        if not self._subjects(verb) and not self._infinitive(verb):
            return "ARG0"
        if not any(self._relation(child) in ("obj", "ccomp") for child in self.children[verb]):
            return "ARG1"
        return "ARGM-TMP" if self.words[self.heads[verb]] in TIMES else "ARG2"

    def _shared_subjects(self, verb: int) -> list[int]:
        """The subject that a verb without one has from the verbs above it."""
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
        """The dependent of the noun that the verb is or hangs below; -1 where there is none."""
        while verb >= 0 and self.heads[verb] != noun:
            verb = self.heads[verb]
        return verb

    def _passive(self, verb: int) -> bool:
        marked = any(self.relations[child].endswith(":pass") for child in self.children[verb])
        bare = self.relations[verb] in ("acl", "amod") and not self._infinitive(verb)
        return marked or (bare and not self.words[verb].endswith("ing"))

    def _role(self, name: str, head: int, without: int = -1) -> Iterator[_Role]:
        """The run of words around `head` below it, less what is below `without`, and less punctuation at the edges."""
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
