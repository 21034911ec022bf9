"""Probabilities under masks against one plain forward pass at a time, and the scorer's memory."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.errors import InputError
from liap.perturbation.scorer import mention_probability, single_masks
from liap.perturbation.view import Reading
from liap.records import Mention
from liap.settings import OPERATORS
from liap.taggers.operators import edit, token_id
from liap.taggers.tagger import Meter, Request
from liap.taggers.transformer import TransformerTagger

SENTENCES = (("abc", "d", "\u200b", "ef", "g"), ("a",), ("hij", "k", "lm", "nop", "a", "b", "cd"))


def plainly(tagger, words, mask, operator, read):
    """Probabilities the slow way: edit the list of pieces in Python, one forward pass, softmax."""
    encoding = tagger.encode(tuple(words))
    pieces, first = [], {}
    for piece, word in zip(encoding.piece_ids.tolist(), encoding.word_of_piece.tolist(), strict=True):
        if word >= 0 and not mask[word]:
            if operator == "delete":
                continue
            piece = tagger.mask_id if operator == "mask" else tagger.unk_id
        first.setdefault(word, len(pieces))
        pieces.append(piece)
    probabilities = torch.softmax(tagger.logits(torch.tensor([pieces]), None)[0], dim=-1).numpy()
    missing = np.full(probabilities.shape[1], np.nan)
    return np.array([probabilities[first[word]] if word in first else missing for word in read])


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("sentences_per_batch", [1, 2, 3, 100])
def test_probabilities_do_not_depend_on_the_batch(tiny, tiny_folder, operator, sentences_per_batch):
    tagger = TransformerTagger.load(str(tiny_folder), pieces_per_batch=12 * sentences_per_batch)
    requests, expected = [], []
    for words in SENTENCES:
        masks = single_masks(len(words), np.arange(len(words)))
        read = np.arange(len(words))
        requests.append(Request(words, masks, operator, read))
        expected.append(np.stack([plainly(tiny, words, mask, operator, read) for mask in masks]))
    for found, wanted in zip(tagger.probabilities(requests), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert tagger.meter.passes == sum(len(words) + 1 for words in SENTENCES)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("abcdef\u200b", min_size=1, max_size=4), min_size=1, max_size=8), st.data())
def test_any_mask_under_any_operator(tiny, words, data):
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words))))
    for operator in OPERATORS:
        read = np.arange(len(words))
        found = tiny.probabilities([Request(words, mask[None], operator, read)])[0][0]
        np.testing.assert_allclose(found, plainly(tiny, words, mask, operator, read), atol=1e-6)


def test_editing_in_closed_form(tiny):
    encoding = tiny.encode(("ab", "c", "\u200b", "d"))
    masks = np.array([[True] * 4, [False, True, False, True]])
    ids, lengths, places = edit(encoding, masks, token_id(tiny, "mask"))
    assert ids[1].tolist() == [2, 4, 4, encoding.piece_ids[3], encoding.piece_ids[4], 3]
    assert lengths.tolist() == [6, 6]
    assert places[1].tolist() == [1, 3, -1, 4]
    ids, lengths, places = edit(encoding, masks, token_id(tiny, "delete"))
    assert ids[1].tolist() == [2, encoding.piece_ids[3], encoding.piece_ids[4], 3, -1, -1]
    assert lengths.tolist() == [6, 4]
    assert places.tolist() == [[1, 3, -1, 4], [-1, 1, -1, 2]]


def test_unknown_operator_and_missing_token(tiny, monkeypatch):
    with pytest.raises(InputError, match="--operator"):
        token_id(tiny, "swap")

    monkeypatch.setattr(tiny, "mask_id", None)
    with pytest.raises(InputError, match="no mask token"):
        token_id(tiny, "mask")


def test_mention_probability_is_the_geometric_mean():
    probabilities = np.array([[[0.5, 0.5], [0.125, 0.875]], [[0.0, 1.0], [0.5, 0.5]]])
    found = mention_probability(probabilities, np.array([0, 0]))
    assert found.tolist() == pytest.approx([0.25, 0.0])


def mention(start, end, tags):
    return Mention(0, 0, start, end, tags, "LOC", None, "no_gold", 0.5)


@pytest.fixture
def counted(tiny, monkeypatch):
    """The tagger with a meter of its own."""
    monkeypatch.setattr(tiny, "meter", Meter())
    return tiny


def test_single_masks_are_scored_once_for_all_mentions(counted):
    words = SENTENCES[2]
    mentions = (mention(0, 2, ("B-LOC", "I-LOC")), mention(3, 4, ("B-PER",)))
    reading = Reading(counted, [words], [mentions], "tag")
    assert reading.rows[0].tolist() == [0, 1, 3]
    assert reading.read[0].tolist() == [0, 1, 2, 3, 4]  # with the words beside them
    reading.score_single_words("mask")
    assert counted.meter.passes == 1 + len(words)
    for view, labels in zip(reading.views, ([1, 2], [3]), strict=True):
        drops, one = view.drops("mask"), view.mention
        assert view.target.allowed.nonzero()[1].tolist() == labels
        base = mention_probability(plain_masks(counted, words, one, None), np.array(labels))[0]
        for word in range(len(words)):
            if one.start <= word < one.end:
                assert drops[word] == 0
            else:
                masked = mention_probability(plain_masks(counted, words, one, word), np.array(labels))[0]
                assert drops[word] == pytest.approx(base - masked, abs=1e-6)
    assert counted.meter.passes == 1 + len(words)
    reading.views[0].probability(np.zeros((5, len(words)), dtype=bool), "mask")
    assert counted.meter.passes == 2 + len(words)  # five equal masks are one pass


def plain_masks(tagger, words, one, masked):
    mask = np.array([word != masked for word in range(len(words))])
    return plainly(tagger, words, mask, "mask", range(one.start, one.end))[None]


def test_a_sentence_with_one_mention_is_never_masked_inside_it(counted):
    Reading(counted, [SENTENCES[2]], [(mention(0, 2, ("B-LOC", "I-LOC")),)], "tag").score_single_words("mask")
    assert counted.meter.passes == 1 + len(SENTENCES[2]) - 2


def test_nothing_queued_asks_the_tagger_nothing(counted, monkeypatch):
    reading = Reading(counted, [SENTENCES[2]], [(mention(0, 2, ("B-LOC", "I-LOC")),)], "tag")
    intact = np.ones((1, len(SENTENCES[2])), dtype=bool)
    known = reading.views[0].probability(intact, "mask")
    monkeypatch.setattr(counted, "probabilities", None)
    reading.scorer.ask(0, "mask", intact)
    reading.scorer.answer()
    assert reading.views[0].probability(intact, "mask") == known


def test_operators_are_scored_apart(counted):
    view = Reading(counted, [SENTENCES[2]], [(mention(0, 2, ("B-LOC", "I-LOC")),)], "tag").views[0]
    mask = np.array([[True] * 2 + [False] * 5])
    answers = {operator: float(view.probability(mask, operator)[0]) for operator in OPERATORS}
    assert len(set(answers.values())) == 3
    for operator, answer in answers.items():
        plain = plainly(counted, SENTENCES[2], mask[0], operator, (0, 1))[None]
        assert answer == pytest.approx(mention_probability(plain, np.array([1, 2]))[0], abs=1e-6)
