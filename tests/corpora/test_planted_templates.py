"""The notation on a toy line; then every template with random phrases: trees, frames, slots, splits."""

import numpy as np
import pytest

from liap.corpora.planted import linearise, notation, wordlists
from liap.corpora.planted.generate import drawn_from, families, kinds, stray_kinds
from liap.corpora.planted.phrases import PHRASES
from liap.corpora.planted.templates import TEMPLATES
from liap.errors import InputError

LINES = [(split, line) for split, lines in TEMPLATES.items() for line in lines]
RELATIONS = {"root", "nsubj", "nsubj:pass", "obj", "obl", "obl:agent", "obl:tmod", "nmod", "nmod:poss", "appos", "amod"} | {
    "advmod", "advcl", "acl", "ccomp", "xcomp", "conj", "cc", "parataxis", "compound", "compound:prt", "case", "det"
} | {"mark", "cop", "aux", "aux:pass", "punct", "nummod", "fixed", "flat"}  # fmt: skip


def toy(line, *strays, **words):
    """A line whose mention A is `Zim Zom`, of type PER."""
    about = {"names": {"A": ("Zim", "Zom")}, "types": {"A": "PER"}, "evidence": words, "strays": strays}
    return linearise.sentence(notation.tree(line), 0, **about)


def some_sentences(line, draws=3):
    """The template with different phrases each time, in the types' order."""
    for seed in range(draws):
        phrase = notation.tree(notation.drawn(line, PHRASES, np.random.default_rng(seed)))
        slots = kinds(phrase)
        yield linearise.sentence(
            phrase,
            0,
            names=dict.fromkeys(slots, ("Zim", "Zom")[: 1 + seed % 2]),
            types=dict.fromkeys(slots, "ORG"),
            evidence={letter: wordlists.EVIDENCE_WORDS[kind]["ORG"][0] for letter, kind in slots.items()},
            strays=[wordlists.EVIDENCE_WORDS[kind]["LOC"][1] for kind in stray_kinds(phrase)],
        )


def test_a_line_is_read_as_words_heads_relations_and_frames():
    sentence = toy(
        "[nsubj=ARG0 *A [appos , a A:noun:dependency ,]] would !leave/VERB [obl=ARG2 , for months ,] .", A="poet"
    )
    assert " ".join(sentence.words) == "Zim Zom , a poet , would leave , for months ."
    assert sentence.parse.heads == (7, 0, 4, 4, 0, 4, 7, -1, 10, 10, 7, 7)
    assert sentence.parse.relations[:8] == ("nsubj", "flat", "punct", "det", "appos", "punct", "aux", "root")
    assert sentence.parse.parts_of_speech[:8] == ("PROPN", "PROPN", "PUNCT", "DET", "NOUN", "PUNCT", "AUX", "VERB")
    (frame,) = sentence.frames
    assert frame.predicate == 7
    assert frame.roles == (("ARG0", 0, 5), ("ARGM-MOD", 6, 7), ("V", 7, 8), ("ARG2", 9, 11))
    assert sentence.tags == ("B-PER", "I-PER", *["O"] * 10)


@pytest.mark.parametrize("family", notation.FAMILIES)
def test_the_template_declares_the_family(family):
    line = f"[nsubj=ARG0 *A [appos , a A:noun:{family} ,]] !left ."
    assert families(line) == {"A": family}
    (known,) = toy(line, A="poet").evidence
    assert (known.words, known.family) == ((4,), family)


def test_a_slot_without_a_known_family_does_not_load():
    for slot in ("A:noun", "A:noun:near", "~:noun:frame"):
        with pytest.raises(AssertionError, match="family"):
            notation.tree(f"[nsubj=ARG0 A] !left [obj=ARG1 a {slot}] .")


def test_distractors_are_placed_in_order_and_are_nobodys_evidence():
    line = "[nsubj=ARG0 *A [appos , a [compound ~:noun] A:noun:dependency ,]] !left [obj=ARG1 the ~:affair] ."
    sentence = toy(line, "river", "merger", A="poet")
    assert " ".join(sentence.words) == "Zim Zom , a river poet , left the merger ."
    assert [known.words for known in sentence.evidence] == [(5,)]
    assert sentence.parse.heads[4] == 5
    assert stray_kinds(notation.tree(line)) == ["noun", "affair"]


