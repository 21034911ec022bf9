"""Frames from hand-drawn trees, in both schemes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.linguistics.srl import label
from liap.linguistics.srl.frames import predicates
from liap.records import Parse, Sentence


def frames(tree: str) -> dict[str, dict[str, str]]:
    """Verb -> role -> text, for a tree whose lines are `word tag relation head`, with heads counted from 1."""
    rows = [line.split() for line in tree.strip().splitlines()]
    words = tuple(row[0] for row in rows)
    parse = Parse(
        tuple(int(row[3]) - 1 for row in rows), tuple(row[2] for row in rows), tuple(row[1] for row in rows), "unknown"
    )
    (labelled,) = label([Sentence(0, 0, words)], [parse], "dependency")
    return {
        words[frame.predicate]: {role: " ".join(words[start:end]) for role, start, end in frame.roles}
        for frame in labelled
    }


GAVE = """
The     DET   det    2
judge   NOUN  nsubj  4
quickly ADV   advmod 4
gave    VERB  {root} 0
Ann     PROPN iobj   4
a       DET   det    7
book    NOUN  {obj}  4
{tail}
.       PUNCT punct  4
"""
PHRASES = {
    "ud": "in ADP case 9\nParis PROPN obl 4",
    "clear": "in ADP prep 4\nParis PROPN pobj 8",
}


@pytest.mark.parametrize(("scheme", "obj", "root"), [("ud", "obj", "root"), ("clear", "dobj", "ROOT")])
def test_a_plain_clause_in_both_schemes(scheme, obj, root):
    assert frames(GAVE.format(obj=obj, root=root, tail=PHRASES[scheme])) == {
        "gave": {
            "ARG0": "The judge",
            "ARGM-MNR": "quickly",
            "V": "gave",
            "ARG2": "Ann",
            "ARG1": "a book",
            "ARGM-LOC": "in Paris",
        }
    }


@pytest.mark.parametrize(
    "tail",
    ["Rome PROPN nsubj:pass 3\nwas AUX aux:pass 3\nsacked VERB root 0\nby ADP case 5\nGoths PROPN obl 3",
     "Rome PROPN nsubjpass 3\nwas AUX auxpass 3\nsacked VERB ROOT 0\nby ADP agent 3\nGoths PROPN pobj 4"],
)  # fmt: skip
def test_a_passive_in_both_schemes(tail):
    assert frames(tail) == {"sacked": {"ARG1": "Rome", "V": "sacked", "ARG0": "by Goths"}}


def test_negation_modals_times_and_particles():
    tree = """
    She   PRON  nsubj        4
    will  AUX   aux          4
    n't   PART  advmod       4
    give  VERB  root         0
    up    ADP   compound:prt 4
    on    ADP   case         7
    Friday PROPN obl         4
    because SCONJ mark       10
    he    PRON  nsubj        10
    won   VERB  advcl        4
    """
    by_verb = frames(tree)
    assert by_verb["give"] == {
        "ARG0": "She",
        "ARGM-MOD": "will",
        "ARGM-NEG": "n't",
        "V": "give",
        "ARGM-TMP": "on Friday",
        "ARGM-CAU": "because he won",
    }
    assert by_verb["won"] == {"ARG0": "he", "V": "won"}


def test_relative_clauses_fill_their_gap():
    tree = """
    The   DET  det       2
    man   NOUN nsubj     9
    who   PRON nsubj     4
    stole VERB acl:relcl 2
    bread NOUN obj       4
    we    PRON nsubj     7
    baked VERB acl:relcl 5
    was   AUX  aux:pass  9
    seen  VERB root      0
    """
    by_verb = frames(tree)
    assert by_verb["stole"] == {"ARG0": "The man", "R-ARG0": "who", "V": "stole", "ARG1": "bread we baked"}
    assert by_verb["baked"] == {"ARG1": "bread", "ARG0": "we", "V": "baked"}
    assert by_verb["seen"] == {"ARG1": "The man who stole bread we baked", "V": "seen"}


def test_participles_modify_their_agent_or_patient():
    by_verb = frames(
        "dogs NOUN nsubj 4\nbarking VERB acl 1\nloudly ADV advmod 2\nscare VERB root 0\nstolen VERB amod 6\ncats NOUN obj 4"
    )
    assert by_verb["barking"] == {"ARG0": "dogs", "V": "barking", "ARGM-MNR": "loudly"}
    assert by_verb["stolen"] == {"V": "stolen", "ARG1": "cats"}


def test_conjuncts_share_subject_and_modal_through_control():
    tree = """
    Ann   PROPN nsubj 3
    must  AUX   aux   3
    come  VERB  root  0
    and   CCONJ cc    5
    try   VERB  conj  3
    to    PART  mark  7
    help  VERB  xcomp 5
    """
    by_verb = frames(tree)
    assert by_verb["try"] == {"ARG0": "Ann", "ARGM-MOD": "must", "V": "try", "ARG1": "to help"}
    assert by_verb["help"] == {"ARG0": "Ann", "V": "help"}


def test_conjoined_relative_clauses_share_only_the_noun():
    tree = """
    men  NOUN  nsubj     6
    who  PRON  nsubj     3
    came VERB  acl:relcl 1
    and  CCONJ cc        5
    left VERB  conj      3
    sing VERB  root      0
    """
    by_verb = frames(tree)
    assert by_verb["came"] == {"ARG0": "men", "R-ARG0": "who", "V": "came"}
    assert by_verb["sing"] == {"ARG0": "men who came and left", "V": "sing"}
    assert by_verb["left"] == {"ARG0": "men", "V": "left"}


def test_conjoined_participles_share_only_the_noun():
    by_verb = frames("men NOUN nsubj 5\nsinging VERB acl 1\nand CCONJ cc 4\ndancing VERB conj 2\nleft VERB root 0")
    assert by_verb["dancing"] == {"ARG0": "men", "V": "dancing"}


def test_an_object_takes_precedence_over_the_subject_in_control():
    by_verb = frames(
        "I PRON nsubj 2\ntold VERB root 0\nBob PROPN obj 2\nto PART mark 5\nleave VERB xcomp 2\n, PUNCT punct 7\nsmiling VERB advcl 2"
    )
    assert by_verb["leave"] == {"ARG0": "Bob", "V": "leave"}
    assert by_verb["told"] == {"ARG0": "I", "V": "told", "ARG1": "Bob", "ARG2": "to leave", "ARGM-ADV": "smiling"}
    assert by_verb["smiling"] == {"ARG0": "I", "V": "smiling"}


RELATIONS = [
    "nsubj",
    "obj",
    "obl",
    "acl:relcl",
    "acl",
    "xcomp",
    "conj",
    "advcl",
    "punct",
    "aux:pass",
    "prep",
    "dep",
    "",
]


@given(st.data())
def test_any_tree_gives_one_frame_per_verb(data):
    count = data.draw(st.integers(1, 9))
    order = data.draw(st.permutations(range(count)))
    heads = [-1] * count
    for position, word in enumerate(order[1:], start=1):  # each word depends on an earlier one, or is a root
        heads[word] = data.draw(st.sampled_from([-1, *order[:position]]))
    relations = data.draw(st.lists(st.sampled_from(RELATIONS), min_size=count, max_size=count))
    tags = data.draw(st.lists(st.sampled_from(["VERB", "NOUN", "PUNCT"]), min_size=count, max_size=count))
    words = data.draw(st.lists(st.text(max_size=3), min_size=count, max_size=count))
    parse = Parse(tuple(heads), tuple(relations), tuple(tags))
    (labelled,) = label([Sentence(0, 0, tuple(words))], [parse], "dependency")
    assert tuple(frame.predicate for frame in labelled) == predicates(parse)
    for frame in labelled:
        assert frame.tags[frame.predicate] == "B-V" and len(frame.tags) == count
        assert all(end > start for _, start, end in frame.roles)
