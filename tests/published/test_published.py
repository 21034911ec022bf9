"""The published protocol against slow literal recomputations, and the steps from it to the fair one."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.evaluation import evaluate
from liap.linguistics.annotation import Item
from liap.published import PUBLISHED, PUBLISHED_BY_LIME, PUBLISHED_BY_TYPE
from liap.published.experiment import group_mentions, published_best
from liap.published.measure import ALL_WAYS, measure, rows_by
from liap.published.selection import StudyMention, gold_mentions
from liap.published.sets import one_ranking, published_lfs, two_sorts
from liap.published.steps import STEPS, Measured, Protocol, Structure, liap_importance, protocol_lfs
from liap.records import Frame, Mention, Parse, Sentence
from liap.settings import EvaluationSettings


def literal_lfs(importance, drops, mention, k):
    """Two sorts of a list, one after the other, and the drops added up."""
    values = [0.0 if word == mention else value for word, value in enumerate(importance)]
    most = sorted(range(len(values)), key=lambda word: -values[word])[:k]
    least = [word for word in sorted(range(len(values)), key=lambda word: values[word])[:k] if word != mention]
    important = sum(max(drops[word], 0) for word in most if not np.isnan(drops[word]))
    unimportant = sum(max(drops[word], 0) for word in least if not np.isnan(drops[word]))
    return 0.5 if important == unimportant == 0 else important / (important + unimportant)


@given(st.integers(1, 25), st.integers(1, 10), st.integers(0, 2**32))
def test_published_lfs_is_what_a_slow_recomputation_gives(words, k, seed):
    generator = np.random.default_rng(seed)
    importance = generator.integers(0, 4, (3, words)) / 4  # many ties
    drops = generator.choice([-0.2, 0, 0.1, 0.5, np.nan], words)
    mention = int(generator.integers(words))
    found = published_lfs(importance, drops, np.arange(words) == mention, k)
    assert found == pytest.approx([literal_lfs(row, drops, mention, k) for row in importance])


def test_the_mention_is_masked_as_important_in_short_sentences_and_never_as_unimportant():
    mention = np.arange(8) == 3
    drops = np.where(mention, 0.6, 0.1)
    scores = np.random.default_rng(0).random((5, 8))
    assert published_lfs(scores, drops, mention) == pytest.approx(np.full(5, (0.6 + 0.7) / (0.6 + 0.7 + 0.7)))
    assert published_lfs(np.ones((1, 20)), np.full(20, 0.1), np.arange(20) == 3) == pytest.approx(1.0 / 1.9)


@pytest.mark.parametrize(("words", "k"), [(4, 2), (5, 2), (6, 3), (6, 2)])
def test_random_is_above_one_half_by_enumeration_and_fair_without_the_mention(words, k):
    drops = np.random.default_rng(words).random(words)
    orders = np.array(list(itertools.permutations(range(1, words + 1))), dtype=float)
    assert published_lfs(orders, drops, np.arange(words) == 1, k).mean() > 0.51
    top, bottom = one_ranking(orders, k)
    fair = drops[top].sum(axis=1) / (drops[top].sum(axis=1) + drops[bottom].sum(axis=1))
    assert fair.mean() == pytest.approx(0.5)


def test_two_sorts_share_tied_words_and_one_ranking_shares_none():
    tied = np.array([[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    top, bottom = two_sorts(tied, 3)
    assert (top.tolist(), bottom.tolist()) == ([[0, 1, 2]], [[1, 2, 3]])
    top, bottom = one_ranking(tied, 5)
    assert (top.tolist(), bottom.tolist()) == ([[0, 1, 2]], [[3, 4, 5]])


def sentence(index, *tags):
    return Sentence(index, index, tuple(f"w{place}" for place in range(len(tags))), tags)


def test_selection_takes_the_first_of_each_type_one_a_sentence():
    rest = ("O",) * 5
    sentences = [
        sentence(0, "B-PER", "O", "B-LOC"),  # too short
        sentence(1, "B-PER", "I-PER", "B-LOC", *rest),
        sentence(2, "B-PER", "O", "B-LOC", *rest),  # PER is full, so LOC
        sentence(3, "B-LOC", "O", "O", *rest),
        sentence(4, "B-LOC", *("O",) * 40),  # too long
    ]
    found = gold_mentions(sentences, 1)
    assert [(one.sentence, one.start, one.end, one.published) for one in found] == [
        (1, 0, 2, True),
        (1, 2, 3, False),
        (2, 0, 1, False),
        (2, 2, 3, True),
        (3, 0, 1, False),
    ]
    assert [one.published for one in gold_mentions(sentences, 2)] == [True, False, True, False, True]
    groups = group_mentions(sentences, found, [StudyMention(4, 4, 0, 1, "LOC")])
    assert [(group.sentence.index, len(group.gold), len(group.predicted)) for group in groups] == [
        (1, 2, 0), (2, 2, 0), (3, 1, 0), (4, 0, 1)
    ]  # fmt: skip


def test_each_step_changes_one_thing():
    assert STEPS[0][1] == Protocol()
    for (_, before), (_, after) in itertools.pairwise(STEPS):
        pairs = zip(dataclasses.astuple(before), dataclasses.astuple(after), strict=True)
        assert sum(one != other for one, other in pairs) == 1


def test_the_published_figures_agree_with_each_other():
    for groups in (PUBLISHED_BY_TYPE, PUBLISHED_BY_LIME):
        assert sum(one.n for one in groups.values()) == PUBLISHED.n
        pooled = sum(one.n * one.mean for one in groups.values()) / PUBLISHED.n
        assert pooled == pytest.approx(PUBLISHED.mean, abs=1e-3)


def test_best_of_five_lifts_random_too():
    found = [(0.25, np.array([0.0, 1.0])), (0.75, np.array([1.0, 0.5])), (0.5, np.array([0.0, 0.0]))]
    assert published_best(found) == (0.75, 1.0)


WORDS = ("a-b", "cd", "-", "e", "fg")  # the tokenizer splits at hyphens, so that its words are a - b cd - e fg

MENTIONS = (StudyMention(0, 0, 3, 5, "LOC"),)


def parse_of(words):
    return Parse((-1, *range(words - 1)), ("dep",) * words, ("X",) * words)


def measured(tagger, words=WORDS, mentions=MENTIONS, frames=(), **options):
    item = Item(Sentence(0, 0, tuple(words)), (), parse_of(len(words)), tuple(frames))
    return measure(tagger, item, item, mentions, **options)


def test_masked_texts_are_tokenised_again_and_masked_pieces_stay_in_place(tiny):
    tokenizer = tiny.tokenizer
    rows = {way: rows_by(way, tiny, WORDS) for way in ALL_WAYS}
    for place in range(len(WORDS)):
        text = " ".join("[MASK]" if word == place else spelling for word, spelling in enumerate(WORDS))
        ids = tokenizer(text)["input_ids"]
        assert rows["text", "text"][1 + place].piece_ids.tolist() == ids
        assert rows["corpus", "text"][1 + place].piece_ids.tolist() == ids
        assert rows["corpus", "pieces"][1 + place].piece_ids.size == rows["corpus", "pieces"][0].piece_ids.size

    def piece(row, word):
        return tokenizer.convert_ids_to_tokens([int(row.piece_ids[row.place(word)])])[0]

    unperturbed, shifted = rows["text", "text"][0], rows["text", "text"][1]
    assert piece(unperturbed, 3) == "c"  # word 3 is cd
    assert piece(shifted, 3) == "e"  # after a-b is one mask
    assert shifted.place(7) == -1
    for way in ALL_WAYS[1:]:
        assert piece(rows[way][0], 3) == "e"


def stub(label_of):
    """A scorer of pieces: each piece's label probabilities, worked out from the row."""

    def score(rows):
        return [np.stack([label_of(ids, piece) for piece in range(len(ids))]) for ids in rows]

    return score


