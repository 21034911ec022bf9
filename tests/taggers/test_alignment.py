"""Words and pieces: by hand, then under arbitrary Unicode."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertTokenizer, PreTrainedTokenizerFast

from liap.taggers.alignment import encode, prepare_for_words

INVISIBLE = "\u200b"  # zero-width space, which BERT's normaliser drops
ODD_WORDS = [
    "",
    " ",
    "\x00",
    "\x07",
    "\u202e",
    INVISIBLE,
    "שלום",
    "👩‍👩‍👧",
    "e\u0301",
    "[SEP]",
    "<s>",
    "<mask>",
    "a b",
    "▁",
    "Ġ",
    "\ufeff",
]
words_of_anything = st.lists(st.one_of(st.text(max_size=6), st.sampled_from(ODD_WORDS)), max_size=8)


def pieces_of(encoding, word):
    return encoding.piece_ids[encoding.word_of_piece == word].tolist()


def test_by_hand():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "in", "Rome"]
    tokenizer = BertTokenizer(vocab={piece: index for index, piece in enumerate(vocabulary)}, do_lower_case=False)
    encoding = encode(tokenizer, ["playing", INVISIBLE, "in", "Rome", "Oslo"])
    assert encoding.piece_ids.tolist() == [2, 5, 6, 7, 8, 1, 3]
    assert encoding.word_of_piece.tolist() == [-1, 0, 0, 2, 3, 4, -1]
    assert encoding.first_piece.tolist() == [1, -1, 3, 4, 5]
    assert (encoding.words, encoding.pieces) == (5, 7)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=words_of_anything)
def test_every_piece_belongs_to_its_word(tokenizer, words):
    """Each word's pieces are those that it has alone; order and number of words never change."""
    encoding = encode(tokenizer, words)
    assert encoding.words == len(words)
    own = encoding.word_of_piece[encoding.word_of_piece >= 0]
    assert (np.diff(own) >= 0).all()
    for place, word in enumerate(words):
        alone = encode(tokenizer, [word])
        assert pieces_of(encoding, place) == pieces_of(alone, 0)
        first = encoding.first_piece[place]
        if pieces_of(encoding, place):
            assert encoding.word_of_piece[first] == place and encoding.word_of_piece[first - 1] != place
        else:
            assert first == -1


def test_special_tokens_belong_to_no_word(tokenizer):
    encoding = encode(tokenizer, ["Paris", "Rome"])
    assert encoding.word_of_piece.tolist()[0] == encoding.word_of_piece.tolist()[-1] == -1
    assert encoding.piece_ids[0] == tokenizer.cls_token_id and encoding.piece_ids[-1] == tokenizer.sep_token_id


def test_no_words_is_special_tokens_only(tokenizer):
    encoding = encode(tokenizer, [])
    assert encoding.words == 0 and (encoding.word_of_piece == -1).all()


def test_a_word_that_reads_like_a_special_token_stays_a_word(tokenizer):
    encoding = encode(tokenizer, ["Paris", tokenizer.sep_token, "Rome"])
    assert pieces_of(encoding, 1) == [tokenizer.sep_token_id]
    assert (encoding.first_piece >= 0).all()


def test_lone_surrogates_are_read_as_question_marks(tokenizer):
    assert np.array_equal(encode(tokenizer, ["\ud800", "Rome"]).piece_ids, encode(tokenizer, ["?", "Rome"]).piece_ids)


def test_never_cut_nor_padded_whatever_the_tokenizer_file_says(tokenizer):
    backend = tokenizer.backend_tokenizer
    backend.enable_truncation(4)
    backend.enable_padding(length=64)
    encoding = encode(tokenizer, ["Paris"] * 20)
    assert (encoding.first_piece >= 0).all()
    assert (encoding.word_of_piece >= 0).sum() == encoding.pieces - 2


@pytest.mark.parametrize("normalizer", [None, "NFC"])
@pytest.mark.parametrize("split_first", [False, True])
def test_byte_level_reads_the_first_word_as_any_other(normalizer, split_first):
    vocabulary = {letter: index for index, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    vocabulary["Ġa"] = len(vocabulary)
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[("Ġ", "a")]))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    steps = [pre_tokenizers.Punctuation(), byte_level]
    backend.pre_tokenizer = pre_tokenizers.Sequence(steps) if split_first else byte_level
    if normalizer:
        backend.normalizer = normalizers.NFC()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend)
    for _ in range(2):  # a second time must change nothing
        prepare_for_words(tokenizer)
        encoding = encode(tokenizer, ["a", "a", "a-b"])
        pieces = [tokenizer.convert_ids_to_tokens(pieces_of(encoding, word)) for word in range(3)]
        assert pieces == [["Ġa"], ["Ġa"], ["Ġa", "-", "b"]]
