"""Label schemes: which scheme a set of labels has, which entities labels mark, and how types are mapped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.corpora.tags import to_iob2
from liap.errors import InputError
from liap.records import Sentence, tag_spans
from liap.taggers.label_schemes import entity_types, iob2_tags, map_types, read_type_map, scheme_of
from liap.taggers.prediction import predict
from liap.taggers.tagger import Meter

IOB2 = ("O", "B-A", "I-A", "B-B", "I-B")
IOB1 = ("B-A", "I-A", "I-B", "O")
BIOES = ("O", *(f"{prefix}-{kind}" for kind in "XY" for prefix in "BIES"))
BILOU = ("O", *(f"{prefix}-{kind}" for kind in "XY" for prefix in "BILU"))


@pytest.mark.parametrize(
    ("labels", "name", "types", "outside"),
    [
        (IOB2, "IOB2", "A B", 0),
        (("B-PER", "B-LOC", "O"), "IOB2", "LOC PER", 2),
        (("O", "B_PER", "I_PER"), "IOB2", "PER", 0),
        (("O", "PER-B", "PER-I"), "IOB2", "PER", 0),
        (("O", "PER_B", "PER_I"), "IOB2", "PER", 0),
        (("O", "B-work_of_art", "I-work_of_art"), "IOB2", "work_of_art", 0),
        (("O", "B-B", "I-B", "B-I", "I-I"), "IOB2", "B I", 0),
        (("[PAD]", "O", "B-PER", "I-PER", "[CLS]"), "IOB2", "PER", 1),
        (("B-LOC", "B-MISC", "B-ORG", "I-LOC", "I-MISC", "I-ORG", "I-PER", "O"), "IOB1", "LOC MISC ORG PER", 7),
        (("O", "I-PER", "I-LOC"), "IO", "LOC PER", 0),
        (("O", "PER", "WORK_OF_ART", "G-P-E"), "plain", "G-P-E PER WORK_OF_ART", 0),
        (("OUT", "PER"), "plain", "PER", 0),
        (("PER", "0"), "plain", "PER", 1),
        (("none", "B-PER"), "IOB2", "PER", 0),
        (("O", "NONE", "PER"), "plain", "NONE PER", 0),  # beside O, any other label is a type
        (BIOES, "BIOES", "X Y", 0),
        (("O", "B-X", "E-X", "S-X", "S-Y"), "BIOES", "X Y", 0),
        (BILOU, "BILOU", "X Y", 0),
        (("O", "B-X", "I-X", "S-X"), "BIOS", "X", 0),
    ],
)
def test_the_set_of_labels_decides_the_scheme(labels, name, types, outside):
    scheme = scheme_of(labels)
    assert (scheme.name, " ".join(scheme.types), scheme.outside) == (name, types, outside)
    assert scheme.parts[outside] == ("", "") and len(scheme.parts) == len(labels)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("LABEL_0", "LABEL_1"), "'LABEL_0', 'LABEL_1': no outside label"),
        (("B-A", "I-A"), "no outside label"),
        ((), "no outside label"),
        (("OUT", "NONE", "PER"), "more than one outside label"),
        (("O",), "no label marks an entity"),
        (("O", "[PAD]"), "no label marks an entity"),
        (("O", "B-A", "B-A"), "occurs twice"),
        (("O", "B-A", "I-A", "LOC"), "'LOC' is not spelled like 'B-A'"),
        (("O", "B-A", "I_A"), "'I_A' is not spelled like 'B-A'"),
        (("O", "B-A", "A-I"), "'A-I' is not spelled like 'B-A'"),
        (("O", "B-"), "'B-' names no entity type"),
        (("O", "B", "I"), "'B' names no entity type"),
        (("0", "1", "2"), "'1' names no entity type"),
        (("O", " "), "names no entity type"),
        (("O", "B-A", "I-B"), "fit no scheme"),
        (("O", "B-A", "E-A", "U-A"), "fit no scheme"),
        (("O", "B-A", "I-A", "E-A"), "fit no scheme"),
        (("O", "B-A", "E-A", "S-A", "I-B"), "fit no scheme"),
    ],
)
def test_a_set_of_no_scheme_is_refused_in_one_line(labels, message):
    with pytest.raises(InputError, match=message) as caught:
        scheme_of(labels)
    assert "expected" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "said", "expected"),
    [
        (IOB2, "I-A B-A I-A I-B B-B B-B O", [("A", 1, 3), ("B", 4, 5), ("B", 5, 6)]),
        (IOB1, "I-A I-A B-A I-A I-B O B-A", [("A", 0, 2), ("A", 2, 4), ("B", 4, 5), ("A", 6, 7)]),
        (("O", "I-A", "I-B"), "I-A I-A I-B O I-B", [("A", 0, 2), ("B", 2, 3), ("B", 4, 5)]),
        (("OUT", "A", "B"), "A A B OUT B", [("A", 0, 2), ("B", 2, 3), ("B", 4, 5)]),
        (BIOES, "B-X I-X E-X S-X E-X B-X I-X O B-X E-Y", [("X", 0, 3), ("X", 3, 4)]),
        (BILOU, "U-X B-Y L-Y I-X B-X U-X", [("X", 0, 1), ("Y", 1, 3), ("X", 5, 6)]),
        (("O", "B-X", "I-X", "S-X"), "B-X B-X I-X S-X I-X B-X", [("X", 0, 1), ("X", 1, 3), ("X", 3, 4), ("X", 5, 6)]),
        (("O", "A_B", "A_I"), "A_I A_B A_I", [("A", 1, 3)]),
        (("[PAD]", "O", "A"), "A [PAD] A", [("A", 0, 1), ("A", 2, 3)]),
    ],
)
def test_each_scheme_decodes_by_its_own_rules(labels, said, expected):
    assert scheme_of(labels).entities(said.split()) == tuple(expected)


def said_in(labels):
    return st.lists(st.sampled_from(labels), max_size=9)


@given(said_in(IOB2), said_in(BIOES), said_in(BILOU))
def test_strict_schemes_decode_as_seqeval_does(iob2, bioes, bilou):
    from seqeval import scheme

    pairs = ((IOB2, iob2, scheme.IOB2), (BIOES, bioes, scheme.IOBES), (BILOU, bilou, scheme.BILOU))
    for labels, said, theirs in pairs:
        if said:
            expected = [entity.to_tuple()[1:] for entity in scheme.Tokens(said, theirs).entities]
            assert list(scheme_of(labels).entities(said)) == expected


@given(said_in(IOB1))
def test_iob1_is_decoded_as_in_corpora(said):
    assert scheme_of(IOB1).entities(said) == tag_spans(to_iob2(said, "IOB1"), strict=True)


@given(st.sampled_from((IOB2, IOB1, BIOES, BILOU, ("O", "A", "B"), ("O", "B-X", "I-X", "S-X"))), st.data())
def test_the_tags_of_any_scheme_say_the_same_in_iob2(labels, data):
    said = data.draw(said_in(labels))
    entities = scheme_of(labels).entities(said)
    assert tag_spans(iob2_tags(entities, len(said)), strict=True) == entities


def test_types_are_mapped_and_dropped():
    mapped = read_type_map(("A=PER", "B=PER", "C="), ("A", "B", "C", "D"))
    entities = (("A", 0, 1), ("B", 1, 2), ("C", 2, 3), ("D", 3, 4))
    assert map_types(entities, mapped) == (("PER", 0, 1), ("PER", 1, 2), ("D", 3, 4))
    assert entity_types(("O", "A", "B", "C", "D"), ("A=PER", "B=PER", "C=")) == ("D", "PER")
    assert entity_types(("O", "A", "B")) == ("A", "B")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (("A",), "'A': expected <recogniser's type>=<corpus's type>, such as PERSON=PER"),
        (("=PER",), "expected <recogniser's type>"),
        (("A=B=C",), "expected <recogniser's type>"),
        (("A=B C",), "expected <recogniser's type>"),
        (("",), "expected <recogniser's type>"),
        (("X=PER",), "the recogniser has no type 'X'; expected one of A, B"),
        (("A=PER", "A=LOC"), "A is mapped twice"),
        (("A=", "B="), "drops every type"),
    ],
)
def test_a_bad_entry_is_refused_in_one_line(entries, message):
    with pytest.raises(InputError, match=f"--type-map .*{message}"):
        read_type_map(entries, ("A", "B"))


class Toy:
    """A tagger that says one label for each word, with probability 1/2; the label `-` stands for a word without a piece."""

    capabilities = frozenset()
    layers_and_heads = (0, 0)
    meter = Meter()

    def __init__(self, labels, said):
        self.labels, self.said = tuple(labels), said.split()

    def fits(self, words):
        return True

    def check_operator(self, operator):
        pass

    def probabilities(self, requests):
        answer = np.full((1, len(self.said), len(self.labels)), 0.5 / (len(self.labels) - 1))
        for word, label in enumerate(self.said):
            answer[0, word] = np.nan if label == "-" else answer[0, word]
            if label != "-":
                answer[0, word, self.labels.index(label)] = 0.5
        return [answer for _ in requests]


def predicted(labels, said, gold, type_map=()):
    words = tuple(f"w{place}" for place in range(len(said.split())))
    found = predict(Toy(labels, said), [Sentence(0, 0, words, tuple(gold.split()))], type_map=type_map, target="tag")
    return found.tags[0], found.mentions[0]


def test_mentions_keep_the_recognisers_labels_and_tags_are_iob2():
    tags, mentions = predicted(("PER_B", "PER_I", "OUT", "LOC_B"), "PER_B PER_I OUT LOC_B -", "B-PER I-PER O B-ORG O")
    assert tags == ("B-PER", "I-PER", "O", "B-LOC", "O")
    assert [mention.tags for mention in mentions] == [("PER_B", "PER_I"), ("LOC_B",)]
    assert [(m.predicted_type, m.gold_type, m.outcome) for m in mentions] == [
        ("PER", "PER", "correct"),
        ("LOC", "ORG", "wrong_type"),
    ]
    assert [mention.probability for mention in mentions] == pytest.approx([0.5, 0.5])


def test_mapped_types_are_compared_with_gold():
    said, gold = "B-PERSON I-PERSON B-GPE B-DATE", "B-PER I-PER B-LOC O"
    labels = ("O", "B-PERSON", "I-PERSON", "B-GPE", "B-DATE")
    tags, mentions = predicted(labels, said, gold, ("PERSON=PER", "GPE=LOC", "DATE="))
    assert tags == ("B-PER", "I-PER", "B-LOC", "O")
    assert [(m.predicted_type, m.outcome, m.tags) for m in mentions] == [
        ("PER", "correct", ("B-PERSON", "I-PERSON")),
        ("LOC", "correct", ("B-GPE",)),
    ]


def test_iob2_labels_stay_as_they_were_said():
    tags, mentions = predicted(IOB2, "I-A B-A I-B -", "O B-A O O")
    assert tags == ("I-A", "B-A", "I-B", "O")
    assert [(m.start, m.end, m.outcome) for m in mentions] == [(1, 2, "correct")]