def test_drops_are_read_where_the_published_code_read_them(tiny):
    def label_of(ids, piece):
        probability = 0.9 - 0.01 * (int(ids[piece]) % 50) - 0.001 * len(ids)
        return np.array([1 - probability, probability, 0, 0, 0])

    (one,) = measured(tiny, score=stub(label_of))
    tokenizer = tiny.tokenizer

    def literal(place, text):
        encoded = tokenizer(text)
        first = [piece for piece, word in enumerate(encoded.word_ids()) if word == place]
        return label_of(encoded["input_ids"], first[0])[1] if first else np.nan

    texts = [" ".join((*WORDS[:word], "[MASK]", *WORDS[word + 1 :])) for word in range(len(WORDS))]
    expected = [literal(3, " ".join(WORDS)) - literal(3, text) for text in texts]
    assert one.drops["text", "text", "first"] == pytest.approx(expected)
    # read at the mention itself: e is the 6th word of the unperturbed text, the 4th once a-b is one mask
    expected = [literal(5, " ".join(WORDS)) - literal(5 - 2 * (word == 0), text) for word, text in enumerate(texts)]
    assert one.drops["corpus", "text", "first"] == pytest.approx(expected)


def test_a_place_that_is_shifted_away_counts_no_drop_and_an_outside_label_is_not_scored(tiny):
    sure = stub(lambda ids, piece: np.array([0.1, 0.9, 0, 0, 0]))
    words = ("a-b", "\u200b", "c")  # the middle one yields no piece: a - b c, and [MASK] c
    (one,) = measured(tiny, words=words, mentions=(StudyMention(0, 0, 2, 3, "LOC"),), score=sure)
    assert one.drops["text", "text", "first"] == pytest.approx([np.nan, 0, 0], nan_ok=True)
    liap, _ = protocol_lfs(one, Protocol(), np.random.default_rng(0), 20)
    assert liap == 0.5
    outside = stub(lambda ids, piece: np.array([0.9, 0.1, 0, 0, 0]))
    (one,) = measured(tiny, score=outside)
    assert all(drops is None for drops in one.drops.values())
    liap, random = protocol_lfs(one, Protocol(), np.random.default_rng(0), 20)
    assert np.isnan(liap) and np.isnan(random).all()
    assert one.lime_answered is False


