"""Declared families against the pruning code, and distractors, on hand-made sentences and on the corpus itself."""

import pytest

from liap.corpora import planted
from liap.diagnostics.planted_corpus import (
    Annotated,
    computed_family,
    disagreements,
    distractors,
    families,
    gold,
    shown,
)
from liap.records import Evidence, Frame, Parse, Sentence

WORDS = tuple("Zim , a river poet , met the mayor".split())
PARSE = Parse((6, 4, 4, 4, 0, 4, -1, 8, 6), ("nsubj",) * 9, ("NOUN",) * 9, "ud")
FRAMES = (Frame(6, ("B-ARG0", *("I-ARG0",) * 4, "O", "B-V", "B-ARG1", "I-ARG1")),)
TAGS = ("B-PER", *("O",) * 8)


def one(word, family="dependency", frames=FRAMES, words=WORDS):
    known = Evidence(0, 1, (word,), family)
    return Annotated(Sentence(0, 0, words, TAGS, PARSE, frames, (known,)), PARSE, frames, "a template")


@pytest.mark.parametrize(
    ("word", "family"), [(4, "dependency"), (6, "dependency"), (3, "frame"), (8, "frame"), (5, "neither")]
)
def test_pruning_computes_the_family_from_tree_and_frames(word, family):
    made = one(word)
    assert computed_family(made.parse, made.frames, made.sentence.evidence[0]) == family


def test_without_a_frame_nothing_is_in_one():
    made = one(8, frames=())
    assert computed_family(made.parse, made.frames, made.sentence.evidence[0]) == "neither"


def test_families_are_counted_against_each_other_and_disagreements_shown():
    made = [one(4), one(6), one(8), one(5, "neither"), one(3, "neither"), one(8, "neither")]
    table = families(made).set_index("declared")
    assert table.loc["dependency", ["mentions", "computed_dependency", "computed_frame"]].tolist() == [3, 2, 1]
    assert table.loc["neither", ["mentions", "computed_neither", "computed_frame"]].tolist() == [3, 1, 2]
    assert table.loc["dependency", "agree"] == pytest.approx(2 / 3)
    assert table.loc["frame", "mentions"] == 0
    listed = disagreements(made)
    assert listed[["declared", "computed", "mentions"]].values.tolist() == [
        ["dependency", "frame", 1],
        ["neither", "frame", 2],
    ]
    assert listed["example"][0] == "[Zim] , a river poet , met the *mayor*"


def test_where_all_agree_no_disagreement_is_listed():
    assert disagreements([one(4)]).empty


@pytest.mark.parametrize(
    ("word", "words", "distracted", "own"),
    [
        (4, WORDS, 1, 0),  # the river (LOC) is nearer than the poet
        (3, WORDS, 0, 1),  # nothing is nearer than the river itself
        (8, tuple("Zim , a pilot poet , met the widow".split()), 0, 0),  # nearer, but evidence for the same type
    ],
)
def test_nearer_evidence_words_are_distractors_if_they_are_for_another_type(word, words, distracted, own):
    table = distractors([one(word, words=words).sentence]).set_index("family").loc["dependency"]
    assert (table["mentions"], table["nearer_distractor"], table["nearest_is_own"]) == (1, distracted, own)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_in_every_family_most_mentions_have_a_nearer_distractor(split):
    table = distractors([made.sentence for made in gold(split, size=1500 if split == "train" else None)])
    assert list(table["family"]) == list(planted.FAMILIES)
    assert (table["nearer_distractor"] > 0.5).all() and (table["sentences_with"] > 0.5).all()
    assert (table["nearest_is_own"] < 0.4).all()


def test_the_corpus_differs_from_the_pruning_code_where_grammar_says_so_and_nowhere_else():
    made = gold("test")
    table = families(made).set_index("declared")
    assert table.loc["frame", "agree"] == 1
    assert 0.85 < table.loc["dependency", "agree"] < 1
    assert 0.8 < table.loc["neither", "agree"] < 1
    light = disagreements(made)
    light = light[light["declared"] == "dependency"]
    assert light["template"].str.contains("!became|a \\*kind").all()  # a word of little meaning stands between
    assert (disagreements(made)["computed"] == "frame").all()  # the whole of a reported clause is an argument


def test_examples_mark_mention_and_evidence():
    sentence = one(4).sentence
    assert shown(sentence, sentence.evidence[0]) == "[Zim] , a river *poet* , met the mayor"
