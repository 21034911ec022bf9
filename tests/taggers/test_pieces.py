"""Rows of piece ids as they are: the same probabilities and attention as through words, at any batch size."""

import numpy as np
import pytest

from liap.taggers.pieces import attention_between
from liap.taggers.tagger import Request
from liap.taggers.transformer import TransformerTagger

SENTENCES = (("abc", "d", "ef", "g"), ("a",), ("hij", "k", "lm", "nop", "a", "b", "cd"))


@pytest.mark.parametrize("rows_per_batch", [1, 2, 3])
def test_every_piece_gets_what_its_word_gets(tiny_folder, rows_per_batch):
    longest = 15  # pieces of the longest sentence, with special tokens
    tagger = TransformerTagger.load(str(tiny_folder), pieces_per_batch=rows_per_batch * longest)
    encodings = [tagger.encode(words) for words in SENTENCES]
    answers = tagger.piece_probabilities([encoding.piece_ids for encoding in encodings])
    assert tagger.meter.passes == len(SENTENCES)
    for words, encoding, answer in zip(SENTENCES, encodings, answers, strict=True):
        assert answer.shape == (encoding.pieces, len(tagger.labels))
        request = Request(words, np.ones((1, len(words)), dtype=bool), "delete", np.arange(len(words)))
        (by_word,) = tagger.probabilities([request])
        assert answer[encoding.first_piece] == pytest.approx(by_word[0], abs=1e-6)


def test_no_rows_give_no_answers(tiny):
    assert tiny.piece_probabilities([]) == []


def test_attention_between_pieces_is_that_of_the_sentence(tiny):
    words = SENTENCES[0]
    matrix = attention_between(tiny, tiny.encode(words).piece_ids)
    assert matrix == pytest.approx(tiny.piece_attention(words).matrix, abs=1e-6)
    assert matrix.sum(axis=-1) == pytest.approx(np.ones(matrix.shape[:-1]), abs=1e-5)