def test_equal_rows_are_scored_once(tiny):
    seen = []

    def score(rows):
        seen.extend(ids.tobytes() for ids in rows)
        return [np.tile([0.1, 0.9, 0, 0, 0], (len(ids), 1)) for ids in rows]

    measured(tiny, score=score)
    assert len(seen) == len(set(seen)) > len(WORDS)


def toy(frames=(), drops=None):
    generator = np.random.default_rng(3)
    matrix = generator.dirichlet(np.ones(8), 8)
    drop = np.linspace(0.6, 0.1, 6) if drops is None else drops
    keys = itertools.product(("text", "corpus"), ("text", "pieces"), ("first", "span"))
    structure = Structure(Parse((1, -1, 1, 2, 3, 4), ("dep",) * 6, ("X",) * 6), tuple(frames), matrix)
    return Measured(
        start=2,
        end=4,
        structures={"text": structure, "corpus": structure},
        word_matrix=matrix[:6, :6],
        paid={"one": matrix[2:4, :6].mean(axis=0), "all": np.arange(6) / 10},
        drops=dict.fromkeys(keys, drop),
    )


def test_the_published_mask_prunes_nothing_of_what_the_mention_pays():
    unpruned = next(one for _, one in STEPS if one.importance == "mention")
    one = dataclasses.replace(toy(), end=3)
    assert liap_importance(one, unpruned) == pytest.approx(one.word_matrix[2])


def test_the_later_steps_prune_over_context_words_and_know_uncovered_mentions():
    pruned, undefined = (next(one for _, one in STEPS if getattr(one, name) == value) for name, value in (
        ("pruning", "context"), ("uncovered", "undefined")
    ))  # fmt: skip
    assert np.flatnonzero(liap_importance(toy(), pruned)).tolist() == [1, 4]  # one step in the tree
    assert liap_importance(toy(), undefined) is None
    frames = [Frame(1, ("B-ARG0", "B-V", "B-ARG1", "I-ARG1", "O", "O"))]
    assert np.flatnonzero(liap_importance(toy(frames), undefined)).tolist() == [1]
    assert liap_importance(toy(frames), undefined)[1] == toy().paid["one"][1]
    assert liap_importance(toy(frames), STEPS[-1][1])[1] == toy().paid["all"][1]


def test_every_step_scores_and_random_ends_at_one_half():
    found = [
        protocol_lfs(toy([Frame(2, ("O", "O", "B-V", "O", "B-ARG1", "O"))]), one, np.random.default_rng(0), 3000)
        for _, one in STEPS
    ]
    assert all(0 <= liap <= 1 for liap, _ in found)
    means = [random.mean() for _, random in found]
    assert means[0] > 0.55
    assert means[-1] == pytest.approx(0.5, abs=0.02)


def test_the_fair_end_is_what_the_evaluation_gives(tiny):
    words = ("ab", "cd", "efg", "h", "ijk", "l", "mn", "o")
    frames = (Frame(0, ("B-V", *["B-ARG0"] * 7)),)
    (one,) = measured(tiny, words=words, mentions=(StudyMention(0, 0, 2, 4, "PER"),), frames=frames)
    probabilities = tiny.piece_probabilities([tiny.encode(words).piece_ids])[0][tiny.encode(words).first_piece[2:4]]
    tags = tuple(tiny.labels[label] for label in probabilities.argmax(axis=1))
    mention = Mention(0, 0, 2, 4, tags, "PER", None, "no_gold", float(np.exp(np.log(probabilities.max(axis=1)).mean())))
    item = Item(Sentence(0, 0, words), (mention,), parse_of(8), frames)
    (row,) = evaluate(tiny, [item], EvaluationSettings(explainers=("liap",), variants=("both",), draws=2000)).rows
    drops = dict(one.drops)
    if drops["corpus", "pieces", "span"] is None:
        pytest.fail("the tiny model's label at the first word is O; choose another sentence")
    liap, _ = protocol_lfs(one, STEPS[-1][1], np.random.default_rng(0), 2000)
    assert liap == pytest.approx(row["lfs"], abs=0.03)
