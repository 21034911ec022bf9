"""The planted corpus as a whole: balance, unseen names, distractors that say nothing, no clue but the evidence, and swaps."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from liap.corpora import planted
from liap.corpora.planted import names, wordlists
from liap.corpora.planted.generate import SIZES, drawn_from
from liap.errors import InputError
from liap.records import tag_spans

SIZE = 1200  # number of training sentences in these tests


@pytest.fixture(scope="module")
def train():
    return tuple(made.sentence for made in drawn_from("train", size=SIZE))


@pytest.fixture(scope="module")
def test_split():
    return planted.sentences("test")


def mentions(sentences):
    """(sentence, its known evidence, gold type) of each mention."""
    return [(sentence, known, sentence.tags[known.start][2:]) for sentence in sentences for known in sentence.evidence]


def test_the_same_seed_gives_the_same_sentences(test_split):
    assert planted.sentences("test", seed=0) == test_split
    assert len(test_split) == SIZES["test"]
    assert [sentence.index for sentence in test_split] == list(range(len(test_split)))
    other = {made.sentence.words for made in drawn_from("test", seed=1, size=100)}
    assert not other & {sentence.words for sentence in test_split}


def test_an_unknown_split_is_reported_in_one_line():
    with pytest.raises(InputError, match="'dev'; expected one of train, validation, test"):
        planted.sentences("dev")


def test_gold_is_complete(train, test_split):
    for sentence in (*train, *test_split):
        assert 6 <= len(sentence.words) <= 40
        assert [(known.start, known.end) for known in sentence.evidence] == [
            (start, end) for _, start, end in tag_spans(sentence.tags, strict=True)
        ]
        for known in sentence.evidence:
            (word,) = known.words
            kind, name, _ = wordlists.KEY[sentence.words[word].lower()]
            assert name == sentence.tags[known.start][2:]
            assert sentence.parse.parts_of_speech[word] == wordlists.EVIDENCE_PARTS[kind]


def test_words_that_are_neither_names_nor_evidence_are_english(test_split):
    for sentence in test_split:
        inside = {word for known in sentence.evidence for word in (*range(known.start, known.end), *known.words)}
        others = {word.lower() for place, word in enumerate(sentence.words) if place not in inside}
        assert others <= {word.lower() for word in wordlists.vocabulary()} | set(wordlists.KEY)


def test_families_and_types_are_balanced(train, test_split):
    for sentences, spread in ((train, 0.15), (test_split, 0.25)):
        counts = Counter((known.family, name) for _, known, name in mentions(sentences))
        assert len(counts) == 12
        expected = sum(counts.values()) / 12
        assert all(abs(count / expected - 1) < spread for count in counts.values()), counts
        families = Counter(known.family for _, known, _ in mentions(sentences))
        assert max(families.values()) - min(families.values()) <= 4


def test_splits_share_no_names():
    pools = [set(names.pool(split, np.random.default_rng(seed))) for seed, split in enumerate(names.SHARES)]
    assert [len(pool) for pool in pools] == list(names.POOLS.values())
    assert not pools[0] & pools[1] and not pools[0] & pools[2] and not pools[1] & pools[2]
    assert not {word.lower() for pool in pools for word in pool} & (set(wordlists.KEY) | wordlists.vocabulary())


def test_templates_and_names_occur_with_every_type():
    by_template, by_word = defaultdict(Counter), defaultdict(Counter)
    for made in drawn_from("train", size=SIZE):
        for sentence, known, name in mentions([made.sentence]):
            by_template[made.template][name] += 1
            for word in sentence.words[known.start : known.end]:
                by_word[word][name] += 1
    assert np.mean([len(types) >= 3 for types in by_template.values() if types.total() >= 8]) > 0.95
    several = [types for types in by_word.values() if types.total() >= 3]
    assert len(several) > 100
    assert np.mean([max(types.values()) == types.total() for types in several]) < 0.2


def strays(sentence):
    """(kind, type) of each evidence word that is no mention's."""
    own = {word for known in sentence.evidence for word in known.words}
    keys = [wordlists.KEY.get(word.lower()) for place, word in enumerate(sentence.words) if place not in own]
    return [key[:2] for key in keys if key]


def test_distractors_have_all_types_whatever_the_mentions_are(train):
    found = [stray for sentence in train for stray in strays(sentence)]
    by_type = Counter(name for _, name in found)
    assert set(by_type) == set(planted.TYPES)
    assert max(by_type.values()) / min(by_type.values()) < 1.15
    assert {kind for kind, _ in found} == {"noun", "kin", "affair", "adjective", "intransitive"}
    same = [name == own for sentence, _, own in mentions(train) for _, name in strays(sentence)]
    assert np.mean(same) == pytest.approx(
        1 / len(planted.TYPES), abs=0.03
    )  # they say nothing about the mentions' types