def test_a_shared_argument_joins_the_frame():
    sentence = toy("[nsubj:pass=ARG1 A] was !expected [xcomp=ARG2 to be !A:action:frame ARG1<A] .", A="jailed")
    assert sentence.words[sentence.frames[1].predicate] == "jailed"
    assert sentence.frames[1].roles == (("ARG1", 0, 2), ("V", 6, 7))


def test_a_comma_before_other_punctuation_is_dropped():
    assert toy("[obl , like *A [appos , a A:noun:dependency ,] ,] !left .", A="poet").words == tuple(
        ", like Zim Zom , a poet , left .".split()
    )


def test_an_unknown_word_does_not_load():
    with pytest.raises(InputError, match=r"'zyzzyva'.*wordlists\.py"):
        notation.tree("[nsubj A] zyzzyva .")


def test_two_heads_do_not_load():
    with pytest.raises(AssertionError, match="2 heads"):
        toy("[nsubj A] !left !came .")


@pytest.mark.parametrize(("split", "line"), LINES)
def test_every_template_is_sound_with_any_phrases(split, line):
    expected = families(line)
    for sentence in some_sentences(line):
        heads = sentence.parse.heads
        assert heads.count(-1) == 1
        assert all(reaches_root(heads, word) for word in range(len(heads)))
        assert not any(crosses(heads, word) for word in range(len(heads)))
        assert set(sentence.parse.relations) <= RELATIONS, set(sentence.parse.relations) - RELATIONS
        assert all(sentence.parse.parts_of_speech[frame.predicate] == "VERB" for frame in sentence.frames)
        assert len(sentence.evidence) == len(expected)
        assert all(len(known.words) == 1 for known in sentence.evidence)
        assert sorted(known.family for known in sentence.evidence) == sorted(expected.values())
        for word, after in zip(sentence.words, sentence.words[1:], strict=False):
            assert word.lower() != "a" or after[0] not in "aeiou", (word, after)


def reaches_root(heads, word):
    for _ in heads:
        word = heads[word]
        if word == -1:
            return True
    return False


def crosses(heads, word):
    """Whether the arc to this word's head crosses another: a word between them depends on a word outside."""
    low, high = sorted((word, max(heads[word], 0)))
    return heads[word] >= 0 and any(not low <= heads[between] <= high for between in range(low + 1, high))


def test_splits_share_no_template_and_there_are_enough():
    assert len({line for _, line in LINES}) == len(LINES)
    assert min(len(TEMPLATES["train"]), len(LINES)) >= 60
    assert all(
        {family for line in lines for family in families(line).values()} == set(notation.FAMILIES)
        for lines in TEMPLATES.values()
    )


def test_no_sentence_frame_of_the_other_splits_is_seen_in_training():
    def skeleton(sentence):
        """The words, with mentions, evidence and distractors blanked."""
        words = ["?" if word.lower() in wordlists.KEY else word for word in sentence.words]
        for known in sentence.evidence:
            words[known.start : known.end] = ["?"] * (known.end - known.start)
        return tuple(word for word, before in zip(words, ["", *words], strict=False) if (word, before) != ("?", "?"))

    seen = {skeleton(made.sentence) for made in drawn_from("train", size=1500)}
    for split in ("validation", "test"):
        assert not seen & {skeleton(made.sentence) for made in drawn_from(split, size=400)}


def test_evidence_lists_can_be_exchanged():
    for kind, lists in wordlists.EVIDENCE_WORDS.items():
        assert tuple(lists) == wordlists.TYPES, kind
        assert len({len(listed) for listed in lists.values()}) == 1, kind
    count = sum(len(listed) for lists in wordlists.EVIDENCE_WORDS.values() for listed in lists.values())
    assert len(wordlists.KEY) == count  # each word is in only one list
    assert not set(wordlists.KEY) & wordlists.vocabulary()
    for kind in ("noun", "affair"):  # kinds that follow "a"
        assert all(word[0] not in "aeiou" for listed in wordlists.EVIDENCE_WORDS[kind].values() for word in listed)