def accuracy(train, test, text):
    """Accuracy of a logistic regression on the words that `text` returns for a mention."""
    counts = CountVectorizer(token_pattern=r"\S+", lowercase=False)
    regression = LogisticRegression(max_iter=2000, C=10.0)
    regression.fit(
        counts.fit_transform([text(*mention[:2]) for mention in mentions(train)]), [m[2] for m in mentions(train)]
    )
    return regression.score(
        counts.transform([text(*mention[:2]) for mention in mentions(test)]), [m[2] for m in mentions(test)]
    )


def without_evidence(sentence, known):
    """The sentence with the mention's evidence blanked and its position marked, and the name's ending and length."""
    words = list(sentence.words)
    for word in known.words:
        words[word] = "?"
    words[known.start : known.end] = [f"<{words[known.start][-2:]}", f"{known.end - known.start}>"]
    return " ".join(words)


def test_without_evidence_a_type_cannot_be_predicted(train, test_split):
    assert accuracy(train, test_split, without_evidence) < 0.31


def without_distractors(sentence, known):
    """The words of a sentence without all evidence words but the mention's own."""
    places = enumerate(sentence.words)
    return " ".join(word for place, word in places if place in known.words or word.lower() not in wordlists.KEY)


def test_with_evidence_a_single_mentions_type_can_be_predicted(train, test_split):
    alone = [[sentence for sentence in split if len(sentence.evidence) == 1] for split in (train, test_split)]
    assert accuracy(*alone, without_distractors) > 0.65
    assert accuracy(*alone, lambda sentence, known: " ".join(sentence.words)) < 0.65  # no bag of words tells them apart


@pytest.mark.parametrize("family", planted.FAMILIES)
def test_no_rule_of_position_finds_the_evidence(train, family):
    """The nearest evidence word, the farthest, the first and the last, and those just before and after the mention."""
    right = {"nearest": [], "farthest": [], "first": [], "last": [], "before": [], "after": []}
    for sentence, known, name in (mention for mention in mentions(train) if mention[1].family == family):
        keys = [
            (place, wordlists.KEY[word.lower()][1])
            for place, word in enumerate(sentence.words)
            if word.lower() in wordlists.KEY
        ]
        by_distance = sorted(keys, key=lambda key: max(known.start - key[0], key[0] - known.end + 1))
        before, after = ([key for key in keys if key[0] < known.start], [key for key in keys if key[0] >= known.end])
        picks = [by_distance[0], by_distance[-1], keys[0], keys[-1], (before or after)[-1], (after or before)[0]]
        for rule, pick in zip(right, picks, strict=True):
            right[rule].append(pick[1] == name)
    assert max(np.mean(hits) for hits in right.values()) < 0.8, {rule: np.mean(hits) for rule, hits in right.items()}


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 299), which=st.integers(0, 2), new_type=st.sampled_from(planted.TYPES))
def test_swapping_changes_only_evidence_and_type(place, which, new_type):
    sentence = drawn_from("test", size=300)[place].sentence
    index = which % len(sentence.evidence)
    known = sentence.evidence[index]
    swapped = planted.swap(sentence, index, new_type)
    assert {tag[2:] for tag in swapped.tags[known.start : known.end]} == {new_type}
    assert wordlists.KEY[swapped.words[known.words[0]].lower()][1] == new_type
    changed = {place for place, pair in enumerate(zip(sentence.words, swapped.words, strict=True)) if len({*pair}) == 2}
    old_type = sentence.tags[known.start][2:]
    assert changed == (set() if new_type == old_type else set(known.words))
    assert (swapped.parse, swapped.frames, swapped.evidence) == (sentence.parse, sentence.frames, sentence.evidence)
    assert planted.swap(swapped, index, old_type) == sentence


def test_swapping_keeps_capital_letters():
    assert wordlists.exchanged("Surgeon", "LOC") == "Village"


def test_an_impossible_swap_says_why():
    sentence = drawn_from("test", size=300)[0].sentence
    with pytest.raises(InputError, match="'DATE'; expected one of PER, ORG, LOC, MISC"):
        planted.swap(sentence, 0, "DATE")
    with pytest.raises(InputError, match="mention 9 of sentence 0"):
        planted.swap(sentence, 9, "PER")
